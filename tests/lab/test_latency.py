from pathlib import Path

import pytest
from figures import FILE
from latency import inexact, measure, slower_than_committed, too_slow
from machine import Machine
from rounds import Round, a4bridge, play

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]


def test_notes_and_chords_are_forwarded_within_their_limits_of_counted_time(
    machine: Machine, python: Path, tmp_path: Path
) -> None:
    measured = measure(machine, python, tmp_path)

    print(measured)
    assert inexact(measured) == {}
    assert list(too_slow(measured)) == []
    assert list(slower_than_committed(measured, FILE.read_text())) == []


NOTES = 600

SAME_US = 1.0
"""Microseconds by which p50 and p99 may differ, with a monitor and without."""


def test_a_monitor_that_is_frozen_or_that_nobody_reads_holds_up_no_note(
    machine: Machine, python: Path, tmp_path: Path
) -> None:
    bridge = a4bridge(python, "liverec")
    rounds = [
        Round("nobody", bridge, NOTES),
        Round("frozen", bridge, NOTES, monitor="frozen"),
        Round("unread", bridge, NOTES, monitor="unread"),
    ]

    measured = play(machine, python, rounds, tmp_path)

    print(measured)
    assert [figures["fault"] for figures in measured.values() if "fault" in figures] == []
    assert inexact(measured) == {}
    alone = measured.pop("nobody")
    for name, figures in measured.items():
        for key in ("p50_us", "p99_us"):
            assert abs(figures[key] - alone[key]) <= SAME_US, f"{name}: {key} is {figures[key]} and was {alone[key]}"
