"""Whether it helps to tie a router to one of four processors, by the clock, in microseconds.

    python benchmarks/affinity.py [--notes N]

The lab counts with one processor only: with four, virtual time hardly moves. So this is the one measurement here that
goes by the clock, of four emulated processors, which share those of this computer: it tells something only where tied
and free differ by more than one round differs from its like. The router is routers/floor.py, at SCHED_FIFO 70.
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
from rounds import FIFO  # noqa: E402 - as above

TIED: Final = {
    "free": (),
    "to the last processor": ("taskset", "-c", "3"),
    "to the first": ("taskset", "-c", "0"),
}
TIMES: Final = 3
PATIENCE_S: Final = 1800.0


class FourProcessors(Machine):
    """The lab by the clock, with four processors."""

    virtual_time = False
    real_time = ("-accel", "tcg,thread=multi", "-smp", "4")


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=at_least(NOTES_LEAST), default=500, help="for each round (default 500)")
    options = parser.parse_args()
    ways = [
        Way(f"{how}, round {time + 1}", before=(*tied, *FIFO)) for time in range(TIMES) for how, tied in TIED.items()
    ]
    return print_measured(FourProcessors(), ways, options.notes, PATIENCE_S)


if __name__ == "__main__":
    sys.exit(main())
