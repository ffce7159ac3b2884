"""`a4bridge bench`."""

import json
import platform
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from a4bridge import __version__
from a4bridge.backend.base import BackendError
from a4bridge.backend.choice import RTMIDI
from a4bridge.bench.diagnosis import sentence
from a4bridge.bench.latencies import SHARES, Latencies
from a4bridge.bench.measured import Cable, Measured, Plugged, Through
from a4bridge.bench.playing import GAP_SECONDS, keys_for
from a4bridge.bench.session import run, through_bridge, through_cable
from a4bridge.cli.exits import FAILED, NO_MIDI, RUNNING, WRONG, end
from a4bridge.cli.labelled import WIDTH, faults, labelled, memory, real_time, switches
from a4bridge.cli.profiles import load_profile, load_settings
from a4bridge.core.compile import CompileError
from a4bridge.core.names import shown
from a4bridge.core.settings import Settings
from a4bridge.ports.choose import NoPortError, named_port
from a4bridge.ports.system import why_no_midi
from a4bridge.ports.usb import UsbPlace
from a4bridge.ports.waiting import INPUT, OUTPUT
from a4bridge.service.bridge import enumerator_for
from a4bridge.service.engine import EngineError, NoTransportError
from a4bridge.service.log import counted
from a4bridge.service.routing import Routing
from a4bridge.service.status import priorities, used

_PROFILE: Final = "liverec"
_BARS: Final = 14
_COLUMN: Final = 10
_NAME: Final = 20
_PRECISELY: Final = 10_000


def bench(profile: str | None, loopback: tuple[str, str] | None, notes: int, as_json: bool, backend: str) -> None:
    """Measure, print what was found, and end: with FAILED where a note was lost or none was played."""
    if sys.platform == "win32":
        end("a4bridge does not run on Windows, so there is nothing to measure.", NO_MIDI)
    if profile and loopback:
        end("--profile says what the bridge does, and with --loopback there is none between: leave one out.", WRONG)
    settings = load_settings()
    if loopback is None:
        routing = Routing(*load_profile(profile or _PROFILE), settings)
    if backend == RTMIDI and (lacking := why_no_midi()):
        end(lacking, NO_MIDI)
    try:
        if loopback:
            measured = _through_cable(loopback, settings, backend, notes)
        else:
            measured = _through_bridge(routing, backend, notes)
    except (BackendError, NoTransportError) as error:
        end(f"No MIDI: {error}.", NO_MIDI)
    except EngineError as error:
        end(f"The engine failed: {error}.", FAILED)
    if as_json:
        click.echo(json.dumps(as_data(measured, profile or _PROFILE), indent=2))
    else:
        _print(measured)
    if measured.latencies.lost or not measured.latencies.played:
        raise SystemExit(FAILED)


def _through_bridge(routing: Routing, backend: str, notes: int) -> Measured:
    try:
        route = routing.route_for(None)
    except CompileError as error:
        end(f"{error}.", WRONG)
    if (keys := keys_for(route)) is None:
        end(f"{routing.name} lets no note pass, so there is nothing to time; choose another with --profile.", WRONG)
    _announce(notes, f"through {routing.name}, between ports of its own")
    return run(partial(through_bridge, route, keys, backend, notes))


def _through_cable(names: tuple[str, str], settings: Settings, backend: str, notes: int) -> Measured:
    listing = enumerator_for(backend).scan()
    try:
        source, output = (
            named_port(listing, settings.match(name), direction)
            for name, direction in zip(names, (INPUT, OUTPUT), strict=True)
        )
    except NoPortError as error:
        end(str(error), WRONG)
    except ValueError as error:
        end(f"{error}.", WRONG)
    for port in (source, output):
        if port.held:
            end(
                f"A bridge is connected to {shown(port.client)}, and its box would be played: stop the bridge first.",
                RUNNING,
            )
    _announce(notes, f"to {shown(output.title)}, and listening to {shown(source.title)}")
    return run(partial(through_cable, output, source, backend, notes))


def _announce(notes: int, where: str) -> None:
    seconds = max(1.0, notes * sum(GAP_SECONDS) / 2)
    said = f"Playing {notes:,} notes {where}: some {seconds:,.0f} s; Ctrl-C ends it sooner."
    click.echo(_wrapped(said), err=True)


# For a person.


def _print(measured: Measured) -> None:
    console = Console(highlight=False)
    for text in readable(measured, ascii_only=console.options.ascii_only):
        console.print(text, soft_wrap=True)


def readable(measured: Measured, *, ascii_only: bool = False) -> Iterator[Text]:
    """Yield what was found as lines of at most 80 columns."""
    latencies = measured.latencies
    if latencies.played < measured.asked:
        why = "it was interrupted" if measured.interrupted else "too many were lost in a row"
        yield Text(f"{latencies.played:,} of {measured.asked:,} notes were played: {why}.", style="yellow")
    between = measured.between
    columns = ("us", "first", *(name.replace("_", ".") for name in SHARES), "lost")
    yield Text(_row(*columns), style="bold")
    if isinstance(between, Through):
        yield _figures("through the bridge", latencies, latencies.first_us)
        yield _figures("without it", between.alone, None)
    else:
        yield _figures("there and back", latencies, latencies.first_us)
    yield Text()
    yield from _histogram(latencies, "#" if ascii_only else "█")
    for label, value in _facts(measured):
        yield Text(labelled(label, value))
    yield Text()
    yield Text(_wrapped(sentence(measured)), style="bold")


def _wrapped(said: str) -> str:
    return textwrap.fill(said, WIDTH, break_long_words=False, break_on_hyphens=False)


def _row(name: str, *cells: str) -> str:
    return f"{name:{_NAME}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)


def _figures(name: str, latencies: Latencies, first_us: float | None) -> Text:
    times = [first_us, *latencies.percentiles().values()]
    cells = ["-" if time is None else f"{time:,.1f}" if time < _PRECISELY else f"{time:,.0f}" for time in times]
    return Text(_row(name, *cells, f"{latencies.lost:,}"), style="red" if latencies.lost else "")


def _histogram(latencies: Latencies, block: str) -> Iterator[Text]:
    bars = latencies.histogram(_BARS)
    spans = [f"{bar.low:,.0f} {'us or more' if bar.high is None else f'to {bar.high:,.0f} us'}" for bar in bars]
    most = max((bar.notes for bar in bars), default=1)
    margin = max(map(len, spans), default=0)
    room = WIDTH - margin - len(f"   {most:,}")
    for bar, span in zip(bars, spans, strict=True):
        # What is there at all is seen.
        length = max(bar.notes > 0, round(room * bar.notes / most))
        yield Text.assemble(f"{span:>{margin}}  ", (block * length, "green"), f" {bar.notes:,}" if bar.notes else "")
    if bars:
        yield Text()


def _facts(measured: Measured) -> Iterator[tuple[str, str]]:
    between, computer = measured.between, measured.computer
    if isinstance(between, Through):
        late, took = between.late, between.took
        yield "engine", f"woken in {late.p50:g} us (p50), {late.p99:g} us (p99); took {took.p50:g} us, {took.p99:g} us"
        for device in between.devices:
            yield "device", f"{shown(device.port.title)}{_plugged(device.usb)}"
        for trouble in between.troubles:
            yield "trouble", trouble
    else:
        for label, plugged in (("output", between.output), ("input", between.input)):
            yield label, f"{shown(plugged.port.title)}{_plugged(plugged.usb)}"
    if measured.others:
        yield "besides", f"{measured.others:,} other notes came in"
    yield "real time", real_time(_real_time(measured))
    if isinstance(between, Through):
        yield "memory", memory(_real_time(measured))
    whose = "the engine" if isinstance(between, Through) else "this program"
    if measured.usage:
        told = used(measured.usage)
        yield "faults", f"{faults(told['faults'])}, of {whose} while it was played"
        yield "switches", switches(told["switches"])
    governors = ", ".join(f"{governor} ({count})" for governor, count in computer.governors.items()) or "none"
    processors = counted(computer.processors, "processor")
    busy = "" if computer.busy is None else f", {100 * computer.busy:.0f} % busy"
    yield "computer", f"{computer.system}, {processors}{busy}; governor: {governors}"


def _plugged(usb: UsbPlace | None) -> str:
    if usb is None:
        return ""
    speed = f"USB with {usb.speed:g} Mbit/s" if usb.speed else "USB"
    return f", {speed}, {'behind ' + ' and '.join(usb.hubs) if usb.hubs else 'no hub between'}"


# For programs.


def as_data(measured: Measured, profile: str) -> dict[str, Any]:
    """Return everything that was found, ready for JSON; profile: what was played through, if anything."""
    latencies, between = measured.latencies, measured.between
    through = isinstance(between, Through)
    return {
        "a4bridge": __version__,
        "python": platform.python_version(),
        **asdict(measured.computer),
        "through": "bridge" if through else "cable",
        **(_of_bridge(between, profile) if isinstance(between, Through) else _of_cable(between)),
        "asked": measured.asked,
        "interrupted": measured.interrupted,
        **_latencies(latencies),
        "others": measured.others,
        "histogram": [
            {"from_us": bar.low, "below_us": bar.high, "notes": bar.notes} for bar in latencies.histogram(_BARS)
        ],
        "real_time": _real_time(measured),
        **used(measured.usage),
        "says": sentence(measured),
        "us": [None if took is None else took / 1000 for took in latencies.took],
    }


def _latencies(latencies: Latencies) -> dict[str, Any]:
    return {
        "played": latencies.played,
        "lost": latencies.lost,
        "first_us": latencies.first_us,
        **{f"{name}_us": time for name, time in latencies.percentiles().items()},
    }


def _of_bridge(through: Through, profile: str) -> dict[str, Any]:
    return {
        "profile": profile,
        "alone": _latencies(through.alone),
        "late_us": asdict(through.late),
        "took_us": asdict(through.took),
        "outcomes": {outcome.name.lower(): count for outcome, count in through.outcomes.items()},
        "troubles": list(through.troubles),
        "devices": [_device(each) for each in through.devices],
    }


def _of_cable(cable: Cable) -> dict[str, Any]:
    return {"output": _device(cable.output), "input": _device(cable.input)}


def _device(plugged: Plugged) -> dict[str, Any]:
    usb = {"mbit_per_s": plugged.usb.speed, "hubs": list(plugged.usb.hubs)} if plugged.usb else None
    return {"name": plugged.port.title, "usb": usb}


def _real_time(measured: Measured) -> dict[str, Any]:
    return {
        "fifo": measured.fifo,
        "memory": measured.between.memory if isinstance(measured.between, Through) else None,
        "priorities": priorities(measured.threads, measured.main),
    }
