"""What is remembered from one run to the next."""

from pathlib import Path

import pytest

from a4bridge.service.memory import Memory


@pytest.mark.parametrize("title", ["Elektron Analog Four MKII:Elektron Analog Four MKII MIDI ", "Bo\xeete:Entr\xe9e 1"])
def test_an_output_is_remembered_to_the_letter(tmp_path: Path, title: str) -> None:
    # An A4 MKII's port ends in a blank.
    Memory(tmp_path / "state").remember_output(title)

    assert Memory(tmp_path / "state").last_output == title


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    assert Memory(tmp_path).last_output == ""


def test_what_is_no_text_is_taken_for_nothing_known(tmp_path: Path) -> None:
    (tmp_path / "last-output").write_bytes(b"\xff\x00" * 5000)

    assert len(Memory(tmp_path).last_output) == 1024


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    Memory(tmp_path).remember_output("Box:One")
    memory = Memory(tmp_path)
    (tmp_path / "last-output").rename(tmp_path / "kept")
    (tmp_path / "last-output").mkdir()

    with pytest.raises(OSError, match="last-output"):
        memory.remember_output("Box:Two")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "last-output"]
