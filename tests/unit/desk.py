"""A forwarder on a desk: keyboards that a test plays by hand, and a simulated Analog Four that hears what is sent.

Messages are written as hexadecimal bytes, "90 3C 64"; notes go out on channel 9, as "98 3C 64", unless a route says
otherwise. Keyboards are called A, B, C, ... in the order of their slots.
"""

import mmap
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hypothesis import strategies as st

from a4bridge.backend.base import Receive
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Action, Binding, Knob, Mono, Order, Route, Steal, Sustain, Trigger, Zone
from a4bridge.engine.forwarder import Forwarder
from a4bridge.engine.page import SIZE, Page, RingEvent
from a4bridge.sim.analog_four import AnalogFour

LIVEREC: Final = Route(
    profile="liverec",
    zones=(Zone((9,), pitch_bend=True, channel_pressure=True, control_changes=(1, 2)),),
    sustain=Sustain.HOLD,
)
GRIDREC: Final = Route(profile="gridrec", zones=(Zone((9,)),), sustain=Sustain.DROP)


def altered(route: Route, **changes: object) -> Route:
    """Return `route` with its every zone changed."""
    return replace(route, zones=tuple(replace(zone, **changes) for zone in route.zones))  # type: ignore[arg-type] # by name


def _sensible(zone: Zone) -> Zone:
    """Return the zone as a profile may have it."""
    mono = Mono.ALL if len(zone.channels) > 1 else zone.mono
    return replace(zone, mono=mono, returns=zone.returns and mono is not Mono.ALL)


def rich_routes() -> st.SearchStrategy[Route]:
    """Routes with everything that a profile may ask for, to the channels of TRACK_OF."""
    channels = st.permutations(sorted(TRACK_OF)).flatmap(
        lambda several: st.sampled_from([(), several[:1], several[:1], several[:2], several])
    )
    knob = st.builds(
        Knob,
        controller=st.sampled_from([1, 20]),
        to=st.sampled_from([3, 20]),
        channel=st.sampled_from([None, 9]),
        values=st.just(tuple(range(128))),
    )
    zone = st.builds(
        Zone,
        channels=channels.map(tuple),
        source=st.sampled_from([None, None, 0, 1]),
        channel=st.sampled_from([None, None, 2, 3]),
        low=st.sampled_from([0, 0, 61]),
        high=st.sampled_from([127, 127, 64]),
        order=st.sampled_from(Order),
        steal=st.sampled_from(Steal),
        transpose=st.sampled_from([0, 0, 12, -70]),
        fold=st.booleans(),
        velocities=st.sampled_from([(), (1, *(min(127, each + 5) for each in range(1, 128)))]),
        mono=st.sampled_from(Mono),
        returns=st.booleans(),
        exclusive=st.sampled_from([False, False, True]),
        notes=st.sampled_from([True, True, True, False]),
        pitch_bend=st.booleans(),
        channel_pressure=st.booleans(),
        poly_pressure=st.booleans(),
        program_change=st.booleans(),
        nrpn=st.booleans(),
        control_changes=st.sampled_from([(), (1, 2), (0, 1, 7, 20)]),
        knobs=st.lists(knob, max_size=2).map(tuple),
    ).map(_sensible)
    binding = st.builds(
        Binding,
        trigger=st.sampled_from(Trigger),
        number=st.sampled_from([20, 61]),
        action=st.sampled_from(Action),
        argument=st.sampled_from(["", "auto"]),
        source=st.sampled_from([None, 0]),
        channel=st.sampled_from([None, 2]),
    )
    return st.builds(
        Route,
        profile=st.just("rich"),
        zones=st.lists(zone, min_size=1, max_size=4).map(tuple),
        bindings=st.lists(binding, max_size=2).map(tuple),
        sustain=st.sampled_from([Sustain.HOLD, Sustain.HOLD, Sustain.DROP, Sustain.PASS]),
        clock=st.booleans(),
        transport=st.booleans(),
        sysex_bytes=st.sampled_from([0, 64]),
        thinning=st.sampled_from([0, 300]),
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


class Clock:
    """The forwarder's time, in ns; it goes on only where somebody says so."""

    def __init__(self) -> None:
        self.now = 10**12

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: float) -> None:
        """Let time pass."""
        self.now += int(ms * 1e6)


class Desk:
    """A forwarder, its keyboards, and the box at its output.

    heard: every message that the box received, in order. before_hearing, after_hearing: what a test wants to happen
    while a message is being sent. Events come 10 ms apart, as nobody may take them for a loop.
    """

    def __init__(
        self,
        route: Route | None = LIVEREC,
        keyboards: str = "AB",
        *,
        connected: bool = True,
        page: Page | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.page = page or memory_page()
        self.a4 = AnalogFour()
        self.heard: list[str] = []
        self.before_hearing: Callable[[], None] = lambda: None
        self.after_hearing: Callable[[], None] = lambda: None
        self.clock = Clock()
        self.forwarder = Forwarder(self.page, clock=clock or self.clock)
        self._receive: dict[str, Receive] = {}
        for name in keyboards:
            self.plug(name)
        if route:
            self.use(route)
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

    def use(self, route: Route) -> None:
        """Go by `route` from now on; keyboard A is the first input that it may name, B the second, and so on."""
        self.forwarder.set_route(route, {self._slot(name): frozenset({self._slot(name)}) for name in self._receive})

    def plug(self, name: str, first: Callable[[], None] | None = None) -> None:
        """Add keyboard `name`."""
        slot = self._slot(name)
        self._receive[name] = self.forwarder.add_input(slot, first, frozenset({slot}))

    def unplug(self, name: str) -> None:
        """Take keyboard `name` away; its callback may still be called by `receive`."""
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
        self.clock.advance(10)
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

    def recent(self) -> list[RingEvent]:
        """Return what the page's ring shows."""
        self.forwarder.fold()
        return list(self.page.recent())

    @staticmethod
    def _slot(name: str) -> int:
        return ord(name) - ord("A")


def _parts(score: str) -> list[tuple[str, str]]:
    return [(part[0], part[2:]) for part in score.split(", ")]
