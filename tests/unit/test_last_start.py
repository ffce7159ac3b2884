"""What is kept of a start for the next one, and whatever else may lie there."""

import json
import os
from binascii import crc32
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from desk import LIVEREC
from hypothesis import given
from hypothesis import strategies as st

import a4bridge
import a4bridge.__main__
from a4bridge.core.records import replaced
from a4bridge.engine.protocol import CloseInput, Command, OpenInput, OpenOutput, SetRoute
from a4bridge.service import resuming
from a4bridge.service.last_start import LastStart, conditions, lines_of, read_last, write_last

ROUTE: Final = SetRoute(LIVEREC.to_data())
BOX: Final = OpenOutput("Elektron Analog Four MKII:Elektron Analog Four MKII MIDI  24:0", 3125)
KEYS: Final = OpenInput(0, "Größe 鍵盤:Keys 20:0", [0, 1])
VIRTUAL: Final = OpenInput(31, "a4bridge", virtual=True)


def start(*commands: Command) -> LastStart:
    return LastStart({"files": {"/etc/x": None}}, ["Client 20", "card1 1234:5678"], "rtmidi", lines_of(commands))


def lie(directory: Path, content: bytes) -> None:
    """Have a file there that is whole, whatever is in it."""
    (directory / "start.json").write_bytes(b"%08x\n" % crc32(content) + content)


@pytest.mark.parametrize("inputs", [[KEYS], [KEYS, VIRTUAL]])
def test_what_is_kept_is_read_as_it_was_and_written_once(tmp_path: Path, inputs: list[Command]) -> None:
    commands: list[Command] = [ROUTE, BOX, *inputs]
    last = start(*commands)

    assert write_last(tmp_path / "state", last)

    again = read_last(tmp_path / "state")
    assert again == last
    assert again.commands == commands
    assert not write_last(tmp_path / "state", last)
    assert write_last(tmp_path / "state", replaced(last, ports=[]))


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert read_last(tmp_path) is None
    assert read_last(tmp_path / "nowhere") is None


@pytest.mark.parametrize("lies", [Path.mkdir, lambda path: os.mkfifo(path), lambda path: path.symlink_to(path)])
def test_what_is_no_file_is_none(tmp_path: Path, lies: Callable[[Path], None]) -> None:
    lies(tmp_path / "start.json")

    assert read_last(tmp_path) is None


@given(cut=st.integers(min_value=0))
def test_a_torn_file_is_none(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    directory = tmp_path_factory.mktemp("state")
    write_last(directory, start(ROUTE, BOX, KEYS))
    file = directory / "start.json"
    whole = file.read_bytes()
    file.write_bytes(whole[: cut % len(whole)])

    assert read_last(directory) is None


@pytest.mark.parametrize(
    "commands",
    [
        [],
        [ROUTE],
        [ROUTE, BOX],
        [BOX, ROUTE, KEYS],
        [ROUTE, KEYS, BOX],
        [ROUTE, BOX, KEYS, KEYS],
        [ROUTE, BOX, KEYS, CloseInput(0)],
        [ROUTE, BOX, replaced(KEYS, slot=32)],
        [ROUTE, BOX, replaced(KEYS, slot=-1)],
        [ROUTE, BOX, replaced(KEYS, slot="0")],
    ],
)
def test_other_commands_than_a_start_gives_are_none(tmp_path: Path, commands: list[Command]) -> None:
    write_last(tmp_path, start(*commands))

    assert read_last(tmp_path) is None


def test_commands_that_are_counted_otherwise_are_none(tmp_path: Path) -> None:
    last = start(ROUTE, BOX, KEYS)
    write_last(tmp_path, replaced(last, lines=[last.lines[0], *last.lines]))

    assert read_last(tmp_path) is None


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data())
def test_what_makes_no_sense_is_none_or_does_no_harm(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    facts: Any = {"conditions": {"files": {}}, "ports": [], "backend": "rtmidi", "lines": start(ROUTE, BOX, KEYS).lines}
    facts[data.draw(st.sampled_from([*facts, "else"]))] = data.draw(JSON | st.just({"files": {"\0": [], "\ud800": 3}}))
    directory = tmp_path_factory.mktemp("state")
    lie(directory, json.dumps(facts).encode())

    last = read_last(directory)

    if last:
        assert isinstance(last.backend, str)
        assert last.commands == [ROUTE, BOX, KEYS]
        assert last.conditions != conditions([], last.conditions["files"])


@pytest.mark.parametrize("content", [b"", b"\xff", b"3", b"[" * 100_000, b"9" * 5_000, b"null", b"{}"])
def test_what_is_no_start_is_none(tmp_path: Path, content: bytes) -> None:
    lie(tmp_path, content)

    assert read_last(tmp_path) is None


# The conditions.


def touched(file: Path) -> None:
    os.utime(file)


def replaced_by_its_like(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)


def made_a_link_to_nowhere(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


@pytest.mark.parametrize("change", [touched, replaced_by_its_like, made_a_link_to_nowhere, Path.unlink])
def test_a_file_that_was_changed_in_any_way_is_another(tmp_path: Path, change: Callable[[Path], None]) -> None:
    file = tmp_path / "x.toml"
    file.write_text("x")
    before = conditions([], [str(file)])
    assert conditions([], [str(file)]) == before

    change(file)

    assert conditions([], [str(file)]) != before


@pytest.mark.parametrize("there", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_a_file_that_appears_is_another(tmp_path: Path, there: Callable[[Path], None]) -> None:
    file = tmp_path / "x.toml"
    before = conditions([], [str(file)])

    there(file)

    assert conditions([], [str(file)]) != before


def test_arguments_environment_directory_and_version_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [conditions(["run"], [])]
    seen.append(conditions(["--profile", "liverec"], []))
    monkeypatch.setenv("XDG_CONFIG_HOME", "/elsewhere")
    seen.append(conditions(["run"], []))
    monkeypatch.setenv("HOME", "/elsewhere")
    seen.append(conditions(["run"], []))
    monkeypatch.chdir(tmp_path)
    seen.append(conditions(["run"], []))
    monkeypatch.setattr(a4bridge, "__version__", "0.0.0")
    seen.append(conditions(["run"], []))

    assert all(one != other for at, one in enumerate(seen) for other in seen[:at])


def test_a_directory_that_was_removed_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert conditions([], [])["directory"] == ""


def test_a_fault_of_ours_keeps_nobody_from_an_ordinary_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(_arguments: list[str]) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(resuming, "resume", fault)

    assert a4bridge.__main__._resumed(["run"]) is None
