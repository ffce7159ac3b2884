"""What holds for the forwarder whatever is played, in whatever order, under whatever routes."""

from collections.abc import Iterable

import pytest
from desk import TRACK_OF, Desk, sounding_on
from hypothesis import given, settings
from hypothesis import strategies as st

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Sustain, Zone

pytestmark = pytest.mark.stdlib

ZONES = st.builds(
    Zone,
    channels=st.sampled_from(sorted(TRACK_OF)).map(lambda channel: (channel,)),
    notes=st.sampled_from([True, True, True, False]),
    pitch_bend=st.booleans(),
    channel_pressure=st.booleans(),
    control_changes=st.sets(st.integers(0, 119).filter(lambda number: number != 64)).map(
        lambda numbers: tuple(sorted(numbers))
    ),
)
ROUTES = st.builds(
    Route,
    profile=st.just("any"),
    zones=ZONES.map(lambda zone: (zone,)),
    sustain=st.sampled_from([Sustain.HOLD, Sustain.HOLD, Sustain.DROP, Sustain.PASS]),
)


def channel_of(route: Route) -> int:
    """Return the one channel that everything goes out on."""
    return route.zones[0].channels[0]


KEYBOARDS = "AB"
# Four keys that meet in every way: of one channel, of two channels, of two keyboards.
KEYS = [("A", 0, 60), ("A", 0, 61), ("A", 1, 60), ("B", 0, 60)]
PLAYED = [
    (keyboard, bytes([status | channel, number, value]))
    for keyboard, channel, note in KEYS
    for status, number, value, weight in [
        (midi.NOTE_ON, note, 100, 8),
        (midi.NOTE_OFF, note, 64, 6),
        (midi.NOTE_ON, note, 0, 2),
        (midi.CONTROL_CHANGE, midi.CC_SUSTAIN, 64, 3),
        (midi.CONTROL_CHANGE, midi.CC_SUSTAIN, 63, 1),
        (midi.CONTROL_CHANGE, midi.CC_RESET_CONTROLLERS, 0, 1),
        (midi.CONTROL_CHANGE, midi.CC_ALL_SOUND_OFF, 0, note - 60),
        (midi.CONTROL_CHANGE, midi.CC_ALL_NOTES_OFF, 0, channel),
        (midi.CONTROL_CHANGE, midi.CC_MOD_WHEEL, 1, 1),
    ]
    for _ in range(weight)
]


@st.composite
def whole_messages(draw: st.DrawFn) -> bytes:
    status = draw(st.integers(midi.NOTE_OFF, 255).filter(lambda status: midi.LENGTHS[status]))
    length = midi.LENGTHS[status] - 1
    return bytes([status, *draw(st.lists(st.integers(0, 127), min_size=length, max_size=length))])


SYSEX = st.binary(max_size=9).map(lambda data: b"\xf0" + bytes(byte & 127 for byte in data) + b"\xf7")
OTHERS = st.tuples(st.sampled_from(KEYBOARDS), whole_messages() | SYSEX)

Event = tuple[str, bytes]
Step = Event | Route

EVENTS = st.lists(st.sampled_from(PLAYED) | OTHERS, max_size=60)
# Some events under each of some routes; the list of the latter may shrink to nothing.
STEPS = st.lists(st.tuples(ROUTES, st.lists(st.sampled_from(PLAYED), min_size=10, max_size=40)), max_size=8).map(
    lambda parts: [step for route, events in parts for step in (route, *events)]
)


class Player:
    """One keyboard's player, as far as the bridge must follow: keys by where their notes sound, and feet."""

    def __init__(self) -> None:
        self.sounds_at: dict[tuple[int, int], tuple[int, int]] = {}
        self.down: set[tuple[int, int]] = set()
        self.pedals: set[int] = set()

    def play(self, message: bytes, route: Route) -> None:
        channel = midi.channel_of(message[0])
        match (message[0] & 0xF0, *message[1:]):
            case (midi.NOTE_ON, note, velocity) if velocity:
                if route.zones[0].notes:
                    self.down.add((channel, note))
                    self.sounds_at[channel, note] = channel_of(route), note
            case (midi.NOTE_ON | midi.NOTE_OFF, note, _):
                self.down.discard((channel, note))
            case (midi.CONTROL_CHANGE, 64, value) if route.sustain is Sustain.HOLD and value >= 64:
                self.pedals.add(channel)
            case (midi.CONTROL_CHANGE, 64 | 121, _):
                self.pedals.discard(channel)
            case (midi.CONTROL_CHANGE, 120 | 123, _):
                self.sounds_at.clear()
                self.down.clear()
        self.let_ring()

    def follow(self, route: Route) -> None:
        """Take the foot off a pedal that the bridge does not hold."""
        if route.sustain is not Sustain.HOLD:
            self.pedals.clear()
        self.let_ring()

    def let_ring(self) -> None:
        """Let only those notes sound that a key or a pedal holds."""
        self.sounds_at = {
            (channel, note): place
            for (channel, note), place in self.sounds_at.items()
            if (channel, note) in self.down or channel in self.pedals
        }


@settings(max_examples=200)
@given(ROUTES, STEPS)
def test_what_sounds_and_what_the_ledger_marks_is_what_hands_and_feet_hold(route: Route, steps: list[Step]) -> None:
    desk = Desk(route, KEYBOARDS)
    players = {keyboard: Player() for keyboard in KEYBOARDS}
    for step in steps:
        if isinstance(step, Route):
            route = step
            desk.forwarder.set_route(route)
            for player in players.values():
                player.follow(route)
        else:
            keyboard, message = step
            desk.play_bytes(message, keyboard)
            players[keyboard].play(message, route)
        held = {place for player in players.values() for place in player.sounds_at.values()}
        assert sounding_on(desk.a4) == held
        assert set(desk.page.sounding()) == held

    assert desk.a4.stray_note_offs == []


def let_go(desk: Desk, steps: list[Step]) -> None:
    """Lift every finger and foot that came down in `steps`."""
    for keyboard, message in (step for step in steps if not isinstance(step, Route)):
        channel = message[0] & 15
        desk.receive(keyboard, [midi.CONTROL_CHANGE | channel, midi.CC_SUSTAIN, 0])
        if message[0] & 0xF0 == midi.NOTE_ON:
            desk.receive(keyboard, [midi.NOTE_OFF | channel, message[1], 64])


def notes_of(heard: Iterable[str], kind: int) -> set[tuple[int, int]]:
    messages = [bytes.fromhex(text) for text in heard]
    return {(message[0] & 15, message[1]) for message in messages if message[0] & 0xF0 == kind}


@given(ROUTES, STEPS)
def test_once_all_is_let_go_every_note_that_began_has_ended_and_no_other(route: Route, steps: list[Step]) -> None:
    desk = Desk(route, KEYBOARDS)
    for step in steps:
        if isinstance(step, Route):
            desk.forwarder.set_route(step)
        else:
            desk.receive(step[0], list(step[1]))

    let_go(desk, steps)

    assert notes_of(desk.heard, midi.NOTE_OFF) == notes_of(desk.heard, midi.NOTE_ON)
    assert desk.a4.stray_note_offs == []
    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []


def allowed(message: bytes, route: Route) -> bool:
    (zone,) = route.zones
    match (message[0] & 0xF0, *message[1:]):
        case (midi.NOTE_ON, _, velocity):
            return zone.notes and velocity > 0
        case (midi.NOTE_OFF, _, _):
            return zone.notes
        case (midi.CONTROL_CHANGE, 64, _):
            return route.sustain is Sustain.PASS
        case (midi.CONTROL_CHANGE, number, _):
            return number in zone.control_changes
        case (midi.PITCH_BEND, _, _):
            return zone.pitch_bend
        case (midi.CHANNEL_PRESSURE, _):
            return zone.channel_pressure
    return False


@given(ROUTES, EVENTS)
def test_only_whole_messages_that_the_filters_allow_are_sent_and_on_the_routes_channel(
    route: Route, played: list[Event]
) -> None:
    desk = Desk(route, KEYBOARDS)
    for keyboard, message in played:
        desk.play_bytes(message, keyboard)

    for sent in map(bytes.fromhex, desk.heard):
        assert len(sent) == midi.LENGTHS[sent[0]]
        assert all(byte < 128 for byte in sent[1:])
        assert midi.channel_of(sent[0]) == channel_of(route)
        assert allowed(sent, route)


@given(ROUTES, EVENTS)
def test_what_is_forwarded_is_the_event_itself_with_another_channel(route: Route, played: list[Event]) -> None:
    desk = Desk(route, KEYBOARDS)
    for keyboard, message in played:
        desk.heard.clear()
        if desk.play_bytes(message, keyboard) is Outcome.FORWARDED:
            kind, *data = message[0] & 0xF0, *message[1:]
            if kind == midi.NOTE_ON and not data[1]:
                kind, data[1] = midi.NOTE_OFF, midi.RELEASE_VELOCITY
            assert bytes.fromhex(desk.heard[-1]) == bytes([midi.status(kind, channel_of(route)), *data])


@given(ROUTES, EVENTS)
def test_every_event_is_counted_and_recorded_once_as_it_came_and_none_fails(route: Route, played: list[Event]) -> None:
    desk = Desk(route, KEYBOARDS)

    outcomes = [desk.play_bytes(message, keyboard) for keyboard, message in played]

    assert desk.page.events() == len(played)
    assert [(record.received, record.outcome) for record in desk.recent()] == [
        (message[:3], outcome) for (_, message), outcome in zip(played, outcomes, strict=True)
    ]
    assert Outcome.FAILED not in outcomes
    assert list(desk.forwarder.troubles) == []
