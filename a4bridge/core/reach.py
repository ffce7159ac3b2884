"""What a route can ever send, whatever is played.

It follows from the route alone. Not in it: note-offs of notes that began under an older route, what a panic sends, and
what the bridge sends of its own to end notes, which are note-offs of notes that are in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from a4bridge.core import midi
from a4bridge.core.controls import PARAMETER_CCS
from a4bridge.core.route import Route, Sustain, Trigger, Zone

ANY: Final = frozenset(range(midi.NOTES))
"""Every value that a data byte can have."""

STRUCK: Final = ANY - {0}

_CHANNELS: Final = range(1, midi.CHANNELS + 1)


class Kind(Enum):
    """What an outlet sends. A knob is a control change that was another, the pedal CC 64 as it came."""

    NOTE = auto()
    POLY_PRESSURE = auto()
    CONTROL_CHANGE = auto()
    KNOB = auto()
    PEDAL = auto()
    NRPN = auto()
    PROGRAM_CHANGE = auto()
    CHANNEL_PRESSURE = auto()
    PITCH_BEND = auto()


_STATUSES: Final = {
    Kind.NOTE: {midi.NOTE_ON, midi.NOTE_OFF},
    Kind.POLY_PRESSURE: {midi.POLY_PRESSURE},
    Kind.CONTROL_CHANGE: {midi.CONTROL_CHANGE},
    Kind.KNOB: {midi.CONTROL_CHANGE},
    Kind.PEDAL: {midi.CONTROL_CHANGE},
    Kind.NRPN: {midi.CONTROL_CHANGE},
    Kind.PROGRAM_CHANGE: {midi.PROGRAM_CHANGE},
    Kind.CHANNEL_PRESSURE: {midi.CHANNEL_PRESSURE},
    Kind.PITCH_BEND: {midi.PITCH_BEND},
}


@dataclass(frozen=True, slots=True)
class Outlet:
    """Messages of one kind: each of `numbers` with each of `values`, on each of `channels`.

    channels: 1-16. numbers: the first data byte, 0-127: of a note, a control change, a program. values: the last data
    byte, 0-127; of notes the velocity with which they begin. controller: of a knob, the control change (0-119) that was
    played.
    """

    kind: Kind
    channels: frozenset[int]
    numbers: frozenset[int] = ANY
    values: frozenset[int] = ANY
    controller: int | None = None

    def has(self, message: bytes) -> bool:
        """Tell whether a whole channel message is one of them."""
        kind = message[0] & 0xF0
        return (
            kind in _STATUSES[self.kind]
            and midi.channel_of(message[0]) in self.channels
            and message[1] in self.numbers
            and (kind == midi.NOTE_OFF or message[-1] in self.values)
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """All that a route can send.

    zones: the outlets of each of its zones. clock, transport, sysex_bytes: as the route's.
    """

    zones: tuple[tuple[Outlet, ...], ...]
    clock: bool
    transport: bool
    sysex_bytes: int

    @property
    def outlets(self) -> Iterator[Outlet]:
        """The outlets of all zones."""
        return (outlet for zone in self.zones for outlet in zone)

    def channels(self, kind: Kind) -> frozenset[int]:
        """Return the channels (1-16) on which something of that kind can go out."""
        return frozenset(channel for outlet in self.outlets if outlet.kind is kind for channel in outlet.channels)

    def may_send(self, message: bytes) -> bool:
        """Tell whether the route can ever make the bridge send that message, which may be anything."""
        if message[:1] == bytes([midi.SYSEX]):
            whole = message[-1] == midi.SYSEX_END and all(byte < midi.NOTE_OFF for byte in message[1:-1])
            return whole and len(message) <= self.sysex_bytes
        if (
            not message
            or len(message) != midi.LENGTHS[message[0]]
            or any(byte >= midi.NOTE_OFF for byte in message[1:])
        ):
            return False
        match message[0]:
            case midi.CLOCK:
                return self.clock
            case midi.START | midi.CONTINUE | midi.STOP | midi.SONG_POSITION:
                return self.transport
            case status if status >= midi.SYSEX:
                return False
        return any(outlet.has(message) for outlet in self.outlets)


def reach_of(route: Route) -> Reach:
    """Return all that `route` can send."""
    return Reach(
        zones=tuple(_gathered(_pieces(route, at)) for at in range(len(route.zones))),
        clock=route.clock,
        transport=route.transport,
        sysex_bytes=route.sysex_bytes,
    )


def transposed(zone: Zone, key: int) -> int | None:
    """Return the note (0-127) that `key` becomes in `zone`; None where that is no note and the zone does not fold."""
    note = key + zone.transpose
    while zone.fold and note < 0:
        note += 12
    while zone.fold and note >= midi.NOTES:
        note -= 12
    return note if 0 <= note < midi.NOTES else None


def heard_by(zone: Zone) -> Sequence[int]:
    """Return the channels (1-16) that `zone` listens to."""
    return (zone.channel,) if zone.channel else _CHANNELS


def bound(route: Route, trigger: Trigger, source: int | None, channel: int) -> frozenset[int]:
    """Return the numbers (0-127) that are bound for the input that is `source`, on `channel` (1-16)."""
    return frozenset(
        binding.number
        for binding in route.bindings
        if binding.trigger is trigger and binding.source in {None, source} and binding.channel in {None, channel}
    )


def bound_everywhere(route: Route, trigger: Trigger) -> frozenset[int]:
    """Return the numbers (0-127) that are bound for every input, on every channel."""
    return frozenset.intersection(*(bound(route, trigger, None, channel) for channel in _CHANNELS))


def keys_of(route: Route, at: int, source: int | None, channel: int) -> frozenset[int]:
    """Return the keys (0-127) that zone number `at` gets from the input that is `source`, on `channel` (1-16).

    These are its own that are not bound, and that no exclusive zone takes away.
    """
    zone = route.zones[at]
    if not zone.notes:
        return frozenset()
    others = route.zones[:at] if zone.exclusive else route.zones[:at] + route.zones[at + 1 :]
    taken = {
        key
        for other in others
        if other.exclusive and other.notes and other.source in {None, source} and other.channel in {None, channel}
        for key in range(other.low, other.high + 1)
    }
    return frozenset(range(zone.low, zone.high + 1)) - taken - bound(route, Trigger.NOTE, source, channel)


def _pieces(route: Route, at: int) -> Iterator[Outlet]:
    # An input may be several sources at once. All that makes of it is more exclusive zones and more bindings, which
    # only take away; so the input that is nothing but the zone's own source has the furthest reach.
    zone = route.zones[at]
    for channel in heard_by(zone):
        out = frozenset(zone.channels or (channel,))
        notes = {transposed(zone, key) for key in keys_of(route, at, zone.source, channel)}
        numbers = frozenset(note for note in notes if note is not None)
        yield Outlet(Kind.NOTE, out, numbers, frozenset(zone.velocities[1:]) or STRUCK)
        if zone.poly_pressure:
            yield Outlet(Kind.POLY_PRESSURE, out, numbers)
        used = bound(route, Trigger.CONTROL, zone.source, channel)
        knobs = {knob.controller for knob in zone.knobs}
        yield Outlet(Kind.CONTROL_CHANGE, out, frozenset(zone.control_changes) - knobs - used)
        for knob in zone.knobs:
            if knob.controller not in used:
                on = frozenset({knob.channel or channel})
                yield Outlet(Kind.KNOB, on, frozenset({knob.to}), frozenset(knob.values), knob.controller)
        if route.sustain is Sustain.PASS:
            yield Outlet(Kind.PEDAL, out, frozenset({midi.CC_SUSTAIN}) - knobs - used)
        if zone.nrpn:
            yield Outlet(Kind.NRPN, out, PARAMETER_CCS - used)
        if zone.program_change:
            yield Outlet(Kind.PROGRAM_CHANGE, out, ANY - bound(route, Trigger.PROGRAM, zone.source, channel))
        if zone.channel_pressure:
            yield Outlet(Kind.CHANNEL_PRESSURE, out)
        if zone.pitch_bend:
            yield Outlet(Kind.PITCH_BEND, out)


def _gathered(pieces: Iterable[Outlet]) -> tuple[Outlet, ...]:
    """Put together what differs in nothing but numbers on the same channel, then in nothing but the channel."""
    numbers: dict[tuple[Kind, frozenset[int], int | None, int], frozenset[int]] = {}
    for piece in pieces:
        for channel in piece.channels:
            place = piece.kind, piece.values, piece.controller, channel
            numbers[place] = numbers.get(place, frozenset()) | piece.numbers
    channels: dict[tuple[Kind, frozenset[int], int | None, frozenset[int]], list[int]] = {}
    for (kind, values, controller, channel), which in numbers.items():
        if which:
            channels.setdefault((kind, values, controller, which), []).append(channel)
    return tuple(
        Outlet(kind, frozenset(where), which, values, controller)
        for (kind, values, controller, which), where in channels.items()
    )
