import pytest

from a4bridge.core.boxes import Box, box
from a4bridge.core.compile import box_in_use
from a4bridge.core.settings import Settings

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


def test_every_channel_can_be_changed_and_the_others_stay() -> None:
    settings = Settings.model_validate({"channels": {"tracks": [11, 12, 13, 14], "cv": 16}})

    result = box_in_use(settings, A4)

    assert (result.tracks, result.auto, result.fx, result.cv) == ((11, 12, 13, 14), 9, 5, 16)
