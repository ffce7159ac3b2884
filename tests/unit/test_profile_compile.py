import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiles import PROFILES

from a4bridge.core.boxes import Box, box, boxes
from a4bridge.core.compile import CompileError, compile_route
from a4bridge.core.controls import NOT_TO_BE_LISTED
from a4bridge.core.destination import Destination, Target
from a4bridge.core.library import Library
from a4bridge.core.profile import Profile
from a4bridge.core.route import ANY_VELOCITY, Knob, Mono, Order, Route, Steal, Sustain, Zone
from a4bridge.core.settings import Settings
from a4bridge.core.shipped import shipped
from a4bridge.core.tomlfile import read

DEFAULTS = Settings()
PROFILE_FILES = sorted(shipped("config", "profiles").glob("*.toml"))


def profile(**keys: Any) -> Profile:
    return Profile.model_validate({"description": "x"} | keys)


@given(PROFILES, st.sampled_from(boxes()), st.none() | st.integers(10, 16))
def test_every_profile_that_validates_compiles_for_a_box_that_has_its_destinations(
    keys: dict[str, Any], linked: Box, auto_channel: int | None
) -> None:
    analog_four = box("analog-four")
    has_everything = dataclasses.replace(
        linked, **{part: getattr(analog_four, part) for part in ("tracks", "auto", "fx", "cv", "perf", "macros")}
    )

    try:
        route = compile_route("x", Profile.model_validate(keys), DEFAULTS, has_everything, auto_channel)
    except CompileError as error:  # "auto" and "channel 12" are the same where the auto channel is 12
        assert "are the same channel" in str(error)  # noqa: PT017 - it depends on what was drawn
        return

    for zone in route.zones:
        assert all(1 <= channel <= 16 for channel in zone.channels)
        assert not set(zone.control_changes) & set(NOT_TO_BE_LISTED)
        assert zone.velocities == ANY_VELOCITY or (
            len(zone.velocities) == 128 and set(zone.velocities) <= {*range(1, 128)}
        )
        assert all(len(knob.values) == 128 and set(knob.values) <= {*range(128)} for knob in zone.knobs)
    assert Route.from_data(route.to_data()) == route


VELOCITY = st.integers(1, 127)


@given(
    st.one_of(
        VELOCITY.map(lambda fixed: {"fixed": fixed}),
        st.floats(0.1, 10).map(lambda gamma: {"gamma": gamma}),
        st.lists(VELOCITY, min_size=2, max_size=2).map(lambda ends: {"range": ends}),
        st.lists(VELOCITY, min_size=127, max_size=127).map(lambda table: {"table": table}),
    )
)
def test_no_velocity_that_was_one_becomes_none(velocity: dict[str, Any]) -> None:
    (zone,) = compile_route("x", profile(zones=[{"velocity": velocity}]), DEFAULTS).zones

    become = zone.velocities[1:]
    assert len(become) == 127
    assert all(1 <= each <= 127 for each in become)
    if "range" in velocity:
        assert [become[0], become[-1]] == velocity["range"]
    if "gamma" in velocity:
        assert become[-1] == 127
    if "table" not in velocity:
        assert list(become) in (sorted(become), sorted(become, reverse=True))


@given(st.integers(0, 127), st.integers(0, 127), st.floats(0.1, 10))
def test_a_knob_goes_from_one_end_of_its_range_to_the_other(low: int, high: int, curve: float) -> None:
    knobs = [{"cc": 1, "to": 2, "range": [low, high], "curve": curve}]

    (knob,) = compile_route("x", profile(zones=[{"knobs": knobs}]), DEFAULTS).zones[0].knobs

    assert (knob.values[0], knob.values[-1]) == (low, high)
    assert list(knob.values) == sorted(knob.values, reverse=low > high)


PASSING: dict[str, Any] = {"pitch_bend": True, "channel_pressure": True, "control_changes": (1, 2)}
EVEN = tuple(range(128))
MACROS = (3, 4, 8, 9, 11, 64, 65, 66, 67, 68)


def test_the_shipped_profiles_come_to_what_they_promise() -> None:
    routes = {file.stem: compile_route(file.stem, read(file, Profile), DEFAULTS) for file in PROFILE_FILES}

    assert routes == {
        "liverec": Route("liverec", (Zone((9,), **PASSING),), thinning=300),
        "gridrec": Route("gridrec", (Zone((9,)),), sustain=Sustain.DROP, thinning=300),
        "multitrack": Route(
            "multitrack", tuple(Zone((track,), channel=track, **PASSING) for track in (1, 2, 3, 4)), thinning=300
        ),
        "split": Route(
            "split",
            (
                Zone((2,), high=59, transpose=-12, mono=Mono.LAST, **PASSING),
                Zone((1,), low=60, **PASSING),
            ),
            thinning=300,
        ),
        "spread": Route(
            "spread", (Zone((1, 2, 3, 4), order=Order.LOWEST, steal=Steal.OLDEST, **PASSING),), thinning=300
        ),
        "play": Route(
            "play",
            (
                Zone((9,), **PASSING),
                Zone((9,), notes=False, knobs=tuple(Knob(70 + at, to, 9, EVEN) for at, to in enumerate(MACROS))),
            ),
            thinning=300,
        ),
        "daw": Route(
            "daw",
            (
                Zone(
                    pitch_bend=True,
                    channel_pressure=True,
                    poly_pressure=True,
                    program_change=True,
                    nrpn=True,
                    control_changes=tuple(number for number in range(120) if number not in NOT_TO_BE_LISTED),
                ),
            ),
            sustain=Sustain.PASS,
            clock=True,
            transport=True,
            sysex_bytes=4096,
        ),
        "duo": Route("duo", (Zone((1,), source=0, **PASSING), Zone((2,), source=1, **PASSING)), thinning=300),
    }


def test_the_shipped_profiles_listen_where_they_should() -> None:
    profiles = {file.stem: read(file, Profile) for file in PROFILE_FILES}

    assert {name: each.inputs for name, each in profiles.items() if each.inputs} == {"daw": ("a4bridge",)}
    assert {name: each.sources for name, each in profiles.items() if each.sources} == {"duo": ("*#1", "*#2")}
    assert {name for name, each in profiles.items() if each.only_destination} == {"liverec", "gridrec", "play"}


@pytest.mark.parametrize("file", PROFILE_FILES, ids=lambda file: file.stem)
def test_a_shipped_profile_is_short_and_says_what_must_be_ticked_for_it(file: Any) -> None:
    text = file.read_text(encoding="utf-8")
    route = compile_route("x", read(file, Profile), DEFAULTS)
    plays_tracks = any(not zone.channels or set(zone.channels) & {1, 2, 3, 4} for zone in route.zones)
    words = " ".join(text.replace("\n#", " ").split())

    assert len(text.splitlines()) < 30
    assert max(map(len, text.splitlines())) <= 120
    assert text.startswith("# ")
    assert ("LIVE REC ON TRACK CHANNEL" in words) is plays_tracks
    if plays_tracks:
        assert "MIDI CONFIG > MIDI PORT CONFIG" in words
        assert "Grid recording, a [TRIG] held, does not hear track channels" in words or "never on the grid" in words


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
        ("perf", "analog-four", 8),
        ("perf", "analog-rytm-mkii", 15),
        ("channel 16", "analog-four", 16),
        ("channel 1", "model-cycles", 1),
    ],
)
def test_a_destination_is_a_channel_of_the_linked_box(destination: str, key: str, channel: int) -> None:
    (zone,) = compile_route("x", profile(destination=destination), DEFAULTS, box(key)).zones

    assert zone.channels == (channel,)


def test_the_channel_that_is_kept_is_none_in_particular() -> None:
    assert compile_route("x", profile(destination="keep"), DEFAULTS).zones[0].channels == ()


WRONG_FOR_THE_BOX: list[tuple[dict[str, Any], str, str, str]] = [
    ({"destination": "track 5"}, "analog-four", "destination", "track 5: an Analog Four has tracks 1 to 4"),
    ({"destination": "track 13"}, "analog-rytm", "destination", "track 13: an Analog Rytm has tracks 1 to 12"),
    ({"destination": "track 1"}, "analog-heat", "destination", "track 1: an Analog Heat has no tracks"),
    ({"destination": "cv"}, "digitakt", "destination", "cv: a Digitakt has no CV track"),
    ({"destination": "fx"}, "model-cycles", "destination", "fx: a Model:Cycles has no FX track"),
    ({"destination": "perf"}, "digitakt", "destination", "perf: a Digitakt has no performance channel"),
    (
        {"zones": [{}, {"destination": ["track 1", "track 9"]}]},
        "analog-four",
        "zones.1.destination",
        "track 9: an Analog Four has tracks 1 to 4",
    ),
    (
        {"zones": [{"destination": ["auto", "channel 9"]}]},
        "analog-four",
        "zones.0.destination",
        "auto and channel 9 are the same channel, 9, on an Analog Four",
    ),
    (
        {"zones": [{"keys": "C5..B4"}]},
        "analog-four",
        "zones.0.keys",
        '"C5..B4" ends below its beginning: the lower key comes first',
    ),
    (
        {"zones": [{"keys": "C11.."}]},
        "analog-four",
        "zones.0.keys",
        "'C11' is no MIDI note: they reach from C0 (0) to G10 (127)",
    ),
    (
        {"zones": [{"knobs": [{"cc": 1, "to": "macro A"}]}]},
        "digitakt",
        "zones.0.knobs.0.to",
        "macro A: a Digitakt has no macros that are known",
    ),
    (
        {"zones": [{"knobs": [{"cc": 1, "to": "macro K"}]}]},
        "analog-four",
        "zones.0.knobs.0.to",
        "macro K: an Analog Four has the macros A, B, C, D, E, F, G, H, I and J",
    ),
    (
        {"zones": [{"knobs": [{"cc": 1, "to": 2}, {"cc": 2, "to": 2, "destination": "cv"}]}]},
        "digitakt",
        "zones.0.knobs.1.destination",
        "cv: a Digitakt has no CV track",
    ),
    (
        {"bindings": [{"note": "C-1", "panic": True}]},
        "analog-four",
        "bindings.0.note",
        "'C-1' is no MIDI note: they reach from C0 (0) to G10 (127)",
    ),
    (
        {"bindings": [{"note": 36, "track": 5}]},
        "analog-four",
        "bindings.0.track",
        "track 5: an Analog Four has tracks 1 to 4",
    ),
    (
        {"bindings": [{"note": "C3", "panic": True}, {"cc": 1, "panic": True}, {"note": 36, "use": "liverec"}]},
        "analog-four",
        "bindings.2.note",
        "is bound above already: an event does one thing",
    ),
]


@pytest.mark.parametrize(("keys", "linked", "key", "sentence"), WRONG_FOR_THE_BOX)
def test_what_the_box_does_not_have_is_said(keys: dict[str, Any], linked: str, key: str, sentence: str) -> None:
    with pytest.raises(CompileError) as caught:
        compile_route("x", profile(**keys), DEFAULTS, box(linked))

    assert (caught.value.key, str(caught.value)) == (key, sentence)


def test_bindings_on_other_keyboards_and_channels_are_others() -> None:
    bindings = [
        {"note": 36, "panic": True} | place for place in ({}, {"channel": 1}, {"channel": 2}, {"input": "pads"})
    ]

    assert len(compile_route("x", profile(bindings=bindings), DEFAULTS).bindings) == 4


def test_what_is_not_said_of_a_zone_is_as_in_the_profile() -> None:
    zones = [{}, {"filters": {"control_changes": [7], "pitch_bend": True}}]
    filters = {"pitch_bend": False, "program_change": True, "control_changes": [2, 119, 0, 2]}

    first, second = compile_route("x", profile(filters=filters, zones=zones), DEFAULTS).zones

    assert (first.pitch_bend, first.program_change, first.control_changes) == (False, True, (0, 2, 119))
    assert (second.pitch_bend, second.program_change, second.control_changes) == (True, True, (7,))


def test_a_knob_of_a_zone_with_several_destinations_turns_on_each() -> None:
    zone = {
        "destination": ["track 1", "track 2"],
        "knobs": [
            {"cc": 1, "to": 2},
            {"cc": 3, "to": 4, "destination": "keep"},
            {"cc": 5, "to": 7, "destination": "fx"},
        ],
    }

    (compiled,) = compile_route("x", profile(zones=[zone]), DEFAULTS).zones

    assert [(knob.controller, knob.channel) for knob in compiled.knobs] == [(1, 1), (1, 2), (3, None), (5, 5)]


TRACK_3 = Destination(Target.TRACK, 3)


def test_a_profile_with_one_destination_can_go_to_a_track_for_this_run() -> None:
    knobs = [{"cc": 1, "to": "macro A"}, {"cc": 2, "to": 3, "destination": "auto"}]
    zones = [{"keys": "..B4", "knobs": knobs}, {"keys": "C5..", "destination": "auto"}]

    route = compile_route("x", profile(zones=zones), DEFAULTS, track=TRACK_3)

    assert [zone.channels for zone in route.zones] == [(3,), (3,)]
    assert [knob.channel for knob in route.zones[0].knobs] == [3, 3]
    assert compile_route("x", profile(destination="track 1"), DEFAULTS, track=TRACK_3).zones[0].channels == (3,)


@pytest.mark.parametrize(
    "keys",
    [
        {"zones": [{}, {"destination": "track 1"}]},
        {"zones": [{"destination": ["track 1", "track 2"]}]},
        {"zones": [{"knobs": [{"cc": 1, "to": 2, "destination": "perf"}]}]},
        {"destination": "keep"},
    ],
)
def test_one_with_several_cannot(keys: dict[str, Any]) -> None:
    with pytest.raises(CompileError, match=r"^track 3 cannot take everything: mine has several destinations$"):
        compile_route("mine", profile(**keys), DEFAULTS, track=TRACK_3)


@pytest.mark.parametrize(("middle_c", "low"), [(5, 60), (4, 72), (3, 84)])
def test_the_settings_say_which_note_a_name_means(middle_c: int, low: int) -> None:
    settings = Settings.model_validate({"middle_c": middle_c})

    route = compile_route("x", profile(zones=[{"keys": "C5.."}], bindings=[{"note": "C5", "panic": True}]), settings)

    assert (route.zones[0].low, route.bindings[0].number) == (low, low)


@pytest.mark.parametrize(
    ("keys", "notes"),
    [
        ("..", (0, 127)),
        ("..B4", (0, 59)),
        ("60..", (60, 127)),
        ("c3..59", (36, 59)),
        ("C5", (60, 60)),
        ("0..0", (0, 0)),
    ],
)
def test_a_range_of_keys_has_both_its_ends(keys: str, notes: tuple[int, int]) -> None:
    (zone,) = compile_route("x", profile(zones=[{"keys": keys}]), DEFAULTS).zones

    assert (zone.low, zone.high) == notes


def test_inputs_are_counted_as_zones_and_then_bindings_name_them() -> None:
    zones = [{"input": "b"}, {}, {"input": "a"}, {"input": "b"}]
    both = profile(zones=zones, bindings=[{"input": name, "note": 1, "panic": True} for name in ("c", "a")])

    route = compile_route("x", both, DEFAULTS)

    assert both.sources == ("b", "a", "c")
    assert [zone.source for zone in route.zones] == [0, None, 1, 0]
    assert [binding.source for binding in route.bindings] == [2, 1]
