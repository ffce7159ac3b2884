"""A keyboard that reaches the bridge by two ways is told, and two players in unison are not."""

import random
from collections.abc import Iterable

import pytest
from cables import CableDesk, Score
from desk import GRIDREC
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.route import Mono, Route, Zone
from a4bridge.engine.doubled import DoubledRoutes
from a4bridge.engine.protocol import Doubled

pytestmark = pytest.mark.stdlib

NoteOn = tuple[float, int, int, int]
"""When (ms), by which input, which note, how hard."""


def told(notes: Iterable[NoteOn]) -> list[tuple[int, int]]:
    doubled = DoubledRoutes()
    for ms, slot, note, velocity in sorted(notes):
        doubled.note_on(slot, note, velocity, int(ms * 1e6))
    doubled.look(10**15)
    return list(doubled.found)


def melody(notes: int, velocity: int | None = None) -> list[tuple[float, int, int]]:
    """Return when (ms), which note, how hard."""
    return [(200.0 * at, 60 + at % 5, velocity or 60 + 7 * at % 50) for at in range(notes)]


def by(slot: int, played: Iterable[tuple[float, int, int]], later_ms: float = 0) -> list[NoteOn]:
    return [(ms + later_ms, slot, note, velocity) for ms, note, velocity in played]


@pytest.mark.parametrize("later_ms", [0, 1, 19])
def test_eight_notes_that_come_by_two_ways_are_told_once(later_ms: float) -> None:
    assert told([*by(3, melody(7)), *by(1, melody(7), later_ms)]) == []
    assert told([*by(3, melody(8)), *by(1, melody(8), later_ms)]) == [(1, 3)]
    assert told([*by(3, melody(100)), *by(1, melody(100), later_ms)]) == [(1, 3)]


def test_a_chord_that_takes_its_time_on_one_of_the_ways_is_told() -> None:
    chord = [(0.0, 50 + at, 60 + at) for at in range(10)]
    on_a_cable = [(at + 0.96 * (at + 1), slot, note, velocity) for at, slot, note, velocity in by(1, chord)]

    assert told([*by(0, chord), *on_a_cable]) == [(0, 1)]


@pytest.mark.parametrize("alone", [0, 1])
def test_one_note_that_came_by_one_way_only_begins_the_row_anew(alone: int) -> None:
    before, after = melody(7), [(10_000 + ms, note, velocity) for ms, note, velocity in melody(7)]

    assert told([*by(0, before), *by(1, before), (5000, alone, 40, 90), *by(0, after), *by(1, after)]) == []


def test_what_goes_round_is_not_doubled() -> None:
    chord = [(at / 10, 40 + at, 60 + at) for at in range(40)]

    assert told([*by(0, chord), *(note for times in range(1, 10) for note in by(1, chord, 6 * times))]) == []


def test_what_one_way_brings_twice_for_once_by_the_other_is_not_doubled() -> None:
    twice = [(ms + 2, note, velocity) for ms, note, velocity in melody(50)]

    assert told([*by(0, melody(50)), *by(1, melody(50)), *by(1, twice)]) == []


def test_ways_that_are_more_than_20_ms_apart_are_two_players() -> None:
    assert told([*by(0, melody(100)), *by(1, melody(100), 21)]) == []


@pytest.mark.parametrize(("notes", "expected"), [(31, []), (32, [(0, 1)])])
def test_of_keyboards_that_know_one_velocity_only_a_long_row_tells(notes: int, expected: list[tuple[int, int]]) -> None:
    assert told([*by(0, melody(notes, 100)), *by(1, melody(notes, 100), 5)]) == expected


def test_three_ways_are_three_pairs() -> None:
    assert set(told([*by(0, melody(8)), *by(1, melody(8), 1), *by(2, melody(8), 2)])) == {(0, 1), (0, 2), (1, 2)}


def test_another_keyboard_that_plays_something_else_changes_nothing() -> None:
    other = [(ms + 3, 30 + at % 7, 80) for at, (ms, _, _) in enumerate(melody(8))]

    assert told([*by(0, melody(8)), *by(1, melody(8), 1), *by(2, other)]) == [(0, 1)]


def test_a_pair_is_told_again_after_one_of_them_was_opened_anew() -> None:
    doubled = DoubledRoutes()
    for again in range(2):
        for ms, slot, note, velocity in sorted([*by(0, melody(20)), *by(1, melody(20), 1)]):
            doubled.note_on(slot, note, velocity, int((ms + 10_000 * again) * 1e6))
        doubled.forget(1)

    assert list(doubled.found) == [(0, 1), (0, 1)]


@given(
    st.lists(st.tuples(st.integers(0, 127), st.integers(1, 127), st.integers(0, 300)), min_size=32, max_size=60),
    st.floats(0, 10),
    st.floats(0, 9),
    st.randoms(use_true_random=False),
)
def test_whatever_is_played_by_two_ways_with_some_jitter_is_told(
    played: list[tuple[int, int, int]], later_ms: float, jitter_ms: float, dice: random.Random
) -> None:
    ms = 0.0
    notes: list[NoteOn] = []
    for note, velocity, gap_ms in played:
        ms += gap_ms
        notes += [(ms, 0, note, velocity), (ms + later_ms + dice.random() * jitter_ms, 1, note, velocity)]
    notes += [(ms + 1000, slot, 60, 60) for slot in (0, 1)]

    assert told(notes) == [(0, 1)]


@given(st.lists(st.integers(40, 90), min_size=50, max_size=200), st.randoms(use_true_random=False))
def test_two_people_in_unison_are_not_told_if_every_eighth_note_is_struck_differently(
    played: list[int], dice: random.Random
) -> None:
    notes = [
        (200 * at + dice.random() * 15, slot, note, 80 + at % 3 + 10 * slot * (at % 8 == 7))
        for at, note in enumerate(played)
        for slot in (0, 1)
    ]

    assert told(notes) == []


# Through the forwarder.


def doubled_score(notes: int, on: str = "AB") -> Score:
    return [
        (200 * at + 100 * up + later, keyboard, f"{0x80 if up else 0x90 | later:02X} {60 + at % 5:02X} {60 + at:02X}")
        for at in range(notes)
        for up in (False, True)
        for later, keyboard in enumerate(on)
    ]


def test_it_is_told_within_a_ping_whatever_the_channels_and_nothing_is_cut() -> None:
    desk = CableDesk()

    desk.play_score(doubled_score(8), 1400 + 20 + 130)

    assert desk.findings == [Doubled(0, 1)]
    desk.heard.clear()
    desk.play_score([(0, "A", "90 3C 64"), (0, "B", "91 3C 64")], 100)
    assert desk.heard == ["98 3C 64"] * 2


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(Route("one source", (Zone((9,), source=0),)), id="that the profile gives to one input only"),
        pytest.param(Route("no notes", (Zone((9,), notes=False),)), id="that the profile drops"),
    ],
)
def test_notes_are_not_doubled(route: Route) -> None:
    desk = CableDesk(route)

    desk.play_score(doubled_score(20), 5000)

    assert desk.findings == []


@pytest.mark.parametrize(
    "zone", [Zone((9,), mono=Mono.LOW), Zone((9, 2)), Zone((9,), transpose=12)], ids=["mono", "spread", "transposed"]
)
def test_they_are_where_the_second_note_finds_no_voice(zone: Zone) -> None:
    desk = CableDesk(Route("voices", (zone,)))

    desk.play_score(doubled_score(8), 5000)

    assert desk.findings == [Doubled(0, 1)]


def test_a_pair_is_told_again_after_a_replug() -> None:
    desk = CableDesk()
    for _ in range(2):
        desk.play_score(doubled_score(20), 5000)
        desk.unplug("B")
        desk.plug("B")

    assert desk.findings == [Doubled(0, 1)] * 2


def test_one_keyboard_is_never_doubled() -> None:
    desk = CableDesk(GRIDREC, "A")

    desk.play_score(doubled_score(40, "A"), 9000)

    assert desk.findings == []
