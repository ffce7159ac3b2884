"""The tables of the Elektron boxes in docs/boxes.md, made from boxes.toml: `make reference` writes them anew.

A table stands between the comments <!-- boxes: NAME --> and <!-- end of boxes -->; everything else is written by hand.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

from a4bridge.core.boxes import Box, Recorded, Records, UsbMode, boxes

_WORDS: Final = {
    "manual": "manual",
    "users": "players",
    "user": "one player",
    "lsusb": "seen",
    "udev": "overwitch",
    "product": "elektroid",
    "guess": "guess",
}
"""What boxes.toml calls the sources, and what the document does."""

_MOST: Final = _WORDS["udev"]
"""Where nearly every USB id comes from: it need not be said of each."""

_PLACE: Final = re.compile(r"(<!-- boxes: (\w+) -->\n).*?(<!-- end of boxes -->)", re.DOTALL)
_FACT: Final = re.compile(r'"?([\w:-]+)"? = [^#]*(#.*)?$')

Sources = dict[tuple[str, str], str]
"""Where a figure of a box comes from, by the box's key and the figure's."""


def sources(text: str) -> Sources:
    """Return what boxes.toml says of each figure's source: beside it or on the line above; "" if it has none."""
    found: Sources = {}
    box = above = ""
    for line in text.splitlines():
        if line.startswith("["):
            box = line.strip("[]").partition(".")[0]
        elif fact := _FACT.match(line):
            tag = re.search(r"\[(\w+)\]", fact[2] or above)
            found[box, fact[1]] = _WORDS[tag[1]] if tag else ""
        above = line if line.startswith("#") else ""
    return found


def renewed(document: str) -> str:
    """Return `document` with its tables of boxes as boxes.toml is now."""
    told = sources(Path(__file__).with_name("boxes.toml").read_text(encoding="utf-8"))
    return _PLACE.sub(lambda place: f"{place[1]}\n{_TABLES[place[2]](told)}\n{place[3]}", document)


def _table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (heading, ["---"] * len(heading), *lines))


def _channels(told: Sources) -> str:
    """Return the factory channels of every box that has a sequencer."""

    def cells(box: Box) -> Iterator[str]:
        yield f"{box.name}, `{box.key}`"
        for key in ("auto", "tracks", "fx", "cv", "perf"):
            value: int | tuple[int, ...] | None = getattr(box, key)
            yield _sure(_runs(value) if isinstance(value, tuple) else str(value), told[box.key, key]) if value else ""

    heading = ("box", "AUTO", "tracks", "FX", "CV", "PERF")
    return _table(heading, (tuple(cells(box)) for box in boxes() if box.tracks))


def _records(told: Sources) -> str:
    """Return what every box with a sequencer records."""

    def cells(box: Box) -> Iterator[str]:
        yield box.name
        for field in fields(Records):
            word: Recorded = getattr(box.records, field.name)
            yield _sure("if ticked" if word is Recorded.TICKED else word.value, told.get((box.key, field.name), ""))

    heading = ("box", "live, AUTO", "live, a track's", "grid, AUTO", "grid, a track's")
    return _table(heading, (tuple(cells(box)) for box in boxes() if box.tracks))


def _macros(told: Sources) -> str:
    """Return the control changes of the performance macros."""

    def cells(box: Box) -> Iterator[str]:
        names = [*box.macros]
        yield from (box.name, f"{names[0]} to {names[-1]}", _sure(_runs(box.macros.values()), told[box.key, "macros"]))

    return _table(("box", "macros", "CC"), (tuple(cells(box)) for box in boxes() if box.macros))


def _usb(told: Sources) -> str:
    """Return the USB ids by which the boxes are known, and what each is set to."""

    def cells(box: Box) -> Iterator[str]:
        yield box.name
        for mode in UsbMode:
            ids = [usb_id for usb_id, its in box.usb_ids.items() if its is mode]
            yield ", ".join(_sure(f"`{usb_id}`", told[box.key, usb_id].removeprefix(_MOST)) for usb_id in ids)

    heading = ("box", "USB MIDI", "USB AUDIO/MIDI", "OVERBRIDGE")
    return _table(heading, (tuple(cells(box)) for box in boxes() if box.usb_ids))


def _sure(figure: str, source: str) -> str:
    return f"{figure} ({source})" if source else figure


def _runs(numbers: Iterable[int]) -> str:
    """Write numbers in ascending order, those that follow each other as "1 to 4"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


_TABLES: Final[dict[str, Callable[[Sources], str]]] = {
    "channels": _channels,
    "records": _records,
    "macros": _macros,
    "usb": _usb,
}

if __name__ == "__main__":
    _document = Path(sys.argv[1])
    _document.write_text(renewed(_document.read_text(encoding="utf-8")), encoding="utf-8")
