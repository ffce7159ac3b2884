"""What the engine needs of a MIDI system, whichever one it is."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

CLIENT: Final = "a4bridge"
"""What a bridge calls its clients of the MIDI system; those of a verb have the verb's name behind it: "a4bridge learn".

ASCII: CoreMIDI crashes on anything else.
"""

Event = tuple[list[int], float]
"""One whole, valid message as the transport delivers it, and the seconds since the one before it on that input."""

Receive = Callable[[Event, object], None]
"""Called for every event, on a thread of the transport's own; the second argument is not used."""

Send = Callable[[list[int]], object]
"""Sends one whole message. What it returns has no meaning: no transport knows whether a message arrived."""


class BackendError(Exception):
    """A port could not be opened; the text says why, in one sentence."""


class Input(Protocol):
    """An open input; `receive` may be called until the last step of `closing` is taken."""

    def closing(self) -> Iterator[float]:
        """Stop calling and give the port back, step by step; yields the seconds until the next step may be taken.

        Meanwhile `receive` may be called with an event of the transport's own. Never take a step on its own thread.
        """


def close_together(inputs: Iterable[Input]) -> None:
    """Close inputs, the pauses of all of them at the same time; not on a thread of the transport's own."""
    going = [each.closing() for each in inputs]
    while pauses := {steps: pause for steps in going if (pause := next(steps, None)) is not None}:
        going = list(pauses)
        time.sleep(max(pauses.values()))


class Output(Protocol):
    """An open output."""

    @property
    def send(self) -> Send:
        """The function that sends; it is asked for once and called for every message."""

    def close(self) -> None:
        """Give the port back; what was sent before still arrives."""


class Backend(Protocol):
    """A MIDI system. Ports are named as it names them, with the address that tells equal names apart.

    refresh_seconds: how often `refresh` must be called on the main thread, in seconds; None: never.

    foreign_threads: whether callbacks come on threads that Python did not start.

    An ordinary input need not deliver SysEx. One that is opened with `sysex` delivers nothing else: each in one piece,
    or as much of it as came. They are two, also where the port is one, so that SysEx never holds up or swallows a note.
    """

    refresh_seconds: float | None
    foreign_threads: bool

    def open_input(self, name: str, receive: Receive, *, sysex: bool = False) -> Input:
        """Open the input called `name`, for SysEx alone or for everything else; raises BackendError."""

    def open_virtual_input(self, name: str, receive: Receive, *, sysex: bool = False) -> Input:
        """Make a port called `name` that other programs play into, as `open_input` otherwise; raises BackendError."""

    def open_virtual_output(self, name: str) -> Output:
        """Make a port called `name` that other programs can hear; raises BackendError."""

    def open_output(self, name: str) -> Output:
        """Open the output called `name`; raises BackendError."""

    def refresh(self) -> None:
        """Keep the system's list of ports fresh."""
