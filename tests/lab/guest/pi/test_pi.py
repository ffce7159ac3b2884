"""The installed Debian package on an emulated Pi: what is played between USB devices is recorded, and wears no card."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1]))

from clock import wait_until
from playing import feed, heard, play
from usb import A4_MKI, KEYSTATION, Gadget, plugged

from a4bridge.demo.performance import Take
from a4bridge.demo.picture import WIDTH, show
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.keyboard import Event, chord, in_time_order

STEP_MS = 125
CHORD = (48, 55, 64, 72)
WAITING = 6
"""The exit code of `a4bridge status` while a keyboard or a box is missing."""

PATIENCE_S = 60
START = Path("/var/lib/a4bridge/start.json")
PAPER = Console(width=WIDTH, force_terminal=False, color_system=None)


def bridge(*arguments: str, code: int = 0) -> str:
    run = subprocess.run(
        ["a4bridge", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert run.returncode == code, f"{run.stdout}\n{journal()}"
    return run.stdout


def status() -> dict[str, Any]:
    run = subprocess.run(["a4bridge", "status", "--json"], capture_output=True, text=True, check=False)
    return dict(json.loads(run.stdout))


def is_linked() -> bool:
    return status()["linked"] is True


def journal() -> str:
    command = ("journalctl", "-u", "a4bridge", "-o", "cat", "--no-pager")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def sectors_written() -> int:
    """Return how many sectors of 512 bytes the card has been written since it got power."""
    os.sync()
    return int(Path("/sys/block/vda/stat").read_text().split()[6])  # linux Documentation/block/stat.rst


@pytest.fixture
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        wait_until("the link", is_linked, PATIENCE_S)
        yield keyboard, box


def record(keyboard: Gadget, box: Gadget, take: Take, events: list[Event]) -> None:
    """Play events, feed what arrives to the model of the box, and show what that has recorded."""
    box.ports[0].forget()  # note-offs that a box gets once more when it is back
    began = play(keyboard, events)
    wait_until("the last message at the box", lambda: len(heard(box)) >= len(events), PATIENCE_S)
    feed(take.box, box.ports[0].received, began)
    take.arrived += heard(box)
    take.played += len(events) // 2
    show(take, PAPER, middle_c=5)
    assert not take.box.hanging()
    assert not take.box.stray_note_offs


def test_it_runs_since_the_start_and_waits_for_what_is_not_plugged_in() -> None:
    print(bridge("status", code=WAITING))


def test_a_chord_is_recorded_live(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    bridge("use", "liverec")
    print(bridge("ports"), bridge("status"), sep="\n")
    take = Take("liverec", Recording.LIVE, AnalogFour())
    take.box.record_live(at_ms=0)

    record(*keyboard_and_box, take, [*chord(CHORD, 2 * STEP_MS, 3 * STEP_MS)])

    trigs = [(trig.track, trig.step, trig.note, round(trig.length or 0)) for trig in take.trigs]
    assert trigs == [(1, 3, note, 3) for note in CHORD]


def replug_and_play(notes: list[Event]) -> None:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        wait_until("the link", is_linked, PATIENCE_S)
        play(keyboard, notes)
        wait_until("the notes at the box", lambda: len(heard(box)) >= len(notes), PATIENCE_S)


def test_playing_and_cables_write_nothing_to_the_card_and_a_switch_only_what_is_remembered() -> None:
    three_chords = [*in_time_order(*(chord(CHORD, at_ms, 100) for at_ms in (0, 200, 400)))]
    before = sectors_written()
    replug_and_play(three_chords)
    replug_and_play(three_chords)
    played = sectors_written()
    with plugged(KEYSTATION, A4_MKI):
        wait_until("the link", is_linked, PATIENCE_S)
        kept = START.stat().st_mtime_ns
        bridge("use", "gridrec")
        wait_until("the next start being kept", lambda: START.stat().st_mtime_ns != kept, PATIENCE_S)
        switched = sectors_written()
    print(f"sectors written: {played - before} while it played and was replugged, {switched - played} for a switch")

    assert played == before


def test_a_chord_is_recorded_on_a_held_trig(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    take = Take("gridrec", Recording.GRID, AnalogFour())
    take.box.recording, take.box.held_trig = Recording.GRID, 5

    record(*keyboard_and_box, take, [*chord(CHORD, 0, 100)])

    assert [(trig.track, trig.step, trig.note) for trig in take.trigs] == [(1, 5, note) for note in CHORD]
    print(bridge("status"))


@pytest.mark.usefixtures("keyboard_and_box")
def test_it_got_real_time() -> None:
    assert status()["real_time"] == {
        "fifo": "",
        "memory": "",
        "priorities": {"main": 10, "callbacks": [70]},
    }
    assert "not_real_time" not in journal()
