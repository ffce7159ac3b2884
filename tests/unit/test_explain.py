"""The corpus: data/explain/NAME.toml is a profile, NAME.settings.toml (if it is there) the settings with it.

NAME.txt is what is said: the summary, then the explanation.
"""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
from desk import Desk
from hypothesis import given, settings
from profiles import CHANNELS, PROFILES

from a4bridge.core import midi
from a4bridge.core.boxes import Box, box
from a4bridge.core.compile import CompileError, compile_route
from a4bridge.core.destination import Destination
from a4bridge.core.drops import drops_of
from a4bridge.core.explain import REASONS, explain, summary
from a4bridge.core.library import Library
from a4bridge.core.outcomes import Outcome, is_drop
from a4bridge.core.profile import Profile
from a4bridge.core.recording import cannot_record
from a4bridge.core.route import Route
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import read

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
    profile, its_settings = sources(name)
    return "\n".join([summary(profile, its_settings), *explain(name, profile, its_settings), ""])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_about_a_profile_is_in_the_corpus(name: str) -> None:
    assert said_about(name) == CORPUS.joinpath(f"{name}.txt").read_text(encoding="utf-8")


def test_every_profile_of_the_corpus_and_every_shipped_one_has_its_text() -> None:
    profiles = {file.stem for file in CORPUS.glob("*.toml") if not file.stem.endswith(".settings")}

    assert set(NAMES) == profiles | {entry.name for entry in LIBRARY.profiles()}


def test_every_kind_that_a_profile_may_drop_has_its_reason() -> None:
    not_the_profiles_doing = {
        Outcome.NO_DESTINATION,
        Outcome.NOT_SOUNDING,
        Outcome.MALFORMED,
        Outcome.FAILED,
        Outcome.LOOP,
        Outcome.OVERLOAD,
        Outcome.HUSHED,
    }

    assert set(REASONS) == {outcome for outcome in Outcome if is_drop(outcome)} - not_the_profiles_doing


NOTES: Final = range(midi.NOTES)
VALUES_BEFORE_NUMBERS: Final = [midi.CC_DATA, midi.CC_DATA_FINE, *NOTES]


def everything_on(channel: int) -> list[list[int]]:
    """Return every kind of channel message, with each number."""
    # Keys are held together, struck upwards, then from both ends, so that each way to be silent is met.
    messages = [
        *((midi.NOTE_ON, note, 100) for note in NOTES),
        *((midi.POLY_PRESSURE, note, 100) for note in NOTES),
        *((midi.NOTE_OFF, note, 64) for note in NOTES),
        *((midi.NOTE_ON, note, 100) for note in (12, *reversed(NOTES))),
        *((midi.CONTROL_CHANGE, number, 0) for number in VALUES_BEFORE_NUMBERS),
        *((midi.PROGRAM_CHANGE, number) for number in NOTES),
        (midi.CHANNEL_PRESSURE, 100),
        (midi.PITCH_BEND, 0, 64),
    ]
    return [[midi.status(kind, channel), *data] for kind, *data in messages]


SYSTEM: Final = [
    [status, 0, 0][: midi.LENGTHS[status]] for status in range(midi.TIME_CODE, 256) if midi.LENGTHS[status]
]


def dropped_by_the_engine(route: Route, inputs: list[frozenset[int]], channels: Iterable[int]) -> set[Outcome]:
    """Return why an engine drops something, when everything there is is played on each of `inputs`."""
    dropped: set[Outcome] = set()
    for sources_of_it in inputs:
        desk = Desk(None, "A", connected=False)
        desk.forwarder.connect(lambda _message: None)
        desk.forwarder.set_route(route, {0: sources_of_it})
        for message in chain(SYSTEM, *map(everything_on, channels)):
            desk.receive("A", message)
        desk.forwarder.sysex_receiver(0)(([midi.SYSEX, *[0] * route.sysex_bytes, midi.SYSEX_END], 0.001), None)
        desk.forwarder.fold()
        assert list(desk.forwarder.troubles) == []
        dropped |= {outcome for outcome, count in desk.page.outcomes().items() if count}
    return dropped & set(REASONS)


def inputs_of(profile: Profile) -> list[frozenset[int]]:
    """Return an input for each that the profile names, and one that it does not."""
    return [frozenset(), *(frozenset({source}) for source in range(len(profile.sources)))]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_to_be_dropped_is_what_the_engine_drops(name: str) -> None:
    profile, its_settings = sources(name)
    route = compile_route(name, profile, its_settings)

    assert drops_of(route).outcomes == dropped_by_the_engine(route, inputs_of(profile), range(1, midi.CHANNELS + 1))


@settings(max_examples=25)
@given(PROFILES)
def test_no_profile_makes_the_engine_drop_what_is_not_said_to_be_dropped(keys: dict[str, Any]) -> None:
    profile = Profile.model_validate(keys)
    route = compile_route("any", profile, DEFAULTS)

    dropped = dropped_by_the_engine(route, inputs_of(profile), sorted(CHANNELS))

    assert dropped <= set(drops_of(route).outcomes)


HOLES: Final = ("  ", " ,", " .", " ;", "()", "..", " None", "[", "<")


@given(PROFILES)
def test_every_profile_is_told_in_whole_lines_without_a_hole(keys: dict[str, Any]) -> None:
    profile = Profile.model_validate(keys)

    for line in (summary(profile, DEFAULTS), *explain("x", profile, DEFAULTS)):
        assert line.isprintable()
        assert [hole for hole in HOLES if hole in line.removeprefix("  ")] == []


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


def test_the_track_of_this_run_is_told() -> None:
    profile = read(LIBRARY.find("gridrec"), Profile)
    track = Destination.parse("track 3")

    told = explain("gridrec", profile, DEFAULTS, track=track)

    assert "To: the Elektron box that is found, track 3 (channel 3 on an Analog Four)." in told
    assert "On the box: MIDI CONFIG > MIDI CHANNELS > TRACK 3 must be 3." in told
    assert "Grid and step recording: no, they hear the auto channel only." in told
    assert "all keys to track 3" in summary(profile, DEFAULTS, track=track)


def test_what_the_box_does_not_record_is_in_the_summary() -> None:
    profile = read(LIBRARY.find("multitrack"), Profile)

    for sentence in cannot_record(compile_route("multitrack", profile, DEFAULTS), box("analog-four")):
        assert sentence in summary(profile, DEFAULTS)


def test_what_the_box_does_not_have_is_not_explained() -> None:
    profile = Profile.model_validate({"description": "x", "destination": "track 9"})

    with pytest.raises(CompileError, match="an Analog Four has tracks 1 to 4"):
        explain("x", profile, DEFAULTS)
    with pytest.raises(CompileError, match="an Analog Four has tracks 1 to 4"):
        summary(profile, DEFAULTS)
