"""Runs a target under atheris, which changes the bytes that led to code where no case had been.

    python tests/fuzz/by_atheris.py TARGET CASES SEED CORPUS

It is a process of its own for each target, as atheris ends it. CORPUS is a folder for the cases that led somewhere;
what fails is written beside it.
"""

import sys
from pathlib import Path

import atheris

# What makes the handlers runs for each route from end to end: it would take most of the time, and lead nowhere new.
with atheris.instrument_imports(exclude=["a4bridge.engine.handlers"]):
    from targets import TARGETS


def main(name: str, cases: str, seed: str, corpus: str) -> None:
    """Try so many cases, and end the process: with 0, or with another code where one was wrong."""
    target = TARGETS[name]
    Path(corpus).mkdir(parents=True, exist_ok=True)
    limits = [f"-runs={cases}", f"-seed={seed}", f"-max_len={target.longest}", "-len_control=0", "-timeout=60"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={corpus}-", corpus], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
