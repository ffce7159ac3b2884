import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.midi import note_name, note_number

MIDDLE_C = pytest.mark.parametrize("middle_c", [3, 4, 5])


@MIDDLE_C
@pytest.mark.parametrize("note", range(128))
def test_a_note_is_found_by_its_name_in_any_case_and_by_its_number(note: int, middle_c: int) -> None:
    name = note_name(note, middle_c)

    assert (
        note_number(name, middle_c) == note_number(name.lower(), middle_c) == note_number(str(note), middle_c) == note
    )


@pytest.mark.parametrize(
    ("name", "middle_c", "note"),
    [
        ("C5", 5, 60),
        ("C4", 4, 60),
        ("C3", 3, 60),
        ("C0", 5, 0),
        ("C-1", 4, 0),
        ("C-2", 3, 0),
        ("G10", 5, 127),
        ("G8", 3, 127),
    ],
)
def test_the_octave_is_the_one_that_middle_c_is_in(name: str, middle_c: int, note: int) -> None:
    assert note_number(name, middle_c) == note


@MIDDLE_C
@pytest.mark.parametrize(
    ("flat", "sharp"), [("Db5", "C#5"), ("Eb5", "D#5"), ("Bb5", "A#5"), ("Cb6", "B5"), ("B#5", "C6"), ("Fb5", "E5")]
)
def test_a_note_with_two_names_is_one_note(flat: str, sharp: str, middle_c: int) -> None:
    assert note_number(flat, middle_c) == note_number(sharp, middle_c)


@pytest.mark.parametrize("name", ["", "H5", "C", "C##5", "5C", "C5 ", " 60", "-1", "1.0", "C+5", "C100", "٣", "C5\n"])
def test_what_is_no_name_is_said(name: str) -> None:
    with pytest.raises(ValueError, match='is no note: write a name such as "C5" or "F#3", or a number from 0 to 127'):
        note_number(name)


@pytest.mark.parametrize(
    ("name", "middle_c", "reach"),
    [
        ("128", 5, "C0 (0) to G10 (127)"),
        ("0060", 5, "C0 (0)"),
        ("Cb0", 5, "C0 (0) to G10 (127)"),
        ("C-3", 3, "C-2 (0) to G8 (127)"),
        ("9" * 5000, 4, "C-1"),
    ],
)
def test_a_note_that_midi_does_not_have_is_said_with_those_that_it_has(name: str, middle_c: int, reach: str) -> None:
    with pytest.raises(ValueError, match="is no MIDI note: they reach from") as caught:
        note_number(name, middle_c)

    assert reach in str(caught.value)


@given(st.text(), st.sampled_from([3, 4, 5]))
def test_any_text_is_a_note_or_refused_in_a_sentence(name: str, middle_c: int) -> None:
    try:
        assert 0 <= note_number(name, middle_c) <= 127
    except ValueError as error:
        assert str(error).isprintable()  # noqa: PT017 - it depends on the text
