"""The floor started or written in several ways: what variants.py and affinity.py have in common."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installed import installed_python
from machine import LabError, Machine
from rounds import FIFO, Round, must_be_measured, play

_FLOOR: Final = Path(__file__).resolve().parent / "routers" / "floor.py"
_SHOWN: Final = {"p50_us": "p50", "p99_us": "p99", "first_us": "first"}


@dataclass(frozen=True, slots=True)
class Way:
    """A way of running routers/floor.py. what: in a few words; word: its argument; before: what starts it."""

    what: str
    word: str = ""
    before: tuple[str, ...] = FIFO


def print_measured(machine: Machine, ways: list[Way], notes: int, timeout_s: float) -> int:
    """Measure each way and print; returns the exit code: 1 where the lab cannot run, or one could not be measured."""
    try:
        machine.build()
        python = installed_python()
        floor = (str(python), str(_FLOOR))
        rounds = [Round(way.what, (*way.before, *floor, *filter(None, [way.word])), notes) for way in ways]
        with tempfile.TemporaryDirectory() as out:
            measured = play(machine, python, rounds, Path(out), timeout_s=timeout_s)
        must_be_measured(measured)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    margin = max(len(way.what) for way in ways)
    for name, figures in measured.items():
        print(f"{name:{margin}}" + "".join(f"  {label} {figures[key]:8.1f}" for key, label in _SHOWN.items()))
    return 0
