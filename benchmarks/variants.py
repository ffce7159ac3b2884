"""What other ways of doing a note's work would cost, in the lab's counted time, in microseconds.

    python benchmarks/variants.py [--notes N]

Each is routers/floor.py with one thing done otherwise, or left out, at SCHED_FIFO 70, which it inherits from who
started it, but for one. "As before" is the yardstick of those below it: it asks, as they do, which of them it is.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

from arguments import NOTES_LEAST, at_least  # noqa: E402 - its neighbours need the lab, found by the line above
from floors import Way, print_measured  # noqa: E402 - as above
from machine import Machine  # noqa: E402 - as above

WAYS: Final = [
    Way("the floor itself"),
    Way("SCHED_FIFO given to the callback's thread afterwards", "promoted", before=()),
    Way("no SCHED_FIFO at all", before=()),
    Way("all memory locked and touched beforehand, stacks too", "locked"),
    Way("as before", "as-before"),
    Way("the message as bytes", "bytes"),
    Way("the message from a table of all there are", "table"),
    Way("one list for all messages", "reused"),
    Way("the list that came, changed in place", "in-place"),
    Way("without looking at the clock", "no-clock"),
    Way("without ledger and keys", "no-ledger"),
    Way("without noting the event", "no-record"),
]
PATIENCE_S: Final = 1800.0


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=at_least(NOTES_LEAST), default=1000, help="for each (default 1000)")
    return print_measured(Machine(), WAYS, parser.parse_args().notes, PATIENCE_S)


if __name__ == "__main__":
    sys.exit(main())
