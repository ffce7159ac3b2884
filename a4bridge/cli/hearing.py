"""Listening to keyboards while somebody is asked to press a key."""

import queue
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from a4bridge.backend.base import Backend, BackendError, Event, Input, close_together
from a4bridge.backend.choice import backend_for
from a4bridge.control.client import Connection, ControlError, places
from a4bridge.control.wire import Feed, Watch
from a4bridge.core import midi
from a4bridge.core.names import strip_address
from a4bridge.core.outcomes import Outcome, is_drop
from a4bridge.doctor.facts import Heard, Listened
from a4bridge.ports.listing import Port

SECONDS: Final = 20.0
"""How long a person has to find a key."""

_TWIN_SECONDS: Final = 0.3
"""How long after a key the same one may come by another way."""
_LOOK_SECONDS: Final = 0.05


def listen(
    ports: Sequence[Port], backend: str, bridge: Path | None, ask: Callable[[], None], seconds: float = SECONDS
) -> Listened | None:
    """Return what comes after `ask`, until a key does or `seconds` are over; None if the person presses Enter.

    ports: those to listen to besides what the bridge has open that listens at `bridge`.
    """
    heard: queue.Queue[Heard] = queue.Queue()
    failures: list[str] = []
    with ExitStack() as stack:
        if bridge:
            stack.enter_context(_watched(bridge, heard, failures))
        stack.enter_context(_opened(ports, backend, heard, failures))
        ask()
        came = _until_key(heard, seconds)
    return (
        None if came is None else Listened(seconds, tuple(port.title for port in ports), tuple(came), tuple(failures))
    )


def _until_key(heard: "queue.Queue[Heard]", seconds: float) -> list[Heard] | None:
    came: list[Heard] = []
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        with suppress(queue.Empty):
            came.append(heard.get(timeout=min(left, _LOOK_SECONDS)))
            if came[-1].key is not None:
                deadline = min(deadline, time.monotonic() + _TWIN_SECONDS)
        if _enter_was_pressed():
            return came or None
    return came


def has_terminal() -> bool:
    """Tell whether somebody can type."""
    return bool(sys.stdin and sys.stdin.isatty())


def _enter_was_pressed() -> bool:
    if not has_terminal() or not select.select([sys.stdin], [], [], 0)[0]:
        return False
    sys.stdin.readline()
    return True


@contextmanager
def _opened(ports: Sequence[Port], backend: str, heard: "queue.Queue[Heard]", failures: list[str]) -> Iterator[None]:
    """Have what the ports send put into `heard`."""
    inputs: list[Input] = []
    try:
        if ports:
            transport = backend_for(backend, "doctor")
            for port in ports:
                with _noted(failures):
                    inputs.append(_open(transport, port, heard))
        yield
    finally:
        close_together(inputs)


def _open(transport: Backend, port: Port, heard: "queue.Queue[Heard]") -> Input:
    def receive(event: Event, _unused: object) -> None:
        # Active sensing is also what the transport sends to itself.
        if event[0][0] != midi.ACTIVE_SENSING:
            heard.put(Heard(port.title, bytes(event[0])))

    return transport.open_input(port.rtmidi_name, receive)


@contextmanager
def _noted(failures: list[str]) -> Iterator[None]:
    try:
        yield
    except BackendError as error:
        failures.append(str(error))


@contextmanager
def _watched(bridge: Path, heard: "queue.Queue[Heard]", failures: list[str]) -> Iterator[None]:
    """Have what a bridge is played put into `heard`."""
    try:
        connection = Connection.to_first(places(bridge))
        happening = connection.watch(Watch((Feed.PLAYED,)))
    except ControlError as error:
        failures.append(str(error))
        yield
        return

    def read() -> None:
        with suppress(ControlError, OSError):  # it has ended, or this program does
            for facts in happening:
                for event in facts.get(Feed.PLAYED, ()):
                    outcome = Outcome[event["outcome"].upper()]
                    if outcome is not Outcome.PRIMED and event["in"][:2] != f"{midi.ACTIVE_SENSING:02x}":
                        heard.put(
                            Heard(
                                strip_address(event["input"]),
                                bytes.fromhex(event["in"]),
                                event["says"],
                                not is_drop(outcome),
                            )
                        )

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield
    finally:
        connection.hang_up()
        reader.join()
