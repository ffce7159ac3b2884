"""Each shipped profile that sends to more than the auto channel, run by the installed program between USB devices; and
one that is set up by playing.

What is proven is what a simulated Analog Four records of it.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from playing import LINKED, feed, heard, heard_whole, play
from program import A4BRIDGE, Program
from usb import A4_MKI, KEYSTATION, MINILAB, Gadget, plugged

from a4bridge.core import midi
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.keyboard import Event, chord, in_time_order, key, knob, on_channel
from a4bridge.sim.menu import Menu
from a4bridge.sim.parameters import MACROS

STEP_MS = 125
CHORD = (48, 55, 64, 72)

CLIENTS = Path("/proc/asound/seq/clients")

LONGEST_DUMP = 4096
"""Bytes of SysEx that the kernel sends in one piece: its buffer (linux sound/core/rawmidi.c); of longer ones it loses
the end."""


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    """Neither the program's own patience nor a test's may end because the clock leaps."""
    with steady_time():
        yield


@pytest.fixture
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        yield keyboard, box


def a_box(*, ticked: bool) -> AnalogFour:
    model = AnalogFour(Menu(live_rec_on_track_channel=ticked))
    model.record_live(0)
    return model


def at_rest(model: AnalogFour) -> bool:
    return not model.hanging() and not model.stray_note_offs


def recorded(model: AnalogFour) -> list[tuple[int, int, int, float]]:
    """Return track, step, note and length in whole steps of each trig."""
    return [(trig.track, trig.step, trig.note, round(trig.length or 0)) for trig in model.pattern.trigs]


def record(box: Gadget, keyboard: Gadget, events: Iterable[Event], messages: int, *, ticked: bool = True) -> AnalogFour:
    """Play events; return what the box made of that many messages, which must be all that arrive."""
    began = play(keyboard, events)
    wait_until("the last message at the box", lambda: len(heard(box)) >= messages)
    model = a_box(ticked=ticked)
    feed(model, box.ports[0].received, began)
    assert len(heard(box)) == messages
    assert at_rest(model)
    return model


def test_multitrack_records_four_channels_on_four_tracks_if_that_is_ticked(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    channels = [
        on_channel(channel, key((channel - 1) * STEP_MS, 60 + channel, 2 * STEP_MS)) for channel in (1, 2, 3, 4, 5)
    ]
    with Program("--profile", "multitrack") as program:
        program.says(LINKED)
        began = play(keyboard, in_time_order(*channels))
        wait_until("four notes and their ends", lambda: len(heard(box)) >= 8)
    ticked, unticked = a_box(ticked=True), a_box(ticked=False)
    feed(ticked, box.ports[0].received, began)
    feed(unticked, box.ports[0].received, began)

    assert recorded(ticked) == [(1, 1, 61, 2), (2, 2, 62, 2), (3, 3, 63, 2), (4, 4, 64, 2)]
    assert recorded(unticked) == []
    assert ticked.played == unticked.played == {1: 1, 2: 1, 3: 1, 4: 1}
    assert at_rest(ticked)
    assert not ticked.ignored


def test_split_records_both_hands_the_left_one_an_octave_down_and_one_note_at_a_time(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    bass = in_time_order(key(0, 40, 4 * STEP_MS), key(2 * STEP_MS, 59, STEP_MS))
    lead = chord((60, 64), 0, 3 * STEP_MS)
    with Program("--profile", "split") as program:
        program.says(LINKED)
        model = record(box, keyboard, in_time_order(bass, lead), messages=8)

    assert recorded(model) == [(1, 1, 60, 3), (1, 1, 64, 3), (2, 1, 28, 2), (2, 3, 47, 1)]


def test_spread_records_a_chord_on_four_tracks_and_a_fifth_key_takes_the_oldest(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    low, second, third, top = CHORD
    phrase = in_time_order(
        key(0, low, 5 * STEP_MS),  # ended by the fifth
        key(0, second, 5 * STEP_MS),
        key(0, third, 3 * STEP_MS),
        key(0, top, 5 * STEP_MS),
        key(2 * STEP_MS, 76, STEP_MS),
        *(key(4 * STEP_MS, note, STEP_MS) for note in (79, 81)),  # go where it is free again
    )
    with Program("--profile", "spread") as program:
        program.says(LINKED)
        model = record(box, keyboard, phrase, messages=14)

    assert recorded(model) == [
        *((1, 1, low, 2), (1, 3, 76, 1), (1, 5, 79, 1)),
        (2, 1, second, 5),
        *((3, 1, third, 3), (3, 5, 81, 1)),
        (4, 1, top, 5),
    ]


def test_play_turns_the_ten_macros_and_nothing_else(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    knobs = [knob(number, 10 * at, 8) for at, number in enumerate(range(70, 80))]
    stray = [Event(20, bytes([0xB0, number, 1])) for number in (7, 10, 16, 69, 80, 94)]
    pedal = [Event(0, bytes([0xB0, 64, 127])), Event(STEP_MS, bytes([0xB0, 64, 0]))]
    with Program("--profile", "play") as program:
        program.says(LINKED)
        model = record(box, keyboard, in_time_order(key(0, 60, 5), *knobs, stray, pedal), messages=32, ticked=False)

    assert model.turned == dict.fromkeys(MACROS.values(), 3)
    assert model.values == dict.fromkeys(MACROS.values(), 127)
    assert recorded(model) == [(1, 1, 60, 1)]
    assert {midi.channel_of(message[0]) for message in heard(box)} == {9}


# A program that plays: it reads when, into which port, and what, a line each.
DAW = """
import sys, time, rtmidi

def port(name):
    out = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="daw")
    names = [each.rpartition(" ")[0].rpartition(":")[2] for each in out.get_ports()]
    out.open_port(names.index(name))
    return out

ports = {name: port(name) for name in ("a4bridge", "a4bridge SysEx")}
print(time.monotonic_ns(), flush=True)
began = time.monotonic()
for line in sys.stdin:
    at_ms, message, name = line.rstrip("\\n").split("\\t")
    time.sleep(max(0, float(at_ms) / 1e3 - (time.monotonic() - began)))
    ports[name].send_message(bytes.fromhex(message))
"""


def play_from_a_program(events: Iterable[Event]) -> int:
    """Have another process play events into the bridge's own ports; return when it began, as time.monotonic_ns()."""
    lines = [
        f"{event.at_ms}\t{event.data.hex()}\ta4bridge{' SysEx' * (event.data[0] == midi.SYSEX)}\n" for event in events
    ]
    run = subprocess.run(
        [sys.executable, "-c", DAW], input="".join(lines), stdout=subprocess.PIPE, text=True, check=True
    )
    return int(run.stdout)


def from_a_daw() -> list[Event]:
    """Return a quarter note of a song at 100 BPM, from its third quarter on, with a long dump at its start."""
    beat_ms = 600.0
    start = [
        Event(0, bytes([midi.STOP])),
        Event(0, bytes([midi.SONG_POSITION, 8, 0])),
        Event(0, bytes([midi.CONTINUE])),
    ]
    dump = [Event(0, bytes([midi.SYSEX, *(number % 128 for number in range(LONGEST_DUMP - 2)), midi.SYSEX_END]))]
    clock = [Event(beat_ms / 24 * count, bytes([midi.CLOCK])) for count in range(25)]
    notes = [on_channel(channel, key(1 + beat_ms * 0.2, 60 + channel, 200)) for channel in (1, 2, 3, 4, 6, 9)]
    effects = [Event(300, bytes([0xB4, number, value])) for number, value in ((99, 2), (98, 41), (6, 99), (38, 1))]
    voltage = [Event(300, bytes([0xB5, number, value])) for number, value in ((99, 3), (98, 2), (6, 55))]
    rest = [
        Event(310, bytes([0xB8, 64, 127])),
        Event(310, bytes([0xA8, 69, 5])),
        *(Event(310, bytes([0xE3, value, 64])) for value in range(20)),
        Event(590, bytes([0xC8, 1])),
    ]
    return list(in_time_order(start, dump, clock, *notes, effects, voltage, rest))


def test_daw_passes_everything_that_a_program_plays_in_order_and_on_its_channel() -> None:
    events = from_a_daw()
    sent = [event.data for event in events]
    with plugged(A4_MKI) as (box,), Program("--profile", "daw") as program:
        program.says(LINKED)
        began = play_from_a_program(events)
        wait_until("everything at the box", lambda: len(heard_whole(box)) >= len(sent))
        arrived = heard_whole(box)

    assert [message for message in arrived if message[0] != midi.SYSEX] == [
        message for message in sent if message[0] != midi.SYSEX
    ]
    assert [message for message in arrived if message[0] == midi.SYSEX] == [
        message for message in sent if message[0] == midi.SYSEX
    ]
    model = AnalogFour(Menu(live_rec_on_track_channel=True))
    model.active_track = 3
    model.recording = Recording.LIVE
    feed(model, box.ports[0].received, began)
    trigs = model.patterns["A01"].trigs
    assert [(trig.track, trig.note) for trig in trigs] == [(1, 61), (2, 62), (3, 63), (3, 69), (4, 64)]
    assert {trig.step for trig in trigs} == {10}
    assert model.played == {1: 1, 2: 1, 3: 2, 4: 1, 6: 1}
    assert model.transport_commands == {"stop": 1, "song position": 1, "continue": 1}
    assert model.bpm == pytest.approx(100, rel=0.02)
    assert model.turned == {"NRPN 2:41": 2, "NRPN 3:2": 1, "performance macro F": 1, "pitch bend": 20}
    assert model.pattern_changes == ["A02"]
    assert at_rest(model)


def test_duo_gives_each_keyboard_its_track_and_pulling_one_breaks_no_chord_of_the_other() -> None:
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (first, second, box), Program("--profile", "duo") as program:
        program.says("Minilab3")
        program.says(LINKED)
        first.ports[0].send(bytes([0x90, 60, 100]))
        wait_until("the first keyboard's note", lambda: heard(box))
        second.ports[0].send(bytes(byte for note in CHORD for byte in (0x90, note, 100)))
        wait_until("the second keyboard's chord", lambda: len(heard(box)) >= 5)
        assert heard(box) == [bytes([0x90, 60, 100]), *(bytes([0x91, note, 100]) for note in CHORD)]
        box.ports[0].forget()

        first.unplug()

        wait_until("the end of the first keyboard's note", lambda: heard(box))
        program.says("Keystation 49 MK3 is unplugged")
        assert heard(box) == [bytes([0x80, 60, 64])]
        box.ports[0].forget()
        second.ports[0].send(bytes(byte for note in CHORD for byte in (0x80, note, 64)))
        wait_until("the end of the chord", lambda: len(heard(box)) >= len(CHORD))
        assert heard(box) == [bytes([0x81, note, 64]) for note in CHORD]


def test_a_track_given_at_the_start_is_recorded_live_and_not_on_the_grid(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    with Program("--profile", "liverec", "--track", "3") as program:
        program.says(LINKED)
        model = record(box, keyboard, key(0, 60, 2 * STEP_MS), messages=2)
    grid = a_box(ticked=True)
    grid.recording, grid.held_trig = Recording.GRID, 5
    feed(grid, box.ports[0].received, 0)

    assert recorded(model) == [(3, 1, 60, 2)]
    assert recorded(grid) == []
    assert grid.played == {3: 1}


def test_sysex_passes_whole_up_to_its_limit_and_delays_or_swallows_no_note(
    keyboard_and_box: tuple[Gadget, Gadget], tmp_path: Path
) -> None:
    keyboard, box = keyboard_and_box
    profile = tmp_path / "dumps.toml"
    profile.write_text('description = "dumps"\n[filters]\nsysex = true\n[limits]\nsysex_bytes = 400\n')
    dump = bytes([midi.SYSEX, *(number % 128 for number in range(398)), midi.SYSEX_END])
    too_long = bytes([midi.SYSEX, *bytes(399), midi.SYSEX_END])
    broken_off = dump[:100]
    notes = [bytes([kind, note, 100]) for note in range(60, 72) for kind in (0x90, 0x80)]
    with Program("--profile", str(profile)) as program:
        program.says(LINKED)
        for at, beside in enumerate([dump, too_long, broken_off, dump]):
            keyboard.ports[0].send(beside + b"".join(notes[at * 6 : at * 6 + 6]))
        wait_until("two dumps and all notes", lambda: len(heard_whole(box)) >= 2 + len(notes))
        arrived = heard_whole(box)

    assert [message for message in arrived if message[0] == midi.SYSEX] == [dump, dump]
    assert [message for message in arrived if message[0] != midi.SYSEX] == [
        bytes([message[0] | 8, *message[1:]]) for message in notes
    ]


def test_a_profile_is_set_up_by_playing_and_the_box_hears_none_of_it_from_a_bridge_that_starts_meanwhile(
    keyboard_and_box: tuple[Gadget, Gadget], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyboard, box = keyboard_and_box
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    answers, printed = tmp_path / "answers", tmp_path / "printed"
    answers.write_text("play\nzone\nplay\nplay\n2\nno\nwrite\nyes\nyes\n")
    command = [A4BRIDGE, "learn", "lead", "--user", "--answers", str(answers)]
    with printed.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as learn:
        wait_until("that it listens", lambda: "Listening to Keystation 49 MK3" in printed.read_text())
        assert '"a4bridge learn"' in CLIENTS.read_text()
        with Program("--profile", "liverec") as bridge:
            bridge.says(f"Keystation 49 MK3 {LINKED}, auto channel 9\n")
            bridge.says("nothing that is played passes")
            for question, note in (("Press a key", 60), ("lowest key of", 36), ("its highest key", 59)):
                wait_until(question, lambda question=question: question in printed.read_text())  # type: ignore[misc]
                keyboard.ports[0].send(bytes([0x90, note, 100, 0x80, note, 64]))
            assert learn.wait(60) == 0, printed.read_text()
            bridge.says("what is played passes again")
            assert heard(box) == []

            keyboard.ports[0].send(bytes([0x90, 48, 100, 0x90, 72, 100]))
            wait_until("the note at the box", lambda: bool(heard(box)))

            assert heard(box) == [bytes([0x91, 48, 100])]
    text = (tmp_path / "a4bridge/profiles/lead.toml").read_text()
    assert 'inputs = ["Keystation 49 MK3"]' in text
    assert 'keys = "36..59"' in text
