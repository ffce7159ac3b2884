"""A start that goes on where the last one was: what is played is forwarded before any file has been read."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace as with_other
from pathlib import Path
from typing import Final

import pytest
from running import (
    ANALOG_FOUR,
    KEYSTATION,
    MINILAB,
    PATIENCE,
    RYTM,
    Running,
    Start,
    Synth,
    end,
    plug_both,
    write_config,
)

from a4bridge.backend.loopback import Device, Hub
from a4bridge.core.records import replaced
from a4bridge.service.last_start import LastStart, conditions, read_last, write_last

ON: Final = bytes([0x90, 60, 100])
OFF: Final = bytes([0x80, 60, 64])
ON_SENT: Final = bytes([0x98, 60, 100])
OFF_SENT: Final = bytes([0x88, 60, 64])
AS_SHIPPED: Final = 'description = "as it is shipped"\n'
MINE: Final = 'description = "mine"\ndestination = "track 2"\n'

# Run by each Python that is started with it on its path: whoever wants to read a profile says so, and waits.
WAIT_AT_PROFILES: Final = """
import os, sys, time

def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith("liverec.toml"):
        open({at!r}, "a").close()
        while not os.path.exists({go!r}):
            time.sleep(0.01)

sys.addaudithook(hook)
"""


class Gate:
    """Holds up a bridge where it reads its profile, so that one can see what it has done before."""

    def __init__(self, directory: Path) -> None:
        self._at, self._go = directory / "at", directory / "go"
        hooks = directory / "hooks"
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(WAIT_AT_PROFILES.format(at=str(self._at), go=str(self._go)))
        self.hooks = hooks

    def reached(self) -> None:
        """Wait until the bridge is about to read its profile."""
        deadline = time.monotonic() + PATIENCE
        while not self._at.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def open(self) -> None:
        """Let it go on."""
        self._go.touch()

    def close(self) -> None:
        """Have whoever is started from now on wait."""
        for file in (self._at, self._go):
            file.unlink(missing_ok=True)


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(gate.hooks), prepend=os.pathsep)
    gate.open()
    return gate


def started_once(start: Start, *arguments: str) -> None:
    """Start a bridge as it will be started again, and end it; what it came to is kept by then."""
    bridge = start(*arguments)
    bridge.says("->")
    end(bridge)


def switched_once(start: Start, arguments: tuple[str, ...], *verb: str) -> None:
    """Start a bridge likewise, switch it, and end it."""
    bridge = start(*arguments)
    bridge.says("->")
    bridge.told(*verb)
    end(bridge)


def crash_while_a_note_sounds(start: Start, keyboard: Device, synth: Synth) -> None:
    """Start a bridge, and kill its service and its engine while a key is held."""
    crashed = start("--profile", "liverec")
    crashed.says("->")
    keyboard.play(ON)
    assert synth.next() == ON_SENT
    os.kill(crashed.process.pid, signal.SIGSTOP)  # so that it cannot start another engine
    os.kill(crashed.engine_pid(), signal.SIGKILL)
    crashed.clean_up()


def held_up(start: Start, gate: Gate, *arguments: str) -> Running:
    """Start a bridge, and return it when it is about to read its profile."""
    gate.close()
    bridge = start(*arguments)
    gate.reached()
    return bridge


@pytest.fixture
def played(hub: Hub) -> tuple[Device, Synth]:
    return plug_both(hub)


@pytest.mark.parametrize("arguments", [("--profile", "liverec"), ("run",), ("run", "--virtual")], ids=" ".join)
def test_the_second_start_forwards_before_it_reads_a_profile(
    played: tuple[Device, Synth], start: Start, gate: Gate, arguments: tuple[str, ...]
) -> None:
    keyboard, synth = played
    started_once(start, *arguments)
    bridge = held_up(start, gate, *arguments)
    keyboard.play(ON)

    assert synth.next() == ON_SENT
    gate.open()
    assert "Keystation 49 MK3" in bridge.says("-> Elektron Analog Four, auto channel 9$")
    keyboard.play(OFF)
    assert synth.next() == OFF_SENT
    assert "auto channel 9" in bridge.told("status")
    end(bridge)
    assert synth.nothing_more()


def edited(directory: Path, _hub: Hub) -> None:
    write_config(directory, "profiles/liverec.toml", MINE + "# and edited\n")


def with_settings(directory: Path, _hub: Hub) -> None:
    write_config(directory, "settings.toml", "# nothing yet\n")


def with_another_keyboard(_directory: Path, hub: Hub) -> None:
    hub.plug(MINILAB)


def with_another_box(_directory: Path, hub: Hub) -> None:
    hub.plug(RYTM)


def with_a_torn_file(directory: Path, _hub: Hub) -> None:
    file = directory / "state/start.json"
    file.write_bytes(file.read_bytes()[:-1])


def with_another_state(directory: Path, _hub: Hub) -> None:
    file = directory / "state/state.json"
    file.write_text(file.read_text())


def of_another_version(directory: Path, _hub: Hub) -> None:
    last = kept(directory)
    write_last(directory / "state", replaced(last, conditions={**last.conditions, "program": [0]}))


def kept(directory: Path) -> LastStart:
    last = read_last(directory / "state")
    assert last
    return last


@pytest.mark.parametrize(
    "change",
    [
        edited,
        with_settings,
        with_another_keyboard,
        with_another_box,
        with_a_torn_file,
        with_another_state,
        of_another_version,
    ],
)
def test_whatever_has_changed_is_looked_at_before_anything_is_opened(
    hub: Hub,
    played: tuple[Device, Synth],
    start: Start,
    gate: Gate,
    tmp_path: Path,
    change: Callable[[Path, Hub], None],
) -> None:
    keyboard, _ = played
    write_config(tmp_path, "profiles/liverec.toml", MINE)
    started_once(start, "--profile", "liverec")
    change(tmp_path, hub)
    bridge = held_up(start, gate, "--profile", "liverec")

    assert not keyboard.is_open
    gate.open()
    bridge.says("->")


def test_a_profile_that_counts_before_is_found(
    played: tuple[Device, Synth], start: Start, gate: Gate, tmp_path: Path
) -> None:
    keyboard, _ = played
    started_once(start, "--profile", "liverec")
    write_config(tmp_path, "profiles/liverec.toml", MINE)
    bridge = held_up(start, gate, "--profile", "liverec")

    assert not keyboard.is_open
    gate.open()
    assert bridge.says("->").endswith("track 2 (channel 2)")


def test_other_arguments_are_another_start(played: tuple[Device, Synth], start: Start, gate: Gate) -> None:
    keyboard, _ = played
    started_once(start, "--profile", "liverec")
    bridge = held_up(start, gate, "--profile", "liverec", "--track", "3")

    assert not keyboard.is_open
    gate.open()
    assert bridge.says("->").endswith("track 3 (channel 3)")


@pytest.mark.parametrize(
    ("verb", "sent"), [(("track", "3"), bytes([0x92, 60, 100])), (("use", "mine"), bytes([0x91, 60, 100]))]
)
def test_what_was_switched_to_is_what_the_next_start_forwards_by_before_it_reads(
    played: tuple[Device, Synth], start: Start, gate: Gate, tmp_path: Path, verb: tuple[str, ...], sent: bytes
) -> None:
    keyboard, synth = played
    write_config(tmp_path, "profiles/mine.toml", MINE)
    switched_once(start, ("run",), *verb)
    bridge = held_up(start, gate, "run")
    keyboard.play(ON)

    assert synth.next() == sent
    gate.open()
    assert "Keystation 49 MK3" in bridge.says("->")
    assert synth.nothing_more()


def test_who_names_a_profile_or_a_track_begins_there_whatever_was_switched_to(
    played: tuple[Device, Synth], start: Start, gate: Gate, tmp_path: Path
) -> None:
    keyboard, synth = played
    switched_once(start, ("--profile", "liverec"), "track", "3")
    bridge = held_up(start, gate, "--profile", "liverec")
    keyboard.play(ON)

    assert synth.next() == ON_SENT
    gate.open()
    assert bridge.says("->").endswith("auto channel 9")
    assert synth.nothing_more()


def test_where_nothing_can_be_kept_each_start_is_an_ordinary_one(
    played: tuple[Device, Synth], start: Start, gate: Gate, tmp_path: Path
) -> None:
    keyboard, _ = played
    (tmp_path / "state/start.json").mkdir(parents=True)
    started_once(start, "--profile", "liverec")
    bridge = held_up(start, gate, "--profile", "liverec")

    assert not keyboard.is_open
    gate.open()
    bridge.says("->")


def test_what_a_crash_left_sounding_ends_before_any_file_is_read(
    played: tuple[Device, Synth], start: Start, gate: Gate
) -> None:
    keyboard, synth = played
    started_once(start, "--profile", "liverec")
    crash_while_a_note_sounds(start, keyboard, synth)
    bridge = held_up(start, gate, "--profile", "liverec")

    assert synth.next() == OFF_SENT
    gate.open()
    bridge.says("1 note released that was left sounding")


@pytest.mark.parametrize("change", [edited, with_another_keyboard])
def test_what_a_crash_left_sounding_ends_before_an_ordinary_start_reads_a_file(
    hub: Hub,
    played: tuple[Device, Synth],
    start: Start,
    gate: Gate,
    tmp_path: Path,
    change: Callable[[Path, Hub], None],
) -> None:
    keyboard, synth = played
    write_config(tmp_path, "profiles/liverec.toml", AS_SHIPPED)
    started_once(start, "--profile", "liverec")
    crash_while_a_note_sounds(start, keyboard, synth)
    change(tmp_path, hub)
    bridge = held_up(start, gate, "--profile", "liverec")

    assert synth.next() == OFF_SENT
    assert not keyboard.is_open
    gate.open()
    bridge.says("1 note released that was left sounding")
    bridge.says("->")
    end(bridge)
    assert synth.nothing_more()


def test_a_second_bridge_is_refused(played: tuple[Device, Synth], start: Start) -> None:
    keyboard, synth = played
    started_once(start, "--profile", "liverec")
    bridge = start("--profile", "liverec")
    bridge.says("->")

    second = start("--profile", "liverec")

    second.says("a bridge is running already, as process")
    assert second.ends() == 4
    keyboard.play(ON)
    assert synth.next() == ON_SENT
    end(bridge)
    assert synth.next() == OFF_SENT
    assert synth.nothing_more()


def test_a_bridge_that_is_ended_while_it_reads_leaves_nothing_sounding(
    played: tuple[Device, Synth], start: Start, gate: Gate
) -> None:
    keyboard, synth = played
    started_once(start, "--profile", "liverec")
    bridge = held_up(start, gate, "--profile", "liverec")
    keyboard.play(ON)
    assert synth.next() == ON_SENT

    bridge.process.terminate()

    assert synth.next() == OFF_SENT
    assert bridge.ends() == -signal.SIGTERM


def test_an_engine_that_ends_meanwhile_is_replaced(played: tuple[Device, Synth], start: Start, gate: Gate) -> None:
    keyboard, synth = played
    started_once(start, "--profile", "liverec")
    bridge = held_up(start, gate, "--profile", "liverec")
    keyboard.play(ON)
    assert synth.next() == ON_SENT

    os.kill(bridge.engine_pid(), signal.SIGKILL)
    gate.open()

    bridge.says("starting another")
    assert synth.next() == OFF_SENT
    bridge.says("->")
    keyboard.play(ON)
    assert synth.next() == ON_SENT
    end(bridge)
    assert synth.next() == OFF_SENT


def test_what_is_unplugged_meanwhile_is_missed(
    hub: Hub, played: tuple[Device, Synth], start: Start, gate: Gate
) -> None:
    keyboard, synth = played
    started_once(start, "--profile", "liverec")
    bridge = held_up(start, gate, "--profile", "liverec")
    keyboard.play(ON)
    assert synth.next() == ON_SENT

    hub.unplug(keyboard)
    gate.open()

    bridge.says("is unplugged")
    assert synth.next() == OFF_SENT
    bridge.says("waiting for a keyboard")
    hub.plug(with_other(KEYSTATION, usb_path="001/009")).play(ON)
    bridge.says("->")


# Whoever can write to the state directory can have the bridge begin with anything: the files have the last word.


def pretend(directory: Path, last: LastStart) -> None:
    """Have `last` be what the next start comes to, though the files may say something else."""
    files = last.conditions["files"]
    now = {**last.conditions, "files": conditions([], files)["files"]}
    write_last(directory / "state", replaced(last, conditions=now))


def with_an_input_that_is_gone(last: LastStart) -> list[str]:
    return [line.replace(KEYSTATION.full_name, "another") for line in last.lines]


def with_a_route_that_ends_the_engine(last: LastStart) -> list[str]:
    return [json.dumps({**json.loads(last.lines[0]), "route": {}}), *last.lines[1:]]


@pytest.mark.parametrize("other", [with_an_input_that_is_gone, with_a_route_that_ends_the_engine])
def test_where_the_engine_cannot_obey_an_ordinary_start_follows(
    played: tuple[Device, Synth],
    start: Start,
    gate: Gate,
    tmp_path: Path,
    other: Callable[[LastStart], list[str]],
) -> None:
    keyboard, synth = played
    started_once(start, "--profile", "liverec")
    last = kept(tmp_path)
    pretend(tmp_path, replaced(last, lines=other(last)))
    bridge = held_up(start, gate, "--profile", "liverec")

    assert not keyboard.is_open
    assert bridge.children() == []
    gate.open()
    bridge.says("->")
    keyboard.play(ON)
    assert synth.next() == ON_SENT


def test_files_that_say_something_else_count_from_when_they_are_read(
    played: tuple[Device, Synth], start: Start, gate: Gate, tmp_path: Path
) -> None:
    keyboard, synth = played
    write_config(tmp_path, "profiles/liverec.toml", MINE)
    started_once(start, "--profile", "liverec")
    write_config(tmp_path, "profiles/liverec.toml", MINE.replace("track 2", "track 3"))
    pretend(tmp_path, kept(tmp_path))
    bridge = held_up(start, gate, "--profile", "liverec")
    keyboard.play(ON)
    assert synth.next() == bytes([0x91, 60, 100])

    gate.open()

    assert bridge.says("->").endswith("track 3 (channel 3)")
    keyboard.play(OFF)
    assert synth.next() == bytes([0x81, 60, 64])
    keyboard.play(ON)
    assert synth.next() == bytes([0x92, 60, 100])
    end(bridge)
    assert json.loads(kept(tmp_path).lines[0])["route"]["zones"][0]["channels"] == [3]


def test_a_profile_that_turns_out_to_be_broken_ends_the_bridge_and_what_sounds(
    played: tuple[Device, Synth], start: Start, gate: Gate, tmp_path: Path
) -> None:
    keyboard, synth = played
    file = write_config(tmp_path, "profiles/liverec.toml", MINE)
    started_once(start, "--profile", "liverec")
    file.write_text("destination = 17\n")
    pretend(tmp_path, kept(tmp_path))
    bridge = held_up(start, gate, "--profile", "liverec")
    keyboard.play(ON)
    assert synth.next() == bytes([0x91, 60, 100])

    gate.open()

    bridge.says("liverec.toml:1")
    assert bridge.ends() == 2
    assert synth.next() == bytes([0x81, 60, 64])


def test_an_output_that_is_not_wanted_is_let_go(
    hub: Hub, played: tuple[Device, Synth], start: Start, gate: Gate, tmp_path: Path
) -> None:
    keyboard, synth = played
    rytm = Synth()
    hub.plug(RYTM, rytm)
    started_once(start, "--profile", "liverec")
    last = kept(tmp_path)
    lines = [line.replace(ANALOG_FOUR.full_name, RYTM.full_name) for line in last.lines]
    pretend(tmp_path, replaced(last, lines=lines))

    bridge = start("--profile", "liverec")

    assert bridge.says("->") == "Keystation 49 MK3 -> Elektron Analog Four, auto channel 9"
    keyboard.play(ON)
    assert synth.next() == ON_SENT
    assert rytm.nothing_more()
