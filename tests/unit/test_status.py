import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from a4bridge import __version__
from a4bridge.cli.status import readable
from a4bridge.core.effects import Effects
from a4bridge.core.outcomes import Outcome
from a4bridge.engine.page import Page
from a4bridge.service.status import Link, LinkState, Snapshot, Trouble, report
from a4bridge.service.threads import Thread, Threads, Usage

KEYSTATION: Final = Link("Keystation 49 MK3:Keystation 49 MK3 MIDI 1", LinkState.OPEN)
ANALOG_FOUR: Final = Link("Elektron Analog Four:Elektron Analog Four MIDI 1", LinkState.OPEN)
LINKED: Final = Snapshot(
    profile="liverec",
    file="/etc/a4bridge/profiles/liverec.toml",
    sent=False,
    track="",
    destination="auto channel 9",
    inputs=[KEYSTATION],
    output=ANALOG_FOUR,
    box="Analog Four",
    waiting_for=((), ()),
    engine_pid=1235,
    fifo="",
    memory="",
    threads={1235: Thread(900, 2, 50, 1, fifo=10), 1236: Thread(60, 0, 9_000, 0, fifo=70)},
    usage=Usage(minor_faults=12, major_faults=1, voluntary=9_034, involuntary=3),
    trouble=None,
    backend="rtmidi",
    uptime=93_784.25,
    middle_c=5,
    refusals={"Minilab3:Minilab3 MIDI 1": "the port is busy", "Keystation 49 MK3:Keystation 49 MK3 MIDI 1": ""},
    effects=Effects(channels=(9,), auto_channel=9, track_channels=(1, 2, 3, 4)),
    channels={1: "track 1", 9: "auto channel"},
    tracks=("auto", "1", "2", "3", "4"),
    before={Outcome.FORWARDED: 100, Outcome.PEDAL_MOVED: 30, Outcome.PROGRAM_CHANGE: 150},
)
WAITING: Final = replace(
    LINKED,
    file="",
    sent=True,
    track="2",
    destination="",
    inputs=[replace(KEYSTATION, state=LinkState.LOST), Link("minilab", LinkState.ABSENT)],
    output=None,
    box="",
    waiting_for=(("waiting for a keyboard",), ("waiting for an Analog Four: none is plugged in",)),
    engine_pid=None,
    fifo="the limit on real-time priority is 0",
    memory="the limit on locked memory is 64 KiB",
    threads={},
    usage=None,
    trouble=Trouble("mine.toml:3: destinaton: is not a key", "mine.toml", 3, "destinaton"),
    uptime=59.0,
)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    Page.prepare(tmp_path / "page")
    return Page.open(tmp_path / "page", writable=True)


def played(page: Page) -> Page:
    """Let 1,200 events have come in, and three notes sound."""
    page.counts[Outcome.FORWARDED] = 1_000
    page.counts[Outcome.HELD_BY_PEDAL] = 20
    page.counts[Outcome.PEDAL_MOVED] = 30
    page.counts[Outcome.PROGRAM_CHANGE] = 150
    page.took[20] = 1_180
    page.took[60] = 19
    page.took[700] = 1
    page.late[4] = 1_200
    for channel, note in (9, 60), (9, 64), (2, 61):
        page.ledger[(channel - 1) * 128 + note] = 1
    return page


def test_everything_is_reported_ready_for_json(page: Page) -> None:
    told = report(LINKED, played(page))

    assert json.loads(json.dumps(told)) == told
    assert isinstance(told.pop("pid"), int)
    assert told == {
        "running": True,
        "linked": True,
        "hushed": False,
        "a4bridge": __version__,
        "engine_pid": 1235,
        "uptime_s": 93_784.2,
        "backend": "rtmidi",
        "profile": {
            "name": "liverec",
            "file": "/etc/a4bridge/profiles/liverec.toml",
            "sent": False,
            "track": "",
            "tracks": ["auto", "1", "2", "3", "4"],
            "destination": "auto channel 9",
        },
        "inputs": [{"name": "Keystation 49 MK3:Keystation 49 MK3 MIDI 1", "state": "open"}],
        "output": {"name": "Elektron Analog Four:Elektron Analog Four MIDI 1", "state": "open"},
        "box": "Analog Four",
        "channels": [{"channel": 1, "name": "track 1"}, {"channel": 9, "name": "auto channel"}],
        "middle_c": 5,
        "waiting": [],
        "waiting_for": {"inputs": [], "output": []},
        "refused": {"Minilab3:Minilab3 MIDI 1": "the port is busy"},
        "effects": {
            "channels": [9],
            "auto_channel": 9,
            "track_channels": [1, 2, 3, 4],
            "not_recorded": [],
            "side_effects": [],
        },
        "sounding": [
            {"channel": 2, "note": 61, "name": "C#5"},
            {"channel": 9, "note": 60, "name": "C5"},
            {"channel": 9, "note": 64, "name": "E5"},
        ],
        "forwarded": 1_000,
        "used": [
            {"reason": "pedal_moved", "says": "sustain pedal, used by the bridge", "count": 30},
            {"reason": "held_by_pedal", "says": "note-off held back by the pedal", "count": 20},
        ],
        "dropped": [
            {
                "reason": "program_change",
                "says": "program change, filtered: it would change the pattern",
                "count": 150,
            }
        ],
        "since_switch": {
            "forwarded": 900,
            "used": [{"reason": "held_by_pedal", "says": "note-off held back by the pedal", "count": 20}],
            "dropped": [],
        },
        "took_us": {"p50": 21.5, "p99": 62.5, "p99_9": 62.5, "max": 717.8},
        "late_us": {"p50": 5.1, "p99": 5.1, "p99_9": 5.1, "max": 5.1},
        "real_time": {"fifo": "", "memory": "", "priorities": {"main": 10, "callbacks": [70]}},
        "faults": {"major": 1, "minor": 12},
        "switches": {"involuntary": 3, "voluntary": 9_034},
        "trouble": None,
    }


def test_every_outcome_is_counted_once(page: Page) -> None:
    for outcome in Outcome:
        page.counts[outcome] = 1

    told = report(LINKED, page)

    counted = [told["forwarded"], *(each["count"] for each in [*told["used"], *told["dropped"]])]
    assert counted == [1] * len(Outcome)


def test_a_page_that_began_anew_has_counted_since_the_switch(page: Page) -> None:
    page.counts[Outcome.FORWARDED] = 5  # and none of what had been counted before

    assert report(LINKED, page)["since_switch"]["forwarded"] == 5


def test_notes_are_named_as_the_settings_have_it(page: Page) -> None:
    names = [note["name"] for note in report(replace(LINKED, middle_c=3), played(page))["sounding"]]

    assert names == ["C#3", "C3", "E3"]


@pytest.mark.parametrize(
    ("snapshot", "linked"),
    [
        (LINKED, True),
        (WAITING, False),
        (replace(LINKED, output=None), False),
        (replace(LINKED, output=replace(ANALOG_FOUR, state=LinkState.LOST)), False),
        (replace(LINKED, inputs=[]), False),
        (replace(LINKED, inputs=[replace(KEYSTATION, state=LinkState.CUT)]), False),
        (replace(LINKED, inputs=[replace(KEYSTATION, state=LinkState.LOST), KEYSTATION]), True),
    ],
)
def test_it_is_linked_if_something_played_can_reach_a_box(snapshot: Snapshot, linked: bool) -> None:
    assert report(snapshot, None)["linked"] is linked


def test_without_a_page_nothing_was_played() -> None:
    told = report(LINKED, None)

    assert (told["sounding"], told["forwarded"], told["dropped"], told["took_us"]["max"]) == ([], 0, [], 0)


def test_a_person_reads_a_few_short_lines(page: Page) -> None:
    text = "\n".join(readable({**report(LINKED, played(page)), "pid": 1234}))

    assert (
        text
        == f"""\
process    1234, engine 1235, up 1 d 2 h, a4bridge {__version__}
profile    liverec, auto channel 9 (/etc/a4bridge/profiles/liverec.toml)
input      Keystation 49 MK3:Keystation 49 MK3 MIDI 1, open
output     Elektron Analog Four:Elektron Analog Four MIDI 1, open, Analog Four
sounding   C#5 (61) on channel 2; C5 (60), E5 (64) on channel 9
forwarded  1,000
used       30  sustain pedal, used by the bridge
used       20  note-off held back by the pedal
dropped    150  program change, filtered: it would change the pattern
took       p50 21.5 us, p99 62.5 us, p99.9 62.5 us, max 717.8 us
late       p50 5.1 us, p99 5.1 us, p99.9 5.1 us, max 5.1 us
real time  yes: callbacks with priority 70, main thread with 10
memory     locked
faults     1 major, 12 minor, of the engine since it was linked
switches   3 involuntary, 9,034 voluntary"""
    )


def test_a_person_reads_what_is_missing(page: Page) -> None:
    text = "\n".join(readable({**report(WAITING, page), "pid": 1234}))

    assert (
        text
        == f"""\
process    1234, no engine, up 59 s, a4bridge {__version__}
profile    liverec (sent by a client)
input      Keystation 49 MK3:Keystation 49 MK3 MIDI 1, lost
input      minilab, absent
waiting    for a keyboard
waiting    for an Analog Four: none is plugged in
sounding   nothing
forwarded  0
took       nothing measured yet
late       nothing measured yet
real time  no: the limit on real-time priority is 0
memory     not locked: the limit on locked memory is 64 KiB
trouble    mine.toml:3: destinaton: is not a key"""
    )


def test_what_is_not_known_of_the_engine_is_null() -> None:
    told = report(WAITING, None)

    assert (told["real_time"]["priorities"], told["faults"], told["switches"]) == (None, None, None)


@pytest.mark.parametrize(
    ("threads", "said"),
    [
        pytest.param({}, "real time  yes", id="where nobody tells what threads run with"),
        pytest.param(
            {1235: Thread(0, 0, 0, 0, fifo=10), 1236: Thread(0, 0, 0, 0, fifo=0)},
            "real time  granted, but not every thread runs with it",
            id="a callback without what was granted",
        ),
        pytest.param(
            {1235: Thread(0, 0, 0, 0, fifo=10), 1236: Thread(0, 0, 0, 0, fifo=70), 1237: Thread(0, 0, 0, 0, fifo=10)},
            "real time  yes: callbacks with priority 70 and 10, main thread with 10",
            id="an input for SysEx besides",
        ),
    ],
)
def test_what_threads_really_run_with_counts(page: Page, threads: Threads, said: str) -> None:
    assert said in list(readable(report(replace(LINKED, threads=threads), page)))


def test_no_line_is_wider_than_a_terminal(page: Page) -> None:
    for note in range(128):
        page.ledger[note] = 1

    lines = "\n".join(readable(report(LINKED, page))).splitlines()

    assert max(map(len, lines)) <= 80
    assert len(lines) > 15
