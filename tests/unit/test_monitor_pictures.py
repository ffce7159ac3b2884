"""What sounds, as a picture; how many and how fast, as bars; what is typed, as keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.monitor.keyboard import MARGIN, OCTAVE, marks_for, octaves_in, picture, window
from a4bridge.monitor.keys import KeyReader
from a4bridge.monitor.sparkline import ASCII_BLOCKS, BLOCKS, count_level, latency_level, sparkline

CHANNELS = {1: "track 1", 2: "track 2", 5: "FX track", 9: "auto channel"}
SOUNDING = st.lists(st.tuples(st.integers(1, 16), st.integers(0, 127)), max_size=20)


def test_what_sounds_stands_on_its_key() -> None:
    drawn = picture([(9, 60), (2, 61), (1, 71), (12, 64)], 2 * MARGIN + OCTAVE, 5, mark=marks_for(CHANNELS))

    assert drawn.black == "   2 █  █ █ █   "
    assert drawn.white == "  A _ c_ _ _ 1  "
    assert drawn.names == "  C5            "
    assert set(drawn.marks) == {(1, 2, 9), (0, 3, 2), (1, 13, 1), (1, 6, 12)}


def test_a_note_on_several_channels_has_a_plus_and_on_two_of_one_kind_its_sign() -> None:
    assert picture([(1, 60), (2, 60)], 16, 5, mark=marks_for(CHANNELS)).white[2] == "+"
    assert picture([(1, 60), (1, 60)], 16, 5, mark=marks_for(CHANNELS)).white[2] == "1"


def test_what_sounds_beyond_the_picture_is_told() -> None:
    drawn = picture([(9, 59), (9, 72)], 16, 5)

    assert (drawn.white[0], drawn.white[-1]) == ("<", ">")
    assert drawn.marks == ()


@pytest.mark.parametrize(
    ("first", "octaves", "notes", "moved"),
    [
        (3, 5, [], 3),
        (3, 5, [60], 3),
        (3, 5, [24], 2),
        (3, 5, [96], 4),
        (3, 5, [0, 127], 0),
        (9, 5, [], 6),
        (0, 11, [127], 0),
    ],
)
def test_the_picture_moves_no_further_than_it_must(first: int, octaves: int, notes: list[int], moved: int) -> None:
    assert window(first, octaves, notes) == moved


@given(SOUNDING, st.integers(-5, 300), st.integers(-2, 20), st.integers(-2, 12))
def test_a_picture_fits_and_shows_every_note_that_it_has_keys_for(
    sounding: list[tuple[int, int]], width: int, octave: int, middle_c: int
) -> None:
    notes = [note for _, note in sounding]
    first = window(octave, octaves_in(width), notes)

    drawn = picture(sounding, width, first, middle_c)

    assert len(drawn.black) == len(drawn.white) == len(drawn.names) <= max(width, OCTAVE + 2 * MARGIN)
    keys = range(first * OCTAVE, first * OCTAVE + drawn.last - drawn.first)
    assert len(drawn.marks) == len(set(notes) & set(keys))
    if notes and max(notes) // OCTAVE - min(notes) // OCTAVE < octaves_in(width):
        assert set(notes) <= set(keys)


@pytest.mark.parametrize(
    ("us", "level"),
    [(None, 0), (0, 1), (31.9, 1), (32, 2), (63, 2), (64, 3), (1023, 6), (1024, 7), (2047, 7), (2048, 8), (1e9, 8)],
)
def test_a_bar_is_an_eighth_higher_for_twice_the_time(us: float | None, level: int) -> None:
    assert latency_level(us) == level


def test_a_bar_is_an_eighth_higher_for_twice_as_many() -> None:
    assert [count_level(events) for events in (0, 1, 2, 3, 4, 127, 128, 10**6)] == [0, 1, 2, 2, 3, 7, 8, 8]


def test_the_newest_is_on_the_right() -> None:
    assert sparkline([1, 2, 8], 5) == "  ▁▂█"
    assert sparkline([1, 2, 8], 2) == "▂█"
    assert sparkline([0, 8], 2, ASCII_BLOCKS) == " #"
    assert sparkline([1], 0) == ""


@given(st.lists(st.integers()), st.integers(-3, 100), st.sampled_from([BLOCKS, ASCII_BLOCKS]))
def test_bars_fill_just_their_columns(levels: list[int], width: int, blocks: str) -> None:
    drawn = sparkline(levels, width, blocks)

    assert len(drawn) == max(0, width)
    assert set(drawn) <= set(blocks)


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (b"q", ["q"]),
        (b" f/", [" ", "f", "/"]),
        (b"\x1b[A\x1b[B\x1bOA", ["up", "down", "up"]),
        (b"\x1b[5~\x1b[6~\x1b[F", ["page up", "page down", "end"]),
        (b"\x1b", ["escape"]),
        (b"\r\x7f", ["enter", "backspace"]),
        ("ü日".encode(), ["ü", "日"]),
        (b"\x1b[1;5C\x01\x00", []),
    ],
)
def test_keys_are_read(typed: bytes, keys: list[str]) -> None:
    assert KeyReader().read(typed) == keys


def test_a_character_in_two_pieces_is_one_key() -> None:
    reader = KeyReader()

    assert [*reader.read(b"\xc3"), *reader.read(b"\xbc")] == ["ü"]


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_whatever_is_pasted_no_key_is_a_control_character(pieces: list[bytes]) -> None:
    reader = KeyReader()
    for piece in pieces:
        assert all(key.isprintable() for key in reader.read(piece))
