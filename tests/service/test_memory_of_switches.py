"""What was switched to is there again at the next start; and files that are read again while it plays."""

import json
import signal
from pathlib import Path

import pytest
from running import Start, Synth, plug_both, write_config

from a4bridge.backend.loopback import Device, Hub

PAD = """
description = "Pads"

[[bindings]]
note = 36
track = 2

[[bindings]]
note = 37
use = "lead"
"""
LEAD = 'description = "Lead"\ndestination = "track 3"\n'


def state(directory: Path) -> dict[str, object]:
    chosen: dict[str, object] = json.loads((directory / "state/state.json").read_text())["chosen"]
    return chosen


def goes_to(keyboard: Device, synth: Synth) -> int:
    """Play a key and return the channel (1-16) on which it arrives."""
    keyboard.play(bytes([0x90, 60, 100]))
    keyboard.play(bytes([0x80, 60, 64]))
    message = synth.next()
    assert message[0] & 0xF0 == 0x90
    assert synth.next()[0] == message[0] - 16
    return (message[0] & 15) + 1


def test_a_track_that_was_chosen_is_there_again_at_the_next_start(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    write_config(tmp_path, "profiles/pad.toml", PAD)
    write_config(tmp_path, "settings.toml", 'profile = "pad"\n')
    bridge = start()
    bridge.says("-> Elektron Analog Four, auto channel 9")
    keyboard.play(bytes([0x90, 36, 100]))
    bridge.says("pad, now to track 2")
    bridge.process.send_signal(signal.SIGTERM)
    assert bridge.ends() == 0

    again = start()

    assert again.says("last time") == "pad, to track 2, as last time"
    again.says("-> Elektron Analog Four, track 2")
    assert goes_to(keyboard, synth) == 2


def test_a_profile_named_for_one_run_counts_before_what_is_remembered(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    write_config(tmp_path, "profiles/pad.toml", PAD)
    write_config(tmp_path, "profiles/lead.toml", LEAD)
    bridge = start("--default", "pad")
    bridge.says("->")
    keyboard.play(bytes([0x90, 37, 100]))
    bridge.says("switched to lead, track 3")
    bridge.process.send_signal(signal.SIGTERM)
    bridge.ends()

    named = start("--profile", "pad")
    named.says("-> Elektron Analog Four, auto channel 9")
    named.process.send_signal(signal.SIGTERM)
    named.ends()
    another_default = start("--default", "liverec")
    another_default.says("-> Elektron Analog Four, auto channel 9")
    another_default.process.send_signal(signal.SIGTERM)
    another_default.ends()
    start("--default", "pad").says("-> Elektron Analog Four, track 3")

    assert goes_to(keyboard, synth) == 3


def test_what_is_remembered_and_cannot_be_used_any_more_is_told_and_the_default_begins(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    plug_both(hub)
    (tmp_path / "state").mkdir()
    chosen = {"profile": "lead", "text": "", "track": "", "default": "liverec"}
    (tmp_path / "state/state.json").write_text(json.dumps({"version": 1, "output": "", "chosen": chosen}))

    bridge = start()

    line = bridge.says("last time")
    assert line.startswith(
        "warning: the profile lead of last time cannot be used, liverec begins: no profile is called"
    )
    bridge.says("-> Elektron Analog Four, auto channel 9")


def test_a_track_of_the_command_line_that_the_profile_of_last_time_cannot_take_lets_the_default_begin(
    hub: Hub, start: Start
) -> None:
    plug_both(hub)
    bridge = start("run", "--track", "3")
    bridge.says("->")
    bridge.told("use", "multitrack")
    bridge.process.terminate()
    assert bridge.ends() == 0

    again = start("run", "--track", "3")

    said = again.says("last time")
    assert "multitrack of last time cannot be used, liverec begins: track 3 cannot take" in said
    again.says("-> Elektron Analog Four, track 3")


def test_what_is_switched_to_after_another_default_was_read_is_remembered(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    plug_both(hub)
    bridge = start("run")
    bridge.says("->")
    write_config(tmp_path, "settings.toml", 'profile = "gridrec"\n')
    bridge.told("reload")
    bridge.told("use", "spread")
    bridge.process.terminate()
    assert bridge.ends() == 0

    assert start("run").says("last time") == "spread, as last time"


def test_a_torn_memory_is_set_aside_with_a_note(hub: Hub, start: Start, tmp_path: Path) -> None:
    plug_both(hub)
    (tmp_path / "state").mkdir()
    (tmp_path / "state/state.json").write_text('{"version": 1, "outp')

    bridge = start()

    note = bridge.says("cannot be read")
    assert note == (
        f"warning: what was remembered in {tmp_path}/state/state.json cannot be read; the file is state.json.torn now; "
        "liverec begins"
    )
    bridge.says("-> Elektron Analog Four, auto channel 9")


def test_a_profile_by_its_file_is_remembered_by_its_file(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    file = tmp_path / "elsewhere.toml"
    file.write_text(PAD)
    bridge = start("--profile", str(file))
    bridge.says("->")
    keyboard.play(bytes([0x90, 36, 100]))
    bridge.says("now to track 2")
    bridge.process.send_signal(signal.SIGTERM)
    bridge.ends()

    start().says("elsewhere, to track 2, as last time")

    assert state(tmp_path)["profile"] == str(file)
    assert synth.nothing_more()


def test_sighup_has_profile_and_settings_read_again(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    profile = write_config(tmp_path, "profiles/lead.toml", LEAD)
    bridge = start("--profile", "lead")
    bridge.says("track 3")
    keyboard.play(bytes([0x90, 72, 100]))
    synth.next()

    profile.write_text(LEAD.replace("3", "4"))
    write_config(tmp_path, "settings.toml", "[channels]\ntracks = [1, 2, 3, 11]\n")
    bridge.process.send_signal(signal.SIGHUP)

    assert bridge.says("read again") == "read again: lead, track 4 (channel 11)"
    assert goes_to(keyboard, synth) == 11
    keyboard.play(bytes([0x80, 72, 64]))
    assert synth.next() == bytes([0x82, 72, 64])  # it ends where it began


@pytest.mark.parametrize("broken", ["profile", "settings"])
def test_a_broken_file_leaves_the_old_route_and_is_told_with_line_and_key(
    hub: Hub, start: Start, tmp_path: Path, broken: str
) -> None:
    keyboard, synth = plug_both(hub)
    profile = write_config(tmp_path, "profiles/lead.toml", LEAD)
    bridge = start("--profile", "lead")
    bridge.says("track 3")

    if broken == "profile":
        profile.write_text(LEAD.replace("track 3", "track 33"))
        expected = f'{profile}:2: destination: "track 33" does not exist: tracks are numbered 1 to 16'
    else:
        settings = write_config(tmp_path, "settings.toml", "middle_c = 5\n[channels]\nauto = 17\n")
        expected = f"{settings}:3: channels.auto: 17 is no MIDI channel: they are numbered 1 to 16"
    bridge.process.send_signal(signal.SIGHUP)

    assert bridge.says("goes on") == f"warning: lead goes on as it was: {expected}"
    assert goes_to(keyboard, synth) == 3
    profile.write_text(LEAD)
    (tmp_path / "config/a4bridge/settings.toml").unlink(missing_ok=True)
    bridge.process.send_signal(signal.SIGHUP)
    bridge.says("read again: lead, track 3")


def test_a_state_directory_that_cannot_be_written_is_told_and_keeps_nobody_from_playing(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    keyboard, synth = plug_both(hub)
    (tmp_path / "state").write_text("a file where the directory should be")

    bridge = start()

    bridge.says("warning: the output cannot be remembered")
    bridge.says("->")
    assert goes_to(keyboard, synth) == 9
