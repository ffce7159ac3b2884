"""The latency of a note through the installed bridge, counted in the lab's virtual time.

    python benchmarks/latency.py [--notes N] [--json]

One note at a time, or one chord, nothing else going on, with all the bookkeeping of a profile: liverec, spread, and
profiles of 1 to 64 zones. What is counted is described in benchmarks/README.md; the limits are those that the tests
hold.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

from installed import installed_python  # noqa: E402 - found by the line above
from machine import LabError, Machine  # noqa: E402

Figures = dict[str, Any]
"""What the meter says: microseconds by name, and counts."""

ZONES: Final = (1, 4, 16, 64)
OTHERS: Final = 7

SAME_US: Final = 1.0
"""Microseconds by which the medians may differ of profiles with so many zones, and of one and of eight inputs."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure.

    profile: a shipped profile's name, or the text of one. meter: the meter's options. limits: microseconds, by the
    meter's names. notes: a share of those asked for, because some need fewer to tell. others: silent inputs besides
    the meter's.
    """

    name: str
    profile: str
    meter: str
    limits: dict[str, float] = field(default_factory=dict)
    notes: float = 0.1
    others: int = 0


def zones(count: int) -> str:
    """Return a profile that splits the keys evenly into `count` zones, on channels 1 to 16, round and round."""
    keys = 128 // count
    return f'description = "{count} zones"\n' + "".join(
        f'[[zones]]\nkeys = "{at * keys}..{at * keys + keys - 1}"\ndestination = "channel {at % 16 + 1}"\n'
        for at in range(count)
    )


_BRISKLY: Final = "--settle 500 --gap 2000"

CASES: Final = (
    Case("liverec", "liverec", "--channel 9", {"p50_us": 26.0, "p99_us": 30.0, "first_us": 60.0}, notes=1),
    Case("spread", "spread", f"{_BRISKLY} --chord 4", {"p50_us": 80.0, "p99_us": 95.0}, notes=0.2),
    Case("8-inputs", "liverec", f"{_BRISKLY} --channel 9", others=OTHERS),
    *(Case(f"zones-{count}", zones(count), f"{_BRISKLY} --zones {count}") for count in ZONES),
)

_GUEST: Final = """
chrt --idle 0 sh -c 'while :; do :; done' &
uname -r >/out/kernel
cat >/run/others.py <<PYTHON
import sys, time, rtmidi
silent = [rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="other") for _ in range(int(sys.argv[1]))]
for number, each in enumerate(silent):
    each.open_virtual_port(f"number {number}")
time.sleep(1000)
PYTHON
measure() {
    # Each with a page of its own: a bridge whose box went away would end the notes that this one is measured by.
    export XDG_RUNTIME_DIR="/run/$1"
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    inputs="" others=0
    if [ $5 -gt 0 ]; then
        "$python" /run/others.py $5 &
        others=$!
        while [ "$(grep -c '"number ' /proc/asound/seq/clients)" -lt $5 ]; do sleep 0.1; done
        for number in $(seq 0 $(($5 - 1))); do inputs="$inputs --input *number?$number"; done
    fi
    "$python" -m a4bridge --profile "$2" --input 'meter source' $inputs --output 'meter sink' 2>"/out/$1.said" &
    # Like a keyboard and a box it waits for nobody; what a forwarder does once a note is out is no part of its time.
    chrt --fifo 80 "$meter" --notes $3 $4 >"/out/$1.json"
    kill $!
    wait $!
    [ $others = 0 ] || kill $others
}
"""


def measure(machine: Machine, python: Path, out: Path, notes: int = 2000) -> dict[str, Figures]:
    """Return the meter's figures by the name of the case, all from one boot; raises LabError."""
    guest = f"python={python} meter={machine.meter}\n{_GUEST}"
    for case in CASES:
        profile = case.profile
        if "\n" in profile:
            (out / f"{case.name}.toml").write_text(profile)
            profile = f"/out/{case.name}.toml"
        guest += f"measure {case.name} {profile} {max(3, int(case.notes * notes))} '{case.meter}' {case.others}\n"
    boot = machine.boot(guest, out, timeout_s=600)
    measured: dict[str, Figures] = {}
    for case in CASES:
        try:
            measured[case.name] = json.loads((out / f"{case.name}.json").read_text())
        except ValueError:
            said = (out / f"{case.name}.said").read_text()
            raise LabError(f"{case.name}: the meter said nothing; the bridge said:\n{said}\n{boot.console}") from None
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
    one, eight = measured["liverec"]["p50_us"], measured["8-inputs"]["p50_us"]
    if abs(eight - one) > SAME_US:
        yield f"with one input the median is {one} us, and with {1 + OTHERS} it is {eight}"


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
    parser.add_argument("--notes", type=int, default=20_000, help="notes to play (default 20,000)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    print(f"Playing {options.notes} notes through the bridge in the lab; this takes some minutes.", file=sys.stderr)
    try:
        machine = Machine()
        machine.build()
        with tempfile.TemporaryDirectory() as out:
            measured = measure(machine, installed_python(), Path(out), options.notes)
            kernel = (Path(out) / "kernel").read_text().strip()
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"kernel": kernel, "python": platform.python_version(), "cases": measured}, indent=2))
    else:
        columns = ("first_us", "min_us", "p50_us", "p90_us", "p99_us", "p99_9_us", "max_us")
        print(f"Linux {kernel}, Python {platform.python_version()}; microseconds")
        print(f"{'':10}{'notes':>7}{'lost':>6}" + "".join(f"{_label(key):>8}" for key in columns))
        for name, figures in measured.items():
            shown = "".join(f"{figures[key]:8.1f}" for key in columns)
            print(f"{name:10}{figures['notes']:7}{figures['lost']:6}{shown}")
    faults = [*too_slow(measured), *(f"{name}: {each}" for name, each in inexact(measured).items())]
    for fault in faults:
        print(fault, file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
