import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.boxes import Box, box, boxes
from a4bridge.core.compile import CompileError, compile_route
from a4bridge.core.explain import explain, summary
from a4bridge.core.library import Library
from a4bridge.core.profile import NOT_TO_BE_LISTED, Profile
from a4bridge.core.route import Route, Sustain
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import read

DEFAULTS = Settings()


def profile(**keys: Any) -> Profile:
    return Profile.model_validate({"description": "x"} | keys)


PORTS = st.sampled_from(["Keystation", "MPK mini*", "keys", "Launchkey #2"])
PROFILES = st.fixed_dictionaries(
    {"description": st.text(min_size=1, max_size=200).filter(lambda text: text.strip() and text.isprintable())},
    optional={
        "inputs": st.lists(PORTS, max_size=3),
        "output": PORTS | st.just(""),
        "destination": st.sampled_from(["auto", "fx", "cv"])
        | st.builds("{} {}".format, st.sampled_from(["track", "channel"]), st.integers(1, 16)),
        "sustain": st.sampled_from(["hold", "drop", "pass"]),
        "filters": st.fixed_dictionaries(
            {},
            optional={
                "notes": st.booleans(),
                "pitch_bend": st.booleans(),
                "channel_pressure": st.booleans(),
                "control_changes": st.lists(st.integers(0, 119).filter(lambda n: n not in NOT_TO_BE_LISTED)),
            },
        ),
    },
)


@given(PROFILES, st.sampled_from(boxes()), st.none() | st.integers(1, 16))
def test_every_profile_that_validates_compiles_for_a_box_that_has_its_destination(
    keys: dict[str, Any], linked: Box, auto_channel: int | None
) -> None:
    validated = Profile.model_validate(keys)
    has_everything = dataclasses.replace(linked, tracks=tuple(range(1, 17)), fx=5, cv=6)

    route = compile_route("x", validated, DEFAULTS, has_everything, auto_channel)

    assert 1 <= route.channel <= 16
    assert not set(route.control_changes) & set(NOT_TO_BE_LISTED)
    assert Route.from_data(route.to_data()) == route
    for sentence in (
        summary(validated, DEFAULTS, has_everything),
        *explain("x", validated, DEFAULTS, has_everything, auto_channel),
    ):
        assert sentence
        assert sentence.isprintable()


def test_the_shipped_profiles_come_to_what_they_promise() -> None:
    routes = {
        entry.name: compile_route(entry.name, read(entry.file, Profile), DEFAULTS)
        for entry in Library.standard({}).profiles()
        if entry.name in {"liverec", "gridrec"}
    }

    assert routes == {
        "liverec": Route("liverec", 9, True, True, True, (1, 2), Sustain.HOLD),
        "gridrec": Route("gridrec", 9, True, False, False, (), Sustain.DROP),
    }


def test_a_profile_that_says_nothing_is_liverec() -> None:
    liverec = read(Library.standard({}).find("liverec"), Profile)

    assert liverec == profile(description=liverec.description)


@pytest.mark.parametrize(
    ("destination", "key", "channel"),
    [
        ("auto", "analog-four", 9),
        ("auto", "analog-rytm", 14),
        ("track 1", "analog-four", 1),
        ("track 4", "analog-keys", 4),
        ("track 12", "analog-rytm", 12),
        ("fx", "analog-four-mkii", 5),
        ("fx", "analog-rytm", 13),
        ("cv", "analog-four", 6),
        ("channel 16", "analog-four", 16),
        ("channel 1", "model-cycles", 1),
    ],
)
def test_a_destination_is_a_channel_of_the_linked_box(destination: str, key: str, channel: int) -> None:
    assert compile_route("x", profile(destination=destination), DEFAULTS, box(key)).channel == channel


@pytest.mark.parametrize(
    ("destination", "key", "sentence"),
    [
        ("track 5", "analog-four", "track 5: an Analog Four has tracks 1 to 4"),
        ("track 13", "analog-rytm", "track 13: an Analog Rytm has tracks 1 to 12"),
        ("track 1", "analog-heat", "track 1: an Analog Heat has no tracks"),
        ("cv", "digitakt", "cv: a Digitakt has no CV track"),
        ("fx", "model-cycles", "fx: a Model:Cycles has no FX track"),
    ],
)
def test_a_destination_that_the_box_does_not_have_is_said(destination: str, key: str, sentence: str) -> None:
    with pytest.raises(CompileError) as caught:
        compile_route("x", profile(destination=destination), DEFAULTS, box(key))

    assert str(caught.value) == sentence
    assert caught.value.key == "destination"


def test_control_changes_are_sorted_and_each_is_there_once() -> None:
    route = compile_route("x", profile(filters={"control_changes": [2, 119, 0, 2]}), DEFAULTS)

    assert route.control_changes == (0, 2, 119)
