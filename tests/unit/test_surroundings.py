"""What of the computer makes notes late, from what Linux has in /proc and /sys."""

from pathlib import Path

import pytest

from a4bridge.bench.surroundings import Ticks, look


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_governors_are_counted_and_the_busy_time_is_without_idle_and_guests(tmp_path: Path) -> None:
    for number, governor in enumerate(["powersave", "performance", "powersave"]):
        write(tmp_path / f"sys/devices/system/cpu/cpu{number}/cpufreq/scaling_governor", f"{governor}\n")
    write(tmp_path / "sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "another\n")
    write(tmp_path / "proc/stat", "cpu  100 0 50 800 50 0 0 0 70 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    before = Ticks.now(tmp_path)
    write(tmp_path / "proc/stat", "cpu  150 10 60 1000 80 5 5 0 170 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")

    computer = look(before, tmp_path)

    assert computer.governors == {"powersave": 2, "performance": 1}
    assert computer.busy == 80 / 310
    assert computer.processors >= 1
    assert computer.system.startswith("Linux ")


@pytest.mark.parametrize("stat", [None, "", "cpu\n", "cpu one two\n"])
def test_what_the_system_does_not_tell_is_not_known(tmp_path: Path, stat: str | None) -> None:
    if stat is not None:
        write(tmp_path / "proc/stat", stat)

    computer = look(Ticks.now(tmp_path), tmp_path)

    assert (computer.governors, computer.busy) == ({}, None)
