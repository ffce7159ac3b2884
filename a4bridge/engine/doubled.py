"""Doubled routes: two inputs that bring the same notes, because one keyboard reaches the bridge by two ways.

Every note of it sounds and is recorded twice. It is told and never cut: nobody but the player knows which way to pull.
"""

from collections import deque
from typing import Final

_TOGETHER_NS: Final = 20_000_000
"""How far apart the two ways may be: a chord of ten takes 10 ms on a MIDI cable and comes at once by USB."""

_ROW: Final = 8
_ROW_OF_FEW_VELOCITIES: Final = 32
_VELOCITIES: Final = 3
"""Notes in a row that came both ways. Two people in unison never strike eight notes equally hard. Where a row has fewer
different velocities than these, as of keyboards that know only one, they might be so close 8 times, and not 32."""


class _NoteOn:
    """A note that input `slot` brought; others: the inputs that brought it, too."""

    __slots__ = ("at", "others", "slot", "sound")

    def __init__(self, at: int, slot: int, sound: tuple[int, int]) -> None:
        self.at: Final = at
        self.slot: Final = slot
        self.sound: Final = sound
        self.others: Final = set[int]()


class _Row:
    __slots__ = ("notes", "velocities")

    def __init__(self) -> None:
        self.notes = 0
        self.velocities: Final = set[int]()

    @property
    def tells(self) -> bool:
        few = len(self.velocities) < _VELOCITIES
        return self.notes >= (_ROW_OF_FEW_VELOCITIES if few else _ROW)


class DoubledRoutes:
    """Finds pairs of inputs that bring the same notes; channels may differ.

    found: the pairs to be told, each once until one of its inputs is opened anew; whoever tells it takes it out.
    """

    def __init__(self) -> None:
        self.found: Final = deque[tuple[int, int]]()
        self._told: set[tuple[int, int]] = set()
        self._recent = deque[_NoteOn]()
        self._rows: dict[tuple[int, int], _Row] = {}

    def note_on(self, slot: int, note: int, velocity: int, at: int) -> None:
        """Take in that input `slot` brought a note at that time (monotonic ns); notes come in the order of time."""
        self.look(at)
        new = _NoteOn(at, slot, (note, velocity))
        for old in self._recent:
            if old.sound == new.sound and old.slot != slot and slot not in old.others and old.slot not in new.others:
                old.others.add(slot)
                new.others.add(old.slot)
                row = self._rows.setdefault(_pair(slot, old.slot), _Row())
                row.notes += 1
                row.velocities.add(velocity)
        self._recent.append(new)

    def look(self, now: int) -> None:
        """Judge what is too old to be brought by another way; `now` in monotonic ns."""
        while self._recent and now - self._recent[0].at > _TOGETHER_NS:
            self._judge(self._recent.popleft())

    def forget(self, slot: int) -> None:
        """Forget an input: another may get its number."""
        self._recent = deque(each for each in self._recent if each.slot != slot)
        self._rows = {pair: row for pair, row in self._rows.items() if slot not in pair}
        self._told = {pair for pair in self._told if slot not in pair}

    def _judge(self, old: _NoteOn) -> None:
        """End the rows that a note breaks which came by one way only; tell those that are long enough."""
        for pair in [pair for pair in self._rows if old.slot in pair]:
            if not old.others.intersection(pair):
                del self._rows[pair]
            elif pair not in self._told and self._rows[pair].tells:
                self._tell_unless_doubtful(pair)

    def _tell_unless_doubtful(self, pair: tuple[int, int]) -> None:
        if all(each.others.intersection(pair) for each in self._recent if each.slot in pair):
            self._told.add(pair)
            self.found.append(pair)


def _pair(slot: int, other: int) -> tuple[int, int]:
    return min(slot, other), max(slot, other)
