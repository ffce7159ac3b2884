"""The whole program as a user starts it, on the loopback transport."""

import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from running import (
    ANALOG_FOUR,
    ANALOG_KEYS,
    KEYSTATION,
    MINILAB,
    RYTM,
    Running,
    Start,
    Synth,
    plug_both,
    write_config,
)

from a4bridge.backend.loopback import Hub
from a4bridge.engine.page import Page
from a4bridge.sim.analog_four import AnalogFour

C5_ON: Final = bytes([0x90, 60, 100])
C5_OFF: Final = bytes([0x80, 60, 64])
C5_OFF_SENT: Final = bytes([0x88, 60, 64])


@pytest.mark.parametrize("arguments", [("--profile", "liverec"), ("run", "--profile", "liverec"), ()], ids=" ".join)
def test_it_says_in_one_line_what_goes_where_and_plays(hub: Hub, start: Start, arguments: tuple[str, ...]) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start(*arguments)

    line = bridge.says("->")

    assert line == "Keystation 49 MK3 -> Elektron Analog Four, auto channel 9"
    keyboard.play(C5_ON)
    assert synth.next() == bytes([0x98, 60, 100])
    keyboard.play(C5_OFF)
    assert synth.next() == bytes([0x88, 60, 64])


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_ends_every_sounding_note_before_it_ends(hub: Hub, start: Start, ending: signal.Signals) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    box = AnalogFour()
    for note in (60, 64, 67):
        keyboard.play(bytes([0x90, note, 100]))
        box.receive(synth.next(), 0)

    os.killpg(bridge.process.pid, ending)  # as a terminal and systemd do it: to the engine, too

    assert bridge.ends() == 0
    assert [synth.next() for _ in range(3)] == [bytes([0x88, note, 64]) for note in (60, 64, 67)]
    assert synth.nothing_more()


def test_without_a_keyboard_it_says_so_and_starts_when_one_comes(hub: Hub, start: Start) -> None:
    synth = Synth()
    hub.plug(ANALOG_FOUR, synth)
    bridge = start("--profile", "liverec")
    bridge.says("waiting for a keyboard")

    keyboard = hub.plug(KEYSTATION)

    bridge.says("Keystation 49 MK3 -> Elektron Analog Four")
    keyboard.play(C5_ON)
    assert synth.next() == bytes([0x98, 60, 100])


def test_without_a_box_it_says_so_and_starts_when_one_comes(hub: Hub, start: Start) -> None:
    keyboard = hub.plug(KEYSTATION)
    bridge = start("--profile", "liverec")
    bridge.says("waiting for an Analog Four")
    synth = Synth()

    hub.plug(ANALOG_FOUR, synth)

    bridge.says("->")
    keyboard.play(C5_ON)
    assert synth.next() == bytes([0x98, 60, 100])


def test_a_pulled_keyboard_leaves_no_note_sounding_and_plays_again_when_it_is_back(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    other = hub.plug(MINILAB)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    assert synth.next() == bytes([0x98, 60, 100])
    other.play(bytes([0x90, 64, 100]))
    assert synth.next() == bytes([0x98, 64, 100])

    hub.unplug(keyboard)

    bridge.says("Keystation 49 MK3 is unplugged")
    assert synth.next() == bytes([0x88, 60, 64])
    assert synth.nothing_more(), "only what the pulled keyboard held is released"
    back = hub.plug(replace(KEYSTATION, address="40:0"))
    bridge.says("->")
    back.play(C5_ON)
    assert synth.next() == bytes([0x98, 60, 100])


def test_a_box_that_comes_back_gets_the_note_offs_it_missed_first(hub: Hub, start: Start) -> None:
    synth = Synth()
    box = hub.plug(ANALOG_FOUR, synth)
    keyboard = hub.plug(KEYSTATION)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()

    hub.unplug(box)
    bridge.says("Elektron Analog Four is unplugged")
    keyboard.play(C5_OFF)
    hub.plug(replace(ANALOG_FOUR, address="44:0"), synth)
    bridge.says("->")
    keyboard.play(bytes([0x90, 62, 100]))

    assert synth.next() == bytes([0x88, 60, 64])
    assert synth.next() == bytes([0x98, 62, 100])


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_an_engine_that_dies_or_hangs_is_replaced_and_its_notes_are_ended(
    hub: Hub, start: Start, ending: signal.Signals
) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()

    os.kill(bridge.engine_pid(), ending)

    bridge.says("starting another")
    assert synth.next() == bytes([0x88, 60, 64])
    bridge.says("->")
    keyboard.play(bytes([0x90, 62, 100]))
    assert synth.next() == bytes([0x98, 62, 100])


@pytest.mark.parametrize("state", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "hung"])
def test_ctrl_c_ends_what_sounds_even_if_the_engine_cannot(hub: Hub, start: Start, state: signal.Signals) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()

    os.kill(bridge.process.pid, signal.SIGSTOP)  # so that it first learns of its engine when it is told to end
    os.kill(bridge.engine_pid(), state)
    bridge.process.send_signal(signal.SIGINT)
    bridge.process.send_signal(signal.SIGCONT)

    assert bridge.says("stopped") == "stopped; 1 sounding note released"
    assert bridge.ends() == 0
    assert synth.next() == C5_OFF_SENT
    assert synth.nothing_more()


def test_a_box_pulled_just_before_the_end_is_not_taken_for_released(hub: Hub, start: Start) -> None:
    synth = Synth()
    box = hub.plug(ANALOG_FOUR, synth)
    keyboard = hub.plug(KEYSTATION)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()

    os.kill(bridge.process.pid, signal.SIGSTOP)  # so that no scan sees it in between
    hub.unplug(box)
    bridge.process.terminate()
    bridge.process.send_signal(signal.SIGCONT)

    assert "1 note may still sound" in bridge.says("stopped")
    bridge.ends()
    hub.plug(ANALOG_FOUR, synth)
    start("--profile", "liverec")
    assert synth.next() == C5_OFF_SENT


def test_a_page_that_was_tidied_away_does_not_keep_another_engine_from_starting(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")

    (bridge.directory / "run/page").unlink()
    os.kill(bridge.engine_pid(), signal.SIGKILL)

    bridge.says("starting another")
    bridge.says("->")
    keyboard.play(C5_ON)
    assert synth.next() == bytes([0x98, 60, 100])


def test_a_killed_service_leaves_no_note_sounding(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()

    bridge.process.kill()

    assert synth.next() == bytes([0x88, 60, 64])


def test_when_both_processes_are_killed_the_next_bridge_ends_their_notes(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()
    engine = bridge.engine_pid()
    os.kill(bridge.process.pid, signal.SIGSTOP)  # so that it cannot replace the engine
    os.kill(engine, signal.SIGKILL)
    bridge.process.kill()
    bridge.ends()

    start("--profile", "liverec")

    assert synth.next() == bytes([0x88, 60, 64])


@pytest.mark.parametrize("hung", [False, True], ids=["releasing", "hung"])
def test_a_killed_services_engine_is_gone_before_the_next_bridge_plays(hub: Hub, start: Start, *, hung: bool) -> None:
    keyboard, synth = plug_both(hub)
    first = start("--profile", "liverec")
    first.says("->")
    keyboard.play(C5_ON)
    synth.next()
    engine = first.engine_pid()
    if hung:
        os.kill(engine, signal.SIGSTOP)
    first.process.kill()

    start("--profile", "liverec").says("->")

    assert not Path(f"/proc/{engine}/fd/0").exists()
    assert synth.next() == bytes([0x88, 60, 64])
    keyboard.play(bytes([0x90, 62, 100]))
    assert synth.next() == bytes([0x98, 62, 100])
    assert synth.nothing_more()


def test_a_closed_terminal_ends_it_with_every_note_released(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    window, terminal = os.openpty()
    bridge = start("--profile", "liverec", terminal=terminal)
    os.close(terminal)
    bridge.says("->")
    keyboard.play(C5_ON)
    synth.next()

    os.close(window)

    assert synth.next() == bytes([0x88, 60, 64])
    assert bridge.ends() == 0


def test_a_second_bridge_is_refused_with_the_first_ones_pid(hub: Hub, start: Start) -> None:
    plug_both(hub)
    first = start("--profile", "liverec")
    first.says("->")

    second = start("--profile", "liverec")

    second.says(f"running already, as process {first.process.pid}")
    assert second.ends() == 4


def test_two_equal_boxes_are_named_with_the_setting_that_chooses(hub: Hub, start: Start) -> None:
    hub.plug(KEYSTATION)
    hub.plug(ANALOG_FOUR)
    hub.plug(ANALOG_KEYS)
    bridge = start("--profile", "liverec")

    line = bridge.says("waiting for a choice")

    assert "Elektron Analog Four" in line
    assert "Elektron Analog Keys" in line
    assert "--output" in line


def test_the_box_used_last_is_preferred_among_equals(hub: Hub, start: Start) -> None:
    hub.plug(KEYSTATION)
    hub.plug(ANALOG_FOUR)
    hub.plug(ANALOG_KEYS)
    chosen = start("--output", "keys")
    chosen.says("-> Elektron Analog Keys")
    chosen.process.terminate()
    chosen.ends()

    again = start("--profile", "liverec")

    again.says("-> Elektron Analog Keys")


def test_a_box_plugged_later_never_takes_over(hub: Hub, start: Start) -> None:
    keyboard, synth = Synth(), Synth()
    device = hub.plug(KEYSTATION)
    hub.plug(RYTM, synth)
    bridge = start("--profile", "liverec")
    bridge.says("-> Elektron Analog Rytm, auto channel 14")

    hub.plug(ANALOG_FOUR, keyboard)
    other = hub.plug(MINILAB)  # when this one is linked, the box was looked at
    bridge.says("Minilab3 -> Elektron Analog Rytm")
    other.play(C5_ON)
    device.play(bytes([0x90, 62, 1]))

    assert {synth.next(), synth.next()} == {bytes([0x9D, 60, 100]), bytes([0x9D, 62, 1])}
    assert keyboard.nothing_more()


def test_ports_can_be_named_for_one_run_and_the_auto_channel_too(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    other = hub.plug(MINILAB)
    bridge = start("--input", "keystation*", "--output", "four", "--auto-channel", "12")

    assert bridge.says("->") == "Keystation 49 MK3 -> Elektron Analog Four, auto channel 12"
    other.play(C5_ON)
    keyboard.play(bytes([0x90, 62, 100]))
    assert synth.next() == bytes([0x9B, 62, 100])


def test_a_name_that_fits_nothing_gets_the_names_that_are_there(hub: Hub, start: Start) -> None:
    plug_both(hub)
    bridge = start("--input", "keystattion")

    assert "Keystation 49 MK3" in bridge.says("waiting for the input")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--profile", "liverek"), 'did you mean "liverec"'),
        (("--input", "Keystation 49 MK3 20:0"), "20:0"),
        (("--auto-channel", "17"), "17"),
        (("--track", "17"), "'17' is not one of"),
        (("run", "--track", "none"), "'none' is not one of"),
        (("--profile", "spread", "--track", "2"), "track 2 cannot take everything: spread has several destinations."),
        (
            ("--profile", "daw", "--track", "auto"),
            "the auto channel cannot take everything: daw leaves the channels as they come.",
        ),
    ],
    ids=["profile", "address", "channel", "track", "no track", "several destinations", "channels kept"],
)
def test_a_wrong_argument_gets_one_sentence_and_exit_code_2(
    start: Start, arguments: tuple[str, ...], sentence: str
) -> None:
    bridge = start(*arguments)

    bridge.says(re.escape(sentence))
    assert bridge.ends() == 2


def test_a_broken_settings_file_is_named_with_its_line(start: Start, tmp_path: Path) -> None:
    settings = write_config(tmp_path, "settings.toml", 'profile = "liverec"\nmidle_c = 4\n')
    bridge = start("--profile", "liverec")

    bridge.says(f'{re.escape(str(settings))}:2: midle_c: .*did you mean "middle_c"')
    assert bridge.ends() == 2


def test_what_was_dropped_is_counted_by_reason_in_the_page(hub: Hub, start: Start, tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    for message in (
        b"\xb0\x07\x40",
        b"\xc0\x05",
        b"\xf8",
        b"\xfe",
        b"\xf0\x7d\x01\xf7",
        b"\xb0\x40\x7f",
        b"\x90\x40\x40",
    ):
        keyboard.play(message)
    assert synth.next() == bytes([0x98, 64, 64])

    bridge.process.terminate()
    bridge.ends()

    outcomes = {outcome.name: count for outcome, count in Page.open(tmp_path / "run/page").outcomes().items()}
    assert outcomes == {
        "FORWARDED": 1,
        "PEDAL_MOVED": 1,
        "CONTROL_CHANGE": 1,
        "PROGRAM_CHANGE": 1,
        "CLOCK": 1,
        "ACTIVE_SENSING": 1,
        "SYSEX": 1,
    }


def test_the_log_is_json_for_a_program(hub: Hub, tmp_path: Path, start: Callable[..., Running]) -> None:
    write_config(tmp_path, "settings.toml", '[logging]\nformat = "json"\n')
    plug_both(hub)
    bridge = start("--profile", "liverec")

    line = bridge.says('"event": "linked"')

    assert '"destination": "auto channel 9"' in line
