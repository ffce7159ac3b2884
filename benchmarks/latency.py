"""The latency of a note through the installed bridge, counted in the lab's virtual time: what the tests hold.

    python benchmarks/latency.py [--notes N] [--json]

One note at a time, or one chord, with all the bookkeeping of a profile: liverec, spread, and profiles of 1 to 64 zones;
liverec with a monitor that stands still, with more inputs, and while it is asked, watched and switched; and plain
python-rtmidi, to which liverec is compared. What is counted is described in benchmarks/README.md.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

from arguments import NOTES_LEAST, at_least  # noqa: E402 - the others need the lab, found by the line above
from figures import FILE, Figures, ratios, read  # noqa: E402 - as above
from installed import installed_python  # noqa: E402 - as above
from machine import LabError, Machine  # noqa: E402 - as above
from rounds import Round, a4bridge, must_be_measured, play  # noqa: E402 - as above

ROUTERS: Final = REPOSITORY / "benchmarks" / "routers"

ZONES: Final = (1, 4, 16, 64)
OTHERS: Final = 7

SAME_US: Final = 1.0
"""Microseconds by which the medians may differ of profiles with so many zones, and of one and of eight inputs; and p50
and p99 with a monitor that stands still and without one."""

QUEUE_US: Final = 0.7
"""Microseconds by which p99 may grow with each input. RtMidi gives every input a queue of the sequencer's, for its time
stamps; the kernel moves them all on each millisecond, and one note in forty has to wait for that."""

RATIO_MAY_GROW: Final = 1.05
"""By how much the share of plain python-rtmidi's time may be above the committed one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure.

    profile: a shipped profile's name, or the text of one. meter: the meter's options. limits: microseconds, by the
    meter's names. notes: a share of those asked for, because some need fewer to tell. others: silent inputs besides
    the meter's. load, monitor: as a round's.
    """

    name: str
    profile: str
    meter: tuple[str, ...]
    limits: dict[str, float] = field(default_factory=dict)
    notes: float = 0.05
    others: int = 0
    load: Literal["none", "itself"] = "none"
    monitor: Literal["none", "frozen", "unread", "closed"] = "none"


def zones(count: int) -> str:
    """Return a profile that splits the keys evenly into `count` zones, on channels 1 to 16, round and round."""
    keys = 128 // count
    return f'description = "{count} zones"\n' + "".join(
        f'[[zones]]\nkeys = "{at * keys}..{at * keys + keys - 1}"\ndestination = "channel {at % 16 + 1}"\n'
        for at in range(count)
    )


CASES: Final = (
    Case("liverec", "liverec", ("--channel", "9"), {"p50_us": 26.0, "p99_us": 30.0, "first_us": 60.0}, notes=1),
    Case("spread", "spread", ("--chord", "4"), {"p50_us": 80.0, "p99_us": 95.0}, notes=0.1),
    Case("frozen-monitor", "liverec", ("--channel", "9"), notes=0.75, monitor="frozen"),
    Case("unread-monitor", "liverec", ("--channel", "9"), notes=0.75, monitor="unread"),
    Case("closed-monitor", "liverec", ("--channel", "9"), notes=0.75, monitor="closed"),
    Case("loaded", "liverec", ("--channel", "9"), {"p50_us": 26.0, "p99_us": 30.0}, notes=0.5, load="itself"),
    Case("8-inputs", "liverec", ("--channel", "9"), notes=0.75, others=OTHERS),
    *(Case(f"zones-{count}", zones(count), ("--zones", str(count))) for count in ZONES),
)

PATIENCE_S: Final = 1700.0
"""Real seconds, and only a net: by itself it takes 150, and where others work on the same computer much longer."""

PLAIN: Final = "plain python-rtmidi"


def measure(machine: Machine, python: Path, out: Path, notes: int = 4000) -> dict[str, Figures]:
    """Return the meter's figures by the name of the case, all from one boot; raises LabError."""
    rounds = [Round(PLAIN, (str(python), f"{ROUTERS}/callback.py"), notes)]
    for case in CASES:
        profile = case.profile
        if "\n" in profile:
            (out / f"{case.name}.toml").write_text(profile)
            profile = f"/out/{case.name}.toml"
        command = a4bridge(python, profile)
        if case.others:
            named = (word for number in range(case.others) for word in ("--input", f"number {number}"))
            command = (str(python), f"{ROUTERS}/silent_keyboards.py", str(case.others), *command, *named)
        rounds.append(
            Round(case.name, command, max(3, int(case.notes * notes)), case.meter, load=case.load, monitor=case.monitor)
        )
    measured = play(machine, python, rounds, out, timeout_s=PATIENCE_S)
    must_be_measured(measured)
    return measured


def too_slow(measured: dict[str, Figures]) -> Iterator[str]:
    """Yield a sentence for each limit that was passed."""
    for case in CASES:
        for key, limit in case.limits.items():
            if measured[case.name][key] > limit:
                yield f"{case.name}: {_label(key)} is {measured[case.name][key]} us, and the limit {limit:.0f}"
    medians = {count: measured[f"zones-{count}"]["p50_us"] for count in ZONES}
    if max(medians.values()) - min(medians.values()) > SAME_US:
        yield f"the medians of profiles with {_listed(ZONES)} zones are {_listed(list(medians.values()))} us"
    for case in CASES:
        for key in ("p50_us", "p99_us") if case.others or case.monitor != "none" else ():
            alone, beside = measured["liverec"][key], measured[case.name][key]
            more = QUEUE_US * case.others if key == "p99_us" else 0.0
            if not -SAME_US <= beside - alone <= max(SAME_US, more):
                yield f"{case.name}: {_label(key)} is {beside} us, and alone {alone}"


def slower_than_committed(measured: dict[str, Figures], committed: str) -> Iterator[str]:
    """Yield a sentence for each share of plain python-rtmidi's time that is above the committed one, docs/latency.json.

    Counts change with kernel, Python and libraries, their ratios hardly do.
    """
    race = read(committed)
    before = ratios(race.router("a4bridge").rounds["idle"], race.router("callback").rounds["idle"])
    for key, now in ratios(measured["liverec"], measured[PLAIN]).items():
        if now > before[key] * RATIO_MAY_GROW:
            yield (
                f"liverec takes {now:.3f} of plain python-rtmidi's {_label(key)}, "
                f"which is more than 5 % above docs/latency.json's {before[key]:.3f}"
            )


def inexact(measured: dict[str, Figures]) -> dict[str, Figures]:
    """Return the figures of those cases in which a note was lost, changed or added."""
    return {name: each for name, each in measured.items() if each["lost"] or each["wrong"] or each["unexpected"]}


def _label(key: str) -> str:
    return key.removesuffix("_us").replace("_", ".")


def _listed(values: Sequence[object]) -> str:
    return f"{', '.join(map(str, values[:-1]))} and {values[-1]}"


def main() -> int:
    """Measure and print; returns the exit code: 1 where a limit is passed or the lab cannot run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=at_least(NOTES_LEAST), default=20_000, help="notes to play (default 20,000)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    print(f"Playing {options.notes} notes through the bridge in the lab; this takes some minutes.", file=sys.stderr)
    try:
        machine = Machine()
        machine.build()
        with tempfile.TemporaryDirectory() as out:
            measured = measure(machine, installed_python(), Path(out), options.notes)
            kernel = (Path(out) / "kernel").read_text().split()[0]
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"kernel": kernel, "python": platform.python_version(), "cases": measured}, indent=2))
    else:
        columns = ("first_us", "min_us", "p50_us", "p90_us", "p99_us", "p99_9_us", "max_us")
        print(f"Linux {kernel}, Python {platform.python_version()}; microseconds")
        print(f"{'':20}{'notes':>7}{'lost':>6}" + "".join(f"{_label(key):>8}" for key in columns))
        for name, figures in measured.items():
            shown = "".join(f"{figures[key]:8.1f}" for key in columns)
            print(f"{name:20}{figures['notes']:7}{figures['lost']:6}{shown}")
    faults = [*too_slow(measured), *slower_than_committed(measured, FILE.read_text())]
    faults += [f"{name}: {each}" for name, each in inexact(measured).items()]
    for fault in faults:
        print(fault, file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
