"""What other ways of doing a note's work would cost, in the lab's counted time.

    python benchmarks/variants.py

Each is routers/floor.py with one thing done otherwise, or left out, at SCHED_FIFO 70. "as before" is the yardstick: it
asks, as the others do, which of them it is.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

from installed import installed_python  # noqa: E402 - found by the line above
from machine import LabError, Machine  # noqa: E402 - as above
from rounds import Round, play  # noqa: E402 - as above

NOTES: Final = 1000
VARIANTS: Final = {
    "floor": "the floor itself",
    "locked": "all memory locked and touched beforehand, stacks too",
    "as-before": "as before",
    "bytes": "the message as bytes",
    "table": "the message from a table of all there are",
    "reused": "one list for all messages",
    "in-place": "the list that came, changed in place",
    "no-clock": "without looking at the clock",
    "no-ledger": "without ledger and keys",
    "no-record": "without noting the event",
}


def main() -> int:
    """Measure and print; returns the exit code."""
    try:
        machine = Machine()
        machine.build()
        python = installed_python()
        command = ("chrt", "--fifo", "70", str(python), f"{REPOSITORY}/benchmarks/routers/floor.py")
        rounds = [Round(name, command if name == "floor" else (*command, name), NOTES) for name in VARIANTS]
        with tempfile.TemporaryDirectory() as out:
            measured = play(machine, python, rounds, Path(out))
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    for name, figures in measured.items():
        print(
            f"{VARIANTS[name]:55} p50 {figures.get('p50_us', 0):6.1f}  p99 {figures.get('p99_us', 0):6.1f}"
            f"  first {figures.get('first_us', 0):6.1f}  {figures.get('fault', '')}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
