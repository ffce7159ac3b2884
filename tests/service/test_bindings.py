"""What a pad, a knob or a program change does besides playing, by the whole program."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from running import ANALOG_FOUR, DIGITAKT, KEYSTATION, MINILAB, Start, Synth, plug_both, starting, write_config

from a4bridge.backend.loopback import Hub

PADS: Final = """
description = "with pads"
[[bindings]]
note = 36
use = "other"
[[bindings]]
note = 37
track = 3
[[bindings]]
note = 38
track = "auto"
[[bindings]]
note = 39
panic = true
[[bindings]]
note = 40
sustain = true
[[bindings]]
cc = 80
use = "other"
[[bindings]]
program = 5
use = "other"
"""
BACK: Final = '[[bindings]]\nnote = 36\nuse = "pads"\n'
TO_OTHER: Final = b"\x90\x24\x64"
TO_TRACK_3: Final = b"\x90\x25\x64"
TO_AUTO: Final = b"\x90\x26\x64"
PANIC: Final = b"\x90\x27\x64"
PEDAL: Final = b"\x90\x28\x64"
C5_ON: Final = b"\x90\x3c\x64"
C5_OFF: Final = b"\x80\x3c\x40"


@pytest.fixture
def start(hub: Hub, tmp_path: Path) -> Iterator[Start]:
    write_config(tmp_path, "profiles/pads.toml", PADS)
    write_config(tmp_path, "profiles/other.toml", f'description = "other"\ndestination = "track 2"\n{BACK}')
    with starting(hub, tmp_path) as start:
        yield start


@pytest.mark.parametrize("event", [TO_OTHER, b"\xb0\x50\x7f", b"\xc0\x05"], ids=["note", "cc", "program"])
def test_an_event_switches_to_another_profile_and_is_not_passed_on(hub: Hub, start: Start, event: bytes) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")

    keyboard.play(event)

    assert bridge.says("switched") == "switched to other, track 2 (channel 2)"
    keyboard.play(C5_ON)
    assert synth.next() == b"\x91\x3c\x64"
    assert synth.nothing_more()


def test_a_note_ends_where_it_began_whatever_is_switched_to_meanwhile(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"

    keyboard.play(TO_OTHER)
    bridge.says("switched")
    keyboard.play(b"\x90\x40\x64")
    keyboard.play(C5_OFF)

    assert [synth.next(), synth.next()] == [b"\x91\x40\x64", b"\x88\x3c\x40"]
    keyboard.play(TO_OTHER)
    bridge.says("switched to pads")
    keyboard.play(b"\x80\x40\x40")
    assert synth.next() == b"\x81\x40\x40"


def test_a_switch_closes_what_only_the_old_profile_wanted_and_opens_what_the_new_one_wants(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    write_config(
        tmp_path,
        "profiles/other.toml",
        'description = "other"\ninputs = ["minilab"]\n[[zones]]\ninput = "minilab"\ndestination = "track 2"\n',
    )
    keyboard, synth = plug_both(hub)
    other = hub.plug(MINILAB)
    bridge = start("--profile", "pads")
    bridge.says("->")
    other.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"

    keyboard.play(TO_OTHER)

    assert bridge.says("->") == "Minilab3 -> Elektron Analog Four, track 2 (channel 2)"
    bridge.says("switched")
    assert synth.nothing_more(), "the chord on the keyboard that both want goes on"
    keyboard.play(b"\x90\x40\x64")
    other.play(b"\x90\x43\x64")
    other.play(C5_OFF)
    assert [synth.next(), synth.next()] == [b"\x91\x43\x64", b"\x88\x3c\x40"]


def test_a_switch_gives_keyboards_that_are_open_their_numbers_which_they_then_keep(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    first_and_second = (
        'description = "two"\n[[zones]]\ninput = "*#1"\ndestination = "track 1"\n'
        '[[zones]]\ninput = "*#2"\ndestination = "track 2"\n'
    )
    write_config(tmp_path, "profiles/other.toml", f"{first_and_second}{BACK.replace('pads', 'third')}")
    write_config(tmp_path, "profiles/third.toml", first_and_second.replace('"track 2"', '"track 3"'))
    keyboard, synth = plug_both(hub)
    other = hub.plug(MINILAB)
    bridge = start("--profile", "pads")
    bridge.says("->")

    keyboard.play(TO_OTHER)

    bridge.says("switched to other, tracks 1 and 2")
    other.play(C5_ON)
    assert synth.next() == b"\x91\x3c\x64"
    keyboard.play(C5_ON)
    assert synth.next() == b"\x90\x3c\x64"
    hub.unplug(keyboard)
    bridge.says("another is needed")
    assert synth.next() == b"\x80\x3c\x40"
    other.play(TO_OTHER)
    bridge.says("switched to third, tracks 1 and 3")
    other.play(b"\x90\x40\x64")
    assert synth.next() == b"\x92\x40\x64"


def test_a_switch_may_go_to_another_box(hub: Hub, start: Start, tmp_path: Path) -> None:
    write_config(tmp_path, "profiles/other.toml", f'description = "other"\noutput = "digitakt"\n{BACK}')
    keyboard, synth = plug_both(hub)
    digitakt = Synth()
    hub.plug(DIGITAKT, digitakt)
    bridge = start("--profile", "pads")
    bridge.says("-> Elektron Analog Four")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"

    keyboard.play(TO_OTHER)

    bridge.says("-> Elektron Digitakt, auto channel 14")
    assert synth.next() == b"\x88\x3c\x40", "what sounds on the box that is left is ended"
    keyboard.play(b"\x90\x40\x64")
    assert digitakt.next() == b"\x9d\x40\x64"
    keyboard.play(TO_OTHER)
    bridge.says("-> Elektron Analog Four")
    assert digitakt.next() == b"\x8d\x40\x40"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            'description = "other"\n[[zones]]\ndestination = "track 1"\nkeyz = "C3.."\n',
            r'profiles/other\.toml:4: zones\[1\]\.keyz: is not a key; did you mean "keys"\?',
            id="broken",
        ),
        pytest.param(
            'description = "other"\n\n[[zones]]\n[[zones]]\ndestination = "track 7"\n',
            r"profiles/other\.toml:5: zones\[2\]\.destination: track 7: an Analog Four has tracks 1 to 4",
            id="not for this box",
        ),
        pytest.param(None, 'no profile is called "other"', id="not there"),
    ],
)
def test_a_profile_that_cannot_be_used_gets_one_warning_and_the_old_one_plays_on(
    hub: Hub, start: Start, tmp_path: Path, text: str | None, sentence: str
) -> None:
    file = write_config(tmp_path, "profiles/other.toml", text or "")
    if text is None:
        file.unlink()
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")

    keyboard.play(TO_OTHER)

    bridge.says(f"^warning: the profile other cannot be used, pads goes on: .*{sentence}")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"


def test_what_was_corrected_meanwhile_can_be_used(hub: Hub, start: Start, tmp_path: Path) -> None:
    write_config(tmp_path, "profiles/other.toml", "broken")
    keyboard, _ = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")
    keyboard.play(TO_OTHER)
    bridge.says("cannot be used")

    write_config(tmp_path, "profiles/other.toml", 'description = "other"\n')
    keyboard.play(TO_OTHER)

    bridge.says("switched to other, auto channel 9")


def test_another_engine_goes_on_with_the_profile_that_was_switched_to(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")
    keyboard.play(TO_OTHER)
    bridge.says("switched")

    os.kill(bridge.engine_pid(), signal.SIGKILL)

    bridge.says("starting another")
    bridge.says("-> Elektron Analog Four, track 2")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x91\x3c\x64"


def test_an_event_chooses_the_track_and_another_the_auto_channel(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")

    keyboard.play(TO_TRACK_3)
    assert bridge.says("now to") == "pads, now to track 3 (channel 3)"
    keyboard.play(C5_ON)
    assert synth.next() == b"\x92\x3c\x64"
    keyboard.play(TO_AUTO)
    assert bridge.says("now to") == "pads, now to auto channel 9"
    keyboard.play(b"\x90\x40\x64")
    assert synth.next() == b"\x98\x40\x64"
    keyboard.play(C5_OFF)
    assert synth.next() == b"\x82\x3c\x40"


def test_a_switch_goes_by_the_profile_as_it_is_written(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads", "--track", "4")
    bridge.says("-> Elektron Analog Four, track 4")

    keyboard.play(TO_OTHER)

    bridge.says("switched to other, track 2")
    keyboard.play(TO_OTHER)
    bridge.says("switched to pads, auto channel 9")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"


def test_a_track_that_another_box_lacks_gets_one_warning(hub: Hub, start: Start, tmp_path: Path) -> None:
    settings = 'box = "digitakt"\n'
    write_config(tmp_path, "settings.toml", settings)
    write_config(tmp_path, "profiles/pads.toml", 'description = "p"\n[[bindings]]\nnote = 37\ntrack = 7\n')
    keyboard, synth = Synth(), Synth()
    device = hub.plug(KEYSTATION)
    hub.plug(DIGITAKT, synth)
    bridge = start("--profile", "pads")
    bridge.says("->")

    device.play(TO_TRACK_3)

    assert bridge.says("now to") == "pads, now to track 7 (channel 7)"
    device.play(C5_ON)
    assert synth.next() == b"\x96\x3c\x64"
    assert keyboard.nothing_more()


def test_panic_ends_every_note_of_every_channel_of_the_box(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"

    keyboard.play(PANIC)

    assert bridge.says("panic").startswith("panic: ending every note on channels 1 to")
    assert synth.next() == b"\x88\x3c\x40", "what is known to sound comes first"
    for channel in (0, 1, 2, 3, 4, 5):
        assert [synth.next() for _ in range(128)] == [bytes([0x80 | channel, note, 0x40]) for note in range(128)]
        assert synth.next() == bytes([0xB0 | channel, 123, 0])
    keyboard.play(b"\x90\x40\x64")
    while (message := synth.next()) != b"\x98\x40\x64":
        assert message[0] & 0xF0 in {0x80, 0xB0}


def test_panic_without_a_box_says_that_there_is_none(hub: Hub, start: Start) -> None:
    keyboard = hub.plug(KEYSTATION)
    bridge = start("--profile", "pads")
    bridge.says("waiting for an Analog Four")
    synth = Synth()
    box = hub.plug(ANALOG_FOUR, synth)
    bridge.says("->")
    hub.unplug(box)
    bridge.says("is unplugged")

    keyboard.play(PANIC)

    assert bridge.says("panic") == "panic: no box is linked"
    assert synth.nothing_more()


def test_the_bridge_ends_at_once_though_a_panic_is_under_way(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")
    keyboard.play(PANIC)
    bridge.says("panic")
    synth.next()

    bridge.process.terminate()

    assert bridge.ends() == 0
    assert synth.arrived.qsize() < 2 * 129, "the channel under way and no other"


def test_a_pad_can_be_the_pedal(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")

    keyboard.play(PEDAL)
    keyboard.play(C5_ON)
    keyboard.play(C5_OFF)
    keyboard.play(b"\x90\x40\x64")
    assert [synth.next(), synth.next()] == [b"\x98\x3c\x64", b"\x98\x40\x64"]
    keyboard.play(b"\x80\x28\x40")

    assert synth.next() == b"\x88\x3c\x40"
    keyboard.play(b"\x80\x40\x40")
    assert synth.next() == b"\x88\x40\x40"
