"""A measurement as a person sees it, and as programs get it."""

import json
from dataclasses import replace

import pytest
from measurements import ANALOG_FOUR, KEYSTATION, QUIET, REFUSED, UM_ONE, cable, through, times

from a4bridge import __version__
from a4bridge.bench.latencies import Latencies
from a4bridge.bench.measured import Measured
from a4bridge.cli.bench import as_data, readable
from a4bridge.ports.usb import UsbPlace


def shown(measured: Measured, *, ascii_only: bool = False) -> str:
    return "\n".join(text.plain.rstrip() for text in readable(measured, ascii_only=ascii_only))


def test_through_the_bridge() -> None:
    measured = through(troubles=("a fault",), devices=(replace(KEYSTATION, usb=UsbPlace(12, ("USB2.0 Hub",))),))

    assert (
        shown(measured)
        == """\
us                       first       p50       p99     p99.9       max      lost
through the bridge        80.0      40.0      44.0      44.0      44.0         0
without it                   -      15.0      16.5      16.5      16.5         0

40 to 41 us  ███████████████████████████████████████████████████████████████ 196
41 to 43 us
43 to 47 us  █ 4

engine     woken in 5.1 us (p50), 9.2 us (p99); took 12.3 us, 20.5 us
device     Keystation 49 MK3:Keystation 49 MK3 MIDI 1, USB with 12 Mbit/s,
           behind USB2.0 Hub
trouble    a fault
real time  yes: callbacks with priority 70, main thread with 10
memory     locked
faults     0 major, 3 minor, of the engine while it was played
switches   0 involuntary, 412 voluntary
computer   Linux 6.12.1, 4 processors, 5 % busy; governor: performance (4)

The largest part (38 %) is the kernel and the measuring, not the bridge;
Keystation 49 MK3 is behind a hub (USB2.0 Hub) and may be faster without."""
    )


def test_through_a_cable_of_which_little_is_known() -> None:
    measured = cable(UM_ONE, replace(UM_ONE, usb=None), times(12_345.6, lost=3))
    unknown = replace(measured.computer, governors={}, busy=None, processors=1)

    assert (
        shown(replace(measured, asked=500, others=7, fifo=REFUSED, usage=None, computer=unknown), ascii_only=True)
        == """\
204 of 500 notes were played: too many were lost in a row.
us                       first       p50       p99     p99.9       max      lost
there and back          24,691    12,346    13,580    13,580    13,580         3

12,345 to 12,346 us  ####################################################### 196
12,346 to 12,348 us
12,348 to 12,352 us
12,352 to 12,360 us
  12,360 us or more  # 4

output     UM-ONE:UM-ONE MIDI 1, USB with 12 Mbit/s, no hub between
input      UM-ONE:UM-ONE MIDI 1
besides    7 other notes came in
real time  no: Operation not permitted; to allow it, put a line into a file
computer   Linux 6.12.1, 1 processor; governor: none

3 of 204 notes did not come back: check that a cable leads from the output of
UM-ONE to its own input."""
    )


def test_nothing_at_all() -> None:
    text = shown(replace(QUIET, latencies=Latencies(), interrupted=True))

    assert text.startswith("0 of 201 notes were played: it was interrupted.\n")
    assert "through the bridge           -         -         -         -         -         0\nwithout it  " in text
    assert text.endswith("\nThere were too few notes to say anything about them.")


@pytest.mark.parametrize("us", [0.4, 40, 4e3, 4e4])
@pytest.mark.parametrize("slowest", [1.01, 3, 50])
def test_no_line_is_wider_than_a_terminal(us: float, slowest: float) -> None:
    lines = shown(replace(QUIET, latencies=times(us, us * slowest), fifo=REFUSED)).split("\n")

    assert max(map(len, lines)) <= 80


def test_programs_get_everything() -> None:
    data = as_data(through(devices=(ANALOG_FOUR,)), "liverec")

    assert json.loads(json.dumps(data)) == data
    assert isinstance(data.pop("python"), str)
    assert data.pop("says").startswith("The largest part (38 %) is ")
    assert len(data.pop("us")) == 201
    assert data == {
        "a4bridge": __version__,
        "system": "Linux 6.12.1",
        "processors": 4,
        "governors": {"performance": 4},
        "busy": 0.05,
        "through": "bridge",
        "profile": "liverec",
        "alone": {
            "played": 201,
            "lost": 0,
            "first_us": 30,
            "p50_us": 15,
            "p99_us": 16.5,
            "p99_9_us": 16.5,
            "max_us": 16.5,
        },
        "late_us": {"p50": 5.1, "p99": 9.2},
        "took_us": {"p50": 12.3, "p99": 20.5},
        "outcomes": {},
        "troubles": [],
        "devices": [
            {"name": "Elektron Analog Four:Elektron Analog Four MIDI 1", "usb": {"mbit_per_s": 480, "hubs": []}},
        ],
        "asked": 201,
        "interrupted": False,
        "played": 201,
        "lost": 0,
        "others": 0,
        "first_us": 80,
        "p50_us": 40,
        "p99_us": 44,
        "p99_9_us": 44,
        "max_us": 44,
        "histogram": [
            {"from_us": 40, "below_us": 41, "notes": 196},
            {"from_us": 41, "below_us": 43, "notes": 0},
            {"from_us": 43, "below_us": 47, "notes": 4},
        ],
        "real_time": {"fifo": "", "memory": "", "priorities": {"main": 10, "callbacks": [70]}},
        "faults": {"major": 0, "minor": 3},
        "switches": {"involuntary": 0, "voluntary": 412},
    }


def test_what_a_cable_has_not_programs_do_not_get() -> None:
    data = as_data(cable(UM_ONE, UM_ONE, times(2000, lost=1)), "")

    assert (data["through"], data["output"]["name"], data["lost"]) == ("cable", "UM-ONE:UM-ONE MIDI 1", 1)
    assert not {"profile", "alone", "took_us"} & set(data)
    assert data["us"][-1] is None
    assert data["real_time"]["memory"] is None
