import pytest

from a4bridge.core import midi
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.keyboard import (
    BAR_MS,
    CHANNEL,
    FOUR_VOICES,
    FOUR_VOICES_STRAY,
    GRID_PHRASE,
    LIVE_PHRASE,
    Event,
    chord,
    in_time_order,
    key,
    knob,
    on_channel,
    terse_key,
)
from a4bridge.sim.menu import Menu


def on_auto_channel(event: Event) -> bytes:
    return bytes([event.data[0] | 8, *event.data[1:]]) if event.data[0] < midi.SYSEX else event.data


def is_note(event: Event) -> bool:
    return event.data[0] & 0xE0 == midi.NOTE_OFF


def test_events_come_in_time_order_and_simultaneous_ones_as_given() -> None:
    first, second, third = Event(1, b"\xf8"), Event(1, b"\xfe"), Event(2, b"\xfa")

    assert list(in_time_order([third], [first, second])) == [first, second, third]


def test_a_key_ends_with_a_note_off_and_a_terse_one_with_velocity_0() -> None:
    assert key(10, 60, 5, 99) == (Event(10, bytes([0x90, 60, 99])), Event(15, bytes([0x80, 60, 64])))
    assert terse_key(10, 60, 5, 99) == (Event(10, bytes([0x90, 60, 99])), Event(15, bytes([0x90, 60, 0])))


def test_a_chord_is_struck_and_let_go_together() -> None:
    assert [(event.at_ms, event.data[0]) for event in chord((60, 64), 10, 5)] == [
        (10, 0x90),
        (10, 0x90),
        (15, 0x80),
        (15, 0x80),
    ]


def test_the_live_phrase_is_one_bar_of_whole_messages_on_channel_1_in_time_order() -> None:
    times = [event.at_ms for event in LIVE_PHRASE]

    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] < BAR_MS
    for event in LIVE_PHRASE:
        assert list(midi.split(event.data)) == [event.data]
        assert event.data[0] >= midi.SYSEX or midi.channel_of(event.data[0]) == CHANNEL == 1


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param(bytes([0xB0, 64, 127]), id="sustain pedal down"),
        pytest.param(bytes([0xB0, 64, 0]), id="sustain pedal up"),
        pytest.param(bytes([0xB0, 1]), id="mod wheel"),
        pytest.param(bytes([0xE0]), id="pitch bend"),
        pytest.param(bytes([0xB0, 7]), id="volume slider"),
        pytest.param(bytes([0xB0, 74]), id="knob"),
        pytest.param(bytes([0xC0]), id="program change"),
        pytest.param(bytes([0xFA]), id="start"),
        pytest.param(bytes([0xFE]), id="active sensing"),
        pytest.param(bytes([0xF8]), id="clock"),
    ],
)
def test_the_live_phrase_brings_what_real_keyboards_send(begins: bytes) -> None:
    assert any(event.data.startswith(begins) for event in LIVE_PHRASE)


def test_the_live_phrase_leaves_nothing_held_bent_or_pressed() -> None:
    a4 = AnalogFour()
    for event in LIVE_PHRASE:
        a4.receive(event.data, event.at_ms)
    last = {event.data[:-1]: event.data[-1] for event in LIVE_PHRASE if event.data[0] in {0xB0, 0xE0}}

    assert a4.hanging() == {}
    assert a4.stray_note_offs == []
    assert (last[b"\xb0\x01"], last[b"\xb0\x40"], last[b"\xe0\x00"]) == (0, 0, 64)


def test_the_keyboard_alone_plays_every_note_and_records_none() -> None:
    a4 = AnalogFour()
    a4.record_live(0)
    for event in LIVE_PHRASE:
        a4.receive(event.data, event.at_ms)

    assert a4.played == {1: 11}
    assert a4.pattern.trigs == ()
    assert a4.unrecorded.total() == 11
    assert {"performance macro F", "amp volume", "OSC1 PWM depth"} <= a4.turned.keys()
    assert a4.transport_commands == {"start": 1}


def test_the_phrases_notes_on_the_auto_channel_are_all_recorded() -> None:
    a4 = AnalogFour()
    a4.record_live(0)
    for event in filter(is_note, LIVE_PHRASE):
        a4.receive(on_auto_channel(event), event.at_ms)

    steps = {step: notes for step, notes in enumerate(a4.pattern.grid()[0], start=1) if notes}
    assert steps == {
        1: (57, 60, 64),
        4: (69,),
        5: (72,),
        7: (76,),
        9: (74,),
        11: (76,),
        13: (69,),
        15: (67,),
        16: (64,),
    }
    assert not a4.unrecorded
    assert any(trig.micro_timing for trig in a4.pattern.trigs)


def test_on_the_auto_channel_unfiltered_the_stray_things_do_harm() -> None:
    a4 = AnalogFour()
    for event in LIVE_PHRASE:
        a4.receive(on_auto_channel(event), event.at_ms)

    assert a4.pattern_changes == ["A05"]


def test_the_grid_phrase_lands_on_the_steps_whose_trigs_are_held() -> None:
    a4 = AnalogFour()
    a4.recording = Recording.GRID
    now = 0.0
    for held in GRID_PHRASE:
        a4.held_trig = held.step
        for event in chord(held.notes, now, 100):
            a4.receive(on_auto_channel(event), event.at_ms)
        a4.held_trig = None
        now += 200

    track_1 = a4.pattern.grid()[0]
    assert {step: notes for step, notes in enumerate(track_1, start=1) if notes} == dict(GRID_PHRASE)
    assert a4.hanging() == {}


def test_a_keyboard_set_to_another_channel_sends_everything_but_system_messages_there() -> None:
    played = [Event(1, bytes([0x90, 60, 100])), Event(2, bytes([0xC0, 5])), Event(3, bytes([0xF8]))]

    assert list(on_channel(16, played)) == [
        Event(1, bytes([0x9F, 60, 100])),
        Event(2, bytes([0xCF, 5])),
        Event(3, bytes([0xF8])),
    ]


def test_a_knob_is_turned_from_one_end_to_the_other() -> None:
    assert list(knob(74, 100, 50)) == [
        Event(100, bytes([0xB0, 74, 0])),
        Event(125, bytes([0xB0, 74, 64])),
        Event(150, bytes([0xB0, 74, 127])),
    ]


def test_the_four_voices_record_a_track_each_and_come_bass_first() -> None:
    a4 = AnalogFour(Menu(live_rec_on_track_channel=True))
    a4.record_live(0)
    voices = [on_channel(track, voice) for track, voice in enumerate(FOUR_VOICES, start=1)]
    for event in in_time_order(*voices, FOUR_VOICES_STRAY):
        a4.receive(event.data, event.at_ms)

    tracks = a4.pattern.grid()
    assert [[step for step, notes in enumerate(track, start=1) if notes] for track in tracks] == [
        [1, 5, 9, 13],
        [1, 5, 9, 13],
        [1, 5, 9, 13],
        [1, 3, 5, 7, 9, 11, 13, 15],
    ]
    for step in (0, 4, 8, 12):
        chord_notes = [track[step][0] for track in tracks]
        assert chord_notes == sorted(chord_notes)
    assert a4.hanging() == {}
    assert a4.bpm == pytest.approx(120)


def test_of_the_four_voices_no_more_than_four_notes_sound_at_once() -> None:
    sounding = most = 0
    for event in in_time_order(*FOUR_VOICES):
        sounding += 1 if event.data[0] == 0x90 else -1
        most = max(most, sounding)

    assert (most, sounding) == (4, 0)
