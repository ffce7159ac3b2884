"""Numbers over time as a row of small bars."""

from collections.abc import Iterable, Sequence
from typing import Final

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
ASCII_BLOCKS: Final = " .:-=+*%#"

LEVELS: Final = 8
FIRST_US: Final = 32
"""Latencies below this are a bar of one eighth; each eighth more means twice as much, the last 2 ms or more."""


def latency_level(us: float | None) -> int:
    """Return how high (0-8) a latency is shown; None, for nothing happened, is 0."""
    if us is None:
        return 0
    return min(LEVELS, 1 + (int(us) // FIRST_US).bit_length())


def count_level(events: int) -> int:
    """Return how high (0-8) a number of events is shown: 1, 2, 4, 8, ... 128 or more."""
    return min(LEVELS, events.bit_length())


def sparkline(levels: Iterable[int], width: int, blocks: str = BLOCKS) -> str:
    """Return the last `width` of `levels` (0-8) as a row of that many bars, the newest on the right."""
    newest: Sequence[int] = list(levels)[-width:] if width > 0 else []
    return "".join(blocks[max(0, min(level, LEVELS))] for level in newest).rjust(max(width, 0))
