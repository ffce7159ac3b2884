"""A destination behind a cable that is slower than players can be: what goes down it now, later, or not at all.

The kernel keeps what a MIDI port has yet to send in a buffer of 4,096 bytes, and drops without a word what does not
fit, note-offs included (linux sound/core/seq/seq_midi.c, dump_midi). So the engine counts what still waits there:

- Note-offs always go, and find their place: nothing else may fill the buffer to where they would not fit.
- A note-on that would wait too long is left out before anything knows of it, so that its note-off is none either.
- Of bend, pressure, program and control changes the newest value is kept until there is room; notes come before them.
- Clock and start and stop are the last to be left out, as a tempo is made of all of them.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from a4bridge.backend.base import Send
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.engine.controls import Handler

_SECOND: Final = 1_000_000_000

ROOM_BYTES: Final = 4096 - 64
"""What may wait in the kernel at once. The rest is for the moment that a cable takes to begin."""

_SHARE: Final = 0.9
"""The part of a cable that is filled. An interface may be slower than its cable: by its own clock, or because it waits
for USB between two packets. One that is slower by a tenth would not be noticed, until a note-off is lost."""

NOTE_WAITS: Final = 0.05
CHANGE_WAITS: Final = 0.025
CLOCK_WAITS: Final = 0.1
"""Seconds that a message may wait behind others, by what it is."""

_COMPLAINT: Final = 1.0
"""Seconds between two sentences about what was left out."""

_NOTE_OFF_BYTES: Final = 3

_NOTE_OFFS_KEPT: Final = 4096
"""More than a cable of 3,125 bytes a second carries in the time for which they may be doubted, and with what waits."""


class Pacing:
    """For a destination that keeps up: every handler as it is, so that a note pays nothing.

    Each method takes a handler that sends, and returns the one to be used in its place.
    """

    def note(self, handler: Handler, sounds: Callable[[int], bool]) -> Handler:  # noqa: ARG002 - for a cable
        """Leave a note-on out where it would come too late, if it is of a note (0-127) that `sounds`."""
        return handler

    def newest(self, handler: Handler, *, numbered: bool = False) -> Handler:  # noqa: ARG002 - for a cable
        """Keep a change until there is room, and of several the newest; `numbered`: for each second byte by itself."""
        return handler

    def step(self, handler: Handler) -> Handler:
        """Leave a change out that only makes sense in its place, where it would come too late."""
        return handler

    def clock(self, handler: Handler) -> Handler:
        """Leave clock, start and stop out where they would come much too late."""
        return handler


UNPACED: Final = Pacing()


class Cable(Pacing):
    """A cable to one destination, and all that goes down it; whoever uses it has the turn.

    bytes_per_second: what it carries; a MIDI cable 3,125. ledger: what sounds, see Sounding. wake: called when a change
    is kept, so that somebody calls `flush` in time. clock, sleep: monotonic nanoseconds; seconds.
    """

    def __init__(
        self,
        send: Send,
        bytes_per_second: int,
        ledger: memoryview,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._send = send
        self._ledger = ledger
        self._wake = wake
        self._now = clock
        self._sleep = sleep
        self._byte = int(_SECOND / (bytes_per_second * _SHARE))
        self._free_at = 0
        """When the last byte will have gone."""
        self._kept: dict[tuple[Handler, int, int], list[int]] = {}
        self._note_offs: deque[tuple[int, int]] = deque(maxlen=_NOTE_OFFS_KEPT)
        self._left_out = [0, 0]
        """Notes and other events, since the cable is open."""
        self._told = [0, 0]
        self._told_at = 0

    def send(self, message: list[int]) -> None:
        """Send `message`, in any case: what may be left out is, before it gets here.

        It waits until it fits, which only happens where more notes sound than anybody has keys.
        """
        now = self._now()
        if (excess := self._waiting(now) + len(message) - ROOM_BYTES) > 0:
            self._sleep(excess * self._byte / _SECOND)
            now = self._now()
        self._free_at = max(self._free_at, now) + len(message) * self._byte
        if message[0] & 0xF0 == midi.NOTE_OFF:
            self._note_offs.append((self._free_at, (message[0] & 15) << 7 | message[1]))
        self._send(message)

    def has_room(self, message: list[int]) -> bool:
        """Tell whether `message` leaves room for the note-offs of all that sounds; if not, it counts as left out."""
        sounding = len(self._ledger) - self._ledger.tobytes().count(0)
        if self._waiting(self._now()) + len(message) + _NOTE_OFF_BYTES * sounding <= ROOM_BYTES:
            return True
        self._leave_out(message)
        return False

    def note(self, handler: Handler, sounds: Callable[[int], bool]) -> Handler:
        """See Pacing."""
        longest = int(NOTE_WAITS * _SECOND)

        def note(message: list[int]) -> list[int] | Outcome:
            if message[2] and self._free_at - self._now() > longest and sounds(message[1]):
                self._leave_out(message)
                return Outcome.OVERLOAD
            return handler(message)

        return note

    def newest(self, handler: Handler, *, numbered: bool = False) -> Handler:
        """See Pacing."""
        longest = int(CHANGE_WAITS * _SECOND)

        def newest(message: list[int]) -> list[int] | Outcome:
            which = handler, message[0], message[1] if numbered else 0
            has_room = self._free_at - self._now() <= longest
            if not has_room and not self._kept:
                self._wake()
            self._kept.pop(which, None)
            if has_room:
                return handler(message)
            self._kept[which] = message  # behind what others keep, as it is newer
            return Outcome.THINNED

        return newest

    def step(self, handler: Handler) -> Handler:
        """See Pacing."""
        return self._in_time(handler, NOTE_WAITS)

    def clock(self, handler: Handler) -> Handler:
        """See Pacing."""
        return self._in_time(handler, CLOCK_WAITS)

    @property
    def keeps(self) -> bool:
        """Tell whether a change waits for room."""
        return bool(self._kept)

    def flush(self, note: Callable[[list[int]], None] = lambda _sent: None) -> float | None:
        """Send the changes for which there is room; returns the seconds until there is more, None if none is kept.

        note: told what was sent.
        """
        while self._kept:
            early = self._free_at - self._now() - int(CHANGE_WAITS * _SECOND)
            if early > 0:
                return early / _SECOND
            which = next(iter(self._kept))
            if isinstance(sent := which[0](self._kept.pop(which)), list):
                note(sent)
        return None

    def forget(self) -> None:
        """Forget what is kept: the destination is gone."""
        self._kept.clear()

    def unheard(self, seconds: float) -> list[int]:
        """Return the note numbers whose note-off went less than `seconds` ago, or has yet to go."""
        since = self._now() - int(seconds * _SECOND)
        return [index for gone_at, index in self._note_offs if gone_at > since]

    def complaint(self) -> str:
        """Return a sentence about what was left out since the last one; empty if nothing was, or it is too early."""
        if self._told == self._left_out or self._now() < self._told_at + int(_COMPLAINT * _SECOND):
            return ""
        notes, others = (now - before for now, before in zip(self._left_out, self._told, strict=True))
        self._told = list(self._left_out)
        self._told_at = self._now()
        parts = [f"{number} {what}{'s' * (number != 1)}" for number, what in ((notes, "note"), (others, "other event"))]
        were = "was" if notes + others == 1 else "were"
        what = " and ".join(part for part in parts if not part.startswith("0 "))
        return f"the MIDI cable to the box is full: {what} {were} left out"

    def _in_time(self, handler: Handler, seconds: float) -> Handler:
        longest = int(seconds * _SECOND)

        def in_time(message: list[int]) -> list[int] | Outcome:
            if self._free_at - self._now() > longest:
                self._leave_out(message)
                return Outcome.OVERLOAD
            return handler(message)

        return in_time

    def _leave_out(self, message: list[int]) -> None:
        self._left_out[message[0] & 0xF0 != midi.NOTE_ON] += 1

    def _waiting(self, now: int) -> int:
        """Return how many bytes wait to be sent."""
        return -(-max(0, self._free_at - now) // self._byte)
