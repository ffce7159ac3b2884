"""How long the installed bridge takes from its start to the first note that it forwards, in the lab's virtual time.

    python benchmarks/start.py [--times N] [--json]

Keyboard and Analog Four are there. It is started as a player starts it, and as systemd does; the first start of each is
the only one that nothing was kept for. What runs in the lab is tests/lab/guest/starting.py.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

from arguments import at_least  # noqa: E402 - the others need the lab, found by the line above
from installed import installed_python  # noqa: E402 - as above
from machine import LabError, Machine  # noqa: E402 - as above

STARTING: Final = REPOSITORY / "tests/lab/guest/starting.py"


def measure(machine: Machine, python: Path, out: Path, times: int) -> dict[str, list[float]]:
    """Return the seconds of each start, by the command; raises LabError."""
    boot = machine.boot(f"{python} {STARTING} {times} >/out/starts", out, timeout_s=600)
    if boot.status:
        raise LabError(f"It could not be measured:\n{boot.console}")
    starts: dict[str, list[float]] = json.loads((out / "starts").read_text())
    return starts


def main() -> int:
    """Measure and print; returns the exit code: 1 where the lab cannot run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=at_least(1), default=5, help="how often to start it again (default 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    try:
        machine = Machine()
        machine.build()
        with tempfile.TemporaryDirectory() as out:
            starts = measure(machine, installed_python(), Path(out), 1 + options.times)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(starts, indent=2))
        return 0
    print("seconds from the start to the first note at the box")
    for name, (first, *again) in starts.items():
        print(f"{name:30}{first:6.2f}, and again" + "".join(f"{each:6.2f}" for each in again))
    return 0


if __name__ == "__main__":
    sys.exit(main())
