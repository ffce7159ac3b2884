"""What is remembered from one run to the next."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.service.memory import Chosen, Memory

LEAD = Chosen("lead", track="2", default="liverec")


@pytest.mark.parametrize("title", ["Elektron Analog Four MKII:Elektron Analog Four MKII MIDI ", "Bo\xeete:Entr\xe9e 1"])
def test_an_output_is_remembered_to_the_letter(tmp_path: Path, title: str) -> None:
    # An A4 MKII's port ends in a blank.
    Memory(tmp_path / "state").remember_output(title)

    assert Memory(tmp_path / "state").last_output == title


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    memory = Memory(tmp_path)

    assert (memory.last_output, memory.chosen, memory.torn) == ("", None, "")


@pytest.mark.parametrize("chosen", [LEAD, Chosen("mine", 'description = "\u266a"\n', "auto")])
def test_what_was_switched_to_is_remembered_beside_the_output(tmp_path: Path, chosen: Chosen) -> None:
    Memory(tmp_path).remember_output("Box:One")
    Memory(tmp_path).remember_chosen(chosen)

    again = Memory(tmp_path)
    assert (again.last_output, again.chosen, again.torn) == ("Box:One", chosen, "")


@given(cut=st.integers(min_value=0, max_value=150))
def test_a_torn_file_is_set_aside_and_nothing_is_remembered(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    directory = tmp_path_factory.mktemp("state")
    Memory(directory).remember_chosen(LEAD)
    whole = (directory / "state.json").read_bytes()
    (directory / "state.json").write_bytes(whole[: min(cut, len(whole) - 2)])  # the last byte is only the line's end

    memory = Memory(directory)

    assert (memory.last_output, memory.chosen) == ("", None)
    assert (
        memory.torn == f"what was remembered in {directory}/state.json cannot be read; the file is state.json.torn now"
    )
    assert [path.name for path in directory.iterdir()] == ["state.json.torn"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\x00" * 200_000,
        b"[" * 100_000,
        b"3",
        json.dumps({"version": 2, "output": "", "chosen": None}).encode(),
        json.dumps({"version": 1, "output": 7, "chosen": None}).encode(),
        json.dumps({"version": 1, "output": "", "chosen": {"profile": ["lead"]}}).encode(),
        json.dumps({"version": 1, "output": "", "chosen": {"profile": "lead", "colour": "red"}}).encode(),
    ],
    ids=["no text", "nested", "a number", "another version", "no title", "no name", "more than is known"],
)
def test_what_is_not_ours_is_set_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)

    assert Memory(tmp_path).torn
    assert Memory(tmp_path).torn == ""
    assert (tmp_path / "state.json.torn").read_bytes() == content


def test_a_write_that_fails_leaves_what_was_there_and_is_tried_again(tmp_path: Path) -> None:
    Memory(tmp_path).remember_output("Box:One")
    memory = Memory(tmp_path)
    (tmp_path / "state.json").rename(tmp_path / "kept")
    (tmp_path / "state.json").mkdir()

    with pytest.raises(OSError, match="state"):
        memory.remember_output("Box:Two")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "state.json"]
    (tmp_path / "state.json").rmdir()
    memory.remember_output("Box:Two")
    assert Memory(tmp_path).last_output == "Box:Two"


def test_nothing_is_written_that_is_known(tmp_path: Path) -> None:
    Memory(tmp_path).remember_output("Box:One")
    memory = Memory(tmp_path)
    (tmp_path / "state.json").unlink()

    memory.remember_output("Box:One")

    assert list(tmp_path.iterdir()) == []
