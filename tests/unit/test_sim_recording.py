"""What the simulated Analog Four records, and what it only plays."""

from collections.abc import Callable

import pytest

from a4bridge.core import midi
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.menu import Menu
from a4bridge.sim.pattern import Trig

AUTO = 9
STEP_MS = 125.0


def on(note: int = 60, channel: int = AUTO, velocity: int = 100) -> bytes:
    return bytes([midi.status(midi.NOTE_ON, channel), note, velocity])


def off(note: int = 60, channel: int = AUTO) -> bytes:
    return bytes([midi.status(midi.NOTE_OFF, channel), note, 64])


def recording_live(menu: Menu | None = None) -> AnalogFour:
    a4 = AnalogFour(menu or Menu())
    a4.record_live(at_ms=1000)
    return a4


def test_a_note_on_the_auto_channel_is_recorded_live_with_velocity_and_length() -> None:
    a4 = recording_live()
    a4.receive(on(62, velocity=77), 1000 + 4 * STEP_MS)
    a4.receive(off(62), 1000 + 6.5 * STEP_MS)

    assert a4.pattern.trigs == (Trig(1, 5, 62, 77, micro_timing=0, length=2.5),)
    assert not a4.unrecorded


def test_the_auto_channel_records_on_the_active_track() -> None:
    a4 = recording_live()
    a4.active_track = 3
    a4.receive(on(), 1000)

    assert [trig.track for trig in a4.pattern.trigs] == [3]


@pytest.mark.parametrize("channel", [1, 2, 3, 4])
def test_a_track_channel_plays_its_track_and_is_not_recorded(channel: int) -> None:
    a4 = recording_live()
    a4.receive(on(channel=channel), 1000)

    assert a4.pattern.trigs == ()
    assert a4.hanging() == {channel: [60]}
    assert a4.unrecorded == {
        f"channel {channel} is the channel of track {channel}: it plays, and LIVE REC ON TRACK CHANNEL is not ticked": 1
    }


def test_live_rec_on_track_channel_records_all_four_tracks_at_once() -> None:
    a4 = recording_live(Menu(live_rec_on_track_channel=True))
    for channel in (1, 2, 3, 4):
        a4.receive(on(60 + channel, channel), 1000)

    assert [(trig.track, trig.note) for trig in a4.pattern.trigs] == [(1, 61), (2, 62), (3, 63), (4, 64)]


def test_live_recording_needs_a_running_sequencer() -> None:
    a4 = recording_live()
    a4.press_stop(1500)
    a4.receive(on(), 1600)

    assert a4.pattern.trigs == ()
    assert a4.unrecorded == {"the sequencer does not run": 1}


def test_nothing_is_recorded_while_recording_is_off() -> None:
    a4 = AnalogFour()
    a4.press_play(0)
    a4.receive(on(), 0)

    assert a4.pattern.trigs == ()
    assert a4.unrecorded == {"recording is off": 1}
    assert a4.played == {1: 1}


@pytest.mark.parametrize(
    ("after_steps", "step", "micro_timing"),
    [
        pytest.param(0, 1, 0, id="on the first step"),
        pytest.param(2 / 24, 1, 2, id="two ticks late"),
        pytest.param(11 / 24, 1, 11, id="as late as can be"),
        pytest.param(12 / 24, 2, -12, id="as early as can be"),
        pytest.param(23 / 24, 2, -1, id="one tick early"),
        pytest.param(1.49 / 24, 1, 1, id="rounded down to a tick"),
        pytest.param(1.51 / 24, 1, 2, id="rounded up to a tick"),
        pytest.param(15 + 20 / 24, 1, -4, id="early for the next round's first step"),
        pytest.param(16 * 3 + 7, 8, 0, id="in the fourth round"),
    ],
)
def test_a_note_off_the_step_keeps_its_micro_timing(after_steps: float, step: int, micro_timing: int) -> None:
    a4 = recording_live()
    a4.receive(on(), 1000 + after_steps * STEP_MS)

    assert [(trig.step, trig.micro_timing) for trig in a4.pattern.trigs] == [(step, micro_timing)]


@pytest.mark.parametrize(("after_steps", "step"), [(0.4, 1), (0.6, 2), (15.6, 1)])
def test_quantize_live_rec_snaps_to_the_nearest_full_step(after_steps: float, step: int) -> None:
    a4 = recording_live(Menu(quantize_live_rec=True))
    a4.receive(on(), 1000 + after_steps * STEP_MS)

    assert [(trig.step, trig.micro_timing) for trig in a4.pattern.trigs] == [(step, 0)]


def test_the_tempo_says_how_long_a_step_is() -> None:
    a4 = AnalogFour(bpm=60)
    a4.record_live(1000)
    a4.receive(on(), 1000 + 4 * 250)
    a4.receive(off(), 1000 + 5 * 250)

    assert a4.pattern.trigs == (Trig(1, 5, 60, 100, length=1),)


def test_a_chord_is_recorded_on_one_step() -> None:
    a4 = recording_live()
    for note in (60, 64, 67):
        a4.receive(on(note), 1000)

    assert a4.pattern.grid()[0][0] == (60, 64, 67)


def test_a_fifth_note_on_a_step_plays_and_is_not_recorded() -> None:
    a4 = recording_live()
    for note in (60, 62, 64, 65, 67):
        a4.receive(on(note), 1000)

    assert a4.pattern.grid()[0][0] == (60, 62, 64, 65)
    assert a4.unrecorded == {"the step holds four notes already": 1}
    assert a4.hanging() == {1: [60, 62, 64, 65, 67]}

    a4.receive(off(67), 1100)
    assert a4.pattern.grid()[0][0] == (60, 62, 64, 65)


def test_the_length_is_open_until_the_note_off() -> None:
    a4 = recording_live()
    a4.receive(on(), 1000)
    assert [trig.length for trig in a4.pattern.trigs] == [None]

    a4.receive(off(), 1000 + STEP_MS)
    assert [trig.length for trig in a4.pattern.trigs] == [1]


def test_a_note_struck_again_ends_the_trig_before() -> None:
    a4 = recording_live()
    a4.receive(on(), 1000)
    a4.receive(on(), 1000 + 4 * STEP_MS)
    a4.receive(off(), 1000 + 5 * STEP_MS)

    assert [(trig.step, trig.length) for trig in a4.pattern.trigs] == [(1, 4), (5, 1)]
    assert not a4.hanging()


@pytest.mark.parametrize("again", [AnalogFour.press_stop, AnalogFour.press_play])
def test_stop_and_play_end_the_trigs_of_held_keys(again: Callable[[AnalogFour, float], None]) -> None:
    a4 = recording_live()
    a4.receive(on(), 1000)
    again(a4, 1000 + 2 * STEP_MS)
    a4.receive(off(), 1000 + 9 * STEP_MS)

    assert [trig.length for trig in a4.pattern.trigs] == [2]


def test_a_key_held_over_a_change_of_track_ends_where_it_began() -> None:
    a4 = recording_live()
    a4.receive(on(), 1000)
    a4.active_track = 2
    a4.receive(off(), 1000 + STEP_MS)

    assert a4.pattern.trigs == (Trig(1, 1, 60, 100, length=1),)
    assert not a4.hanging()


def test_grid_recording_puts_the_note_on_the_step_of_the_held_trig() -> None:
    a4 = AnalogFour()
    a4.active_track = 2
    a4.recording, a4.held_trig = Recording.GRID, 7
    for note in (60, 64):
        a4.receive(on(note), 333)
        a4.receive(off(note), 999)

    assert a4.pattern.trigs == (Trig(2, 7, 60, 100, length=1), Trig(2, 7, 64, 100, length=1))


def test_grid_recording_without_a_held_trig_only_plays() -> None:
    a4 = AnalogFour()
    a4.recording = Recording.GRID
    a4.receive(on(), 0)

    assert a4.pattern.trigs == ()
    assert a4.unrecorded == {"no [TRIG] is held": 1}


def test_step_recording_moves_on_at_each_note_and_goes_round() -> None:
    a4 = AnalogFour()
    a4.recording = Recording.STEP
    notes = range(60, 77)
    for note in notes:
        a4.receive(on(note), 0)
        a4.receive(off(note), 10)

    assert [cell[0] for cell in a4.pattern.grid()[0]] == [*notes[:16]]
    assert a4.pattern.grid()[0][0] == (notes[0], notes[16])
    assert {(trig.micro_timing, trig.length) for trig in a4.pattern.trigs} == {(0, 1)}


@pytest.mark.parametrize("mode", [Recording.GRID, Recording.STEP])
def test_grid_and_step_recording_take_the_auto_channel_only_whatever_the_tick(mode: Recording) -> None:
    a4 = AnalogFour(Menu(live_rec_on_track_channel=True))
    a4.recording, a4.held_trig = mode, 7
    a4.receive(on(channel=1), 0)

    assert a4.pattern.trigs == ()
    assert a4.unrecorded == {
        f"channel 1 is the channel of track 1: it plays, and {mode} recording takes the auto channel only": 1
    }


def test_a_channel_that_is_auto_and_a_tracks_own_records_the_active_track_only() -> None:
    a4 = recording_live(Menu(auto_channel=2))
    a4.receive(on(channel=2), 1000)

    assert a4.hanging() == {1: [60], 2: [60]}
    assert [trig.track for trig in a4.pattern.trigs] == [1]


def test_the_cv_track_plays_and_is_not_recorded() -> None:
    a4 = recording_live(Menu(live_rec_on_track_channel=True))
    a4.receive(on(channel=6), 1000)

    assert a4.hanging() == {6: [60]}
    assert a4.pattern.trigs == ()
    assert a4.unrecorded == {"the CV track plays it; the model records tracks 1 to 4 only": 1}


def test_a_program_change_leads_recording_into_another_pattern() -> None:
    a4 = recording_live()
    a4.receive(on(60), 1000)
    a4.receive(bytes([0xC8, 4]), 1000 + STEP_MS)
    a4.receive(off(60), 1000 + 2 * STEP_MS)
    a4.receive(on(62), 1000 + 2 * STEP_MS)

    assert a4.patterns["A01"].trigs == (Trig(1, 1, 60, 100, length=2),)
    assert a4.patterns["A05"].trigs == (Trig(1, 3, 62, 100),)
    assert a4.pattern is a4.patterns["A05"]
