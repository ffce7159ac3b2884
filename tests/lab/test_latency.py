from pathlib import Path

import pytest
from figures import FILE
from latency import inexact, measure, slower_than_committed, too_slow
from machine import Machine

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]


def test_notes_and_chords_are_forwarded_within_their_limits_of_counted_time(
    machine: Machine, python: Path, tmp_path: Path
) -> None:
    measured = measure(machine, python, tmp_path)

    print(measured)
    assert inexact(measured) == {}
    assert list(too_slow(measured)) == []
    assert list(slower_than_committed(measured, FILE.read_text())) == []
