"""A forwarder on a desk: keyboards that a test plays by hand, and a simulated Analog Four that hears what is sent.

Messages are written as hexadecimal bytes, "90 3C 64"; notes go out on channel 9, as "98 3C 64", unless a route says
otherwise. Keyboards are called A, B, C, ... in the order of their slots.
"""

import mmap
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Sustain
from a4bridge.engine.forwarder import Forwarder
from a4bridge.engine.page import SIZE, Page, Record
from a4bridge.sim.analog_four import AnalogFour

LIVEREC: Final = Route(
    profile="liverec",
    channel=9,
    notes=True,
    pitch_bend=True,
    channel_pressure=True,
    control_changes=(1, 2),
    sustain=Sustain.HOLD,
)
GRIDREC: Final = replace(
    LIVEREC,
    profile="gridrec",
    pitch_bend=False,
    channel_pressure=False,
    control_changes=(),
    sustain=Sustain.DROP,
)

TRACK_OF: Final = {9: 1, 2: 2, 3: 3, 4: 4}
"""What a new project's Analog Four plays by channel while track 1 is active; 1 is left out, it plays track 1 too."""


def sounding_on(a4: AnalogFour) -> set[tuple[int, int]]:
    """Return the (channel, note) pairs that sound on `a4`, if it was only played on the channels of TRACK_OF."""
    channel_of = {track: channel for channel, track in TRACK_OF.items()}
    return {(channel_of[track], note) for track, notes in a4.hanging().items() for note in notes}


def memory_page() -> Page:
    """Return a page that lies in no file."""
    return Page(mmap.mmap(-1, SIZE))


def bytes_of(text: str) -> bytes:
    """Read "90 3C 64"."""
    return bytes.fromhex(text)


def text_of(message: bytes | list[int]) -> str:
    """Write "90 3C 64"."""
    return bytes(message).hex(" ").upper()


class Desk:
    """A forwarder, its keyboards, and the box at its output.

    heard: every message that the box received, in order. before_hearing, after_hearing: what a test wants to happen
    while a message is being sent.
    """

    def __init__(
        self,
        route: Route | None = LIVEREC,
        keyboards: str = "AB",
        *,
        connected: bool = True,
        page: Page | None = None,
    ) -> None:
        self.page = page or memory_page()
        self.a4 = AnalogFour()
        self.heard: list[str] = []
        self.before_hearing: Callable[[], None] = lambda: None
        self.after_hearing: Callable[[], None] = lambda: None
        self.forwarder = Forwarder(self.page)
        self._receive = {name: self.forwarder.add_input(slot) for slot, name in enumerate(keyboards)}
        if route:
            self.forwarder.set_route(route)
        if connected:
            self.connect()

    def connect(self) -> int:
        """Connect the box; returns the notes that were released."""
        return self.forwarder.connect(self.hear)

    def hear(self, message: list[int]) -> None:
        """Be the box's end of the cable."""
        self.before_hearing()
        self.heard.append(text_of(message))
        self.a4.receive(bytes(message), 0)
        self.after_hearing()

    def plug(self, name: str, first: Callable[[], None] | None = None) -> None:
        """Add keyboard `name`."""
        self._receive[name] = self.forwarder.add_input(self._slot(name), first)

    def unplug(self, name: str) -> None:
        """Take keyboard `name` away; its callback may still be called by `play_late`."""
        self.forwarder.remove_input(self._slot(name))

    def play(self, text: str, keyboard: str = "A") -> Outcome:
        """Play one message, by default on keyboard A; returns what became of it."""
        return self.play_bytes(bytes_of(text), keyboard)

    def play_bytes(self, message: bytes, keyboard: str = "A") -> Outcome:
        """Play one message, by default on keyboard A; returns what became of it."""
        before = Counter(self.page.outcomes())
        self.receive(keyboard, list(message))
        self.forwarder.fold()
        (outcome,) = Counter(self.page.outcomes()) - before
        return outcome

    def receive(self, keyboard: str, message: list[int]) -> None:
        """Be the transport's thread."""
        self._receive[keyboard]((message, 0.001), None)

    def play_all(self, score: str) -> list[Outcome]:
        """Play a score such as "A 90 3C 64, B 90 3C 64, A 80 3C 40"."""
        return [self.play(text, keyboard) for keyboard, text in _parts(score)]

    def lift_all(self, score: str) -> None:
        """Let go of every key and pedal that `score` touched."""
        for keyboard, text in _parts(score):
            status, number, *_ = [*bytes_of(text), 0]
            if status & 0xE0 == midi.NOTE_OFF:
                self.play_bytes(bytes([midi.NOTE_OFF | status & 15, number, 64]), keyboard)
            elif (status & 0xF0, number) == (midi.CONTROL_CHANGE, midi.CC_SUSTAIN):
                self.play_bytes(bytes([status, number, 0]), keyboard)

    def recent(self) -> list[Record]:
        """Return what the page's ring shows."""
        self.forwarder.fold()
        return list(self.page.recent())

    @staticmethod
    def _slot(name: str) -> int:
        return ord(name) - ord("A")


def _parts(score: str) -> list[tuple[str, str]]:
    return [(part[0], part[2:]) for part in score.split(", ")]
