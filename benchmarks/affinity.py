"""Whether it helps to tie a router to one of four processors, by the clock.

    python benchmarks/affinity.py [--notes N]

The lab counts with one processor only: with four, virtual time hardly moves. So this is the one measurement here that
goes by the clock, of four emulated processors, which share those of this computer: it tells something only where tied
and free differ by more than one round differs from its like. The router is routers/floor.py, at SCHED_FIFO 70.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

from installed import installed_python  # noqa: E402 - found by the line above
from machine import Boot, LabError, Machine  # noqa: E402 - as above
from rounds import Round, play  # noqa: E402 - as above

TIED: Final = {
    "free": (),
    "to the last processor": ("taskset", "-c", "3"),
    "to the first": ("taskset", "-c", "0"),
}
TIMES: Final = 3
PATIENCE_S: Final = 1800.0


class FourProcessors(Machine):
    """The lab by the clock, with four processors."""

    real_time = ("-accel", "tcg,thread=multi", "-smp", "4")

    def boot(self, guest: str | Path, out: Path, *, virtual_time: bool = False, timeout_s: float = 120) -> Boot:
        """Boot as any lab does."""
        return super().boot(guest, out, virtual_time=virtual_time, timeout_s=timeout_s)


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=500, help="notes to play in each round (default 500)")
    options = parser.parse_args()
    try:
        machine = FourProcessors()
        machine.build()
        python = installed_python()
        router = ("chrt", "--fifo", "70", str(python), f"{REPOSITORY}/benchmarks/routers/floor.py")
        rounds = [
            Round(f"{how}, round {time + 1}", (*tied, *router), options.notes)
            for time in range(TIMES)
            for how, tied in TIED.items()
        ]
        with tempfile.TemporaryDirectory() as out:
            measured = play(machine, python, rounds, Path(out), timeout_s=PATIENCE_S)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    for name, figures in measured.items():
        fault = figures.get("fault", "")
        print(f"{name:32} p50 {figures.get('p50_us', 0):8.1f}  p99 {figures.get('p99_us', 0):8.1f} us {fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
