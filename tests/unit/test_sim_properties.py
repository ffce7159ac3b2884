"""What holds for the simulated Analog Four whatever arrives."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core import midi
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.menu import InputPort, Menu

pytestmark = pytest.mark.stdlib

AUTO = 9

CHANNELS = st.none() | st.integers(1, 16)
MENUS = st.builds(
    Menu,
    quantize_live_rec=st.booleans(),
    clock_receive=st.booleans(),
    transport_receive=st.booleans(),
    prg_ch_receive=st.booleans(),
    input_from=st.sampled_from([InputPort.MIDI, InputPort.USB, InputPort.MIDI_USB, InputPort.DISABLED]),
    receive_notes=st.booleans(),
    receive_cc_nrpn=st.booleans(),
    live_rec_on_track_channel=st.booleans(),
    track_channels=st.tuples(CHANNELS, CHANNELS, CHANNELS, CHANNELS),
    fx_channel=CHANNELS,
    cv_channel=CHANNELS,
    perf_channel=CHANNELS,
    auto_channel=CHANNELS,
    program_change_in_channel=CHANNELS | st.just("AUTO"),
)
# Few notes and channels, so that they meet; bytes of any kind come from st.binary.
NOTES = st.builds(
    lambda kind, channel, note, velocity: bytes([midi.status(kind, channel), note, velocity]),
    st.sampled_from([midi.NOTE_ON, midi.NOTE_OFF]),
    st.sampled_from([1, 2, 9]),
    st.integers(60, 62),
    st.sampled_from([0, 100]),
)
CHUNKS = st.lists(st.tuples(st.floats(0, 400), NOTES | st.binary(max_size=12)), max_size=30)
PLAYED = st.lists(st.tuples(st.floats(0, 400), NOTES), max_size=30)


def in_mode(menu: Menu, mode: Recording) -> AnalogFour:
    a4 = AnalogFour(menu)
    a4.record_live(0)
    a4.recording, a4.held_trig = mode, 5
    return a4


def observed(a4: AnalogFour) -> list[object]:
    trigs = {name: pattern.trigs for name, pattern in a4.patterns.items() if pattern.trigs}
    counts = (a4.played, a4.unrecorded, a4.turned, a4.transport_commands, a4.ignored)
    return [trigs, *counts, a4.pattern_changes, a4.stray_note_offs, a4.hanging(), a4.playing]


@given(MENUS, st.sampled_from(Recording), CHUNKS, st.sampled_from([InputPort.MIDI, InputPort.USB]))
def test_no_bytes_in_any_cut_and_under_any_menu_raise(
    menu: Menu, mode: Recording, chunks: list[tuple[float, bytes]], port: InputPort
) -> None:
    a4 = in_mode(menu, mode)
    now = 0.0
    for later, data in chunks:
        now += later
        a4.receive(data, now, port)

    assert all(1 <= trig.step <= 16 and -12 <= trig.micro_timing < 12 for trig in a4.pattern.trigs)
    assert all(trig.length is None or trig.length >= 0 for trig in a4.pattern.trigs)


@given(st.data(), st.sampled_from(Recording), CHUNKS)
def test_where_the_stream_is_cut_changes_nothing(
    data: st.DataObject, mode: Recording, chunks: list[tuple[float, bytes]]
) -> None:
    whole, cut = in_mode(Menu(), mode), in_mode(Menu(), mode)
    now = 0.0
    for later, chunk in chunks:
        now += later
        whole.receive(chunk, now)
        places = sorted(data.draw(st.lists(st.integers(0, len(chunk)), max_size=3)))
        for start, end in pairwise([0, *places, len(chunk)]):
            cut.receive(chunk[start:end], now)

    assert observed(cut) == observed(whole)


@given(st.sampled_from(Recording), PLAYED)
def test_unticked_it_records_what_it_would_of_the_auto_channel_alone(
    mode: Recording, played: list[tuple[float, bytes]]
) -> None:
    everything, auto_alone = in_mode(Menu(), mode), in_mode(Menu(), mode)
    now = 0.0
    for later, message in played:
        now += later
        everything.receive(message, now)
        if midi.channel_of(message[0]) == AUTO:
            auto_alone.receive(message, now)

    assert everything.pattern.trigs == auto_alone.pattern.trigs


@given(PLAYED)
def test_ticked_it_records_live_on_the_track_of_each_channel(played: list[tuple[float, bytes]]) -> None:
    a4 = in_mode(replace(Menu(), live_rec_on_track_channel=True), Recording.LIVE)
    now = 0.0
    for later, message in played:
        now += later
        a4.receive(message, now)

    assert not a4.unrecorded
    assert {trig.track for trig in a4.pattern.trigs} == set(a4.played)


@given(st.sampled_from(Recording), PLAYED)
def test_a_note_sounds_from_its_note_on_to_its_note_off_and_no_longer(
    mode: Recording, played: list[tuple[float, bytes]]
) -> None:
    a4 = in_mode(Menu(), mode)
    keys_down: set[tuple[int, int]] = set()
    for _, message in played:
        channel, note = midi.channel_of(message[0]), message[1]
        if message[0] & 0xF0 == midi.NOTE_ON and message[2]:
            keys_down.add((channel, note))
        else:
            keys_down.discard((channel, note))
        a4.receive(message, 0)
        sounding = Counter((2 if channel == 2 else 1, note) for channel, note in keys_down)
        assert Counter((track, note) for track, notes in a4.hanging().items() for note in notes) == sounding

    for channel, note in keys_down:
        a4.receive(bytes([midi.status(midi.NOTE_OFF, channel), note, 64]), 0)
    assert a4.hanging() == {}
    assert all(trig.length is not None for trig in a4.pattern.trigs)
