"""A measurement from its first port to its last note-off: through an engine, or through a cable."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from a4bridge.backend.base import Backend, BackendError, Output, close_together
from a4bridge.backend.choice import backend_for
from a4bridge.bench.latencies import Latencies
from a4bridge.bench.measured import Cable, Measured, Plugged, Stage, Through
from a4bridge.bench.playing import OCTAVE, Keys, Listener, play
from a4bridge.bench.surroundings import Ticks, look
from a4bridge.core.directories import runtime_directory
from a4bridge.core.route import Route
from a4bridge.engine import realtime
from a4bridge.engine.page import Page, percentile
from a4bridge.engine.protocol import Command, OpenInput, OpenOutput, Ping, SetRoute
from a4bridge.ports.listing import Port
from a4bridge.ports.usb import usb_place
from a4bridge.ports.verdict import Role, judge
from a4bridge.service.bridge import enumerator_for
from a4bridge.service.engine import EngineProcess
from a4bridge.service.threads import Usage, threads_of

_ALONE_SHARE: Final = 5
_ALONE_MOST: Final = 201
"""For one note in so many, up to so many, one is played without the bridge first: that is what the kernel and the
measuring take."""

_SETTLE_SECONDS: Final = 0.1
"""How long what a device had in store may come, before a note is sent to it."""


def run(measure: Callable[[asyncio.Event], Coroutine[Any, Any, Measured]]) -> Measured:
    """Run a measurement, and end it early where a signal asks for that; raises what it raises.

    From then on this process collects no garbage.
    """

    async def until_signalled() -> Measured:
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        return await measure(stopping)

    realtime.hand_over_quickly()
    realtime.freeze_memory()
    with asyncio.Runner() as runner:
        return runner.run(until_signalled())


async def through_bridge(route: Route, keys: Keys, word: str, count: int, stopping: asyncio.Event) -> Measured:
    """Play `count` of `keys` through an engine that goes by `route`, between ports of our own.

    word: the transport, as a4bridge.backend.choice has it. Raises BackendError and EngineError.
    """
    backend = backend_for(word)
    with _listening(backend) as (listener, sink_name), _playing(backend) as (source, source_name):
        sink_port, source_port = _listed(word, sink_name), _listed(word, source_name)
        realtime.schedule_main()  # which the engine would inherit, and asks for itself
        alone = await _play_alone(backend, sink_port, listener, keys, count, stopping)
        with _page() as (path, page):
            troubles: list[str] = []
            engine, ready = await EngineProcess.start(path, word, troubles.append)
            try:
                sources = [] if keys.source is None else [keys.source]
                commands: list[Command] = [
                    SetRoute(route.to_data()),
                    OpenOutput(sink_port.rtmidi_name),
                    OpenInput(0, source_port.rtmidi_name, sources),
                ]
                await engine.carry_out(commands)
                ticks, before = Ticks.now(), threads_of(engine.pid)
                latencies = await play(source.send, listener, keys.first(count), stopping, same_keys=False)
                threads = threads_of(engine.pid)
                await engine.call(Ping())  # which brings the last note to the page
                between = Through(
                    alone=alone,
                    late=_stage(page.late),
                    took=_stage(page.took),
                    outcomes=page.outcomes(),
                    memory=ready.memory,
                    troubles=tuple(troubles),
                    devices=_devices(word),
                )
            finally:
                await engine.stop()
    return Measured(
        asked=count,
        interrupted=stopping.is_set(),
        latencies=latencies,
        others=listener.others,
        between=between,
        fifo=ready.fifo,
        main=engine.pid,
        threads=threads,
        usage=Usage.between(before, threads),
        computer=look(ticks),
    )


async def through_cable(output: Port, source: Port, word: str, count: int, stopping: asyncio.Event) -> Measured:
    """Play `count` notes to `output` and wait for each at the input `source`; raises BackendError. word: see above."""
    backend = backend_for(word)
    fifo = realtime.schedule_main()
    with _listening(backend, source) as (listener, _):
        played = backend.open_output(output.rtmidi_name)
        try:
            await asyncio.sleep(_SETTLE_SECONDS)
            ticks, before = Ticks.now(), threads_of(os.getpid())
            latencies = await play(played.send, listener, OCTAVE.first(count), stopping, same_keys=True)
            threads = threads_of(os.getpid())
        finally:
            played.close()
    return Measured(
        asked=count,
        interrupted=stopping.is_set(),
        latencies=latencies,
        others=listener.others,
        between=Cable(_plugged(output), _plugged(source)),
        fifo=fifo,
        main=os.getpid(),
        threads=threads,
        usage=Usage.between(before, threads),
        computer=look(ticks),
    )


async def _play_alone(
    backend: Backend, sink: Port, listener: Listener, keys: Keys, count: int, stopping: asyncio.Event
) -> Latencies:
    direct = backend.open_output(sink.rtmidi_name)
    try:
        return await play(
            direct.send, listener, keys.first(min(1 + count // _ALONE_SHARE, _ALONE_MOST)), stopping, same_keys=False
        )
    finally:
        direct.close()


@contextmanager
def _listening(backend: Backend, port: Port | None = None) -> Iterator[tuple[Listener, str]]:
    """Give a listener at `port`, or at a port of our own, and that one's name."""
    name = _own_name("sink")
    kept = realtime.ThreadState() if backend.foreign_threads else None
    listener = Listener(kept.keep, kept.give_back) if kept else Listener()
    with realtime.callback_priority():
        if port:
            opened = backend.open_input(port.rtmidi_name, listener.receive)
        else:
            opened = backend.open_virtual_input(name, listener.receive)
    try:
        yield listener, name
    finally:
        listener.retire()
        close_together([opened])


@contextmanager
def _playing(backend: Backend) -> Iterator[tuple[Output, str]]:
    """Give an output that is a port of our own, and its name."""
    name = _own_name("source")
    output = backend.open_virtual_output(name)
    try:
        yield output, name
    finally:
        output.close()


def _own_name(end: str) -> str:
    # Two may be measuring at the same time.
    return f"bench {os.getpid()} {end}"


def _listed(word: str, name: str) -> Port:
    """Return our own port of that name as it is listed; raises BackendError."""
    for port in enumerator_for(word).scan().ports:
        if port.name == name:
            return port
    raise BackendError(f"the port {name} was made and is not listed")


def _devices(word: str) -> list[Plugged]:
    """Return the keyboards and boxes that a bridge would use."""
    verdicts = judge(enumerator_for(word).scan())
    return [_plugged(each.port) for each in verdicts if each.role in {Role.KEYBOARD, Role.DESTINATION}]


def _plugged(port: Port) -> Plugged:
    return Plugged(port, usb_place(port))


@contextmanager
def _page() -> Iterator[tuple[Path, Page]]:
    """Give a page of our own, where a bridge would have its: on a disk the engine would have to wait for it."""
    runtime = Path(runtime_directory()).parent
    with tempfile.TemporaryDirectory(
        prefix="a4bridge-bench-", dir=runtime if os.access(runtime, os.W_OK) else None
    ) as at:
        path = Path(at) / "page"
        Page.prepare(path)
        yield path, Page.open(path)


def _stage(histogram: memoryview) -> Stage:
    return Stage(*(round(percentile(histogram, share) / 1000, 1) for share in (0.5, 0.99)))
