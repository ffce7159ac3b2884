"""The corpus: data/explain/NAME.toml is a profile, NAME.settings.toml (if it is there) the settings with it.

NAME.txt is what is said: the summary, then the explanation.
"""

from pathlib import Path

import pytest

from a4bridge.core import midi
from a4bridge.core.boxes import Box, box
from a4bridge.core.compile import CompileError, compile_route
from a4bridge.core.explain import REASONS, explain, summary
from a4bridge.core.library import Library
from a4bridge.core.outcomes import Outcome
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import read
from a4bridge.engine.handlers import Keys, handlers_of
from a4bridge.engine.sounding import Sounding

CORPUS = Path(__file__).parent / "data" / "explain"
LIBRARY = Library.standard({})
NAMES = sorted(file.stem for file in CORPUS.glob("*.txt"))
DEFAULTS = Settings()


def sources(name: str) -> tuple[Profile, Settings]:
    file = CORPUS / f"{name}.toml"
    settings_file = CORPUS / f"{name}.settings.toml"
    return (
        read(file if file.exists() else LIBRARY.find(name), Profile),
        Settings.load(settings_file if settings_file.exists() else None),
    )


def said_about(name: str) -> str:
    profile, settings = sources(name)
    return "\n".join([summary(profile, settings), *explain(name, profile, settings), ""])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_about_a_profile_is_in_the_corpus(name: str) -> None:
    assert said_about(name) == CORPUS.joinpath(f"{name}.txt").read_text(encoding="utf-8")


def test_every_profile_of_the_corpus_and_every_shipped_one_has_its_text() -> None:
    profiles = {file.stem for file in CORPUS.glob("*.toml") if not file.stem.endswith(".settings")}

    assert set(NAMES) == profiles | {entry.name for entry in LIBRARY.profiles()}


def test_every_kind_that_a_profile_may_drop_has_its_reason() -> None:
    assert set(REASONS) == {outcome for outcome in Outcome if Outcome.NOTES_FILTERED <= outcome <= Outcome.SYSTEM_RESET}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_to_be_dropped_is_what_the_engine_drops(name: str) -> None:
    sounding = Sounding(memoryview(bytearray(midi.CHANNELS * midi.NOTES)))
    sounding.send = lambda _message: None
    handlers = handlers_of(compile_route(name, *sources(name)), Keys(sounding))

    results = [
        handlers[status]([status, data, 127][: midi.LENGTHS[status] or 3])
        for status in range(midi.NOTE_OFF, midi.SYSTEM_RESET + 1)
        for data in range(midi.NOTES)
    ]

    dropped = {f"- {REASONS[result]}" for result in results if isinstance(result, Outcome) and result in REASONS}
    assert {line for line in said_about(name).splitlines() if line.startswith("- ")} == dropped


@pytest.mark.parametrize(
    ("linked", "auto_channel", "place"),
    [
        (None, None, "the auto channel (9 on an Analog Four)"),
        (box("analog-four-mkii"), None, "the auto channel (9 on an Analog Four MKII)"),
        (box("analog-rytm"), None, "the auto channel (14 on an Analog Rytm)"),
        (box("analog-rytm"), 3, "the auto channel (3 on an Analog Rytm)"),
    ],
)
def test_the_linked_box_and_this_runs_channel_are_told(
    linked: Box | None, auto_channel: int | None, place: str
) -> None:
    profile = Profile(description="x")

    assert place in summary(profile, DEFAULTS, linked, auto_channel)
    assert f"To: the Elektron box that is found, {place}." in explain("x", profile, DEFAULTS, linked, auto_channel)


def test_what_the_box_does_not_have_is_not_explained() -> None:
    profile = Profile.model_validate({"description": "x", "destination": "track 9"})

    with pytest.raises(CompileError, match="an Analog Four has tracks 1 to 4"):
        explain("x", profile, DEFAULTS)
    with pytest.raises(CompileError, match="an Analog Four has tracks 1 to 4"):
        summary(profile, DEFAULTS)
