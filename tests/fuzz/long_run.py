"""The long run: every target under hypothesis and under atheris, with a row for each in the table that it prints.

    python tests/fuzz/long_run.py [--cases 100000] [--seed 1] [--by hypothesis|atheris] [TARGET ...]

It ends with 1 if a case was wrong; what was said about it is in FOLDER/TARGET-BY.log, below .cache/fuzz.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scratch import scratch
from targets import TARGETS

_HERE: Final = Path(__file__).parent
_FOLDER: Final = Path(".cache/fuzz")
_COVERAGE: Final = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)/")


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description="Fuzz a4bridge for long.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; none: all of them")
    parser.add_argument("--cases", type=int, default=100_000, help="cases for each target (100,000)")
    parser.add_argument("--seed", type=int, default=1, help="where atheris begins (1)")
    parser.add_argument("--by", choices=_BY, help="one of the two only")
    asked = parser.parse_args()
    if unknown := {*asked.targets} - {*TARGETS}:
        parser.error(f"{', '.join(sorted(unknown))}: no such target")
    print("| target | by | cases | seconds | edges, features, corpus | result |\n|---|---|---|---|---|---|", flush=True)
    wrong = 0
    for name in asked.targets or TARGETS:
        for by in [asked.by] if asked.by else _BY:
            began = time.monotonic()
            code, said = _logged(_BY[by](name, asked.cases, asked.seed), _FOLDER / f"{name}-{by}.log")
            seconds = time.monotonic() - began
            found = ", ".join((_COVERAGE.findall(said) or [("-",)])[-1])
            result = "nothing wrong" if code == 0 else "WRONG"
            print(f"| {name} | {by} | {asked.cases:,} | {seconds:.0f} | {found} | {result} |", flush=True)
            wrong |= code != 0
    return wrong


def _by_atheris(name: str, cases: int, seed: int) -> list[str]:
    return [sys.executable, str(_HERE / "by_atheris.py"), name, str(cases), str(seed), str(_FOLDER / name)]


def _by_hypothesis(name: str, cases: int, _seed: int) -> list[str]:
    return [sys.executable, str(_HERE / "by_hypothesis.py"), name, str(cases)]


_BY: Final[dict[str, Callable[[str, int, int], list[str]]]] = {"hypothesis": _by_hypothesis, "atheris": _by_atheris}


def _logged(command: list[str], log: Path) -> tuple[int, str]:
    """Run `command`; returns its exit code and what it said, which is in `log` too."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file, tempfile.TemporaryDirectory(dir=scratch("run").parent) as folder:
        # atheris leaves behind what it has made.
        code = subprocess.run(
            command, env=os.environ | {"TMPDIR": folder}, stdout=file, stderr=subprocess.STDOUT, check=False
        ).returncode
    return code, log.read_text("utf-8", "replace")


if __name__ == "__main__":
    raise SystemExit(main())
