"""Two hours of the storm in the lab: cables, switches, broken files and deaths, with much playing between them.

    python benchmarks/soak.py [--hours H]

On a Debian 13 with the Debian package and systemd, keyboards and box on a real kernel. The time is virtual, H hours of
it; two of them take about an hour and a half, because of the programs that are started all the time and because the
kernel's USB controller asks its devices 8,000 times a second. What is checked says tests/lab/guest/deb/test_storm.py.
Prints what was played and how much both processes have grown, as JSON.

Exit codes: 0 nothing hung or grew, 1 something did (its story is printed), 2 the lab cannot run here.
"""

import argparse
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))

from machine import CACHE, HERE, LabError  # noqa: E402 - which is where the line above makes it known
from trixie import Trixie, built_package, trixie_obstacle  # noqa: E402

LOOK_SECONDS: Final = 5


def soak(hours: float, out: Path) -> int:
    """Let it blow for that many hours of virtual time; return the exit code."""
    machine = Trixie()
    machine.build()
    built_package(out)
    over = threading.Event()
    watcher = threading.Thread(target=follow, args=(out / "progress", over))
    watcher.start()
    try:
        boot = machine.boot(
            f"exec env STORM_SECONDS={3600 * hours:.0f} sh {HERE}/guest/deb/boot.sh --installed test_storm.py",
            out,
            timeout_s=4 * 3600 * hours + 3600,
        )
    finally:
        over.set()
        watcher.join()
    if boot.status:
        print(boot.console, file=sys.stderr)
        return 1
    print((out / "storm.json").read_text())
    return 0


def follow(progress: Path, over: threading.Event) -> None:
    """Say on stderr what has newly been written to a file."""
    said = 0
    while not over.wait(LOOK_SECONDS):
        lines = progress.read_text().splitlines() if progress.exists() else []
        for line in lines[said:]:
            print(line, file=sys.stderr, flush=True)
        said = len(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2, help="of virtual time (default: 2)")
    arguments = parser.parse_args()
    if not 0 < arguments.hours <= 100:
        parser.error(f"--hours is more than 0 and at most 100, not {arguments.hours}")
    if reason := trixie_obstacle():
        print(f"The soak needs the lab: {reason}", file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory(dir=CACHE) as out:
            return soak(arguments.hours, Path(out))
    except LabError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
