"""A take that nobody armed: played through a whole bridge, saved, and opened by another program."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest
from running import ANALOG_FOUR, KEYSTATION, PATIENCE, Start, Synth, plug_both, started, write_config

from a4bridge.backend.loopback import Device, Hub
from a4bridge.control.client import RefusedError
from a4bridge.control.wire import Status, Take
from a4bridge.engine.page import Page
from py_midicsv import midi_to_csv

TICK_MS: Final = 500 / 9600


def play(keyboard: Device, synth: Synth, score: str) -> None:
    """Play a score such as "90 3C 64, 80 3C 40", each event once the box has heard what the one before led to."""
    for text in score.split(", "):
        keyboard.play(bytes.fromhex(text))
        synth.next()


def read(content: bytes) -> dict[str, list[tuple[int, str, list[int]]]]:
    """Return what another library finds: the tracks by their names, with tick, kind and values of each event."""
    tracks: dict[str, list[tuple[int, str, list[int]]]] = {}
    for _track, tick, kind, *values in csv.reader(midi_to_csv(io.BytesIO(content)), skipinitialspace=True):
        if kind == "Title_t":
            tracks[values[0]] = found = []
        elif kind.endswith("_c"):
            found.append((int(tick), kind, list(map(int, values))))
    return tracks


def kinds(events: list[tuple[int, str, list[int]]]) -> list[tuple[str, list[int]]]:
    return [(kind, values) for _tick, kind, values in events]


def test_what_was_played_is_in_the_file_with_its_times(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    for note in (60, 64, 67, 60):
        play(keyboard, synth, f"90 {note:02x} {note + 20:02x}, 80 {note:02x} 40")
    file = tmp_path / "take.mid"

    said = bridge.told("save", str(file))

    stamps = [record.at - record.lateness for record in Page.open(tmp_path / "run/page").recent() if record.sent]
    events = read(file.read_bytes())["auto channel 9"]
    assert kinds(events) == [
        event
        for note in (60, 64, 67, 60)
        for event in (("Note_on_c", [8, note, note + 20]), ("Note_off_c", [8, note, 64]))
    ]
    for (tick, _kind, _values), stamp in zip(events, stamps, strict=True):
        assert abs(tick * TICK_MS - (stamp - stamps[0]) / 1e6) < 0.1
    assert re.fullmatch(
        rf"{file}: 4 notes in [\d.]+ (s|min.*), to auto channel 9; .*  \(the user's bridge, .*/control\)\n", said
    )
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_each_destination_has_a_track_and_what_sounds_at_the_end_is_ended(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    play(keyboard, synth, "90 3C 64")
    bridge.told("track", "2")
    play(keyboard, synth, "90 40 64")

    run = subprocess.run(
        [sys.executable, "-P", "-m", "a4bridge", "save", "-"],
        env=bridge.environment,
        capture_output=True,
        check=True,
        timeout=2 * PATIENCE,
    )

    tracks = read(run.stdout)
    assert kinds(tracks["auto channel 9"]) == [("Note_on_c", [8, 60, 100]), ("Note_off_c", [8, 60, 64])]
    assert kinds(tracks["track 2 (channel 2)"]) == [("Note_on_c", [1, 64, 100]), ("Note_off_c", [1, 64, 64])]
    assert list(tracks) == ["a4bridge", "auto channel 9", "track 2 (channel 2)"]
    assert run.stderr.startswith(b"written: 2 notes in ")
    assert b"up to now" in run.stderr


LAYERS: Final = """
description = "two layers, one of them mono"
[[zones]]
destination = "track 1"
[[zones]]
destination = "track 2"
transpose = 12
mono = "last"
"""


def test_what_the_ring_does_not_show_is_in_it_too(hub: Hub, start: Start, tmp_path: Path) -> None:
    """Layers, the end of a mono note, and what a pedal held."""
    keyboard, synth = plug_both(hub)
    write_config(tmp_path, "profiles/layers.toml", LAYERS)
    bridge = started(start, "--profile", "layers")
    heard: list[bytes] = []
    for text, leads_to in (
        ("B0 40 7F", 0),
        ("90 3C 64", 2),
        ("80 3C 40", 0),
        ("90 40 64", 3),
        ("80 40 40", 0),
        ("B0 40 00", 3),
    ):
        keyboard.play(bytes.fromhex(text))
        heard += [synth.next() for _ in range(leads_to)]
    file = tmp_path / "take.mid"

    bridge.told("save", str(file))

    tracks = read(file.read_bytes())
    for number in (1, 2):
        assert kinds(tracks[f"track {number} (channel {number})"]) == [
            ("Note_on_c" if message[0] >= 0x90 else "Note_off_c", [message[0] & 15, *message[1:]])
            for message in heard
            if message[0] & 15 == number - 1
        ]


def test_it_goes_on_when_an_engine_dies_and_a_box_is_pulled(hub: Hub, start: Start, tmp_path: Path) -> None:
    synth = Synth()
    box = hub.plug(ANALOG_FOUR, synth)
    keyboard = hub.plug(KEYSTATION)
    bridge = started(start)
    play(keyboard, synth, "90 3C 64, 80 3C 40")
    with bridge.connect() as connection:
        while connection.ask(Status())["forwarded"] < 2:
            pass
    os.kill(bridge.engine_pid(), 9)
    bridge.says("->")
    play(keyboard, synth, "90 40 64")
    with bridge.connect() as connection:
        while connection.ask(Status())["forwarded"] < 3:
            pass
    hub.unplug(box)
    bridge.says("is unplugged")
    hub.plug(ANALOG_FOUR, synth)
    bridge.says("->")
    synth.next()  # the end of the note that the box was pulled under
    play(keyboard, synth, "90 43 64, 80 43 40")
    file = tmp_path / "take.mid"

    bridge.told("save", str(file))

    assert kinds(read(file.read_bytes())["auto channel 9"]) == [
        event
        for note, velocity in ((60, 64), (64, 64), (67, 64))
        for event in (("Note_on_c", [8, note, 100]), ("Note_off_c", [8, note, velocity]))
    ]


def test_a_file_that_is_there_is_replaced_only_by_force_and_wrong_input_gets_a_sentence(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    file = tmp_path / "take.mid"
    assert bridge.told("save", str(file), code=1).startswith(
        "Nothing was played that is kept, which is the last 10 min."
    )
    assert not file.exists()
    play(keyboard, synth, "90 3C 64, 80 3C 40")
    file.write_text("precious")

    assert bridge.told("save", str(file), code=2) == (
        f"{file} is there already: choose another name, or --force to replace it.\n"
    )
    assert file.read_text() == "precious"
    bridge.told("save", str(file), "--force", "--last", "1m 30s")
    assert file.read_bytes().startswith(b"MThd")

    link, nowhere = tmp_path / "link.mid", tmp_path / "nowhere/take.mid"
    link.symlink_to(file)
    bridge.told("save", str(link), "--force")
    assert link.is_symlink()
    assert bridge.told("save", str(tmp_path), code=2) == f"{tmp_path} is not a file.\n"
    assert bridge.told("save", str(nowhere), code=2) == (
        f"{nowhere} cannot be written: there is no directory {nowhere.parent}.\n"
    )
    assert "cannot be written: file name too long." in bridge.told("save", str(tmp_path / ("x" * 300)), code=1)
    for last in ("soon", "", "0s", "-5", "5h"):
        assert " is no time: write " in bridge.told("save", str(tmp_path / "new.mid"), f"--last={last}", code=2)


def test_a_terminal_gets_no_bytes(hub: Hub, start: Start) -> None:
    plug_both(hub)
    bridge = started(start)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "a4bridge", "save", "-"]
    with subprocess.Popen(command, env=bridge.environment, stdout=theirs, stderr=subprocess.PIPE) as verb:
        _, said = verb.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)

    assert verb.returncode == 2
    assert said == b"A MIDI file is nothing for a terminal: name a file, or send the output into one.\n"


def test_a_closed_pipe_and_a_full_disk_end_it_without_a_word_too_many(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    play(keyboard, synth, "90 3C 64, 80 3C 40")
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-P", "-m", "a4bridge", "save", "-"]

    for stdout, says in ((write_end, b""), (os.open("/dev/full", os.O_WRONLY), b"The output cannot be written: ")):
        with subprocess.Popen(command, env=bridge.environment, stdout=stdout, stderr=subprocess.PIPE) as verb:
            _, said = verb.communicate(timeout=PATIENCE)
        os.close(stdout)
        assert verb.returncode == 1
        assert said.startswith(says)
        assert said.count(b"\n") == bool(says)


def test_nothing_is_kept_where_the_settings_say_so(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    write_config(tmp_path, "settings.toml", "[take]\nminutes = 0\n")
    bridge = started(start)
    play(keyboard, synth, "90 3C 64, 80 3C 40")

    refusal = bridge.told("save", str(tmp_path / "take.mid"), code=2)
    write_config(tmp_path, "settings.toml", "[take]\nminutes = 5\n")
    bridge.told("reload")
    with pytest.raises(RefusedError):
        bridge.ask(Take(-1))
    assert bridge.ask(Take())["events"] == []
    play(keyboard, synth, "90 40 64, 80 40 40")

    assert refusal.startswith("nothing is kept of what is played: minutes is 0 in [take] of the settings  (")
    assert bridge.ask(Take())["minutes"] == 5
    assert [text for _at, text, _place in bridge.ask(Take())["events"]] == ["984064", "884040"]


def test_what_was_played_a_moment_ago_is_there(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    with bridge.connect() as connection:
        for number in range(1, 11):
            play(keyboard, synth, f"90 {number:02X} 64")  # the end of a note would bring it to the page
            assert len(connection.ask(Take())["events"]) == number


def test_a_long_take_comes_in_pieces(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    for number in range(1200):
        keyboard.play(bytes([0x90, number % 128, 100]))
        keyboard.play(bytes([0x80, number % 128, 64]))
        synth.next()
        synth.next()
    file = tmp_path / "take.mid"

    piece = bridge.ask(Take())
    bridge.told("save", str(file))

    assert (piece["first"], piece["next"]) == (0, 1024)
    assert len(json.dumps(piece)) < 100_000
    events = read(file.read_bytes())["auto channel 9"]
    assert [values[1] for _tick, kind, values in events if kind == "Note_on_c"] == [n % 128 for n in range(1200)]


def test_the_clock_on_the_wall_is_asked_by_nobody() -> None:
    """The stamps that the file is made of do not go back when that clock is set."""
    assert time.get_clock_info("monotonic").monotonic
    package = Path(__file__).parents[2] / "a4bridge"
    for module in ("take", "service/taking.py", "engine/replay.py", "cli/save.py"):
        for file in [package / module] if module.endswith(".py") else (package / module).glob("*.py"):
            assert not re.search(r"time\.time|datetime", file.read_text()), file
