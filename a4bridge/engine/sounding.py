"""What sounds at the destination, and the only way to it."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Final

from a4bridge.backend.base import Send
from a4bridge.core.midi import CHANNELS, NOTE_OFF, NOTES, RELEASE_VELOCITY

NOTE_OFFS: Final = tuple(
    bytes((NOTE_OFF | index >> 7, index & (NOTES - 1), RELEASE_VELOCITY)) for index in range(CHANNELS * NOTES)
)
"""The bytes that end each note, by its number in the ledger: (channel - 1) << 7 | note."""


def nowhere(_message: list[int]) -> None:
    """Stand in for a destination that is not there."""


class Sounding:
    """The ledger and the open output; whoever uses it has the turn.

    ledger: by note number, how many keys (down, or held by a pedal) keep that note. It lies in the shared page: counted
    up before a note-on is sent and cleared after its note-off was, so that whoever finds it after a crash sends one
    note-off too many rather than one too few. While the destination is away it stays as it was.
    ended: when (monotonic ns) which notes were ended by anything but a note-off that was passed on.
    """

    __slots__ = ("_clock", "ended", "ledger", "send")

    def __init__(self, ledger: memoryview, clock: Callable[[], int] | None = None) -> None:
        self.ledger = ledger
        self._clock = clock or time.monotonic_ns
        self.send: Send = nowhere
        self.ended: deque[tuple[int, int]] = deque(maxlen=CHANNELS * NOTES)

    @property
    def connected(self) -> bool:
        """Tell whether there is a destination."""
        return self.send is not nowhere

    def end(self, index: int) -> None:
        """End note number `index`, whoever holds it."""
        self.send(list(NOTE_OFFS[index]))
        self.ledger[index] = 0
        self.ended.append((self._clock(), index))

    def take_off(self, index: int) -> None:
        """Take one key's hold off note number `index`, and end the note if it was the last."""
        if self.ledger[index] > 1:
            self.ledger[index] -= 1
        else:
            self.end(index)

    def end_all(self) -> int:
        """End everything that may sound; returns how many notes."""
        marked = [index for index, holders in enumerate(self.ledger) if holders]
        for index in marked:
            self.end(index)
        return len(marked)

    def doubt(self, indices: Iterable[int]) -> None:
        """Take it that the notes `indices` may sound after all: nobody may have heard their note-offs."""
        for index in indices:
            self.ledger[index] = max(self.ledger[index], 1)

    def settle(self, held: Iterable[int]) -> None:
        """Bring the ledger in line with the notes that keys hold, `held`, ending those that nobody does.

        While the destination is away there is nothing to end.
        """
        if not self.connected:
            return
        holders = Counter(held)
        for index, marked in enumerate(self.ledger):
            if marked and not holders[index]:
                self.end(index)
            elif marked:
                self.ledger[index] = holders[index]
