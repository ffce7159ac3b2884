import re
import tomllib
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import a4bridge.core.boxes as boxes_module
from a4bridge.core.boxes import Box, Records, UsbMode, box, box_of, boxes, is_elektron


@pytest.mark.parametrize(
    ("client", "usb_id", "key"),
    [
        ("Elektron Analog Four", "", "analog-four"),
        ("Elektron Analog Four MKII", "", "analog-four-mkii"),
        ("ELEKTRON ANALOG KEYS", "", "analog-keys"),
        ("Elektron Analog Rytm MKII", "", "analog-rytm-mkii"),
        ("Digitakt II", "", "digitakt-ii"),
        ("Elektron Digitone Keys", "", "digitone-keys"),
        ("Elektron Model:Cycles", "", "model-cycles"),
        ("Elektron Octatrack DPS-1", "", "octatrack"),
        ("renamed by its owner", "1935:0003", "analog-four"),
        ("Elektron Analog Four", "1935:0b47", "analog-four-mkii"),
        ("Elektron Digitakt", "1935:ffff", "digitakt"),
    ],
)
def test_a_box_is_known_by_its_usb_id_and_else_by_the_longest_stem(client: str, usb_id: str, key: str) -> None:
    assert box_of(client, usb_id) is box(key)


def test_a_keyboard_is_no_box() -> None:
    assert box_of("Keystation 49 MK3", "0763:0199") is None
    assert not is_elektron("Keystation 49 MK3", "0763:0199")


@pytest.mark.parametrize(("client", "usb_id"), [("Elektron Tonverk", ""), ("Tomorrow's Box", "1935:9999")])
def test_a_box_of_the_future_is_still_elektrons(client: str, usb_id: str) -> None:
    assert box_of(client, usb_id) is None
    assert is_elektron(client, usb_id)


def test_the_usb_id_tells_the_mode() -> None:
    ids = box("analog-four-mkii").usb_ids

    assert {mode: {usb_id for usb_id in ids if ids[usb_id] is mode} for mode in UsbMode} == {
        UsbMode.MIDI: {"1935:000f", "1935:100f"},
        UsbMode.AUDIO_MIDI: {"1935:1047"},
        UsbMode.OVERBRIDGE: {"1935:000e", "1935:0b47"},
    }


def test_the_preferred_boxes_are_those_that_record_as_the_analog_four_does() -> None:
    assert [each.key for each in boxes() if each.preferred] == [
        "analog-four",
        "analog-four-mkii",
        "analog-keys",
    ]
    assert {each.auto for each in boxes() if each.preferred} == {9}


def test_an_unknown_key_is_answered_with_the_keys() -> None:
    with pytest.raises(KeyError, match=r"no box is called 'analog-five'; the boxes are analog-four, .*"):
        box("analog-five")


@pytest.mark.parametrize("each", boxes(), ids=lambda each: each.key)
def test_what_the_file_says_of_a_box_holds_together(each: Box) -> None:
    assert box(each.key) is each
    assert all(stem == stem.casefold() and stem in each.name.casefold() for stem in each.stems)
    assert all(usb_id.startswith("1935:") and len(usb_id) == 9 for usb_id in each.usb_ids)
    assert len(set(each.tracks)) == len(each.tracks)
    assert each.auto not in each.tracks or each.key in {"digitakt-ii", "digitone-ii"}


@pytest.mark.parametrize(
    ("key", "recorded"),
    [
        ("analog-four", ("yes", "ticked", "yes", "no")),
        ("analog-four-mkii", ("yes", "ticked", "yes", "no")),
        ("analog-keys", ("yes", "ticked", "yes", "no")),
        ("digitakt", ("yes", "no", "yes", "no")),
        ("digitone", ("yes", "unknown", "yes", "no")),
        ("syntakt", ("yes", "unknown", "unknown", "unknown")),
        ("analog-rytm", ("unknown", "unknown", "unknown", "unknown")),
    ],
)
def test_a_box_says_what_it_records_live_and_on_the_grid_from_auto_and_track_channels(
    key: str, recorded: tuple[str, ...]
) -> None:
    assert astuple(box(key).records) == recorded


def test_macros_are_called_as_on_the_box() -> None:
    assert {each.key: " ".join(each.macros) for each in boxes() if each.macros} == {
        "analog-four": "A B C D E F G H I J",
        "analog-four-mkii": "A B C D E F G H I J",
        "analog-keys": "A B C D E F G H I J",
        "analog-rytm": "1 2 3 4 5 6 7 8 9 10 11 12",
        "analog-rytm-mkii": "1 2 3 4 5 6 7 8 9 10 11 12",
    }


BOXES = Path(boxes_module.__file__).with_name("boxes.toml")


def test_every_figure_has_its_certainty_beside_it_or_above() -> None:
    lines = BOXES.read_text(encoding="utf-8").splitlines()
    certain = re.compile(
        r"\[(manual|user|users|udev|lsusb|product|guess)\]|as Windows shows it|no id seen|one says yes|as the"
    )
    facts = re.compile(r'(tracks|auto|fx|cv|perf|macros|(live|grid)_(auto|track)|"1935:[0-9a-f]{4}") = (?!\[\])')

    uncertain = [
        line
        for before, line in pairwise(lines)
        if facts.match(line) and not certain.search(f"{before if before.startswith('#') else ''} {line}")
    ]

    assert uncertain == []


def read_boxes(monkeypatch: pytest.MonkeyPatch, text: str) -> tuple[Box, ...]:
    monkeypatch.setattr(tomllib, "load", lambda _file: tomllib.loads(text))
    return boxes.__wrapped__()


def test_four_lines_make_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    (made_up,) = read_boxes(monkeypatch, "[x]\nname = 'Tonverk'\nstems = ['tonverk']\ntracks = [1, 2]\nauto = 14")

    assert made_up == Box(
        "x", "Tonverk", ("tonverk",), {}, (1, 2), 14, None, None, None, {}, Records(), preferred=False
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = 'X'\nstems = []\nauto = 1", "[x] lacks tracks"),
        ("name = 'X'\nstems = []\nauto = 1\ntracks = []\ncolour = 1\nfxx = 2", "[x] has colour, fxx, which no box has"),
        ("name = 'X'\nstems = []\nauto = 17\ntracks = []", "[x] has the channel 17, which is not between 1 and 16"),
        (
            "name = 'X'\nstems = []\nauto = 1\ntracks = []\nmacros = { A = 120 }",
            "[x] has a macro on CC 120, which is not between 0 and 119",
        ),
        (
            "name = 'X'\nstems = []\nauto = 1\ntracks = []\nrecords = { live = 'yes' }",
            "[x] records live, which is none of live_auto, live_track, grid_auto, grid_track",
        ),
        (
            "name = 'X'\nstems = []\nauto = 1\ntracks = []\nrecords = { live_auto = 'perhaps' }",
            "'perhaps' is not a valid Recorded",
        ),
    ],
)
def test_a_slip_in_boxes_toml_is_said(monkeypatch: pytest.MonkeyPatch, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        read_boxes(monkeypatch, f"[x]\n{text}")


def test_no_usb_id_and_no_stem_belongs_to_two_boxes() -> None:
    usb_ids = [usb_id for each in boxes() for usb_id in each.usb_ids]
    stems = [stem for each in boxes() for stem in each.stems]

    assert len(set(usb_ids)) == len(usb_ids)
    assert len(set(stems)) == len(stems)


@given(st.text(), st.text())
def test_no_name_is_too_strange_to_ask_about(client: str, usb_id: str) -> None:
    found = box_of(client, usb_id)

    assert found is None or is_elektron(client, usb_id)
