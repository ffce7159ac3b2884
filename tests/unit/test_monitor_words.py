"""What is shown of an event: in words, in bytes, and with nothing in it that a terminal would obey."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import ENTRIES, EVENTS, JSON, NAMINGS, event, facts

from a4bridge.core.outcomes import Outcome, is_drop
from a4bridge.monitor.events import Entry, Event, Missed, Naming, Said, entries_of, standing_of
from a4bridge.monitor.filtering import Filter, Only
from a4bridge.monitor.words import clock, line, message_words, place_words, raw_line

A4: Final = Naming(5, {2: "track 2", 9: "auto channel"})


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("90 3c 64", "ch 1 on C5(60) v100"),
        ("98 3d 01", "ch 9 on C#5(61) v1"),
        ("90 3c 00", "ch 1 off C5(60) v0"),
        ("8f 00 40", "ch 16 off C0(0) v64"),
        ("a0 3c 05", "ch 1 pressure C5(60) 5"),
        ("b0 07 50", "ch 1 CC 7 = 80"),
        ("c1 05", "ch 2 program 5"),
        ("d0 40", "ch 1 pressure 64"),
        ("e0 00 40", "ch 1 bend +0"),
        ("e0 7f 7f", "ch 1 bend +8191"),
        ("e0 00 00", "ch 1 bend -8192"),
        ("f8", "clock"),
        ("f2 00 10", "song position"),
        ("f0 00 20", "SysEx f0 00 20 ..."),
        ("90 3c", "90 3c"),
        ("90 3c ff", "90 3c ff"),
        ("f4", "f4"),
        ("3c", "3c"),
        ("", ""),
    ],
)
def test_a_message_is_told_in_words(message: str, words: str) -> None:
    assert message_words(bytes.fromhex(message), A4) == words


def test_notes_are_named_as_the_settings_have_it() -> None:
    assert message_words(b"\x90\x3c\x64", Naming(3)) == "ch 1 on C3(60) v100"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "auto channel"),
        ({"zones": ["bass"]}, "auto channel, zone bass"),
        ({"zones": ["bass", "zone 2"]}, "auto channel, zone bass and zone 2"),
        ({"out": "9b3c64"}, "channel 12"),
        ({"out": "f8"}, ""),
        ({"out": "", "outcome": "pitch_bend", "says": "pitch bend, filtered"}, "dropped: pitch bend, filtered"),
        (
            {"out": "", "outcome": "held_by_pedal", "says": "note-off held back by the pedal"},
            "note-off held back by the pedal",
        ),
    ],
)
def test_where_it_went_and_by_which_zone_or_why_it_did_not(told: dict[str, Any], words: str) -> None:
    assert place_words(event(**told), A4) == words


def test_a_line_tells_all_of_it() -> None:
    shown = line(event(zones=["bass"]), A4)

    assert shown == (
        f"{clock(1767225600.125)} Keystation 49 MK3: ch 1 on C5(60) v100 -> ch 9 on C5(60) v100, "
        "auto channel, zone bass (31.2 us, late 8.4 us)"
    )
    assert clock(1767225600.125).endswith(":00.125")


def test_raw_is_bytes_and_the_whole_name_of_the_port() -> None:
    assert raw_line(event()) == (
        "Keystation 49 MK3:Keystation 49 MK3 MIDI 1 20:0: 90 3c 64 -> 98 3c 64  forwarded (31.2 us, late 8.4 us)"
    )
    assert line(event(), A4, raw=True).endswith(raw_line(event()))


def test_what_was_said_and_missed_is_told() -> None:
    assert line(Said(0, "info", "switched"), A4) == "switched"
    assert line(Said(0, "warning", "a loop"), A4) == "warning: a loop"
    assert line(Missed(0, 812, 3), A4) == "missed 812 of what was played; missed 3 of what was said"


def test_a_line_of_the_stream_is_read() -> None:
    (said,) = entries_of({"log": {"event": "switched", "level": "info", "says": "switched to x"}}, 7.0)
    assert said == Said(7.0, "info", "switched to x")
    assert entries_of({"missed": {"played": 3}}, 7.0) == [Missed(7.0, 3, 0)]
    assert entries_of({"played": [facts(), facts()]}, 7.0) == [event(), event()]


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_dropped_is_known_by_its_outcome(outcome: Outcome) -> None:
    assert event(outcome=outcome.name.lower()).is_dropped == is_drop(outcome)


def fits_on_a_line(text: str) -> bool:
    return all(char.isprintable() for char in text)


@given(ENTRIES, NAMINGS, st.booleans())
def test_nothing_in_a_name_or_in_bytes_gets_at_the_terminal(entry: Entry, naming: Naming, raw: bool) -> None:
    assert fits_on_a_line(line(entry, naming, raw=raw))


@given(st.dictionaries(st.sampled_from(["played", "log", "missed", "x"]), JSON))
def test_whatever_a_bridge_of_another_version_says_is_read(told: dict[str, Any]) -> None:
    for entry in entries_of(told, 1.0):
        assert fits_on_a_line(line(entry, A4))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(facts(), JSON)))
def test_an_event_whose_keys_are_anything_is_read(told: dict[str, Any]) -> None:
    for raw in False, True:
        assert fits_on_a_line(line(entries_of({"played": [told]}, 1.0)[0], A4, raw=raw))


_STATUS: Final = ("pid", "profile", "inputs", "output", "waiting", "sounding", "took_us", "late_us", "channels")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*_STATUS, "middle_c"), JSON)))
def test_so_is_its_status(told: dict[str, Any]) -> None:
    standing = standing_of(told)

    assert all(0 <= note < 128 for _, note in standing.sounding)
    assert fits_on_a_line(standing.profile)


def test_a_status_is_read() -> None:
    told = {
        "pid": 5,
        "profile": {"name": "liverec", "destination": "auto channel 9"},
        "inputs": [{"name": "Keystation", "state": "open"}],
        "output": None,
        "sounding": [{"channel": 9, "note": 60, "name": "C3"}],
        "channels": [{"channel": 9, "name": "auto channel"}],
        "middle_c": 3,
        "took_us": {"p50": 25.1},
    }

    standing = standing_of(told)

    assert (standing.pid, standing.profile, standing.destination) == (5, "liverec", "auto channel 9")
    assert (standing.inputs, standing.output) == ((("Keystation", "open"),), ("", ""))
    assert (standing.sounding, standing.took) == (((9, 60),), {"p50": 25.1})
    assert standing.naming == Naming(3, {9: "auto channel"})


NOTE: Final = event()
BEND: Final = event(**{"in": "e00040", "out": "", "outcome": "pitch_bend", "says": "pitch bend, filtered"})
HELD: Final = event(**{"in": "803c40", "out": "", "outcome": "held_by_pedal", "says": "held"})
WHEEL: Final = event(**{"in": "b00140", "out": "b80140"})
SAID: Final = Said(0, "info", "switched to gridrec")
LEFT_OUT: Final = Missed(0, 1, 0)


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        (Filter(), [NOTE, BEND, HELD, WHEEL, SAID, LEFT_OUT]),
        (Filter(Only.NOTES), [NOTE, HELD, LEFT_OUT]),
        (Filter(Only.FORWARDED), [NOTE, WHEEL, LEFT_OUT]),
        (Filter(Only.DROPPED), [BEND, LEFT_OUT]),
        (Filter(Only.LOG), [SAID, LEFT_OUT]),
        (Filter(text="c5(60)"), [NOTE, HELD, LEFT_OUT]),
        (Filter(text="E0 00"), [BEND, LEFT_OUT]),
        (Filter(Only.NOTES, "pedal"), [LEFT_OUT]),
        (Filter(text="GRIDREC"), [SAID, LEFT_OUT]),
    ],
)
def test_a_filter_keeps_a_kind_and_what_has_the_text(shown: Filter, kept: list[Entry]) -> None:
    assert [entry for entry in (NOTE, BEND, HELD, WHEEL, SAID, LEFT_OUT) if shown.lets_pass(entry, A4)] == kept


def test_the_kinds_go_round() -> None:
    kinds = [Only.ALL]
    while len(kinds) <= len(Only):
        kinds.append(kinds[-1].following)

    assert set(kinds) == set(Only)
    assert kinds[-1] is Only.ALL


@given(EVENTS)
def test_a_channel_is_one_that_there_is(played: Event) -> None:
    assert played.channel is None or 1 <= played.channel <= 16
