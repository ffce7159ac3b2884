"""How long notes took: percentiles and a histogram of what was measured."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil, floor, log10
from typing import Final

SHARES: Final = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "max": 1.0}

_STEPS: Final = (1, 2, 5, 10)
_MOST_OF_THEM: Final = 0.95
_TAIL: Final = 4
"""How many bars the others get, the open one among them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The `notes` that took from `low` to below `high` microseconds; None: that long or longer."""

    low: float
    high: float | None
    notes: int


@dataclass(frozen=True)
class Latencies:
    """What each note took, in the order in which they were played: nanoseconds, or None where it did not arrive.

    The first note pays for what no later one does: everything but `first` and `lost` is about the others.
    """

    took: tuple[int | None, ...] = ()

    @property
    def played(self) -> int:
        """How many notes were sent."""
        return len(self.took)

    @property
    def lost(self) -> int:
        """How many notes did not arrive."""
        return self.took.count(None)

    @property
    def first_us(self) -> float | None:
        """What the first note took, in microseconds."""
        first = self.took[0] if self.took else None
        return None if first is None else first / 1000

    @cached_property
    def sorted_us(self) -> Sequence[float]:
        """The microseconds of the others that arrived, ascending."""
        return sorted(took / 1000 for took in self.took[1:] if took is not None)

    def us(self, share: float) -> float | None:
        """Return the microseconds within which `share` (above 0, to 1) of the others arrived; None: there are none."""
        if not (times := self.sorted_us):
            return None
        return times[ceil(share * len(times)) - 1]

    def percentiles(self) -> dict[str, float | None]:
        """Return what half, 99 %, 99.9 % and all of the others arrived within, in microseconds."""
        return {name: self.us(share) for name, share in SHARES.items()}

    def histogram(self, bars: int) -> list[Bar]:
        """Return at most so many bars (6 or more): of equal width for most notes, then doubling, the last one open."""
        if not (times := self.sorted_us):
            return []
        most = self.us(_MOST_OF_THEM)
        assert most is not None
        width = _width(times[0], most, bars - _TAIL)
        start = floor(times[0] / width)
        edges = [width * at for at in range(start, floor(most / width) + 2)]
        for doubled in range(1, _TAIL):
            if edges[-1] <= times[-1]:
                edges.append(edges[-1] + width * 2**doubled)
        at = [bisect_left(times, edge) for edge in edges]
        sides = pairwise(zip(edges, at, strict=True))
        found = [Bar(low, high, after - before) for (low, before), (high, after) in sides]
        return [*found, Bar(edges[-1], None, len(times) - at[-1])] if at[-1] < len(times) else found


def _width(low: float, high: float, bars: int) -> float:
    """Return the smallest of 1, 2, 5, 10, ... microseconds with which so many bars reach from `low` to `high`."""
    power = 10.0 ** max(0, floor(log10(max(1.0, (high - low) / bars))))
    while True:
        for step in _STEPS:
            width = step * power
            if floor(high / width) - floor(low / width) < bars:
                return width
        power *= 10
