"""`a4bridge doctor` as a person and a program call it, with and without a running bridge, over the loopback."""

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
from running import ANALOG_FOUR, KEYSTATION, PATIENCE, Start, Synth, plug_both, write_config

from a4bridge.backend.loopback import Device, DevicePort, Hub
from a4bridge.control.wire import Status

SECOND: Final = DevicePort("Keystation 49 MK3", "Keystation 49 MK3 MIDI 2", "20:1", card=1, usb_id="0763:0199")
EXIT: Final = {"good": 0, "warning": 7, "bad": 8}
C5_ON: Final = b"\x90\x3c\x64"


class Doctor:
    """The verb, between the devices of a hub, with the files of the bridges that are started in `directory`."""

    def __init__(self, hub: Hub, directory: Path) -> None:
        self._hub = hub
        self._directory = directory

    @contextmanager
    def process(self, *options: str, printing: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "a4bridge", "doctor", *options, "--backend", f"loopback:{self._hub.address}"],
            stdin=subprocess.PIPE,
            stdout=printing,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._directory,
            env={
                "RUNTIME_DIRECTORY": str(self._directory / "run"),
                "STATE_DIRECTORY": str(self._directory / "state"),
                "XDG_CONFIG_HOME": str(self._directory / "config"),
                "HOME": str(self._directory),
                "PATH": "",  # so that no service manager of this machine is asked
            },
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def report(self, *options: str, keys: tuple[Device, bytes] | None = None, typed: str = "") -> dict[str, Any]:
        """Return what it prints; keys: what is played on which keyboard as soon as it asks for a key."""
        with self.process("--json", *options) as process:
            assert process.stderr
            if keys:
                asked = process.stderr.readline()
                assert asked.startswith("Press a key on Keystation 49 MK3"), asked
                keys[0].play(keys[1])
            printed, complaint = process.communicate(typed, timeout=PATIENCE)
        assert "Traceback" not in complaint
        report: dict[str, Any] = json.loads(printed)
        assert process.returncode == EXIT[report["verdict"]]
        return report


@pytest.fixture
def doctor(hub: Hub, tmp_path: Path) -> Doctor:
    return Doctor(hub, tmp_path)


def station(report: dict[str, Any], name: str) -> tuple[str, str]:
    (found,) = [each for each in report["stations"] if each["name"] == name]
    return found["verdict"], found["evidence"]


def told(report: dict[str, Any]) -> str:
    return "\n".join(f"{each['name']} {each['verdict']}: {each['evidence']}" for each in report["stations"])


def test_with_everything_plugged_in_and_no_bridge_it_says_to_start_one(hub: Hub, doctor: Doctor) -> None:
    plug_both(hub)

    report = doctor.report("--no-input")

    assert list(report) == ["version", "verdict", "says", "stations", "checklist", "probe"]
    assert station(report, "keyboard") == ("good", "Keystation 49 MK3:Keystation 49 MK3 MIDI 1")
    assert station(report, "keys")[0] == "unknown"
    assert station(report, "box") == ("good", "Elektron Analog Four (USB 1935:0003), set to USB MIDI")
    assert station(report, "profile")[0] == "good"
    assert (report["verdict"], station(report, "service")) == ("warning", ("warning", "no bridge is running"))
    assert report["says"].startswith("No bridge is running: start one with `a4bridge`")
    assert report["probe"] is None


def test_without_a_bridge_it_listens_itself_and_names_the_key(hub: Hub, doctor: Doctor) -> None:
    keyboard, _ = plug_both(hub)

    report = doctor.report(keys=(keyboard, C5_ON))

    assert station(report, "keys") == (
        "good",
        "C5 (60) came from Keystation 49 MK3:Keystation 49 MK3 MIDI 1 on channel 1",
    )


def test_keys_that_come_from_a_port_that_nobody_listens_to_are_found_with_a_bridge_and_without(
    hub: Hub, start: Start, doctor: Doctor
) -> None:
    plug_both(hub)
    second = hub.plug(SECOND)
    evidence = (
        "C5 (60) came from Keystation 49 MK3:Keystation 49 MK3 MIDI 2 on channel 1, and the bridge listens to "
        "Keystation 49 MK3:Keystation 49 MK3 MIDI 1"
    )

    assert station(doctor.report(keys=(second, C5_ON)), "keys") == ("bad", evidence)
    start("--profile", "liverec").says("->")
    report = doctor.report(keys=(second, C5_ON))

    assert station(report, "keys") == ("bad", evidence)
    assert report["says"].startswith("C5 (60) came from")


def test_with_a_bridge_its_own_word_is_taken_for_what_came(hub: Hub, start: Start, doctor: Doctor) -> None:
    keyboard, _ = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")

    report = doctor.report(keys=(keyboard, C5_ON))

    assert station(report, "service") == ("good", f"the user's bridge runs as process {bridge.process.pid}")
    assert station(report, "output")[1].startswith(
        "notes go to Elektron Analog Four MIDI 1, the box's own MIDI input, not through the Overbridge plug-in"
    )
    assert station(report, "keys") == (
        "good",
        "C5 (60) came from Keystation 49 MK3:Keystation 49 MK3 MIDI 1 on channel 1, and the bridge passed it on",
    )
    wrong = [each["name"] for each in report["stations"] if each["verdict"] in {"warning", "bad"}]
    assert set(wrong) <= {"real-time"}, told(report)  # which is not granted everywhere
    if not wrong:
        assert report["says"] == "Play."


def test_a_key_that_the_profile_drops_is_told_with_the_reason(
    hub: Hub, start: Start, doctor: Doctor, tmp_path: Path
) -> None:
    write_config(tmp_path, "profiles/high.toml", 'description = "x"\n[[zones]]\nkeys = "C6.."\n')
    keyboard, _ = plug_both(hub)
    start("--profile", "high").says("->")

    report = doctor.report(keys=(keyboard, C5_ON))

    assert station(report, "keys")[0] == "bad"
    assert station(report, "keys")[1].endswith("did not pass it on (no zone of the profile has it)")


def test_nothing_is_asked_of_who_may_not_be_asked(hub: Hub, start: Start, doctor: Doctor) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()
    while bridge.ask(Status())["forwarded"] == 0:
        pass

    report = doctor.report("--no-input")

    assert station(report, "keys") == (
        "good",
        "1 event came since the bridge began or was switched, and it was passed on",
    )


def test_what_another_profile_dropped_is_not_laid_to_the_one_that_is_played(
    hub: Hub, start: Start, doctor: Doctor, tmp_path: Path
) -> None:
    write_config(tmp_path, "profiles/low.toml", 'description = "x"\n[[zones]]\nkeys = "C3..B3"\n')
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "low")
    bridge.says("->")
    keyboard.play(C5_ON)
    while not bridge.ask(Status())["dropped"]:
        pass
    assert "dropped once: no zone of the profile has it" in station(doctor.report("--no-input"), "keys")[1]

    bridge.told("use", "liverec")
    keyboard.play(C5_ON)
    synth.next()
    while bridge.ask(Status())["forwarded"] == 0:
        pass

    assert station(doctor.report("--no-input"), "keys") == (
        "good",
        "1 event came since the bridge began or was switched, and it was passed on",
    )


def test_what_a_bridge_plays_is_told_by_the_bridge(hub: Hub, start: Start, doctor: Doctor) -> None:
    """It knows of options that nobody else does."""
    plug_both(hub)
    start("--profile", "liverec", "--track", "2", "--auto-channel", "12").says("->")

    report = doctor.report("--no-input")

    assert station(report, "profile")[1].startswith("the profile liverec plays track 2 of an Analog Four; for live")
    assert [each["set"] for each in report["checklist"] if each["item"] == "AUTO CHANNEL"] == ["12"]


def test_an_input_that_brings_our_own_output_back_is_named(hub: Hub, start: Start, doctor: Doctor) -> None:
    keyboard = hub.plug(KEYSTATION)
    other = hub.plug(DevicePort("Minilab3", "Minilab3 MIDI", "32:0", card=4))
    hub.plug(ANALOG_FOUR, other.play)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    bridge.says("brings back")

    report = doctor.report("--no-input")

    assert report["says"].startswith("Keystation 49 MK3:Keystation 49 MK3 MIDI 1; Minilab3:Minilab3 MIDI brings back")
    assert station(report, "keyboard")[0] == "bad"


def test_a_bridge_that_waits_is_told_with_what_it_waits_for(hub: Hub, start: Start, doctor: Doctor) -> None:
    hub.plug(KEYSTATION)
    start("--profile", "liverec").says("waiting for an Analog Four")

    report = doctor.report("--no-input")

    assert station(report, "keyboard")[0] == "good"
    assert station(report, "box") == ("bad", "there is no Elektron box on USB")
    assert station(report, "output")[1].startswith("the bridge waits for an Analog Four")
    assert report["says"].startswith("There is no Elektron box on USB: switch it on")


def test_a_profile_that_is_wrong_is_a_finding_and_no_end(hub: Hub, doctor: Doctor, tmp_path: Path) -> None:
    write_config(tmp_path, "settings.toml", 'profile = "mine"\n')
    write_config(tmp_path, "profiles/mine.toml", 'description = "x"\nkeyz = "C3.."\n')
    plug_both(hub)

    report = doctor.report("--no-input")

    assert station(report, "profile")[0] == "bad"
    assert "mine.toml:2: keyz" in station(report, "profile")[1]
    assert station(report, "output")[0] == "good"


def test_what_was_switched_to_last_is_what_would_be_played(
    hub: Hub, start: Start, doctor: Doctor, tmp_path: Path
) -> None:
    plug_both(hub)
    bridge = start()
    bridge.says("->")
    bridge.told("use", "gridrec")
    bridge.process.terminate()
    bridge.ends()

    assert station(doctor.report("--no-input"), "profile")[1].startswith("the profile gridrec plays")


@pytest.mark.parametrize("running", [True, False], ids=["with a bridge", "without"])
def test_the_probe_plays_each_track_and_the_auto_channel_and_leaves_nothing_sounding(
    hub: Hub, start: Start, doctor: Doctor, running: bool
) -> None:
    _, synth = plug_both(hub)
    if running:
        start("--profile", "liverec").says("->")

    report = doctor.report("--no-input", "--probe", "--yes")

    channels = [1, 2, 3, 4, 9]
    heard = [synth.next() for _ in range(2 * len(channels))]
    assert heard == [
        bytes([kind | channel - 1, 60, value]) for channel in channels for kind, value in ((0x90, 100), (0x80, 64))
    ]
    assert synth.nothing_more()
    assert [(each["channel"], each["heard"]) for each in report["probe"]] == [(channel, None) for channel in channels]
    assert report["probe"][-1]["should"] == "the sound of the active track"
    assert station(report, "probe")[0] == "unknown"


def test_who_is_there_is_asked_what_was_heard(hub: Hub, start: Start, doctor: Doctor) -> None:
    """Recording is off; nothing is pressed; the tracks sound, the auto channel does not, whatever is selected."""
    keyboard, synth = plug_both(hub)
    start("--profile", "liverec").says("->")

    report = doctor.report("--probe", keys=(keyboard, C5_ON), typed="y\n" + "y\n" * 4 + "n\n" + "\n" + "n\n")

    assert [each["heard"] for each in report["probe"]] == [True] * 4 + [False] * 2
    assert station(report, "probe") == ("bad", "not heard: the sound of the active track")
    assert report["says"].endswith("MIDI CHANNELS > AUTO CHANNEL is not 9, or OFF.")
    assert len([synth.next() for _ in range(13)]) == 13  # the key, and each note's beginning and end


def test_who_is_asked_may_answer_wrongly_or_leave(hub: Hub, doctor: Doctor) -> None:
    keyboard, _ = plug_both(hub)

    with doctor.process("--probe") as process:
        assert process.stderr
        assert process.stderr.readline().startswith("Press a key")
        keyboard.play(C5_ON)
        _, complaint = process.communicate("perhaps\n", timeout=PATIENCE)

    said, _, left = complaint.partition("Answer yes or no.\n")
    assert said.count("Is recording off on the box?") == left.count("Is recording off on the box?") == 1
    assert left.endswith("\nThe examination was left before its end.\n")
    assert process.returncode == 1
    with doctor.process() as process:
        assert process.stderr
        assert process.stderr.readline().startswith("Press a key")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PATIENCE) == ("", "\nThe examination was left before its end.\n")
    assert process.returncode == 1


def test_nothing_is_played_to_a_box_that_may_be_recording(hub: Hub, doctor: Doctor) -> None:
    keyboard, synth = plug_both(hub)

    report = doctor.report("--probe", keys=(keyboard, C5_ON), typed="n\n")

    assert station(report, "probe") == ("unknown", "nothing was played, because the box may be recording")
    assert synth.nothing_more()


def test_a_probe_without_a_box_plays_nothing(hub: Hub, doctor: Doctor) -> None:
    report = doctor.report("--probe", "--yes", "--no-input")

    assert station(report, "probe") == ("unknown", "nothing was played, because there is no box to play to")
    assert report["verdict"] == "bad"


def test_a_probe_that_is_ended_early_leaves_no_note(hub: Hub, doctor: Doctor) -> None:
    _, synth = plug_both(hub)

    with doctor.process("--probe", "--yes", "--no-input") as process:
        assert synth.next() == bytes([0x90, 60, 100])
        process.terminate()
        assert process.wait(PATIENCE) == 1

    assert synth.next() == bytes([0x80, 60, 64])
    assert synth.nothing_more()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--probe", "--no-input"], "add --yes if it is."),
        (["--yes"], "--yes says that recording is off on the box, for --probe"),
    ],
)
def test_options_that_do_not_go_together_are_refused(doctor: Doctor, options: list[str], sentence: str) -> None:
    with doctor.process(*options) as process:
        printed, complaint = process.communicate(timeout=PATIENCE)

    assert (process.returncode, printed) == (2, "")
    assert sentence in complaint
    assert complaint.count("\n") == 1


def test_a_person_gets_lines_of_80_columns_that_end_in_one_sentence(hub: Hub, doctor: Doctor) -> None:
    hub.plug(ANALOG_FOUR, Synth())
    hub.plug(DevicePort("Bad\x1b[31m", "Bad\x1b[31m MIDI 1", "20:0", card=1))

    with doctor.process("--no-input") as process:
        printed, _ = process.communicate(timeout=PATIENCE)

    lines = printed.splitlines()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in printed
    assert lines[0] == "good     midi       there is a MIDI system, and you may use it"
    assert "  [ ] RECEIVE NOTES: ticked" in lines
    assert printed.endswith(
        "\n\nNo bridge is running: start one with `a4bridge`, or for good with `a4bridge\nservice install`.\n"
    )
    assert process.returncode == 7


def test_on_a_narrow_terminal_no_word_is_broken(hub: Hub, doctor: Doctor) -> None:
    plug_both(hub)
    near, far = os.openpty()
    with os.fdopen(near, "rb", buffering=0) as reading:
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
        with doctor.process("--no-input", printing=far) as process:
            os.close(far)
            printed = b""
            with suppress(OSError):  # a terminal's way to say that nobody writes any more
                while piece := reading.read(4096):
                    printed += piece
            assert process.wait(PATIENCE) == 7

    lines = re.sub(r"\x1b\[[0-9;]*m|\r", "", printed.decode()).splitlines()
    assert max(map(len, lines)) <= 40
    at = lines.index("good     keyboard")
    assert lines[at + 1] == "  Keystation 49 MK3:Keystation 49 MK3"
    assert " ".join(lines[-3:]).startswith("No bridge is running: start one with `a4bridge`")


def test_a_reader_who_has_gone_is_no_fault(hub: Hub, doctor: Doctor) -> None:
    plug_both(hub)

    with doctor.process("--no-input") as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(PATIENCE) == 1
        assert process.stderr
        assert process.stderr.read() == ""
