"""The last minutes of what was played, in bounded memory.

Times are nanoseconds of the monotonic clock: no change of the wall clock moves a note, and a computer that sleeps adds
nothing to a pause.
"""

import struct
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from a4bridge.core import midi

_RECORD: Final = struct.Struct("<QB3s")
"""Time, the number of the destination or what it is instead, the message; or how many are missing."""

BLOCK_EVENTS: Final = 4096
BLOCKS: Final = 16
MOST_EVENTS: Final = BLOCK_EVENTS * BLOCKS
"""65,536: ten minutes of a hundred events a second."""
MOST_BYTES: Final = MOST_EVENTS * _RECORD.size
"""786,432 bytes: what the events take at most, in blocks of 48 KiB that are made as they are needed."""

MOST_DESTINATIONS: Final = 254
_SYSEX: Final = 254
_MISSING: Final = 255
_MOST_MISSING: Final = (1 << 24) - 1

_MINUTE: Final = 60_000_000_000


@dataclass(slots=True)
class Piece:
    """Events that follow each other, from number `first` up to but without number `end`.

    messages: when each was played, the number of its destination, its bytes. sysex: when one was left out. missing:
    when it was noticed that events are missing, and how many.
    """

    first: int
    end: int = 0
    messages: list[tuple[int, int, bytes]] = field(default_factory=list)
    sysex: list[int] = field(default_factory=list)
    missing: list[tuple[int, int]] = field(default_factory=list)


class Store:
    """Keeps what was played in the last `minutes` before the last event, and MOST_EVENTS at most.

    While nothing is played nothing is forgotten: who comes back to the computer an hour later still finds it.
    Events are numbered from 0.
    """

    def __init__(self, minutes: int) -> None:
        self.minutes = minutes
        self._blocks: deque[bytearray] = deque()
        self._dropped = 0
        self._end = 0
        self._last = 0

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept."""
        kept = range(self._dropped * BLOCK_EVENTS, self._end)
        return kept.start + bisect_left(kept, self._oldest, key=lambda number: self._at(number)[0])

    @property
    def end(self) -> int:
        """The number that the next event will get."""
        return self._end

    @property
    def bytes_held(self) -> int:
        """How many bytes are set aside for events now."""
        return sum(map(len, self._blocks))

    def add(self, at: int, destination: int, message: bytes) -> None:
        """Keep a message of a channel that went to a destination (0 to MOST_DESTINATIONS - 1) at a time."""
        self._add(at, destination, message)

    def add_sysex(self, at: int) -> None:
        """Count a system exclusive message, which is not kept."""
        self._add(at, _SYSEX, b"")

    def add_missing(self, at: int, count: int) -> None:
        """Keep in mind that at this time `count` events were lost."""
        self._add(at, _MISSING, min(count, _MOST_MISSING).to_bytes(3, "little"))

    def forget_old(self) -> None:
        """Give back the blocks in which everything is too old."""
        while len(self._blocks) > 1 and self._at((self._dropped + 1) * BLOCK_EVENTS - 1)[0] < self._oldest:
            self._drop()

    def piece(self, start: int, most: int) -> Piece:
        """Return `most` events at most, from number `start` on, or from the oldest that is kept."""
        first = max(min(start, self._end), self.first)
        piece = Piece(first, min(first + most, self._end))
        for number in range(first, piece.end):
            at, what, data = self._at(number)
            if what == _SYSEX:
                piece.sysex.append(at)
            elif what == _MISSING:
                piece.missing.append((at, int.from_bytes(data, "little")))
            else:
                piece.messages.append((at, what, data[: midi.LENGTHS[data[0]]]))
        return piece

    @property
    def _oldest(self) -> int:
        return self._last - self.minutes * _MINUTE

    def _add(self, at: int, what: int, data: bytes) -> None:
        block, place = divmod(self._end, BLOCK_EVENTS)
        if block - self._dropped == len(self._blocks):
            if len(self._blocks) == BLOCKS:
                self._drop()
            self._blocks.append(bytearray(BLOCK_EVENTS * _RECORD.size))
        # Played in this order, whatever the stamps say: a note-off must not get before its note-on.
        self._last = max(self._last, at)
        _RECORD.pack_into(self._blocks[-1], place * _RECORD.size, self._last, what, data)
        self._end += 1

    def _drop(self) -> None:
        self._blocks.popleft()
        self._dropped += 1

    def _at(self, number: int) -> tuple[int, int, bytes]:
        block, place = divmod(number, BLOCK_EVENTS)
        at, what, data = _RECORD.unpack_from(self._blocks[block - self._dropped], place * _RECORD.size)
        return at, what, data
