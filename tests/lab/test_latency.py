from pathlib import Path

import pytest
from latency import LIMITS_US, measure
from machine import Machine

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]


def test_a_note_is_forwarded_within_its_limits_of_counted_time(machine: Machine, python: Path, tmp_path: Path) -> None:
    figures = measure(machine, python, tmp_path)

    assert figures["lost"] == figures["wrong"] == figures["unexpected"] == 0, figures
    assert {key: figures[key] for key, limit in LIMITS_US.items() if figures[key] > limit} == {}, figures
