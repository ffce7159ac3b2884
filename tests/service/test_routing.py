"""What is wanted by a profile and by what a person asked for a run, and how it is told where everything goes."""

from pathlib import Path

import pytest

from a4bridge.core.boxes import box
from a4bridge.core.library import Library
from a4bridge.core.names import Match
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import parse
from a4bridge.ports.choose import Wanted
from a4bridge.service.routing import Asked, Routing, RoutingError

NOBODY = Asked()


def routing(text: str, asked: Asked = NOBODY) -> Routing:
    profile = parse(f'description = "a profile"\n{text}'.encode(), Path("mine.toml"), Profile)
    return Routing("mine", profile, Settings(aliases={"pads": "MPK mini", "daw": "a4bridge"}), asked=asked)


def named(*texts: str) -> tuple[Match, ...]:
    return tuple(map(Match.parse, texts))


ALL_NAMED = '[[zones]]\ninput = "one"\n[[zones]]\ninput = "pads"\n'
ONE_NAMED = '[[zones]]\ninput = "one"\n[[zones]]\n'
BOUND = '[[bindings]]\ninput = "pads"\nnote = 36\npanic = true\n'


@pytest.mark.parametrize(
    ("text", "asked", "wanted"),
    [
        pytest.param("", NOBODY, Wanted(keyboards=True), id="every keyboard"),
        pytest.param('inputs = ["one"]', NOBODY, Wanted(inputs=named("one")), id="the profile's input"),
        pytest.param(
            'inputs = ["one"]\noutput = "four"',
            Asked(inputs=("two",), output="keys"),
            Wanted(inputs=named("two"), output=Match.parse("keys")),
            id="what is asked counts before the profile",
        ),
        pytest.param(ALL_NAMED, NOBODY, Wanted(named("one", "MPK mini")), id="zones that leave nothing to others"),
        pytest.param(ONE_NAMED, NOBODY, Wanted(named("one"), keyboards=True), id="a zone for all and one for one"),
        pytest.param(BOUND, NOBODY, Wanted(named("MPK mini"), keyboards=True), id="an input that is only bound"),
        pytest.param(
            ONE_NAMED, Asked(inputs=("two",)), Wanted(named("one"), named("two")), id="what a zone names is there too"
        ),
        pytest.param(
            "", Asked(virtual=True), Wanted((), named("a4bridge"), keyboards=True), id="our own port beside the others"
        ),
        pytest.param(
            'inputs = ["one"]',
            Asked(virtual=True),
            Wanted((), named("one", "a4bridge")),
            id="or beside the one that is named",
        ),
        pytest.param('inputs = ["daw"]', NOBODY, Wanted((), named("a4bridge")), id="our own port by an alias"),
    ],
)
def test_the_ports_that_are_wanted(text: str, asked: Asked, wanted: Wanted) -> None:
    assert routing(text, asked).wanted() == wanted


def zones(*destinations: str) -> str:
    return "".join(f"[[zones]]\ndestination = {each}\n" for each in destinations)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "auto channel 9"),
        ('destination = "track 2"', "track 2 (channel 2)"),
        ('destination = "fx"', "the FX track (channel 5)"),
        ('destination = "channel 12"', "channel 12"),
        ('destination = "keep"', "channels as they come"),
        (zones('"track 2"', '"track 2"'), "track 2 (channel 2)"),
        (zones('["track 1", "track 2", "track 3", "track 4"]'), "tracks 1 to 4"),
        (zones('"track 4"', '"track 1"'), "tracks 1 and 4"),
        (zones('"track 2"', '"auto"'), "auto channel 9 and track 2"),
        (zones('"cv"', '"channel 12"', '["track 3", "track 1"]'), "the CV track, channel 12 and tracks 1 and 3"),
    ],
)
def test_where_everything_goes_is_told_in_a_few_words(text: str, said: str) -> None:
    mine = routing(text)

    assert mine.destination(mine.route_for(None)) == said


def test_a_track_takes_the_place_of_the_single_destination() -> None:
    mine = routing("").on_track("3")

    assert mine.route_for(None).zones[0].channels == (3,)
    assert mine.destination(mine.route_for(None)) == "track 3 (channel 3)"
    assert mine.on_track("auto").route_for(box("digitakt")).zones[0].channels == (14,)


@pytest.mark.parametrize(
    ("text", "word", "sentence"),
    [
        (zones('"track 2"', '"auto"'), "3", "track 3 cannot take everything: mine has several destinations"),
        (zones('"keep"'), "auto", "the auto channel cannot take everything: mine leaves the channels as they come"),
    ],
)
def test_a_track_is_refused_where_there_is_no_single_destination(text: str, word: str, sentence: str) -> None:
    with pytest.raises(RoutingError) as refused:
        routing(text).on_track(word)

    assert str(refused.value) == sentence


def test_another_profile_is_taken_as_it_is_written_and_keeps_what_was_asked(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/other.toml").write_text('description = "other"\ninputs = ["one"]\n')
    mine = routing("", Asked(inputs=("two",))).on_track("3")

    other = mine.using("other", Library((tmp_path,), tmp_path / "shipped"))

    assert (other.name, other.profile.description, other.track) == ("other", "other", None)
    assert other.wanted() == Wanted(inputs=named("two"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"other\.toml:1: description: is required$"),
        ('description = 1\nnotes = 2\nother = "a"\n', r"other\.toml:1: description: must be text.* \(and 2 more\)$"),
        (
            'description = "other"\ndestination = "track 9"\n',
            r"other\.toml:2: destination: track 9: an Analog Four has",
        ),
    ],
)
def test_what_is_wrong_with_another_profile_is_told_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/other.toml").write_text(text)

    with pytest.raises(RoutingError, match=sentence):
        routing("").using("other", Library((tmp_path,), tmp_path / "shipped")).check(None)


def test_a_track_that_the_box_lacks_is_told_without_a_place() -> None:
    with pytest.raises(RoutingError, match=r"^track 7: an Analog Four has tracks 1 to 4$"):
        routing("").on_track("7").check(None)


def test_a_panic_reaches_every_channel_of_the_box_and_of_the_route() -> None:
    mine = routing('destination = "channel 12"')

    channels = mine.panic_channels(mine.route_for(None), None)

    assert channels[:4] == [1, 2, 3, 4]
    assert {5, 6, 9, 12} <= set(channels)
    assert len(channels) == len(set(channels))


def test_each_channel_of_a_box_has_the_name_of_what_it_leads_to() -> None:
    a4 = routing("").channel_titles(box("analog-four"))
    keys = Routing("mine", routing("").profile, Settings(), auto_channel=2).channel_titles(None)

    assert a4[:4] == [f"track {number} (channel {number})" for number in range(1, 5)]
    assert a4[4:9] == [
        "FX track (channel 5)",
        "CV track (channel 6)",
        "channel 7",
        "performance channel (channel 8)",
        "auto channel 9",
    ]
    assert a4[9:] == [f"channel {number}" for number in range(10, 17)]
    assert keys[1] == "auto channel 2"
    assert routing("").channel_titles(box("digitakt"))[15] == "channel 16"


def test_each_channel_of_the_box_is_called_by_what_it_is_for() -> None:
    mine = routing("")

    assert mine.channels(None) == {
        **{number: f"track {number}" for number in range(1, 5)},
        5: "FX track",
        6: "CV track",
        8: "performance channel",
        9: "auto channel",
    }
    assert mine.channels(box("digitakt"))[8] == "track 8"


def test_a_zone_is_called_by_its_name_or_its_number() -> None:
    assert routing('[[zones]]\nname = "bass"\n[[zones]]\n').zone_names == ("bass", "zone 2")
    assert routing("").zone_names == ()
