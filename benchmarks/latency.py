"""The latency of a note through the installed bridge, counted in the lab's virtual time.

    python benchmarks/latency.py [--notes N] [--json]

One note at a time, nothing else going on, the profile liverec with all its bookkeeping. What is counted is described
in benchmarks/README.md; the limits are those that the tests hold.
"""

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

from installed import installed_python  # noqa: E402 - found by the line above
from machine import LabError, Machine  # noqa: E402

LIMITS_US: Final = {"p50_us": 30.0, "p99_us": 40.0, "first_us": 100.0}
"""Microseconds that `liverec` may take, idle."""

_GUEST: Final = """
chrt --idle 0 sh -c 'while :; do :; done' &
{python} -m a4bridge --profile liverec --input 'meter source' --output 'meter sink' 2>/out/said &
{meter} --notes {notes} --channel 9 >/out/meter.json
uname -r >/out/kernel
"""


def measure(machine: Machine, python: Path, out: Path, notes: int = 2000) -> dict[str, Any]:
    """Return the meter's figures for one boot, with what they depend on; raises LabError."""
    boot = machine.boot(_GUEST.format(python=python, meter=machine.meter, notes=notes), out, timeout_s=300)
    said = (out / "said").read_text()
    try:
        figures: dict[str, Any] = json.loads((out / "meter.json").read_text())
    except ValueError:
        raise LabError(f"the meter said nothing; the bridge said:\n{said}\n{boot.console}") from None
    return figures | {"kernel": (out / "kernel").read_text().strip(), "python": platform.python_version()}


def main() -> int:
    """Measure and print; returns the exit code: 1 where a limit is passed or the lab cannot run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=20_000, help="notes to play (default 20,000)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    print(f"Playing {options.notes} notes through the bridge in the lab; this takes some minutes.", file=sys.stderr)
    try:
        machine = Machine()
        machine.build()
        with tempfile.TemporaryDirectory() as out:
            figures = measure(machine, installed_python(), Path(out), options.notes)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print("Linux {kernel}, Python {python}, {notes} notes, {lost} lost".format(**figures))
        for key in ("first_us", "min_us", "p50_us", "p90_us", "p99_us", "p99_9_us", "max_us"):
            limit = f"  (limit {LIMITS_US[key]:.0f})" if key in LIMITS_US else ""
            print(f"{key.removesuffix('_us').replace('_', '.'):>6} {figures[key]:7.1f} us{limit}")
    return int(any(figures[key] > limit for key, limit in LIMITS_US.items()))


if __name__ == "__main__":
    sys.exit(main())
