"""The engine's process: `python -m a4bridge.engine PAGE BACKEND [OUTPUT]`, started by the service and by nobody else.

It imports the standard library, the compiled route's types and the transport, so that it starts fast and stays small.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from a4bridge.backend.base import Backend, BackendError, Input, Output
from a4bridge.backend.choice import backend_for
from a4bridge.core.route import Route
from a4bridge.engine import protocol, realtime
from a4bridge.engine.closing import Closing
from a4bridge.engine.forwarder import Forwarder
from a4bridge.engine.pacing import Cable
from a4bridge.engine.page import SLOTS, Page, own
from a4bridge.engine.protocol import (
    Answer,
    Bound,
    CloseInput,
    CloseOutput,
    Command,
    OpenInput,
    OpenOutput,
    Panic,
    Ping,
    Ready,
    SetRoute,
    Stop,
    Trouble,
)
from a4bridge.engine.warmup import warm_up

_PING: Final = protocol.PING.rstrip()

_DRAIN_FLOOR: Final = 0.01
_DRAIN_PER_NOTE: Final = 0.001  # a note-off takes 0.96 ms on a DIN cable
_DRAIN_CEILING: Final = 0.15  # seconds; what is left of the 250 ms that stopping may take


class _Engine:
    """The ports and the forwarder, obeying one command after the other.

    wake: as the forwarder's. alive: called now and then by a command that takes long.
    """

    def __init__(self, page: Page, backend: Backend, wake: Callable[[], None], alive: Callable[[], None]) -> None:
        self._page = page
        self._backend = backend
        self._wake = wake
        self._alive = alive
        self._opened: dict[int, OpenInput] = {}
        self._inputs: dict[int, Input] = {}
        self._sysex_inputs: dict[int, Input] = {}
        self._sysex_passes = False
        self._output: Output | None = None
        self.forwarder = Forwarder(page, wake)
        self.closing = Closing()

    def obey(self, command: Command) -> int:
        """Carry out `command`; returns the notes it released; raises BackendError."""
        match command:
            case SetRoute(data, sources):
                self._set_route(
                    Route.from_data(data), {int(slot): frozenset(numbers) for slot, numbers in sources.items()}
                )
            case OpenInput():
                self._open_input(command)
            case CloseInput(slot):
                self._close_input(slot)
            case OpenOutput():
                return self._open_output(command)
            case CloseOutput(lost):
                return self._lose_output() if lost else self._close_output()
            case Panic(channel):
                self.forwarder.panic(channel, self._alive)
            case Ping():
                self.forwarder.fold()
            case Stop():
                return self.stop()
        return 0

    def release_at(self, name: str) -> int:
        """End what an earlier engine left sounding at the output `name`, if that can be opened; returns how much."""
        if not any(self._page.ledger):
            return 0
        with suppress(BackendError):  # the service will try again, and say what is wrong
            return self._open_output(OpenOutput(name))
        return 0

    def go_on(self) -> float | None:
        """Do what has become due unasked; returns the seconds until more will be, None if nothing is known of."""
        waits = [self.forwarder.flush_late(), self.closing.go_on()]
        return min((wait for wait in waits if wait is not None), default=None)

    def stop(self) -> int:
        """Release everything and let it reach the destination; returns how many notes were released."""
        released = self.forwarder.stop()
        self._drain(released)
        self.forwarder.fold()
        return released

    def _set_route(self, route: Route, sources: dict[int, frozenset[int]]) -> None:
        self.forwarder.set_route(route, sources)
        self._sysex_passes = bool(route.sysex_bytes)
        for slot in [] if self._sysex_passes else list(self._sysex_inputs):
            self.closing.begin(self._sysex_inputs.pop(slot))
        for slot in self._inputs if self._sysex_passes else ():
            try:
                self._open_sysex(slot)
            except BackendError as error:  # notes matter more
                self.forwarder.troubles.append(f"without SysEx from {self._opened[slot].name}: {error}")

    def _open_input(self, command: OpenInput) -> None:
        slot, name = command.slot, command.name
        kept = realtime.ThreadState() if self._backend.foreign_threads else None
        first, last = (kept.keep, kept.give_back) if kept else (None, None)
        receive = self.forwarder.add_input(slot, first, frozenset(command.sources), last)
        try:
            with realtime.callback_priority():
                open_input = self._backend.open_virtual_input if command.virtual else self._backend.open_input
                self._inputs[slot] = open_input(name, receive)
        except BackendError:
            self.forwarder.remove_input(slot)
            raise
        self._opened[slot] = command
        self._page.name_slot(slot, name)
        if self._sysex_passes:
            try:
                self._open_sysex(slot)
            except BackendError:
                self._close_input(slot)
                raise

    def _open_sysex(self, slot: int) -> None:
        """Open an input of its own for SysEx, at ordinary priority: a long one must not keep a note waiting."""
        if slot in self._sysex_inputs:
            return
        command = self._opened[slot]
        receive = self.forwarder.sysex_receiver(slot)
        if command.virtual:
            self._sysex_inputs[slot] = self._backend.open_virtual_input(f"{command.name} SysEx", receive, sysex=True)
        else:
            self._sysex_inputs[slot] = self._backend.open_input(command.name, receive, sysex=True)

    def _close_input(self, slot: int) -> None:
        self.forwarder.remove_input(slot)
        del self._opened[slot]
        for inputs in (self._inputs, self._sysex_inputs):
            if slot in inputs:
                self.closing.begin(inputs.pop(slot))
        self._page.name_slot(slot, "")

    def _open_output(self, command: OpenOutput) -> int:
        self._close_output()
        self._output = self._backend.open_output(command.name)
        self._page.name_slot(SLOTS, command.name)
        send, cable = self._output.send, None
        if command.bytes_per_second:
            cable = Cable(send, command.bytes_per_second, self._page.ledger, self._wake)
            send = cable.send
        if released := self.forwarder.connect(send, cable):
            self._drain(released)
        return released

    def _lose_output(self) -> int:
        self.forwarder.lose()
        return self._close_output()

    def _close_output(self) -> int:
        released = self.forwarder.disconnect()
        if self._output:
            self._drain(released)
            self._output.close()
            self._output = None
        return released

    def _drain(self, notes: int) -> None:
        if self._output:
            time.sleep(min(_DRAIN_FLOOR + notes * _DRAIN_PER_NOTE, _DRAIN_CEILING))


class _Service:
    """The engine's end of the line to the service.

    Whatever else prints, a library's warning or libasound's, must not get between the answers: the line is moved away
    from standard output, which becomes standard error.
    """

    def __init__(self, refresh_seconds: float | None) -> None:
        self._answers = os.dup(1)
        os.dup2(2, 1)
        self._buffer = b""
        self._refresh_seconds = refresh_seconds
        self._signal = self._signals_wake()
        self._poked, self._poke = os.pipe()
        os.set_blocking(self._poke, False)

    def poke(self) -> None:
        """End a wait in `hear`; any thread may."""
        with suppress(BlockingIOError):  # then it has been poked enough
            os.write(self._poke, b"!")

    def say(self, number: int, message: protocol.Said) -> None:
        """Tell the service something; it may be gone already."""
        self.write(protocol.encode(number, message))

    def write(self, line: bytes) -> None:
        """Tell the service what is a line already."""
        try:
            os.write(self._answers, line)
        except BrokenPipeError:
            self._buffer = b""

    def hear(self, seconds: float | None) -> bytes | None:
        """Wait for the next command and return its line; None: a signal or end of file says stop.

        b"": so many `seconds` have passed, or it was poked, or it is time to refresh.
        """
        while b"\n" not in self._buffer:
            ready = self._wait(seconds)
            if self._signal in ready:
                return None
            if self._poked in ready:
                os.read(self._poked, 4096)
            if 0 not in ready:
                return b""
            data = os.read(0, 65536)
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _wait(self, seconds: float | None) -> list[int]:
        if os.name == "nt":
            return [0]  # select knows no pipes there; reading blocks, and nothing sends signals
        waits = [each for each in (seconds, self._refresh_seconds) if each is not None]
        return select.select([0, self._signal, self._poked], [], [], min(waits, default=None))[0]

    @staticmethod
    def _signals_wake() -> int:
        """Let SIGTERM end `hear`; what a terminal sends is the service's business."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.name == "nt":
            return -1
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)
        signal.signal(signal.SIGTERM, lambda *_: None)
        return read


def main(arguments: list[str]) -> None:
    """Run until told to stop; raises BackendError where there is no transport."""
    path, word, *outputs = arguments
    fifo = realtime.schedule_main()
    memory = realtime.lock_memory()
    realtime.hand_over_quickly()
    backend = backend_for(word)
    service = _Service(backend.refresh_seconds)
    page = Page.open(path, writable=True)
    own(path, page)
    engine = _Engine(page, backend, service.poke, lambda: service.write(protocol.PONG))
    released = sum(map(engine.release_at, outputs))
    preparing = _prepare()
    next(preparing)
    service.say(0, Ready(fifo, memory, released))
    try:
        _obey_all(service, engine, backend, preparing)
    finally:
        engine.stop()


def _prepare() -> Iterator[None]:
    """Do what makes notes quick: the first step at once, what is left when there is nothing else to do."""
    yield from warm_up()
    realtime.freeze_memory()


def _obey_all(service: _Service, engine: _Engine, backend: Backend, preparing: Iterator[None]) -> None:
    forwarder = engine.forwarder
    stopped = prepared = False
    while not stopped:
        seconds = engine.go_on()
        if (line := service.hear(seconds if prepared else 0.0)) is None:
            return
        if not line:
            prepared = bool(next(preparing, True))  # None, as long as there is more to do
            backend.refresh()
        while forwarder.actions:
            service.say(0, Bound(*forwarder.actions.popleft()))
        _tell_findings(service, forwarder)
        if not line:
            continue
        if line == _PING:
            forwarder.fold()
            answer = protocol.PONG
        else:
            number, command = protocol.decode(line)
            assert isinstance(command, Command)
            answer = protocol.encode(number, _obey(engine, command))
            stopped = isinstance(command, Stop)
        while forwarder.troubles:
            service.say(0, Trouble(forwarder.troubles.popleft()))
        _tell_findings(service, forwarder)
        service.write(answer)


def _obey(engine: _Engine, command: Command) -> Answer:
    try:
        return Answer(released=engine.obey(command))
    except BackendError as error:
        return Answer(error=str(error))


def _tell_findings(service: _Service, forwarder: Forwarder) -> None:
    while forwarder.findings:
        service.say(0, forwarder.findings.popleft())


def run() -> None:
    """Run the engine and end the process without undoing anything: kept thread states could not be."""
    try:
        main(sys.argv[1:])
    except BackendError as error:
        print(error, file=sys.stderr)
        code = protocol.NO_TRANSPORT
    except BaseException:  # noqa: BLE001 - told, and the service starts another engine
        import traceback  # noqa: PLC0415 - it would be a tenth of the time that an engine takes to start

        traceback.print_exc()
        code = 1
    else:
        code = 0
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
