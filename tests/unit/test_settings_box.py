from dataclasses import replace
from typing import Any

import pytest

from a4bridge.core.boxes import Box, Recorded, box
from a4bridge.core.compile import box_in_use
from a4bridge.core.settings import Channels, Records, Settings

A4, MKII, DIGITAKT = box("analog-four"), box("analog-four-mkii"), box("digitakt")


@pytest.mark.parametrize(
    ("linked", "settings", "this_run", "expected"),
    [
        (None, ("", None), None, (A4, 9)),
        (A4, ("", None), None, (A4, 9)),
        (DIGITAKT, ("", None), None, (DIGITAKT, 14)),
        (None, ("digitakt", None), None, (DIGITAKT, 14)),
        (A4, ("digitakt", None), None, (A4, 9)),
        (A4, ("", 12), None, (A4, 12)),
        (MKII, ("", 12), None, (MKII, 12)),
        (None, ("", 12), None, (A4, 12)),
        (A4, ("analog-four", 12), None, (A4, 12)),
        (None, ("analog-four", 12), None, (A4, 12)),
        (DIGITAKT, ("analog-four", 12), None, (DIGITAKT, 14)),
        (A4, ("analog-four", 12), 3, (A4, 3)),
        (DIGITAKT, ("analog-four", 12), 3, (DIGITAKT, 3)),
        (None, ("", None), 3, (A4, 3)),
    ],
    ids=[
        "nothing-is-known",
        "linked",
        "linked-another-box",
        "named-in-settings",
        "linked-before-settings",
        "changed-on-the-box-that-is-linked",
        "changed-on-whatever-box",
        "changed-and-not-linked",
        "changed-on-the-named-box",
        "changed-on-the-named-box-not-linked",
        "changed-on-another-box-than-the-linked",
        "this-run-before-settings",
        "this-run-on-another-box",
        "this-run-before-the-factory",
    ],
)
def test_auto_is_this_runs_else_the_settings_for_their_box_else_the_linked_boxs(
    linked: Box | None, settings: tuple[str, int | None], this_run: int | None, expected: tuple[Box, int]
) -> None:
    named, changed = settings

    result = box_in_use(Settings.model_validate({"box": named, "channels": {"auto": changed}}), linked, this_run)

    assert (result.key, result.auto) == (expected[0].key, expected[1])


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("channels", "auto", 12),
        ("channels", "tracks", (11, 12, 13, 14)),
        ("channels", "fx", 15),
        ("channels", "cv", 16),
        ("channels", "perf", 7),
        ("channels", "macros", {"A": 20, "12": 21}),
        ("records", "live_auto", Recorded.NO),
        ("records", "live_track", Recorded.YES),
        ("records", "grid_auto", Recorded.UNKNOWN),
        ("records", "grid_track", Recorded.TICKED),
    ],
)
def test_everything_about_the_box_can_be_changed_and_the_rest_stays(table: str, key: str, value: Any) -> None:
    settings = Settings.model_validate({table: {key: value}})
    changed = {key: value} if table == "channels" else {"records": replace(A4.records, **{key: value})}

    assert box_in_use(settings, A4) == replace(A4, **changed)
    assert box_in_use(settings.model_copy(update={"box": "digitakt"}), A4) == A4


def test_every_key_about_the_box_is_in_the_table_above() -> None:
    marks = getattr(test_everything_about_the_box_can_be_changed_and_the_rest_stays, "pytestmark")  # noqa: B009 - unknown to mypy

    assert {(table, key) for table, key, _ in marks[0].args[1]} == {
        *(("channels", key) for key in Channels.model_fields),
        *(("records", key) for key in Records.model_fields),
    }
