"""What a box records of a route, and what it does not."""

from dataclasses import replace

import pytest

from a4bridge.core.boxes import Box, Recorded, Records, box, boxes
from a4bridge.core.destination import Destination
from a4bridge.core.recording import cannot_record, listener_on, recording
from a4bridge.core.route import Route, Zone

A4 = box("analog-four")
TICK = "for live recording LIVE REC ON TRACK CHANNEL must be ticked (MIDI CONFIG > MIDI PORT CONFIG)"
NO_GRID = "grid and step recording do not hear track channels"


def to(*channels: int) -> Route:
    return Route("x", tuple(Zone((channel,)) for channel in channels))


KEEPING = Route("x", (Zone(),))
SPREAD = Route("x", (Zone((1, 2, 3, 4)),))
SILENT = Route("x", (Zone((9,), notes=False, pitch_bend=True),))


@pytest.mark.parametrize(
    ("route", "sentences"),
    [
        (to(9), []),
        (to(2), [TICK, NO_GRID]),
        (SPREAD, [TICK, NO_GRID]),
        (to(9, 2), [TICK, NO_GRID]),
        (to(5), ["whether notes on the FX track are recorded is not known"]),
        (to(6), ["whether notes on the CV track are recorded is not known"]),
        (to(8), ["whether notes on the performance channel are recorded is not known"]),
        (to(12), ["nothing is recorded, because no track hears channel 12"]),
        (to(9, 12, 13), ["nothing on an Analog Four hears channels 12 and 13"]),
        (SILENT, ["nothing is recorded, because no notes pass"]),
        (
            KEEPING,
            [
                TICK,
                NO_GRID,
                "whether notes on the FX track, the CV track and the performance channel are recorded is not known",
            ],
        ),
    ],
)
def test_what_an_analog_four_cannot_record(route: Route, sentences: list[str]) -> None:
    assert cannot_record(route, A4) == sentences


@pytest.mark.parametrize(
    ("route", "live", "grid"),
    [
        (to(9), "yes, on the active track", "yes, on the active track"),
        (
            to(2),
            "on this track, if LIVE REC ON TRACK CHANNEL is ticked (MIDI CONFIG > MIDI PORT CONFIG)",
            "no, they hear the auto channel only",
        ),
        (
            to(9, 2),
            "on the active track; on track 2, if LIVE REC ON TRACK CHANNEL is ticked (MIDI CONFIG > MIDI PORT CONFIG)",
            "on the active track, from the auto channel only",
        ),
        (
            to(9, 6),
            "on the active track; not known for the CV track",
            "on the active track, from the auto channel only",
        ),
    ],
)
def test_what_an_analog_four_records_in_each_way(route: Route, live: str, grid: str) -> None:
    assert recording(route, A4) == [f"Live recording: {live}.", f"Grid and step recording: {grid}."]


def recording_as(live_auto: Recorded, live_track: Recorded, grid_auto: Recorded, grid_track: Recorded) -> Box:
    return replace(A4, records=Records(live_auto, live_track, grid_auto, grid_track))


def test_a_box_that_records_nothing_at_all_of_what_it_plays() -> None:
    no = recording_as(Recorded.NO, Recorded.NO, Recorded.NO, Recorded.NO)

    assert cannot_record(to(9, 1), no) == [
        "live recording does not hear the auto channel",
        "live recording does not hear track channels",
        "grid and step recording do not hear the auto channel",
        NO_GRID,
    ]
    assert recording(to(9, 1), no) == [
        "Live recording: not on the active track; not on track 1.",
        "Grid and step recording: not on the active track; not on track 1.",
    ]
    assert recording(to(1), no) == ["Live recording: no.", "Grid and step recording: no."]


def test_a_box_that_records_everything_cannot_record_nothing() -> None:
    yes = recording_as(Recorded.YES, Recorded.YES, Recorded.YES, Recorded.YES)

    assert cannot_record(to(9, 1, 2), yes) == []
    assert recording(to(9, 1, 2), yes) == [
        "Live recording: on the active track; on tracks 1 and 2.",
        "Grid and step recording: on the active track; on tracks 1 and 2.",
    ]


def test_what_is_not_known_of_a_box_is_not_made_up() -> None:
    some = recording_as(Recorded.YES, Recorded.UNKNOWN, Recorded.YES, Recorded.UNKNOWN)

    assert cannot_record(to(9), some) == []
    assert cannot_record(to(1), some) == [
        "whether live recording hears track channels is not known",
        "whether grid and step recording hear track channels is not known",
    ]
    assert recording(to(1), some) == ["Live recording: not known.", "Grid and step recording: not known."]
    assert cannot_record(to(9), replace(A4, records=Records())) == ["what an Analog Four records is not known"]
    assert recording(to(9), replace(A4, records=Records())) == [
        "Recording: not known for an Analog Four; what is known is about other boxes."
    ]


def test_an_effect_records_nothing() -> None:
    heat = box("analog-heat")

    assert cannot_record(to(heat.auto), heat) == ["nothing is recorded, because an Analog Heat has no sequencer"]
    assert recording(to(heat.auto), heat) == ["Recording: nothing, because an Analog Heat has no sequencer."]


def test_channels_that_a_box_was_set_to_count() -> None:
    set_otherwise = replace(A4, auto=1, tracks=(11, 12, 13, 14))

    assert cannot_record(to(1), set_otherwise) == []
    assert cannot_record(to(12), set_otherwise) == [TICK, NO_GRID]


@pytest.mark.parametrize("each", boxes(), ids=lambda each: each.key)
def test_every_box_is_told_of_in_sentences(each: Box) -> None:
    for route in (to(each.auto), KEEPING, SPREAD):
        assert all(sentence.endswith(".") for sentence in recording(route, each))
        assert not any(sentence.endswith(".") for sentence in cannot_record(route, each))


@pytest.mark.parametrize(
    ("channel", "listener"),
    [(9, "auto"), (1, "track 1"), (4, "track 4"), (5, "fx"), (6, "cv"), (8, "perf")],
)
def test_who_listens_on_a_channel(channel: int, listener: str) -> None:
    assert listener_on(channel, A4) == Destination.parse(listener)


def test_on_a_channel_of_a_track_and_the_auto_channel_it_is_the_auto_channel() -> None:
    digitakt = box("digitakt-ii")

    assert listener_on(digitakt.auto, digitakt) == Destination.parse("auto")
    assert listener_on(7, A4) is None
