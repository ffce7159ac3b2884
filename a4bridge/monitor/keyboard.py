"""What sounds as a picture of a keyboard: three rows of text, a column for each key."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from a4bridge.core import midi

OCTAVE: Final = 12
MARGIN: Final = 2
"""Columns on each side, where what sounds beyond the picture is told."""

_BLACK: Final = {1, 3, 6, 8, 10}
_OCTAVES: Final = 11
SEVERAL: Final = "+"

Mark = Callable[[int], str]
"""Gives the sign, one column wide, that stands on a key that sounds on a channel (1-16)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """black: the black keys; white: the white ones below them; names: where each octave begins.

    marks: row (0: black, 1: white), column and channel (1-16) of each key that sounds. first, last: the columns that
    are keys, `last` excluded.
    """

    black: str
    white: str
    names: str
    marks: tuple[tuple[int, int, int], ...]
    first: int
    last: int


def octaves_in(width: int) -> int:
    """Return how many octaves a picture of so many columns has."""
    return max(1, min(_OCTAVES, (width - 2 * MARGIN) // OCTAVE))


def window(first: int, octaves: int, notes: Iterable[int]) -> int:
    """Return the first octave (0-10) of the picture: `first`, moved no further than is needed to show `notes` (0-127).

    Where they do not fit in the lowest are shown.
    """
    first = max(0, min(first, _OCTAVES - octaves))
    if sounding := sorted(notes):
        first = max(first, sounding[-1] // OCTAVE - octaves + 1)
        first = min(first, sounding[0] // OCTAVE)
    return first


def picture(
    sounding: Iterable[tuple[int, int]],
    width: int,
    first: int,
    middle_c: int = 5,
    mark: Mark = lambda channel: f"{channel:X}"[-1],
    black: str = "█",
) -> Picture:
    """Draw what sounds, (channel 1-16, note 0-127), in `width` columns from octave `first` (0-10) on.

    What sounds beyond it is told by < and > in the margins. Notes that sound on several channels have a plus.
    """
    channels: dict[int, list[int]] = {}
    for channel, note in sounding:
        channels.setdefault(note, []).append(channel)
    low = first * OCTAVE
    high = min(low + octaves_in(width) * OCTAVE, midi.NOTES)
    rows = [[" "] * (high - low), [" "] * (high - low)]
    marks = []
    for note in range(low, high):
        is_black = note % OCTAVE in _BLACK
        row, column = (0, note - low) if is_black else (1, note - low)
        rows[row][column] = black if is_black else "_"
        if note in channels:
            signs = {mark(channel) for channel in channels[note]}
            rows[row][column] = signs.pop() if len(signs) == 1 else SEVERAL
            marks.append((row, column + MARGIN, channels[note][0]))
    below, above = any(note < low for note in channels), any(note >= high for note in channels)
    names = "".join(f"{midi.note_name(note, middle_c):{OCTAVE}}" for note in range(low, high, OCTAVE))
    pad = " " * MARGIN
    return Picture(
        black=f"{pad}{''.join(rows[0])}{pad}",
        white=f"{'< ' if below else pad}{''.join(rows[1])}{' >' if above else pad}",
        names=f"{pad}{names[: high - low]}{pad}",
        marks=tuple(marks),
        first=MARGIN,
        last=MARGIN + high - low,
    )


def marks_for(channels: Mapping[int, str]) -> Mark:
    """Return the marks for channels that are for something: a track's last digit, else the first letter, else hex."""

    def mark(channel: int) -> str:
        name = channels.get(channel, "")
        if name.startswith("track ") and name[-1].isdigit():
            return name[-1]
        return name[:1].upper() if name[:1].isascii() and name[:1].isalpha() else f"{channel & 15:x}"

    return mark
