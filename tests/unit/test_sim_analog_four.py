"""What the simulated Analog Four takes from its inputs, plays, turns and obeys."""

import pytest

from a4bridge.core import midi
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.menu import InputPort, Menu

NOTE_ON_AUTO = bytes([0x98, 60, 100])
NOTE_OFF_AUTO = bytes([0x88, 60, 64])


def fed(*messages: bytes, menu: Menu | None = None) -> AnalogFour:
    a4 = AnalogFour(menu or Menu())
    for message in messages:
        a4.receive(message, 0)
    return a4


@pytest.mark.parametrize(
    ("input_from", "heard"),
    [
        (InputPort.DISABLED, set()),
        (InputPort.MIDI, {InputPort.MIDI}),
        (InputPort.USB, {InputPort.USB}),
        (InputPort.MIDI_USB, {InputPort.MIDI, InputPort.USB}),
    ],
)
@pytest.mark.parametrize("port", [InputPort.MIDI, InputPort.USB])
def test_input_from_says_which_port_is_heard(input_from: InputPort, port: InputPort, heard: set[InputPort]) -> None:
    a4 = AnalogFour(Menu(input_from=input_from))
    a4.receive(NOTE_ON_AUTO, 0, port)

    assert bool(a4.hanging()) is (port in heard)
    assert a4.ignored == ({} if port in heard else {f"INPUT FROM does not include {port.name}": 1})


def test_the_two_ports_do_not_mix_their_bytes() -> None:
    a4 = AnalogFour()
    a4.receive(NOTE_ON_AUTO[:2], 0, InputPort.USB)
    a4.receive(bytes([0x90, 72, 100]), 0, InputPort.MIDI)
    a4.receive(NOTE_ON_AUTO[2:], 0, InputPort.USB)

    assert a4.hanging() == {1: [60, 72]}


@pytest.mark.parametrize("message", [NOTE_ON_AUTO, NOTE_OFF_AUTO])
def test_receive_notes_must_be_ticked(message: bytes) -> None:
    a4 = fed(message, menu=Menu(receive_notes=False))

    assert a4.ignored == {"RECEIVE NOTES is not ticked": 1}
    assert not a4.hanging()
    assert a4.stray_note_offs == []


@pytest.mark.parametrize(("channel", "track"), [(1, 1), (2, 2), (3, 3), (4, 4), (6, 6), (9, 1)], ids=str)
def test_a_new_projects_channels_play(channel: int, track: int) -> None:
    a4 = fed(bytes([midi.status(midi.NOTE_ON, channel), 60, 100]))

    assert a4.hanging() == {track: [60]}
    assert a4.played == {track: 1}


@pytest.mark.parametrize("channel", [7, 8, 10, 16])
def test_other_channels_play_nothing(channel: int) -> None:
    a4 = fed(bytes([midi.status(midi.NOTE_ON, channel), 60, 100]))

    assert not a4.hanging()
    assert not a4.played
    assert a4.ignored == {f"no track takes notes from channel {channel}": 1}


def test_a_note_off_that_no_track_takes_is_not_stray() -> None:
    assert fed(bytes([0x86, 60, 64])).stray_note_offs == []


def test_the_fx_track_plays_no_notes_and_has_no_control_changes() -> None:
    a4 = fed(bytes([0x94, 60, 100, 0xB4, 7, 1]))

    assert not a4.played
    assert not a4.turned
    assert a4.ignored == {
        "channel 5 is the FX track's, which takes no notes": 1,
        "channel 5 is the FX track's, which takes no amp volume": 1,
    }


@pytest.mark.parametrize(
    ("menu", "channel"),
    [
        pytest.param(Menu(track_channels=(None, 2, 3, 4)), 1, id="track"),
        pytest.param(Menu(cv_channel=None), 6, id="CV"),
        pytest.param(Menu(auto_channel=None), 9, id="auto"),
    ],
)
def test_a_channel_that_is_off_is_ignored(menu: Menu, channel: int) -> None:
    assert not fed(bytes([midi.status(midi.NOTE_ON, channel), 60, 100]), menu=menu).hanging()


def test_channels_can_be_moved() -> None:
    menu = Menu(track_channels=(11, 12, 13, 14), auto_channel=16)
    a4 = AnalogFour(menu)
    a4.active_track = 4
    a4.receive(bytes([0x9B, 60, 100, 0x9F, 72, 100]), 0)

    assert a4.hanging() == {2: [60], 4: [72]}


def test_velocity_0_is_a_note_off() -> None:
    assert not fed(NOTE_ON_AUTO, bytes([0x98, 60, 0])).hanging()


def test_a_note_off_ends_its_own_note_only() -> None:
    a4 = fed(NOTE_ON_AUTO, bytes([0x98, 62, 100]), bytes([0x93, 60, 100]), NOTE_OFF_AUTO)

    assert a4.hanging() == {1: [62], 4: [60]}
    assert a4.stray_note_offs == []


def test_a_note_off_without_its_note_on_is_seen() -> None:
    a4 = fed(NOTE_ON_AUTO, bytes([0x80, 60, 64]), NOTE_OFF_AUTO, NOTE_OFF_AUTO)

    assert a4.stray_note_offs == [(1, 60), (9, 60)]


def test_a_note_struck_twice_sounds_once_and_one_note_off_ends_it() -> None:
    a4 = fed(NOTE_ON_AUTO, NOTE_ON_AUTO)
    assert a4.hanging() == {1: [60]}
    assert a4.played == {1: 2}

    a4.receive(NOTE_OFF_AUTO, 0)
    assert not a4.hanging()


@pytest.mark.parametrize("number", [120, 123])
def test_all_notes_off_does_not_stand_in_for_a_note_off(number: int) -> None:
    a4 = fed(NOTE_ON_AUTO, bytes([0xB8, number, 0]))

    assert a4.hanging() == {1: [60]}
    assert a4.ignored == {f"CC {number} is in no list of the manual": 1}


def test_the_sustain_pedal_sustains_nothing_and_turns_macro_f() -> None:
    a4 = fed(NOTE_ON_AUTO, bytes([0xB8, 64, 127]), NOTE_OFF_AUTO)

    assert not a4.hanging()
    assert a4.turned == {"performance macro F": 1}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "mod wheel"),
        (33, "mod wheel"),
        (2, "breath"),
        (7, "amp volume"),
        (11, "performance macro E"),
        (68, "performance macro J"),
        (16, "OSC1 pitch"),
        (49, "OSC2 pitch"),
        (55, "envelope 2 depth B"),
        (74, "OSC1 PWM depth"),
        (78, "OSC2 level"),
        (94, "track mute"),
        (104, "amp attack"),
        (111, "filter envelope release"),
        (115, "envelope 2 release"),
        (119, "LFO2 multiplier"),
    ],
)
def test_a_control_change_turns(number: int, name: str) -> None:
    assert fed(bytes([0xB8, number, 1])).turned == {name: 1}


@pytest.mark.parametrize("number", [0, 6, 32, 38, 96, 100, 101, 121])
def test_a_control_change_in_no_list_turns_nothing(number: int) -> None:
    a4 = fed(bytes([0xB8, number, 1]))

    assert not a4.turned
    assert a4.ignored == {f"CC {number} is in no list of the manual": 1}


@pytest.mark.parametrize(
    ("msb", "lsb", "name"), [(0, 5, "performance macro F"), (1, 100, "track level"), (1, 9, "NRPN 1:9")]
)
def test_an_nrpn_turns(msb: int, lsb: int, name: str) -> None:
    assert fed(bytes([0xB8, 99, msb, 98, lsb, 6, 1])).turned == {name: 1}


@pytest.mark.parametrize(
    ("msb", "channel", "reaches"),
    [
        (0, 9, True),  # performance macros: with a track, and on PERF CHANNEL
        (0, 2, True),
        (0, 8, True),
        (0, 5, False),
        (1, 9, True),  # a synth track's
        (1, 4, True),
        (1, 8, False),
        (1, 6, False),
        (2, 5, True),  # the FX track's
        (2, 9, False),
        (3, 6, True),  # the CV track's
        (3, 9, False),
    ],
)
def test_an_nrpn_turns_where_its_owner_listens(msb: int, channel: int, reaches: bool) -> None:
    a4 = fed(bytes([midi.status(midi.CONTROL_CHANGE, channel), 99, msb, 98, 2, 6, 77]))

    assert bool(a4.turned) is reaches
    assert set(a4.values.values()) == ({77} if reaches else set())


def test_an_nrpn_of_nobody_turns_nothing() -> None:
    a4 = fed(bytes([0xB8, 99, 4, 98, 9, 6, 1]))

    assert not a4.turned
    assert a4.ignored == {"NRPN 4:9 is in no list of the manual": 1}


@pytest.mark.parametrize("number", [100, 101])
def test_what_is_entered_after_an_rpn_was_chosen_turns_no_nrpn(number: int) -> None:
    assert not fed(bytes([0xB8, 99, 1, 98, 9, number, 0, 6, 1])).turned


def test_a_parameter_stands_where_it_was_turned_last() -> None:
    a4 = fed(bytes([0xB8, 3, 10, 3, 20, 95, 30]), bytes([0xB8, 99, 0, 98, 0, 6, 40, 38, 50]))

    assert a4.values == {"performance macro A": 40, "track level": 30}
    assert a4.turned == {"performance macro A": 4, "track level": 1}


def test_an_nrpn_is_chosen_channel_by_channel() -> None:
    assert not fed(bytes([0xB0, 99, 0, 98, 5]), bytes([0xB8, 6, 1])).turned


@pytest.mark.parametrize("data", [bytes([0xB8, 64, 1]), bytes([0xB8, 99, 0]), bytes([0xB8, 6, 0])])
def test_receive_cc_nrpn_must_be_ticked(data: bytes) -> None:
    a4 = fed(data, menu=Menu(receive_cc_nrpn=False))

    assert not a4.turned
    assert a4.ignored == {"RECEIVE CC/NRPN is not ticked": 1}


@pytest.mark.parametrize("channel", [6, 7])
def test_controls_reach_synth_tracks_only(channel: int) -> None:
    a4 = fed(bytes([midi.status(midi.CONTROL_CHANGE, channel), 7, 1]))

    assert not a4.turned
    assert a4.ignored == {f"no track takes amp volume from channel {channel}": 1}


def test_the_performance_channel_turns_macros_and_nothing_else() -> None:
    assert fed(bytes([0xB7, 64, 1, 7, 1])).turned == {"performance macro F": 1}


def test_pitch_bend_and_aftertouch_move_what_the_sound_says() -> None:
    assert fed(bytes([0xE8, 0, 70]), bytes([0xD8, 70])).turned == {"pitch bend": 1, "aftertouch": 1}


def test_poly_pressure_does_nothing() -> None:
    a4 = fed(bytes([0xA8, 60, 70]))

    assert not a4.turned
    assert a4.ignored == {"poly pressure is in no list of the manual": 1}


@pytest.mark.parametrize(("program", "pattern"), [(0, "A01"), (15, "A16"), (16, "B01"), (127, "H16")], ids=str)
def test_a_program_change_on_the_auto_channel_changes_the_pattern(program: int, pattern: str) -> None:
    a4 = fed(bytes([0xC8, program]))

    assert a4.pattern_changes == [pattern]
    assert a4.pattern_name == pattern


@pytest.mark.parametrize(
    ("menu", "message", "reason"),
    [
        pytest.param(Menu(prg_ch_receive=False), 0xC8, "PRG CH RECEIVE is not ticked", id="not ticked"),
        pytest.param(Menu(), 0xC0, "program changes are not taken from channel 1", id="track channel"),
        pytest.param(
            Menu(program_change_in_channel=None),
            0xC8,
            "program changes are not taken from channel 9",
            id="channel OFF",
        ),
    ],
)
def test_a_program_change_is_ignored(menu: Menu, message: int, reason: str) -> None:
    a4 = fed(bytes([message, 3]), menu=menu)

    assert a4.pattern_changes == []
    assert a4.pattern_name == "A01"
    assert a4.ignored == {reason: 1}


def test_program_changes_can_have_a_channel_of_their_own() -> None:
    a4 = fed(bytes([0xC8, 3]), bytes([0xCF, 4]), menu=Menu(program_change_in_channel=16))

    assert a4.pattern_changes == ["A05"]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (bytes([midi.START]), "start"),
        (bytes([midi.CONTINUE]), "continue"),
        (bytes([midi.STOP]), "stop"),
        (bytes([midi.SONG_POSITION, 4, 0]), "song position"),
    ],
    ids=["start", "continue", "stop", "song position"],
)
def test_transport_commands_are_obeyed_only_with_transport_receive(message: bytes, name: str) -> None:
    assert fed(message).transport_commands == {name: 1}

    a4 = fed(message, menu=Menu(transport_receive=False))
    assert not a4.transport_commands
    assert not a4.playing
    assert a4.ignored == {"TRANSPORT RECEIVE is not ticked": 1}


def steps_of(a4: AnalogFour) -> list[int]:
    return [trig.step for trig in a4.pattern.trigs]


def test_start_begins_at_the_first_step() -> None:
    a4 = AnalogFour()
    a4.record_live(0)
    a4.receive(bytes([midi.START]), 500)
    a4.receive(NOTE_ON_AUTO, 750)

    assert steps_of(a4) == [3]


def test_stop_stops_and_continue_goes_on_from_there() -> None:
    a4 = AnalogFour()
    a4.record_live(0)
    a4.receive(bytes([midi.STOP]), 500)
    assert not a4.playing

    a4.receive(bytes([midi.CONTINUE]), 9000)
    assert a4.playing
    a4.receive(NOTE_ON_AUTO, 9125)
    assert steps_of(a4) == [6]


def test_continue_before_any_start_begins_at_the_first_step() -> None:
    a4 = AnalogFour()
    a4.recording = Recording.LIVE
    a4.receive(bytes([midi.CONTINUE]), 500)
    a4.receive(NOTE_ON_AUTO, 750)

    assert steps_of(a4) == [3]


def test_a_song_position_counts_steps() -> None:
    a4 = AnalogFour()
    a4.record_live(0)
    a4.receive(bytes([midi.STOP, midi.SONG_POSITION, 2, 1, midi.CONTINUE]), 500)  # 130: eight rounds and two
    a4.receive(NOTE_ON_AUTO, 625)

    assert steps_of(a4) == [4]


def clocks(a4: AnalogFour, beat_ms: float) -> None:
    for count in range(25):
        a4.receive(bytes([midi.CLOCK]), 700 + count * beat_ms / 24)


@pytest.mark.parametrize(("clock_receive", "step"), [(True, 9), (False, 1)])
def test_with_clock_receive_the_tempo_follows_the_clock(clock_receive: bool, step: int) -> None:
    a4 = AnalogFour(Menu(clock_receive=clock_receive))
    clocks(a4, beat_ms=1000)
    a4.record_live(2000)
    a4.receive(NOTE_ON_AUTO, 2000 + 8 * 250)

    assert a4.bpm == pytest.approx(60 if clock_receive else 120)
    assert [(trig.step, trig.micro_timing) for trig in a4.pattern.trigs] == [(step, 0)]
    assert a4.ignored == ({} if clock_receive else {"CLOCK RECEIVE is not ticked": 25})


def test_a_change_of_tempo_does_not_move_the_place_in_the_pattern() -> None:
    a4 = AnalogFour()
    a4.record_live(700)
    clocks(a4, beat_ms=1000)
    a4.receive(NOTE_ON_AUTO, 1700 + 250)

    assert steps_of(a4) == [10]


def test_clocks_without_time_between_them_set_no_tempo() -> None:
    a4 = AnalogFour()
    clocks(a4, beat_ms=0)
    a4.record_live(700)
    a4.receive(NOTE_ON_AUTO, 950)

    assert steps_of(a4) == [3]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes([0xF0, 0x00, 0x20, 0x3C, 0xF7]), "system exclusive is not modelled"),
        (bytes([0xFE]), "status FE is in no list of the manual"),
        (bytes([0xFF]), "status FF is in no list of the manual"),
    ],
    ids=["SysEx", "active sensing", "reset"],
)
def test_other_system_messages_are_ignored(data: bytes, reason: str) -> None:
    assert fed(data).ignored == {reason: 1}
