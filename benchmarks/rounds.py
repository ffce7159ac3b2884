"""Rounds of notes in one boot of the lab: a router between the meter's two ports, or the kernel alone.

The guest's side is conductor.py. What the meter measures is described in benchmarks/README.md.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Literal

from figures import Figures
from machine import LabError, Machine

HERE: Final = Path(__file__).resolve().parent

GAP_US: Final = 5000
"""Microseconds from the end of a note to the next."""

FIFO: Final = ("chrt", "--fifo", "70")
"""Starts a router with the priority that the bridge's callbacks have."""

_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """Notes to play.

    command: starts the router, or is empty for the kernel alone. said: what it then gets on its standard input, which
    stays open. environment: besides the guest's own. meter: the meter's options. load: which a4bridge is asked,
    switched and watched meanwhile: the one that is measured, or another, which forwards nothing. monitor: who looks at
    the a4bridge that is measured: `a4bridge monitor` that is frozen, one that prints into a pipe that nobody reads, or
    one that does so and is closed in the middle.
    """

    name: str
    command: tuple[str, ...]
    notes: int
    meter: tuple[str, ...] = ("--channel", "9")
    said: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    load: Literal["none", "itself", "another"] = "none"
    monitor: Literal["none", "frozen", "unread", "closed"] = "none"


def a4bridge(python: Path, profile: str) -> tuple[str, ...]:
    """Return the command that starts the bridge between the meter's ports."""
    ports = ("--input", "meter source", "--output", "meter sink")
    return (str(python), "-m", "a4bridge", "--profile", profile, *ports)


def play(
    machine: Machine,
    python: Path,
    rounds: Sequence[Round],
    out: Path,
    *,
    heard: Callable[[str, Figures], None] = lambda _name, _figures: None,
    timeout_s: float = 600,
) -> dict[str, Figures]:
    """Return the figures by the rounds' names; where one could not be played its only one is "fault", a text.

    `python` has a4bridge installed. `heard` is called with each, about when it is over.

    Raises:
        LabError: the lab did not get through.

    """
    results = out / "rounds"
    results.write_text("")
    plan = {"meter": str(machine.meter), "awake": str(machine.awake), "gap_us": GAP_US}
    (out / "plan.json").write_text(json.dumps({**plan, "rounds": [asdict(each) for each in rounds]}))
    with _followed(results, heard):
        boot = machine.boot(f"uname -rv >/out/kernel\n{python} {HERE}/conductor.py /out\n", out, timeout_s=timeout_s)
    measured = dict(_read(results.read_text()))
    if boot.status or len(measured) < len(rounds):
        raise LabError(f"the rounds were not all played; the console said:\n{boot.console}")
    return measured


def must_be_measured(measured: dict[str, Figures]) -> None:
    """Raise LabError with what went wrong where a round could not be played."""
    for name, figures in measured.items():
        if "fault" in figures:
            raise LabError(f"{name} could not be measured: {figures['fault']}")


def _read(lines: str) -> Iterator[tuple[str, Figures]]:
    for line in lines.splitlines(keepends=True):
        if line.endswith("\n"):  # or it is still being written
            figures = json.loads(line)
            yield figures.pop("name"), figures


@contextmanager
def _followed(results: Path, heard: Callable[[str, Figures], None]) -> Iterator[None]:
    over = threading.Event()

    def follow() -> None:
        told = 0
        last = False
        while not last:
            last = over.wait(_LOOK_SECONDS)
            for name, figures in list(_read(results.read_text()))[told:]:
                heard(name, figures)
                told += 1

    follower = threading.Thread(target=follow)
    follower.start()
    try:
        yield
    finally:
        over.set()
        follower.join()
