"""One sentence about a measurement: what takes most of the time, and what would change it.

Rules over facts, the first that applies; nothing here looks at the computer.
"""

from collections.abc import Iterator
from typing import Final

from a4bridge.bench.latencies import Latencies
from a4bridge.bench.measured import Cable, Measured, Plugged, Through
from a4bridge.core.outcomes import WORDS, is_drop
from a4bridge.core.words import listed
from a4bridge.ports.listing import Kind
from a4bridge.ports.usb import FULL_SPEED
from a4bridge.ports.verdict import bytes_per_second, is_box

SLOW_US: Final = 1000.0
"""A note that takes longer in the computer than on the USB bus is late: a full-speed device is asked each millisecond
(USB 2.0, 5.7.4)."""

_CABLE: Final = "the MIDI cable"
_NOTE_BYTES: Final = 3
_HIGH_SPEED_US: Final = 125.0  # a microframe: USB 2.0, 5.7.4
_SOFTWARE_US: Final = 500.0
"""What the computer and an interface may take besides, before anything is wrong."""

_HALF: Final = 0.5
_BUSY: Final = 0.8
_FAST: Final = "performance"


def sentence(measured: Measured) -> str:
    """Return what dominates and what to change."""
    latencies = measured.latencies
    if latencies.us(1) is None:
        return _nothing_came(measured)
    if isinstance(measured.between, Cable):
        return _of_cable(measured, measured.between)
    return _of_bridge(measured, measured.between)


# What did not come back.


def _nothing_came(measured: Measured) -> str:
    if measured.latencies.played <= 1 and not measured.latencies.lost:
        return "There were too few notes to say anything about them."
    if isinstance(measured.between, Cable):
        return f"No note came back: {_check(measured.between)}."
    if dropped := _dropped(measured.between):
        return f"No note came through: {dropped}."
    return "No note came through, and the engine dropped none: another program may have changed the connections."


def _check(cable: Cable) -> str:
    output, source = cable.output.port, cable.input.port
    if output.kind is Kind.SOFTWARE:
        return f"check what {output.client} does with notes, and that it sends them to {source.client}"
    if output.device == source.device:
        return f"check that a cable leads from the output of {output.client} to its own input"
    return (
        f"check that a cable leads from the output of {output.client} to the input of {source.client}, and that what "
        "is between lets notes through"
    )


def _dropped(through: Through) -> str:
    drops = {WORDS[outcome]: count for outcome, count in through.outcomes.items() if is_drop(outcome)}
    return listed([f"{count:,} events: {words}" for words, count in drops.items()])


# Through the bridge.


def _of_bridge(measured: Measured, through: Through) -> str:
    if lost := measured.latencies.lost:
        return (
            f"{_so_many(lost, measured)} got lost, which should never happen: {_dropped(through) or _busy(measured)}."
        )
    slow = _worst(measured.latencies) >= SLOW_US
    cause = next(_causes(measured, through.memory, slow=slow), "") or _behind_hub(through)
    if slow:
        return f"{_slow(measured.latencies)}: {cause or _without_cause(measured, through)}."
    return f"{_dominates(measured, through)}; {cause or 'there is nothing to change'}."


def _dominates(measured: Measured, through: Through) -> str:
    whole = measured.latencies.us(0.5) or 0.0
    parts = {
        "waking the engine": through.late.p50,
        "the bridge's own work": through.took.p50,
        "the kernel and the measuring, not the bridge": through.alone.us(0.5) or 0.0,
    }
    most = max(parts, key=lambda part: parts[part])
    share = min(1.0, parts[most] / whole)
    return f"{'Most of it' if share > _HALF else 'The largest part'} ({100 * share:.0f} %) is {most}"


def _slow(latencies: Latencies) -> str:
    return f"One note in a hundred takes {_worst(latencies) / 1000:.1f} ms or more"


def _without_cause(measured: Measured, through: Through) -> str:
    alone, worst = through.alone.us(0.99) or 0.0, _worst(measured.latencies)
    if alone >= worst / 2:
        return "it is as slow without the bridge, so something in this computer keeps programs from being woken in time"
    if through.took.p99 >= worst / 2:
        return "most of it is the bridge's own work, for which this processor is slow"
    return f"most of it is waiting for the processor; {_busy(measured)}"


def _causes(measured: Measured, memory: str, *, slow: bool) -> Iterator[str]:
    """Yield what would help, the most certain first; of a measurement that is not slow what might help another day."""
    usage, computer = measured.usage, measured.computer
    if usage and usage.major_faults and memory:
        yield f"the engine waited {usage.major_faults:,} times for memory that was not locked ({memory})"
    if measured.fifo:
        lost = f"lost the processor {usage.involuntary:,} times" if usage and usage.involuntary else "had to wait"
        yield f"without real time it {lost} ({measured.fifo})" if slow else _no_real_time(measured.fifo)
    if slow and _is_busy(measured):
        yield _busy(measured)
    if slow_governors := [governor for governor in computer.governors if governor != _FAST]:
        yield (
            f"the processor's frequency is governed by {listed(slow_governors)}, so a note may find it slow; it stays "
            "fast until the next start after `echo performance | sudo tee "
            "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor`"
        )


def _behind_hub(through: Through) -> str:
    for each in through.devices:
        if hubs := _hubs(each):
            return f"{each.port.client} is behind a hub ({hubs}) and may be faster without"
    return ""


def _no_real_time(refusal: str) -> str:
    return f"without real time a busy computer would hold notes up ({refusal})"


def _is_busy(measured: Measured) -> bool:
    return (measured.computer.busy or 0.0) >= _BUSY


def _busy(measured: Measured) -> str:
    if _is_busy(measured):
        share = 100 * (measured.computer.busy or 0.0)
        return f"the processor was busy for {share:.0f} % of the time, so close other programs"
    return "close other programs and measure again"


# Through a cable.


def _of_cable(measured: Measured, cable: Cable) -> str:
    if lost := measured.latencies.lost:
        return f"{_so_many(lost, measured)} did not come back: {_check(cable)}."
    if measured.others > measured.latencies.played / 2:
        return (
            f"{measured.others:,} other notes came in besides, so somebody plays, or two ways lead back: leave one and "
            "measure again."
        )
    half = measured.latencies.us(0.5) or 0.0
    expected, parts = _expected(cable, half)
    if half > expected + _SOFTWARE_US:
        more = "" if _is_software(cable) else f" more than {parts}"
        return f"It takes {(half - expected) / 1000:.1f} ms{more}: {_detour(measured, cable)}."
    if _worst(measured.latencies) > half + expected + _SOFTWARE_US:
        cause = next(_causes(measured, "", slow=True), "") or _busy(measured)
        return f"{_slow(measured.latencies)}: {cause}."
    if _is_software(cable):
        return "Nothing but the kernel and programs took part, and there is nothing to change."
    return f"Nearly all of it is {parts}, which nothing on this computer can shorten."


def _expected(cable: Cable, half: float) -> tuple[float, str]:
    """Return the microseconds that the way may take as it is, and what for, where half of the notes took `half`."""
    times: dict[str, float] = {}
    for end in (cable.output, cable.input):
        if end.usb or end.port.usb_id:
            full = not end.usb or end.usb.speed <= FULL_SPEED
            times["USB"] = times.get("USB", 0.0) + (SLOW_US if full else _HIGH_SPEED_US)
    if rate := max(bytes_per_second(end.port) for end in (cable.output, cable.input)):
        times[_CABLE] = _NOTE_BYTES / rate * 1e6
    if half < times.get(_CABLE, 0.0):
        del times[_CABLE]  # there is none
    parts = [f"{part} ({'up to ' if part == 'USB' else ''}{us / 1000:.2g} ms)" for part, us in times.items()]
    if not parts and not _is_software(cable):
        return SLOW_US, "the devices' own time (up to 1 ms)"
    return sum(times.values()), listed(parts)


def _is_software(cable: Cable) -> bool:
    return cable.output.port.kind is cable.input.port.kind is Kind.SOFTWARE


def _detour(measured: Measured, cable: Cable) -> str:
    output, source = cable.output.port, cable.input.port
    boxes = [port.client for port in (output, source) if is_box(port)]
    if boxes:
        return f"if MIDI PORT CONFIG says MIDI+USB on {boxes[0]}, set USB, for its MIDI socket may slow USB down"
    if hubs := _hubs(cable.output, cable.input):
        return f"there is a hub between ({hubs}), so plug into the computer itself"
    cause = next(_causes(measured, "", slow=True), "")
    if cause or _is_software(cable):
        return cause or _busy(measured)
    names = listed(list(dict.fromkeys((output.client, source.client, "what is between"))), "or")
    return f"{names} takes its time; try another, or another way"


def _hubs(*plugged: Plugged) -> str:
    return listed(list(dict.fromkeys(hub for each in plugged if each.usb for hub in each.usb.hubs)))


def _worst(latencies: Latencies) -> float:
    return latencies.us(0.99) or 0.0


def _so_many(lost: int, measured: Measured) -> str:
    return f"{lost:,} of {measured.latencies.played:,} notes"
