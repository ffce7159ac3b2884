"""What a route can ever send: told from the route alone, and held against what the engine sends."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from desk import Desk, bytes_of, rich_routes
from hypothesis import given
from hypothesis import strategies as st
from profiles import EVENTS, KEYBOARDS, PROFILES, Event, sources_of

from a4bridge.core import midi
from a4bridge.core.compile import compile_route
from a4bridge.core.profile import Profile
from a4bridge.core.reach import Kind, Outlet, reach_of, transposed
from a4bridge.core.route import Action, Binding, Knob, Route, Sustain, Trigger, Zone
from a4bridge.core.settings import Settings
from a4bridge.engine.forwarder import Forwarder


def sent_when_played(route: Route, sources: Mapping[str, frozenset[int]], played: Iterable[Event]) -> list[str]:
    """Return all that an engine sends for `played`, under one route from beginning to end."""
    desk = Desk(None, KEYBOARDS)
    sysex = {keyboard: desk.forwarder.sysex_receiver(slot) for slot, keyboard in enumerate(KEYBOARDS)}
    by_slot = {slot: sources.get(keyboard, frozenset()) for slot, keyboard in enumerate(KEYBOARDS)}
    desk.forwarder.set_route(route, by_slot)

    for keyboard, message in played:
        if message[0] == midi.SYSEX:
            sysex[keyboard](([*message], 0.001), None)
        else:
            desk.receive(keyboard, [*message])
    flush(desk.forwarder)
    desk.forwarder.stop()

    assert list(desk.forwarder.troubles) == []
    return desk.heard


def flush(forwarder: Forwarder) -> None:
    """Have everything sent that waits for its time, whatever time it is."""
    forwarder._thinning._due = dict.fromkeys(forwarder._thinning._due, 0)
    assert forwarder.flush_late() is None


@given(PROFILES, EVENTS)
def test_whatever_the_profile_and_whatever_is_played_nothing_is_sent_that_the_reach_has_not(
    keys: dict[str, Any], played: list[Event]
) -> None:
    profile = Profile.model_validate(keys)
    route = compile_route("any", profile, Settings())
    sources = {keyboard: sources_of(profile, keyboard) for keyboard in KEYBOARDS}

    sent = sent_when_played(route, sources, played)

    assert [text for text in sent if not reach_of(route).may_send(bytes_of(text))] == []


@given(rich_routes(), EVENTS)
def test_nor_under_a_route_that_no_profile_comes_to(route: Route, played: list[Event]) -> None:
    sources = {"A": frozenset({0}), "B": frozenset({1})}

    sent = sent_when_played(route, sources, played)

    assert [text for text in sent if not reach_of(route).may_send(bytes_of(text))] == []


@st.composite
def possible(draw: st.DrawFn) -> bytes:
    """Any whole message, and some that are none."""
    size = draw(st.integers(0, 4))
    return bytes([draw(st.integers(0x80, 0xFF)), *draw(st.lists(st.integers(0, 130), min_size=size, max_size=size))])


@given(rich_routes(), possible())
def test_what_is_no_whole_message_is_never_sent(route: Route, message: bytes) -> None:
    whole = list(midi.split(message)) == [message]

    assert whole or not reach_of(route).may_send(message)


EVERYTHING = Zone(
    channels=(9,),
    pitch_bend=True,
    channel_pressure=True,
    poly_pressure=True,
    program_change=True,
    nrpn=True,
    control_changes=(1,),
    knobs=(Knob(20, 3, None, tuple(min(100, value) for value in range(128))),),
)
FULL = Route("full", (EVERYTHING,), sustain=Sustain.PASS, clock=True, transport=True, sysex_bytes=4)
BARE = Route("bare", (Zone(channels=(9,), notes=False),), sustain=Sustain.DROP)

ALL_KINDS = [
    "98 3C 64",
    "88 3C 00",
    "A8 3C 40",
    "B8 01 40",
    "B0 03 64",
    "BF 03 00",
    "B8 40 7F",
    "B8 63 01",
    "B8 62 64",
    "B8 06 7F",
    "B8 26 7F",
    "B8 60 7F",
    "B8 61 7F",
    "B8 65 7F",
    "B8 64 7F",
    "C8 05",
    "D8 40",
    "E8 00 40",
    "F0 7E F7",
    "F0 7E 00 F7",
    "F2 00 01",
    "F8",
    "FA",
    "FB",
    "FC",
]


@pytest.mark.parametrize("text", ALL_KINDS)
def test_each_kind_of_message_is_in_the_reach_of_a_route_that_lets_it_pass_and_of_no_other(text: str) -> None:
    assert reach_of(FULL).may_send(bytes_of(text))
    assert not reach_of(BARE).may_send(bytes_of(text))


NEVER = {
    "98 3C 00": "velocity 0 would be a note-off",
    "90 3C 64": "the zone has another channel",
    "E0 00 40": "likewise",
    "B0 63 01": "likewise",
    "B8 03 65": "the knob goes up to 100",
    "B8 14 00": "a knob does not pass as it is",
    "B8 02 40": "not listed",
    "B8 78 00": "the bridge answers it itself",
    "B8 7B 00": "likewise",
    "F0 7E 00 00 F7": "five bytes",
    "F0 7E 00": "without an end",
    "F0": "without anything",
    "F1 00": "no part of playing",
    "F3 00": "likewise",
    "F6": "likewise",
    "F9": "undefined",
    "FD": "undefined",
    "FE": "a receiver may fall silent when it stops",
    "FF": "it could reset the box",
    "98 3C": "not whole",
    "98 3C 64 00": "too long",
    "3C 64": "without a status",
    "": "nothing",
}


@pytest.mark.parametrize("text", NEVER)
def test_what_even_a_full_route_never_sends_is_not_in_its_reach(text: str) -> None:
    assert not reach_of(FULL).may_send(bytes_of(text)), NEVER[text]


def outlets(zone: Zone, *others: Zone, bindings: tuple[Binding, ...] = ()) -> dict[Kind, list[Outlet]]:
    """Return the outlets of the first zone, by kind."""
    found: dict[Kind, list[Outlet]] = {}
    for outlet in reach_of(Route("x", (zone, *others), bindings)).zones[0]:
        found.setdefault(outlet.kind, []).append(outlet)
    return found


def notes(zone: Zone, *others: Zone, bindings: tuple[Binding, ...] = ()) -> dict[int, set[int]]:
    """Return the notes that the first zone can send, by channel."""
    found: dict[int, set[int]] = {}
    for outlet in outlets(zone, *others, bindings=bindings).get(Kind.NOTE, []):
        for channel in outlet.channels:
            found.setdefault(channel, set()).update(outlet.numbers)
    return found


def test_a_zone_reaches_its_keys_transposed_on_each_of_its_channels() -> None:
    zone = Zone(channels=(1, 2), low=60, high=62, transpose=-12)

    assert notes(zone) == {1: {48, 49, 50}, 2: {48, 49, 50}}


def test_a_zone_that_keeps_the_channel_reaches_those_that_it_hears() -> None:
    assert set(notes(Zone())) == set(range(1, 17))
    assert set(notes(Zone(channel=3))) == {3}


def test_notes_that_are_transposed_out_of_range_are_not_reached_unless_they_are_folded() -> None:
    zone = Zone(channels=(1,), low=115, high=117, transpose=12)

    assert notes(zone) == {1: {127}}
    assert notes(Zone(channels=(1,), low=115, high=117, transpose=12, fold=True)) == {1: {127, 116, 117}}


@given(st.integers(-127, 127), st.integers(0, 127))
def test_folding_moves_a_note_by_octaves_and_no_further_than_into_the_range(semitones: int, key: int) -> None:
    note = transposed(Zone(transpose=semitones, fold=True), key)

    assert note is not None
    assert 0 <= note <= 127
    assert (note - key - semitones) % 12 == 0
    assert note == key + semitones or not 12 <= note < 116


def test_an_exclusive_zone_takes_keys_from_all_others_and_the_first_one_takes_them_from_the_second() -> None:
    zone = Zone(channels=(1,), low=60, high=64)
    alone = Zone(channels=(2,), low=62, high=63, exclusive=True)
    too = Zone(channels=(3,), low=61, high=64, exclusive=True)

    assert notes(zone, alone) == notes(zone, alone, alone) == {1: {60, 61, 64}}
    assert notes(alone, zone) == notes(alone, too) == {2: {62, 63}}
    assert reach_of(Route("x", (alone, too))).zones[1][0].numbers == {61, 64}


@pytest.mark.parametrize("elsewhere", [{"source": 1}, {"channel": 2}, {"notes": False}])
def test_an_exclusive_zone_takes_only_what_it_hears(elsewhere: dict[str, Any]) -> None:
    zone = Zone(channels=(1,), low=60, high=61, source=0, channel=1)

    assert notes(zone, Zone(channels=(2,), exclusive=True, **elsewhere)) == {1: {60, 61}}


def test_what_is_bound_on_every_channel_that_a_zone_hears_is_not_reached() -> None:
    zone = Zone(channels=(1,), low=60, high=61, program_change=True, nrpn=True, control_changes=(1, 2))
    bindings = (
        Binding(Trigger.NOTE, 60, Action.PANIC),
        Binding(Trigger.CONTROL, 1, Action.PANIC),
        Binding(Trigger.CONTROL, 6, Action.PANIC),
        Binding(Trigger.PROGRAM, 5, Action.PANIC),
    )

    found = outlets(zone, bindings=bindings)

    assert notes(zone, bindings=bindings) == {1: {61}}
    assert found[Kind.CONTROL_CHANGE][0].numbers == {2}
    assert found[Kind.NRPN][0].numbers == {38, 96, 97, 98, 99, 100, 101}
    assert found[Kind.PROGRAM_CHANGE][0].numbers == set(range(128)) - {5}


def test_what_is_bound_elsewhere_is_reached() -> None:
    zone = Zone(channels=(1,), low=60, high=60, source=0)

    for elsewhere in ({"source": 1}, {"channel": 1}, {"channel": 16}):
        assert notes(zone, bindings=(Binding(Trigger.NOTE, 60, Action.PANIC, "", **elsewhere),)) == {1: {60}}


def test_a_knob_reaches_its_own_channel_and_values_and_its_control_does_not_pass() -> None:
    knob = Knob(1, 18, 2, (20,) * 64 + (90,) * 64)
    found = outlets(Zone(channels=(1,), control_changes=(1, 2), knobs=(knob,)))

    assert found[Kind.CONTROL_CHANGE] == [Outlet(Kind.CONTROL_CHANGE, frozenset({1}), frozenset({2}))]
    assert found[Kind.KNOB] == [Outlet(Kind.KNOB, frozenset({2}), frozenset({18}), frozenset({20, 90}), controller=1)]


def test_velocities_are_those_of_the_zones_table() -> None:
    (found,) = outlets(Zone(channels=(1,), velocities=(1, 20, *(100,) * 125, 90)))[Kind.NOTE]

    assert found.values == {20, 90, 100}


def test_equal_outlets_of_many_channels_are_one() -> None:
    assert len(outlets(Zone())[Kind.NOTE]) == 1


def test_channels_are_told_by_kind() -> None:
    reach = reach_of(Route("x", (Zone(channels=(1, 2)), Zone(channels=(3,), notes=False, pitch_bend=True))))

    assert reach.channels(Kind.NOTE) == {1, 2}
    assert reach.channels(Kind.PITCH_BEND) == {3}
    assert reach.channels(Kind.NRPN) == set()
