"""docs/boxes.md says of every box what boxes.toml does, with its source."""

import re
from dataclasses import replace
from typing import Final

import pytest
from documents import DOCUMENTS

import a4bridge.core.boxes_reference as reference
from a4bridge.core.boxes import Recorded, Records, UsbMode, boxes

DOCUMENT: Final = DOCUMENTS["docs/boxes.md"]


def test_the_tables_are_those_of_the_boxes_as_they_are_now() -> None:
    assert reference.renewed(DOCUMENT) == DOCUMENT, "make reference"


def test_every_box_every_channel_and_every_usb_id_is_in_them() -> None:
    for box in boxes():
        assert (f"| {box.name}, `{box.key}` | {box.auto} (" in DOCUMENT) == bool(box.tracks)
        assert {*re.findall(r"`(1935:\w{4})`", DOCUMENT)} >= {*box.usb_ids}


def test_a_table_that_is_out_of_date_is_made_anew() -> None:
    assert reference.renewed(DOCUMENT.replace("14 (players)", "10 (guess)")) == DOCUMENT


def test_a_source_stands_beside_a_figure_or_above_it_and_a_figure_may_have_none() -> None:
    told = reference.sources(
        "[one]\nauto = 9  # [users] somewhere\n# [manual] appendix D\nmacros = { A = 3 }\n"
        '[one.records]\nlive_auto = "no"\n'
        '[one.usb]\n"1935:0001" = "midi"  # [guess]\n[two]\nauto = 1  # [user]'
    )

    assert told == {
        ("one", "auto"): "players",
        ("one", "macros"): "manual",
        ("one", "live_auto"): "",
        ("one", "1935:0001"): "guess",
        ("two", "auto"): "one player",
    }


def test_a_box_is_written_as_its_figures_are(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up = replace(
        boxes()[0],
        tracks=(1, 2, 3, 7),
        fx=None,
        records=Records(live_track=Recorded.TICKED),
        usb_ids={"1935:0003": UsbMode.MIDI},
    )
    monkeypatch.setattr(reference, "boxes", lambda: (made_up,))

    text = reference.renewed(DOCUMENT)

    assert "| Analog Four, `analog-four` | 9 (players) | 1 to 3, 7 (players) |  | 6 (one player) |" in text
    assert "| Analog Four | unknown (manual) | if ticked (manual) |" in text
    assert "| Analog Four | `1935:0003` |  |  |\n\n" in text
