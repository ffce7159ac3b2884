"""Which zone took an event: told from the route alone, and held against what the engine makes of the event."""

from dataclasses import replace
from typing import Any, Final

from desk import LIVEREC, Desk
from hypothesis import given, settings
from hypothesis import strategies as st
from profiles import EVENTS, KEYBOARDS, PROFILES, Event, sources_of

from a4bridge.core import midi
from a4bridge.core.compile import compile_route
from a4bridge.core.outcomes import Outcome
from a4bridge.core.profile import Profile
from a4bridge.core.route import Route, Zone
from a4bridge.core.settings import Settings
from a4bridge.core.taking import zones_taking
from a4bridge.engine.page import RingEvent
from a4bridge.service.zoning import ZonesOfEvents, Zoning

SPLIT: Final = Zoning(Route("split", (Zone((2,), high=59), Zone((1,), low=60))), ("bass", "lead"))
WITHOUT: Final = replace(SPLIT, names=())

_NONE: Final = {Outcome.OUTSIDE_ZONES, Outcome.NOTES_FILTERED, Outcome.CONTROL_CHANGE, Outcome.PITCH_BEND}


def record(message: bytes, outcome: Outcome = Outcome.FORWARDED, slot: int = 0) -> RingEvent:
    return RingEvent(0, 0, 0, 0, slot, outcome, message, b"")


@settings(max_examples=80)
@given(PROFILES, EVENTS)
def test_what_the_engine_passes_on_was_taken_by_a_zone_that_leads_there_and_by_none_what_no_zone_has(
    keys: dict[str, Any], played: list[Event]
) -> None:
    profile = Profile.model_validate(keys)
    route = compile_route("any", profile, Settings())
    sources = [sources_of(profile, keyboard) for keyboard in KEYBOARDS]
    desk = Desk(None, KEYBOARDS)
    desk.forwarder.set_route(route, dict(enumerate(sources)))

    for keyboard, message in played:
        desk.receive(keyboard, [*message])
    desk.forwarder.stop()

    for event in desk.page.recent():
        zones = [route.zones[at] for at in zones_taking(route, sources[event.input], event.received)]
        if event.outcome is Outcome.FORWARDED and event.received[0] < midi.SYSEX:
            assert midi.channel_of(event.sent[0]) in {each for zone in zones for each in leads(zone, event.received)}
        elif event.outcome in _NONE:
            assert zones == []


def leads(zone: Zone, message: bytes) -> set[int]:
    came = midi.channel_of(message[0])
    knobs = {knob.channel or came for knob in zone.knobs if knob.controller == message[1]}
    return {*(zone.channels or (came,)), *(knobs if message[0] & 0xF0 == midi.CONTROL_CHANGE else ())}


def test_a_zone_is_told_by_its_name() -> None:
    zones = ZonesOfEvents()

    assert zones.of(record(b"\x90\x3b\x64"), SPLIT) == ("bass",)
    assert zones.of(record(b"\x90\x3c\x64"), SPLIT) == ("lead",)
    assert zones.of(record(b"\xe0\x00\x40", Outcome.PITCH_BEND), SPLIT) == ()
    assert zones.of(record(b"\x90\x3c\x64"), WITHOUT) == ()
    assert zones.of(record(b"\x90\x3c\x64"), Zoning()) == ()


def test_layers_are_told_all_of_them() -> None:
    layers = Zoning(Route("layers", (Zone((2,)), Zone((1,), low=60))), ("all", "high"))

    assert ZonesOfEvents().of(record(b"\x90\x3c\x64"), layers) == ("all", "high")


def test_a_note_ends_where_it_began_whatever_the_profile_is_by_then() -> None:
    zones = ZonesOfEvents()
    other = Zoning(LIVEREC, ("other",))

    zones.of(record(b"\x90\x3b\x64"), SPLIT)
    zones.of(record(b"\x90\x3c\x64"), SPLIT)

    assert zones.of(record(b"\x80\x3b\x40", Outcome.HELD_BY_PEDAL), other) == ("bass",)
    assert zones.of(record(b"\x80\x3b\x40"), other) == ("bass",)
    assert zones.of(record(b"\x90\x3c\x00"), other) == ("lead",)
    assert zones.of(record(b"\x90\x3c\x64"), other) == ("other",)


@given(st.binary(max_size=4), st.sampled_from(Outcome), st.integers(0, 31))
def test_nothing_that_the_page_may_hold_is_too_odd(message: bytes, outcome: Outcome, slot: int) -> None:
    assert set(ZonesOfEvents().of(record(message, outcome, slot), SPLIT)) <= {"bass", "lead"}
