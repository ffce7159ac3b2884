"""What the callbacks noted, brought into the shared page when no note waits for it.

A callback only appends one tuple, 0.9 us in counted time; counting, both histograms and the ring cost some 6 us more
(benchmarks/costs.py). The end of a note has time for that, and the next note finds nobody else at it: while the main
thread does it, a note that comes waits for the interpreter. That one takes what is left, so that what is shown is as
old as the service's last ping, an eighth of a second at most.
"""

from collections import deque
from typing import Final

from a4bridge.backend.base import Event
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.engine.doubled import DoubledRoutes
from a4bridge.engine.page import LINEAR_BUCKETS, RING_EVENTS, RING_RECORD, Page, wide_bucket

Note = tuple[int, Event, int, int, list[int] | Outcome]
"""Slot, the event as the transport gave it, entered and done (monotonic ns), and the bytes sent or the outcome."""

SYSEX_SLOTS: Final = 64
"""What the inputs count on by that bring nothing but SysEx; the ring shows the slot of the input beside them."""

_ROOM: Final = 1 << 15
"""Notes kept for the main thread: ten seconds at 3,000 events a second. Beyond, the oldest go uncounted."""

_REMEMBERED: Final = 256
"""Notes that whoever looks for loops still finds when they are folded."""

_MOST: Final = 0xFFFFFFFF
_NOTHING: Final[list[int]] = []

_DRIFT_SHIFT: Final = 13
"""The zero of lateness creeps up by one part in 2**13 (122 ppm) of the time that passes.

The stamps come from the kernel's sequencer queue, whose clock may run apart from CLOCK_MONOTONIC by some parts in a
million; a zero that only ever fell would show that drift as lateness after an hour. The price: after a silent minute
the first event may be 7 ms late and not show it.
"""


_WOULD_SOUND: Final = frozenset((Outcome.NOT_ITS_TURN, Outcome.NO_FREE_TRACK))
"""What becomes of a note that the profile lets through, where it is not sent."""


class _Punctuality:
    """How late one input's events were handled, by the transport's own clock.

    RtMidi tells the time since the input's previous event, from the kernel's stamps. Their sum is held against the
    monotonic clock; the least that this clock was ever ahead belongs to an event that was on time.
    """

    __slots__ = ("_stamp", "_zero")

    def __init__(self) -> None:
        self._stamp = 0
        self._zero: int | None = None

    def lateness(self, entered: int, delta: float) -> int:
        elapsed = int(delta * 1e9)
        self._stamp += elapsed
        ahead = entered - self._stamp
        zero = ahead if self._zero is None else min(ahead, self._zero + (elapsed >> _DRIFT_SHIFT))
        self._zero = zero
        return ahead - zero


class Recorder:
    """Takes the callbacks' notes and keeps the page's counts, histograms and ring; one thread at a time may fold.

    notes: what was not folded yet, newest last. folded: the last of what was. doubled: what came by two ways.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._inputs: dict[int, _Punctuality] = {}
        self.notes: Final = deque[Note](maxlen=_ROOM)
        self.folded: Final = deque[Note](maxlen=_REMEMBERED)
        self.note = self.notes.append
        self.doubled: Final = DoubledRoutes()

    def start_input(self, slot: int) -> None:
        """Begin anew with an input: its stamps count from its first event."""
        self.fold()
        self._inputs[slot] = _Punctuality()
        self.doubled.forget(slot)

    def fold(self, most: int = _ROOM) -> None:
        """Bring what was noted so far into the page, the oldest first, so many events at most."""
        notes = self.notes
        if len(notes) == _ROOM:  # the stamps of what went uncounted are missing from every sum
            self._inputs = {slot: _Punctuality() for slot in self._inputs}
        for _ in range(min(most, len(notes))):
            note = notes.popleft()
            self.folded.append(note)
            self._fold_one(note)

    def _fold_one(self, note: Note) -> None:
        slot, (received, delta), entered, done, result = note
        page = self._page
        late = self._inputs[slot].lateness(entered, delta)
        took = done - entered
        outcome, sent = (Outcome.FORWARDED, result) if isinstance(result, list) else (result, _NOTHING)
        head = page.head
        number = head[0]
        RING_RECORD.pack_into(
            page.ring,
            number % RING_EVENTS * RING_RECORD.size,
            entered,
            number & _MOST,
            min(_MOST, late),
            min(_MOST, took),
            slot % SYSEX_SLOTS,
            outcome,
            (min(3, len(received))) << 4 | (min(3, len(sent))),
            bytes(received[:3]),
            bytes(sent[:3]),
        )
        head[0] = number + 1
        page.counts[outcome] += 1
        bucket = took >> 10
        page.took[bucket if bucket < LINEAR_BUCKETS else wide_bucket(took)] += 1
        bucket = late >> 10
        page.late[bucket if bucket < LINEAR_BUCKETS else wide_bucket(late)] += 1
        if (sent or outcome in _WOULD_SOUND) and received[0] & 0xF0 == midi.NOTE_ON and received[2]:
            self.doubled.note_on(slot, received[1], received[2], entered)
