"""Every shipped profile that is not on the auto channel alone, from the keys to the box, by the whole program."""

import os
import signal
from pathlib import Path

import pytest
from running import ANALOG_FOUR, KEYSTATION, MINILAB, Running, Start, Synth, plug_both, write_config

from a4bridge.backend.loopback import Hub
from a4bridge.core.outcomes import Outcome
from a4bridge.engine.page import Page


def outcomes_of(bridge: Running) -> dict[Outcome, int]:
    """End the bridge and return what became of all that was played."""
    bridge.process.terminate()
    bridge.ends()
    return Page.open(bridge.directory / "run/page").outcomes()


@pytest.mark.parametrize(
    ("profile", "destination", "played", "arrives"),
    [
        pytest.param(
            "multitrack",
            "tracks 1 to 4",
            ["90 3C 64", "91 40 64", "92 43 64", "93 48 64", "83 48 40", "94 3C 64", "E2 00 50"],
            ["90 3C 64", "91 40 64", "92 43 64", "93 48 64", "83 48 40", "E2 00 50"],
            id="multitrack",
        ),
        pytest.param(
            "split",
            "tracks 1 and 2",
            ["94 3B 64", "94 3C 64", "84 3B 40", "84 3C 40"],
            ["91 2F 64", "90 3C 64", "81 2F 40", "80 3C 40"],
            id="split",
        ),
        pytest.param(
            "spread",
            "tracks 1 to 4",
            ["90 3C 64", "90 40 64", "90 43 64", "90 48 64", "80 40 40", "90 4C 64"],
            ["90 3C 64", "91 40 64", "92 43 64", "93 48 64", "81 40 40", "91 4C 64"],
            id="spread",
        ),
        pytest.param(
            "play",
            "auto channel 9",
            ["90 3C 64", "B0 46 00", "B0 4F 7F", "B0 07 10", "80 3C 40"],
            ["98 3C 64", "B8 03 00", "B8 44 7F", "88 3C 40"],
            id="play",
        ),
    ],
)
def test_what_is_played_arrives_where_the_profile_says(
    hub: Hub, start: Start, profile: str, destination: str, played: list[str], arrives: list[str]
) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", profile)
    assert bridge.says("->") == f"Keystation 49 MK3 -> Elektron Analog Four, {destination}"

    for message in played:
        keyboard.play(bytes.fromhex(message))

    assert [synth.next().hex(" ").upper() for _ in arrives] == arrives
    sounding = sum(message[0] == "9" for message in arrives) - sum(message[0] == "8" for message in arrives)
    assert sum(outcomes_of(bridge).values()) == len(played)
    assert synth.arrived.qsize() == sounding, "nothing else but the end of what still sounded"


def test_what_a_profile_does_not_record_is_said_once_when_it_is_linked(hub: Hub, start: Start) -> None:
    plug_both(hub)
    bridge = start("--profile", "multitrack")

    line = bridge.says("when recording")

    assert line.startswith("multitrack, when recording: for live recording LIVE REC ON TRACK CHANNEL must be ticked")
    assert "grid and step recording do not hear track channels" in line
    os.kill(bridge.engine_pid(), signal.SIGKILL)
    bridge.says("->")
    bridge.process.terminate()
    bridge.says("stopped")
    assert sum("when recording" in line for line in bridge.said) == 1


def test_of_what_is_recorded_whole_nothing_is_said(hub: Hub, start: Start) -> None:
    plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    bridge.process.terminate()
    bridge.says("stopped")

    assert not any("when recording" in line for line in bridge.said)


@pytest.mark.parametrize(
    ("track", "destination", "arrives"),
    [("3", "track 3 (channel 3)", "92 3C 64"), ("auto", "auto channel 12", "9B 3C 64")],
)
def test_a_profile_can_be_sent_to_one_track_for_a_run(
    hub: Hub, start: Start, tmp_path: Path, track: str, destination: str, arrives: str
) -> None:
    write_config(tmp_path, "profiles/lead.toml", 'description = "lead"\ndestination = "track 1"\n')
    keyboard, synth = plug_both(hub)
    bridge = start("-p", "lead", "--track", track, "--auto-channel", "12")

    assert bridge.says("->").endswith(destination)

    keyboard.play(b"\x90\x3c\x64")
    assert synth.next() == bytes.fromhex(arrives)


def test_a_track_that_the_box_does_not_have_is_told_when_it_is_linked(hub: Hub, start: Start) -> None:
    plug_both(hub)
    bridge = start("--track", "7")

    assert bridge.says("does not suit").endswith("track 7: an Analog Four has tracks 1 to 4")


def test_duo_gives_each_of_two_keyboards_its_track(hub: Hub, start: Start) -> None:
    first, synth = plug_both(hub)
    second = hub.plug(MINILAB)
    bridge = start("--profile", "duo")
    assert bridge.says("->") == "Keystation 49 MK3 + Minilab3 -> Elektron Analog Four, tracks 1 and 2"

    first.play(b"\x90\x3c\x64")
    assert synth.next() == b"\x90\x3c\x64"
    second.play(b"\x90\x3c\x64")
    assert synth.next() == b"\x91\x3c\x64"
    first.play(b"\x80\x3c\x40")
    assert synth.next() == b"\x80\x3c\x40"
    second.play(b"\x80\x3c\x40")
    assert synth.next() == b"\x81\x3c\x40"


def test_the_second_keyboard_stays_the_second_when_the_first_is_pulled(hub: Hub, start: Start) -> None:
    first, synth = plug_both(hub)
    second = hub.plug(MINILAB)
    bridge = start("--profile", "duo")
    bridge.says("->")

    hub.unplug(first)

    bridge.says("another is needed besides 'Minilab3'")
    second.play(b"\x90\x3c\x64")
    assert synth.next() == b"\x91\x3c\x64"
    back = hub.plug(KEYSTATION)
    bridge.says(r"Minilab3 \+ Keystation 49 MK3 ->|Keystation 49 MK3 \+ Minilab3 ->")
    back.play(b"\x90\x40\x64")
    assert synth.next() == b"\x90\x40\x64"
    second.play(b"\x80\x3c\x40")
    assert synth.next() == b"\x81\x3c\x40"


def test_a_keyboard_that_comes_or_goes_changes_nothing_for_the_chord_of_another(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    other = hub.plug(MINILAB)
    bridge = start("--profile", "spread")
    bridge.says("->")
    keyboard.play(b"\x90\x3c\x64")
    assert synth.next() == b"\x90\x3c\x64"

    hub.unplug(other)
    bridge.says("unplugged")
    hub.plug(MINILAB)
    bridge.says("->")

    keyboard.play(b"\x90\x40\x64")
    assert synth.next() == b"\x91\x40\x64", "the first track is still taken"


def test_keyboards_can_be_told_apart_by_an_alias(hub: Hub, start: Start, tmp_path: Path) -> None:
    write_config(tmp_path, "settings.toml", '[aliases]\npads = "minilab"\n')
    profile = write_config(
        tmp_path,
        "profiles/pads.toml",
        'description = "pads on track 4, all keyboards on the active track"\n'
        '[[zones]]\ninput = "pads"\ndestination = "track 4"\n[[zones]]\nchannel = 1\n',
    )
    keyboard, synth = plug_both(hub)
    pads = hub.plug(MINILAB)
    bridge = start("--profile", profile.stem)
    bridge.says("->")

    pads.play(b"\x99\x24\x64")
    assert synth.next() == b"\x93\x24\x64"
    keyboard.play(b"\x90\x24\x64")
    assert synth.next() == b"\x98\x24\x64"


# From other programs.

SYSEX = b"\xf0\x00\x20\x3c\x04\x00\x7f\xf7"


def test_a_daw_plays_through_a_port_of_our_own_and_nothing_is_changed(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "daw")
    assert bridge.says("->") == "a4bridge (virtual) -> Elektron Analog Four, channels as they come"
    assert [port.port.client for port in hub.devices] == ["Elektron Analog Four", "Keystation 49 MK3"]
    everything = [
        "94 3C 64",
        "F2 10 02",
        "FA",
        "F8",
        "A4 3C 20",
        "B4 40 7F",
        "B4 5E 7F",
        "B5 63 01",
        "B5 62 02",
        "B5 06 03",
        "C8 05",
        "D5 30",
        "E5 00 40",
        "E5 01 40",
        "84 3C 20",
        "F8",
        "FC",
        "FB",
    ]

    for message in everything:
        hub.virtual("a4bridge").play(bytes.fromhex(message))
    keyboard.play(b"\x90\x3c\x64")

    assert [synth.next().hex(" ").upper() for _ in everything] == everything
    assert sum(outcomes_of(bridge).values()) == len(everything)


def test_sysex_comes_through_whole_on_a_port_of_its_own(hub: Hub, start: Start) -> None:
    _, synth = plug_both(hub)
    bridge = start("--profile", "daw")
    bridge.says("->")

    hub.virtual("a4bridge SysEx").play(SYSEX)
    assert synth.next() == SYSEX

    hub.virtual("a4bridge SysEx").play(b"\x90\x3c\x64")
    hub.virtual("a4bridge SysEx").play(SYSEX[:-1])
    hub.virtual("a4bridge").play(SYSEX)
    hub.virtual("a4bridge").play(b"\x90\x3c\x64")
    assert synth.next() == b"\x90\x3c\x64"
    assert outcomes_of(bridge) == {Outcome.FORWARDED: 2, Outcome.MALFORMED: 1, Outcome.SYSEX_APART: 1}


def test_a_keyboards_sysex_comes_through_whole_beside_its_notes(hub: Hub, start: Start, tmp_path: Path) -> None:
    write_config(
        tmp_path,
        "profiles/dumps.toml",
        'description = "with SysEx"\n[filters]\nsysex = true\n[limits]\nsysex_bytes = 8\n',
    )
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "dumps")
    bridge.says("->")

    keyboard.play(SYSEX[:-1] + b"\x01\xf7")
    keyboard.play(b"\x90\x3c\x64")
    assert synth.next() == b"\x98\x3c\x64"
    keyboard.play(SYSEX)
    assert synth.next() == SYSEX
    assert outcomes_of(bridge) == {Outcome.FORWARDED: 2, Outcome.SYSEX_APART: 2, Outcome.TOO_LONG: 1}


def test_the_virtual_port_can_be_had_beside_the_keyboards(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--virtual")
    assert bridge.says("->") == "Keystation 49 MK3 + a4bridge (virtual) -> Elektron Analog Four, auto channel 9"

    keyboard.play(b"\x90\x3c\x64")
    assert synth.next() == b"\x98\x3c\x64"
    hub.virtual("a4bridge").play(b"\x90\x40\x64")
    assert synth.next() == b"\x98\x40\x64"
    hub.plug(MINILAB)  # when this one is linked, the virtual port was looked for twice
    bridge.says("a4bridge .virtual. . Minilab3 ->")
    assert not any("unplugged" in line for line in bridge.said)


def test_the_virtual_port_can_be_named_as_the_only_input(hub: Hub, start: Start) -> None:
    plug_both(hub)
    bridge = start("--input", "a4bridge")

    assert bridge.says("->") == "a4bridge (virtual) -> Elektron Analog Four, auto channel 9"


def test_another_engine_makes_the_virtual_port_again(hub: Hub, start: Start) -> None:
    _, synth = plug_both(hub)
    bridge = start("--profile", "daw")
    bridge.says("->")

    os.kill(bridge.engine_pid(), signal.SIGKILL)

    bridge.says("starting another")
    bridge.says("->")
    hub.virtual("a4bridge").play(b"\x90\x3c\x64")
    assert synth.next() == b"\x90\x3c\x64"


def test_two_keyboards_keep_their_numbers_when_the_engine_is_replaced(hub: Hub, start: Start) -> None:
    first, synth = plug_both(hub)
    second = hub.plug(MINILAB)
    bridge = start("--profile", "duo")
    bridge.says("->")
    hub.unplug(first)
    bridge.says("another is needed")

    os.kill(bridge.engine_pid(), signal.SIGKILL)

    bridge.says("starting another")
    bridge.says("Minilab3 ->")
    second.play(b"\x90\x3c\x64")
    assert synth.next() == b"\x91\x3c\x64"


def test_without_a_keyboard_a_daw_still_plays(hub: Hub, start: Start) -> None:
    synth = Synth()
    hub.plug(ANALOG_FOUR, synth)
    bridge = start("--virtual")
    bridge.says("->")
    bridge.says("waiting for a keyboard")

    hub.virtual("a4bridge").play(b"\x90\x40\x64")

    assert synth.next() == b"\x98\x40\x64"
