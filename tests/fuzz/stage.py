"""A forwarder between keyboards and a box, in a time of its own, that says as soon as something is wrong."""

import mmap
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final
from unittest import mock

from a4bridge.backend.base import Receive
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route
from a4bridge.engine import forwarder, loops, sounding, thinning
from a4bridge.engine.forwarder import Forwarder
from a4bridge.engine.page import LEDGER_SIZE, RING_EVENTS, SIZE, Page

Note = tuple[int, int]
"""Channel (1-16) and note (0-127)."""


class Clock:
    """Stands in for the module `time`: it goes on only where somebody sleeps or says so."""

    def __init__(self) -> None:
        self.now = 10**12

    def monotonic_ns(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1e9)


class Chance:
    """Stands in for the module `os` where it throws dice: a case must come out the same each time."""

    def urandom(self, count: int) -> bytes:
        return bytes((37 * at + 11) % 256 for at in range(count))


@contextmanager
def own_time() -> Iterator[Clock]:
    """Let the engine live by a clock of its own: what it does then depends on nothing else."""
    clock = Clock()
    with ExitStack() as stack:
        for module in (forwarder, sounding, thinning):
            stack.enter_context(mock.patch.object(module, "time", clock))
        stack.enter_context(mock.patch.object(loops, "os", Chance()))
        yield clock


def assert_whole(message: list[int], longest_sysex: int = 0) -> None:
    """Assert that `message` is one whole, valid MIDI message, or a SysEx that may pass."""
    said = bytes(message[:8]).hex(" ")
    assert message, "nothing was sent"
    if message[0] == midi.SYSEX:
        assert len(message) <= longest_sysex, f"a SysEx of {len(message)} bytes where {longest_sysex} may pass"
        assert message[-1] == midi.SYSEX_END, f"{said} has no end"
        assert max(message[1:-1], default=0) < midi.NOTE_OFF, f"{said} has a status inside"
        return
    assert message[0] >= midi.NOTE_OFF, f"{said} begins without a status"
    assert len(message) == midi.LENGTHS[message[0]], f"{said} is not as long as its status says"
    assert all(0 <= byte < midi.NOTE_OFF for byte in message[1:]), f"{said} has a status inside"
    assert message[0] & 0xF0 != midi.NOTE_ON or message[2], f"{said} is a note-off in disguise"


class Box:
    """The far end of the cable: it knows what sounds, and a note-off of something that does not is wrong."""

    def __init__(self) -> None:
        self.sounding: set[Note] = set()
        self.plugged = True
        self.told_to_release = False
        """A release may end what does not sound: nobody may know better then. So may a probe of the guard's."""
        self.longest_sysex = 0
        self.lately: deque[bytes] = deque(maxlen=32)
        """What came last, the newest first."""

    def hear(self, message: list[int]) -> None:
        assert_whole(message, self.longest_sysex)
        if self.plugged:
            self.lately.appendleft(bytes(message))
        if not self.plugged or message[0] >= midi.POLY_PRESSURE:
            return
        note = midi.channel_of(message[0]), message[1]
        if message[0] >= midi.NOTE_ON:
            self.sounding.add(note)
        else:
            probe = message[1] in loops.PROBE_NOTES and message[2] < midi.RELEASE_VELOCITY
            assert note in self.sounding or self.told_to_release or probe, f"a stray note-off of {note}"
            self.sounding.discard(note)


@dataclass
class Keyboard:
    """An open input: what the transport calls, and how far its bytes are."""

    receive: Receive
    receive_sysex: Receive
    splitter: midi.Splitter = field(default_factory=midi.Splitter)


NAMED: Final = 3
"""The keyboards are, in turn, the first, second and third that a profile names."""


class Stage:
    """Keyboards, a forwarder and a box. Whatever is done to it, `check` finds it in order."""

    def __init__(self, clock: Clock, route: Route, keyboards: int) -> None:
        self.clock = clock
        self.box = Box()
        self.keyboards: dict[int, Keyboard] = {}
        self.connected = False
        self._start(bytes(LEDGER_SIZE), route, range(keyboards))

    def _start(self, ledger: bytes, route: Route, slots: Iterable[int]) -> None:
        self.page = Page(mmap.mmap(-1, SIZE))
        self.page.ledger[:] = ledger
        self.forwarder = Forwarder(self.page)
        self.received: list[bytes] = []
        self.use(route)
        self.connect()
        for slot in slots:
            self.plug(slot)

    # What is done to it.

    def play(self, slot: int, message: bytes) -> None:
        """Let a keyboard send one message; a SysEx comes by both of its inputs."""
        if slot in self.keyboards:
            self._deliver(self.keyboards[slot].receive, message)
            if message[0] == midi.SYSEX:
                self._deliver(self.keyboards[slot].receive_sysex, message)

    def _deliver(self, receive: Receive, message: bytes) -> None:
        self.received.append(message[:3])
        receive((list(message), 0.001), None)

    def use(self, route: Route) -> None:
        self.route = route
        self.box.longest_sysex = route.sysex_bytes
        self.forwarder.set_route(route, {slot: self._sources(slot) for slot in self.keyboards})

    def plug(self, slot: int) -> None:
        if slot not in self.keyboards:
            receive = self.forwarder.add_input(slot, lambda: None, self._sources(slot))
            self.keyboards[slot] = Keyboard(receive, self.forwarder.sysex_receiver(slot))

    def unplug(self, slot: int) -> None:
        if slot in self.keyboards:
            del self.keyboards[slot]
            self.forwarder.remove_input(slot)

    def pull_the_box(self) -> None:
        """Pull its cable; nobody notices until `lose_the_box`."""
        self.box.plugged = False

    def lose_the_box(self) -> None:
        self.forwarder.lose()
        self.connected = False

    def give_up_the_box(self) -> None:
        if self.connected:
            self.forwarder.disconnect()
            self.connected = False
            self.assert_silence()

    def connect(self) -> None:
        """Connect the box, or connect it anew."""
        self.box.plugged = self.connected = self.box.told_to_release = True
        self.forwarder.connect(self.box.hear)
        self.box.told_to_release = False
        self.assert_silence()

    def panic(self, channel: int) -> None:
        if self.connected:
            self.box.told_to_release = True
            self.forwarder.panic(channel)
            self.box.told_to_release = False
            self.assert_silence()

    def kill_the_engine(self) -> None:
        """End the engine without a word, and start another on the page that it leaves."""
        slots = list(self.keyboards)
        self.check()
        self.keyboards.clear()
        self._start(bytes(self.page.ledger), self.route, slots)

    def pass_time(self, milliseconds: int) -> None:
        self.clock.sleep(milliseconds / 1000)
        self.forwarder.flush_late()

    def end(self, *, by_hand: bool) -> None:
        """End everything: let every keyboard go first, or have the forwarder do it."""
        if not self.connected:
            self.connect()
        if by_hand:
            for slot in list(self.keyboards):
                self.unplug(slot)
            self.assert_silence()
        self.forwarder.stop()
        self.assert_silence()
        self.check()
        assert not any(self.page.ledger), "the ledger marks a note after the end"

    # What must hold.

    def check(self) -> None:
        """Assert that nothing failed, that the ledger tells what sounds, and that every event was counted once."""
        self.forwarder.fold()
        self.forwarder.findings.clear()
        assert not self.forwarder.troubles, list(self.forwarder.troubles)
        if self.box.plugged:
            marked = set(self.page.sounding())
            assert self.box.sounding == marked, f"{self.box.sounding} sound, and the ledger marks {marked}"
        count = len(self.received)
        assert self.page.count(Outcome.FAILED) == 0
        assert self.page.events() == sum(self.page.took) == sum(self.page.late) == self.page.head[0] == count
        records = list(self.page.recent())
        assert [record.received for record in records] == self.received[-RING_EVENTS:]
        if count <= RING_EVENTS:
            shown = [record.outcome for record in records]
            assert self.page.outcomes() == {outcome: shown.count(outcome) for outcome in sorted({*shown})}

    def assert_silence(self) -> None:
        assert not self.box.plugged or not self.box.sounding, f"{self.box.sounding} sound on"

    @staticmethod
    def _sources(slot: int) -> frozenset[int]:
        return frozenset({slot % NAMED})
