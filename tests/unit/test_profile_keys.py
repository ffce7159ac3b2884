"""Every key of a profile: what it does to the route, what is said if it is wrong, and its line in docs/profiles.md."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from a4bridge.core.compile import compile_route
from a4bridge.core.destination import Destination, Target
from a4bridge.core.profile import Profile
from a4bridge.core.reference import TABLES, renewed
from a4bridge.core.route import Action, Binding, Knob, Mono, Order, Route, Steal, Sustain, Trigger, Zone
from a4bridge.core.settings import Settings
from a4bridge.core.tables import tables_of
from a4bridge.core.tomlfile import FileErrors, parse

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "profiles.md"
EVEN: Final = tuple(range(128))


class Case(NamedTuple):
    """How a key is used.

    right: what a profile says, each key on a line of its own; `effect` of it is `becomes`, and something else if the
    last line is left out. wrong: what a profile says instead, and what is said about it, from the line's number on.
    """

    right: str
    effect: Callable[[Profile, Route], object]
    becomes: object
    wrong: str
    says: str


def of_zone(name: str) -> Callable[[Profile, Route], object]:
    return lambda _profile, route: getattr(route.zones[0], name)


def of_each_zone(name: str) -> Callable[[Profile, Route], object]:
    return lambda _profile, route: [getattr(zone, name) for zone in route.zones]


def of_route(name: str) -> Callable[[Profile, Route], object]:
    return lambda _profile, route: getattr(route, name)


def of_profile(name: str) -> Callable[[Profile, Route], object]:
    return lambda profile, _route: getattr(profile, name)


def first_binding(_profile: Profile, route: Route) -> Binding:
    return route.bindings[0]


def first_knob(_profile: Profile, route: Route) -> Knob:
    return route.zones[0].knobs[0]


TRUE_OR_FALSE: Final = "must be true or false"
SPREAD: Final = '[[zones]]\ndestination = ["track 1", "track 2"]\n'
KNOB: Final = '[[zones]]\n[[zones.knobs]]\ncc = 1\nto = "macro B"\n'
PANIC: Final = "[[bindings]]\npanic = true\n"
PEDAL: Final = "[[bindings]]\nsustain = true\n"
NOTE: Final = "[[bindings]]\nnote = 36\n"

CASES: Final[dict[str, Case]] = {
    "description": Case('description = "two"', of_profile("description"), "two", "", "1: description: is required"),
    "inputs": Case(
        'inputs = ["keys", "a4bridge"]',
        of_profile("inputs"),
        ("keys", "a4bridge"),
        'inputs = "keys"',
        '2: inputs: must be a list in [ ], not "keys"',
    ),
    "output": Case(
        'output = "UM-ONE"', of_profile("output"), "UM-ONE", "output = 1", "2: output: must be text in quotes, not 1"
    ),
    "destination": Case(
        'destination = "track 2"',
        of_zone("channels"),
        (2,),
        'destination = "track 2"\n[[zones]]',
        "2: destination: belongs in each of the zones, where there are any",
    ),
    "sustain": Case(
        'sustain = "drop"',
        of_route("sustain"),
        Sustain.DROP,
        'sustain = "hod"',
        '2: sustain: must be "hold", "drop" or "pass", not "hod"; did you mean "hold"?',
    ),
    "filters": Case(
        "[filters]\nnrpn = true", of_zone("nrpn"), True, "filters = true", "2: filters: must be a table, not true"
    ),
    "limits": Case(
        "[limits]\nbend_and_pressure = 9", of_route("thinning"), 9, "limits = 9", "2: limits: must be a table, not 9"
    ),
    "zones": Case(
        '[[zones]]\ndestination = "track 1"\n[[zones]]',
        lambda _profile, route: len(route.zones),
        2,
        "zones = 2",
        "2: zones: must be a list of tables, each of which begins with [[zones]], not 2",
    ),
    "bindings": Case(
        "bindings = [{ note = 36, panic = true }]",
        of_route("bindings"),
        (Binding(Trigger.NOTE, 36, Action.PANIC),),
        "[bindings]\nnote = 36",
        "2: bindings: must be a list of tables, each of which begins with [[bindings]], not a table",
    ),
    **{
        f"filters.{name}": Case(
            f"[filters]\n{name} = {str(passes).lower()}",
            of_zone(name),
            passes,
            f"[filters]\n{name} = 1",
            f"3: filters.{name}: {TRUE_OR_FALSE}, not 1",
        )
        for name, passes in {
            "notes": False,
            "pitch_bend": False,
            "channel_pressure": False,
            "poly_pressure": True,
            "nrpn": True,
            "program_change": True,
        }.items()
    },
    **{
        f"filters.{name}": Case(
            f"[filters]\n{name} = true",
            of_route(name),
            True,
            f'[filters]\n{name} = "on"',
            f'3: filters.{name}: {TRUE_OR_FALSE}, not "on"',
        )
        for name in ("clock", "transport")
    },
    "filters.control_changes": Case(
        "[filters]\ncontrol_changes = [11, 2, 11]",
        of_zone("control_changes"),
        (2, 11),
        '[filters]\ncontrol_changes = "al"',
        '3: filters.control_changes: must be a list in [ ], such as [1, 2], or "all", not "al"',
    ),
    "filters.sysex": Case(
        "[filters]\nsysex = true",
        of_route("sysex_bytes"),
        512,
        "[filters]\nsysex = 512",
        f"3: filters.sysex: {TRUE_OR_FALSE}, not 512",
    ),
    "limits.bend_and_pressure": Case(
        "[limits]\nbend_and_pressure = 0",
        of_route("thinning"),
        0,
        "[limits]\nbend_and_pressure = 10001",
        "3: limits.bend_and_pressure: 10001 is out of range: limits go from 0 to 10000",
    ),
    "limits.sysex_bytes": Case(
        "[filters]\nsysex = true\n[limits]\nsysex_bytes = 1000",
        of_route("sysex_bytes"),
        1000,
        "[limits]\nsysex_bytes = 0",
        "3: limits.sysex_bytes: 0 is out of range: sizes go from 1 to 4096",
    ),
    "zones.name": Case(
        '[[zones]]\nname = "bass"',
        lambda profile, _route: profile.zones[0].name,
        "bass",
        '[[zones]]\nname = ""',
        "3: zones[1].name: must be one line of text, at most 200 characters",
    ),
    "zones.input": Case(
        '[[zones]]\nkeys = ".."\n[[zones]]\ninput = "a"\n[[zones]]\ninput = "b"',
        lambda profile, route: (profile.sources, [zone.source for zone in route.zones]),
        (("a", "b"), [None, 0, 1]),
        '[[zones]]\ninput = "Keys 20:0"',
        "3: zones[1].input: 'Keys 20:0' ends in numbers that change at every plug: leave them out",
    ),
    "zones.channel": Case(
        "[[zones]]\nchannel = 10",
        of_zone("channel"),
        10,
        "[[zones]]\nchannel = 17",
        "3: zones[1].channel: 17 is no MIDI channel: they are numbered 1 to 16",
    ),
    "zones.keys": Case(
        '[[zones]]\nkeys = "C3..B4"',
        lambda _profile, route: (route.zones[0].low, route.zones[0].high),
        (36, 59),
        '[[zones]]\nkeys = "C3 to B4"',
        '3: zones[1].keys: must be a range such as "C3..B4", "..B4", "C5.." or "36..59", not "C3 to B4"',
    ),
    "zones.destination": Case(
        '[[zones]]\ndestination = ["track 1", "fx"]',
        of_zone("channels"),
        (1, 5),
        '[[zones]]\ndestination = ["auto", "keep"]',
        '3: zones[1].destination: "keep" cannot be one of several destinations',
    ),
    "zones.order": Case(
        f'{SPREAD}order = "rotate"',
        of_zone("order"),
        Order.ROTATE,
        '[[zones]]\norder = "rotate"',
        '3: zones[1].order: is for a zone with several destinations, such as ["track 1", "track 2"]',
    ),
    "zones.steal": Case(
        f'{SPREAD}steal = "none"',
        of_zone("steal"),
        Steal.NONE,
        f'{SPREAD}steal = "newest"',
        '4: zones[1].steal: must be "oldest" or "none", not "newest"',
    ),
    "zones.transpose": Case(
        "[[zones]]\ntranspose = -12",
        of_zone("transpose"),
        -12,
        "[[zones]]\ntranspose = 128",
        "3: zones[1].transpose: 128 is out of range: semitones go from -127 to 127",
    ),
    "zones.out_of_range": Case(
        '[[zones]]\nout_of_range = "fold"',
        of_zone("fold"),
        True,
        "[[zones]]\nout_of_range = true",
        '3: zones[1].out_of_range: must be "drop" or "fold", not true',
    ),
    "zones.velocity": Case(
        "[[zones]]\nvelocity = { fixed = 100 }",
        of_zone("velocities"),
        (1, *[100] * 127),
        "[[zones]]\nvelocity = { fixed = 100, gamma = 2.0 }",
        "3: zones[1].velocity: must say one of fixed, gamma, range or table, such as { fixed = 100 }",
    ),
    "zones.velocity.fixed": Case(
        "[[zones]]\nvelocity.fixed = 1",
        of_zone("velocities"),
        (1, *[1] * 127),
        "[[zones]]\nvelocity.fixed = 128",
        "3: zones[1].velocity.fixed: 128 is out of range: velocities go from 1 to 127",
    ),
    "zones.velocity.gamma": Case(
        "[[zones]]\nvelocity.gamma = 2",
        lambda _profile, route: [(route.zones[0].velocities or EVEN)[at] for at in (1, 64, 127)],
        [1, 32, 127],
        '[[zones]]\nvelocity.gamma = "soft"',
        '3: zones[1].velocity.gamma: must be a number, not "soft"',
    ),
    "zones.velocity.range": Case(
        "[[zones]]\nvelocity.range = [127, 1]",
        of_zone("velocities"),
        (1, *range(127, 0, -1)),
        "[[zones]]\nvelocity.range = [0, 127]",
        "3: zones[1].velocity.range: must be 2 whole numbers from 1 to 127, such as [20, 110]",
    ),
    "zones.velocity.table": Case(
        f"[[zones]]\nvelocity.table = {[*range(127, 0, -1)]}",
        of_zone("velocities"),
        (1, *range(127, 0, -1)),
        "[[zones]]\nvelocity.table = [1, 2, 3]",
        "3: zones[1].velocity.table: must be 127 whole numbers from 1 to 127, one for each velocity from 1 on",
    ),
    "zones.mono": Case(
        '[[zones]]\nmono = "last"',
        of_zone("mono"),
        Mono.LAST,
        f'{SPREAD}mono = "last"',
        "4: zones[1].mono: is for a zone with one destination: several have one note each anyway",
    ),
    "zones.return": Case(
        '[[zones]]\nmono = "high"\nreturn = true',
        of_zone("returns"),
        True,
        "[[zones]]\nreturn = true",
        '3: zones[1].return: is for a zone that is mono: add mono = "last", "low" or "high"',
    ),
    "zones.exclusive": Case(
        "[[zones]]\nexclusive = true",
        of_zone("exclusive"),
        True,
        '[[zones]]\nexclusive = "yes"',
        f'3: zones[1].exclusive: {TRUE_OR_FALSE}, not "yes"',
    ),
    "zones.filters": Case(
        "[[zones]]\nfilters = { nrpn = true }",
        of_zone("nrpn"),
        True,
        "[[zones]]\nfilters = []",
        "3: zones[1].filters: must be a table, not a list",
    ),
    **{
        f"zones.filters.{name}": Case(
            f"filters.{name} = false\n[[zones]]\nkeys = '..'\n[[zones]]\nfilters.{name} = true",
            of_each_zone(name),
            [False, True],
            f"[[zones]]\nfilters.{name} = 0",
            f"3: zones[1].filters.{name}: {TRUE_OR_FALSE}, not 0",
        )
        for name in ("notes", "pitch_bend", "channel_pressure", "poly_pressure", "nrpn", "program_change")
    },
    "zones.filters.control_changes": Case(
        '[[zones]]\nfilters.control_changes = "all"',
        lambda _profile, route: len(route.zones[0].control_changes),
        120 - 9,  # without the pedal and the eight of NRPN
        "[[zones]]\nfilters.control_changes = [98]",
        "3: zones[1].filters.control_changes: CC 98 is part of NRPN sequences: "
        "nrpn = true lets them pass, whole and in order",
    ),
    "zones.knobs": Case(
        "[[zones]]\nknobs = [{ cc = 7, to = 18 }]",
        of_zone("knobs"),
        (Knob(7, 18, 9, EVEN),),
        "[[zones]]\nknobs = [{ cc = 7, to = 18 }, { cc = 8, to = 1 },\n { cc = 7, to = 19 }]",
        "4: zones[1].knobs[3].cc: another knob of this zone has CC 7 already",
    ),
    "zones.knobs.cc": Case(
        '[[zones]]\n[[zones.knobs]]\nto = "macro B"\ncc = 1',
        first_knob,
        Knob(1, 4, 9, EVEN),
        "[[zones]]\nknobs = [{ cc = 64, to = 3 }]",
        '3: zones[1].knobs[1].cc: CC 64 is the sustain pedal: it can be a knob with sustain = "drop"',
    ),
    "zones.knobs.to": Case(
        KNOB,
        first_knob,
        Knob(1, 4, 9, EVEN),
        '[[zones]]\nknobs = [{ cc = 1, to = "makro A" }]',
        '3: zones[1].knobs[1].to: must be a number from 0 to 119, or a macro such as "macro A", not "makro A"',
    ),
    "zones.knobs.range": Case(
        f"{KNOB}range = [127, 0]",
        first_knob,
        Knob(1, 4, 9, EVEN[::-1]),
        f"{KNOB}range = [0, 128]",
        "6: zones[1].knobs[1].range: must be 2 whole numbers from 0 to 127, such as [0, 100]",
    ),
    "zones.knobs.curve": Case(
        f"{KNOB}curve = 2",
        lambda _profile, route: [route.zones[0].knobs[0].values[at] for at in (0, 64, 127)],
        [0, 32, 127],
        f"{KNOB}curve = 0",
        "6: zones[1].knobs[1].curve: 0.0 is out of range: curves go from 0.1 to 10",
    ),
    "zones.knobs.destination": Case(
        f'{KNOB}destination = "perf"',
        first_knob,
        Knob(1, 4, 8, EVEN),
        f'{KNOB}destination = ["fx", "cv"]',
        '6: zones[1].knobs[1].destination: must be text, such as "auto" or "channel 9", not a list',
    ),
    "bindings.input": Case(
        f'{PANIC}note = 36\ninput = "pads"',
        lambda profile, route: (profile.sources, route.bindings[0].source),
        (("pads",), 0),
        f"{PANIC}note = 36\ninput = 1",
        "5: bindings[1].input: must be text in quotes, not 1",
    ),
    "bindings.channel": Case(
        f"{PANIC}note = 36\nchannel = 10",
        lambda _profile, route: route.bindings[0].channel,
        10,
        f"{PANIC}note = 36\nchannel = 0",
        "5: bindings[1].channel: 0 is no MIDI channel: they are numbered 1 to 16",
    ),
    "bindings.note": Case(
        f'{PEDAL}note = "C3"',
        first_binding,
        Binding(Trigger.NOTE, 36, Action.SUSTAIN),
        f'{PEDAL}note = "do"',
        '4: bindings[1].note: must be a note such as "C5", or a number from 0 to 127, not "do"',
    ),
    "bindings.cc": Case(
        f"{PEDAL}cc = 119",
        first_binding,
        Binding(Trigger.CONTROL, 119, Action.SUSTAIN),
        f"{PEDAL}note = 36\ncc = 119",
        "5: bindings[1].cc: is one too many beside note: a binding has one of note, cc and program",
    ),
    "bindings.program": Case(
        f"{PANIC}program = 0",
        first_binding,
        Binding(Trigger.PROGRAM, 0, Action.PANIC),
        f"{PEDAL}program = 0",
        "4: bindings[1].program: cannot be a pedal, because it has no end: bind a note or a cc",
    ),
    "bindings.use": Case(
        f'{NOTE}use = "gridrec"',
        first_binding,
        Binding(Trigger.NOTE, 36, Action.USE, "gridrec"),
        f'{NOTE}use = "Grid Rec"',
        '4: bindings[1].use: "Grid Rec" is no name for a profile: a-z, 0-9, - and _ may be in it',
    ),
    "bindings.track": Case(
        f"{NOTE}track = 3",
        first_binding,
        Binding(Trigger.NOTE, 36, Action.TRACK, "3"),
        f"{SPREAD}{NOTE}track = 3",
        "6: bindings[1].track: is for a profile with one destination",
    ),
    "bindings.panic": Case(
        f"{NOTE}panic = true",
        first_binding,
        Binding(Trigger.NOTE, 36, Action.PANIC),
        f"{NOTE}panic = false",
        "4: bindings[1].panic: must be true, or be left out, not false",
    ),
    "bindings.sustain": Case(
        f"{NOTE}sustain = true",
        first_binding,
        Binding(Trigger.NOTE, 36, Action.SUSTAIN),
        NOTE,
        "2: bindings[1]: must say one of use, track, panic or sustain",
    ),
}

KEYS: Final = {
    ".".join((*names, key)): (names, key) for names, table in tables_of(Profile).items() for key in table.fields
}
"""Every key there is, dotted, with the table that it stands in."""


def read(text: str) -> Profile:
    described = text if text.startswith("description") else f'description = "x"\n{text}'
    return parse(described.encode(), Path("p.toml"), Profile)


def effect_of(case: Case, text: str) -> object:
    profile = read(text)
    return case.effect(profile, compile_route("p", profile, Settings()))


def test_every_key_has_a_case() -> None:
    assert CASES.keys() == KEYS.keys()


@pytest.mark.parametrize("key", CASES)
def test_an_example_with_the_key_compiles_to_what_it_means(key: str) -> None:
    case = CASES[key]

    assert effect_of(case, case.right) == case.becomes


@pytest.mark.parametrize("key", CASES)
def test_it_is_the_key_that_does_it(key: str) -> None:
    case = CASES[key]
    *others, last = case.right.rstrip().splitlines()
    assert re.search(rf"\b{key.rpartition('.')[2]}\b", last) or key in {"filters", "limits"}

    try:
        without = effect_of(case, "\n".join(others))
    except FileErrors:
        return  # it is required
    except IndexError:
        return  # there is no knob or binding at all
    assert without != case.becomes


@pytest.mark.parametrize("key", CASES)
def test_its_wrong_use_is_said_with_line_and_key(key: str) -> None:
    case = CASES[key]

    with pytest.raises(FileErrors) as caught:
        parse(f'description = "x"\n{case.wrong}'.encode() if case.wrong else b"", Path("p.toml"), Profile)

    assert str(caught.value) == f"p.toml:{case.says}"


HEADINGS: Final = {"": "## Profile", "zones": "## Zones", "zones.knobs": "### Knobs", "bindings": "## Bindings"}


def documented_under(heading: str) -> list[str]:
    """Return the keys in the first table below a heading of docs/profiles.md."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2]
    return re.findall(r"^\| `([\w.]+)` \|", re.split(r"^#+ ", text, flags=re.MULTILINE)[0], re.MULTILINE)


@pytest.mark.parametrize("key", KEYS)
def test_it_has_its_line_in_the_document(key: str) -> None:
    names, last = KEYS[key]
    home = max(
        (table for table in HEADINGS if ".".join((*names, "")).startswith(f"{table}." if table else "")), key=len
    )
    written = key.removeprefix(f"{home}.") if home else key
    is_table = (*names, last) in tables_of(Profile) and key not in HEADINGS

    found = [
        each
        for each in documented_under(HEADINGS[home])
        if each == written or (is_table and each.startswith(f"{written}."))
    ]

    assert found
    assert is_table or len(found) == 1


def test_the_tables_in_the_document_are_those_of_the_models() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert re.findall(r"<!-- keys: (\w+) -->", text) == list(TABLES)
    assert renewed(text) == text, "write them anew: make reference"


def test_a_profile_without_anything_is_one_zone_to_the_auto_channel() -> None:
    profile = read("")

    route = compile_route("p", profile, Settings())

    assert route == Route(
        "p",
        (Zone((9,), pitch_bend=True, channel_pressure=True, control_changes=(1, 2)),),
        sustain=Sustain.HOLD,
        thinning=300,
    )
    assert profile.only_destination == Destination(Target.AUTO)


WRONG_TOGETHER: Final[dict[str, str]] = {
    f"{NOTE}[[zones]]\n": "2: bindings[1]: must say one of use, track, panic or sustain",
    f"{PANIC}cc = 6\n[filters]\nnrpn = true": "4: bindings[1].cc: CC 6 is part of NRPN sequences, "
    "which this profile lets pass",
    "[filters]\nnrpn = true\n[[zones]]\nknobs = [{ cc = 6, to = 7 }]": "5: zones[1].knobs[1].cc: "
    "CC 6 is part of NRPN sequences, which this zone lets pass",
    "[[zones]]\nknobs = [{ cc = 7, to = 98 }]": "3: zones[1].knobs[1].to: "
    "CC 98 is part of NRPN sequences: alone it would break one",
    f"{PANIC}note = 1\nuse = 'x'": "3: bindings[1].panic: is one too many beside use: "
    "a binding has one of use, track, panic and sustain",
    '[[zones]]\ndestination = "fx"\n[[zones]]\ndestination = "cv"\n[[bindings]]\nnote = 1\ntrack = "auto"': "8: "
    "bindings[1].track: is for a profile with one destination",
    f'destination = "keep"\n{NOTE}track = 1': "5: bindings[1].track: is for a profile with one destination",
    '[[zones]]\ndestination = ["fx", "fx"]': "3: zones[1].destination: must be one destination or a list of different "
    'ones, such as ["track 1", "track 2"]',
    "[[zones]]\nvelocity.range = [true, 2]": "3: zones[1].velocity.range: must be 2 whole numbers from 1 to 127, "
    "such as [20, 110]",
    **{
        f"[[zones]]\nknobs = [{{ cc = 1, to = {to} }}]": "3: zones[1].knobs[1].to: must be a number from 0 to 119, "
        f'or a macro such as "macro A", not {to}'
        for to in ("true", '"macro AB"', '"macro"', '"1"')
    },
    f'{PANIC}note = "C5x"': '4: bindings[1].note: must be a note such as "C5", or a number from 0 to 127, not "C5x"',
    "[[zones]]\nvelocity = {}": "3: zones[1].velocity: must say one of fixed, gamma, range or table, "
    "such as { fixed = 100 }",
    "[[zones]]\ndestination = []": "3: zones[1].destination: must be one destination or a list of different ones, "
    'such as ["track 1", "track 2"]',
}


@pytest.mark.parametrize("text", WRONG_TOGETHER)
def test_keys_that_do_not_go_together_are_said_at_the_one_to_change(text: str) -> None:
    with pytest.raises(FileErrors) as caught:
        read(text)

    assert str(caught.value) == f"p.toml:{WRONG_TOGETHER[text]}"


def test_a_zone_without_nrpn_may_turn_data_entry_into_something_else() -> None:
    text = "[filters]\nnrpn = true\n[[zones]]\nfilters.nrpn = false\nknobs = [{ cc = 6, to = 7 }]"

    assert effect_of(CASES["zones.knobs"], text) == (Knob(6, 7, 9, EVEN),)


def test_any_value_of_toml_is_taken_or_refused_in_a_sentence() -> None:
    values: tuple[Any, ...] = (
        "true", "-1", "10000000000000", "0.5", "nan", "inf", '""', '"x"', "[]", "[[]]", "[{}]", "{}", "{ a = 1 }",
        "1979-05-27", "[true]", '["track 1", 9]', "[1.5, 2]",
    )  # fmt: skip
    for names, table in tables_of(Profile).items():
        header = f"{'[[zones]]' if names[:1] == ('zones',) else ''}\n{table.header}\n" if names else ""
        for key in table.fields:
            for value in values:
                try:
                    parse(f'description = "x"\n{header}{key} = {value}\n'.encode(), Path("p.toml"), Profile)
                except FileErrors as errors:
                    for error in errors.errors:
                        assert error.line
                        assert "should" not in error.sentence, "these are pydantic's words"
