"""What a route drops, as outcomes: found by asking what becomes of each kind of event on each input and channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from a4bridge.core import midi
from a4bridge.core.controls import PARAMETER_CCS
from a4bridge.core.outcomes import Outcome
from a4bridge.core.reach import ANY, bound, keys_of, transposed
from a4bridge.core.route import Mono, Route, Steal, Sustain, Trigger, Zone

_ALWAYS: Final = {Outcome.SYSTEM_COMMON, Outcome.ACTIVE_SENSING, Outcome.SYSTEM_RESET}

_ANSWERED: Final = {
    midi.CC_SUSTAIN,
    midi.CC_ALL_SOUND_OFF,
    midi.CC_RESET_CONTROLLERS,
    midi.CC_ALL_NOTES_OFF,
}
"""Control changes that the bridge answers itself, or has another key for."""

Place = tuple[int | None, int]
"""Where an event comes from: the source that its input is (None: one that no zone names), and the channel (1-16)."""


@dataclass(frozen=True, slots=True)
class Drops:
    """What a route drops.

    outcomes: why. controllers: the control changes (0-127) that a zone hears and lets pass nowhere.
    keys: for each place that a zone with keys hears, the keys (0-127) there that are in none.
    sources, unheard: the sources that an input may be; the places that no zone hears.
    """

    outcomes: frozenset[Outcome]
    controllers: frozenset[int]
    keys: dict[Place, frozenset[int]]
    sources: frozenset[int | None]
    unheard: frozenset[Place]


def drops_of(route: Route, *, other_inputs: bool = True) -> Drops:
    """Return what `route` drops. other_inputs: whether there may be inputs that no zone and no binding names."""
    named = {zone.source for zone in route.zones} | {binding.source for binding in route.bindings}
    known = named - {None} if not other_inputs and named != {None} else named | {None}
    corners = [_Corner(route, source, channel) for source in known for channel in range(1, midi.CHANNELS + 1)]
    unheard = frozenset(corner.place for corner in corners if not corner.zones)
    return Drops(
        outcomes=frozenset(
            {
                *_ALWAYS,
                *([] if route.clock else [Outcome.CLOCK]),
                *([] if route.transport else [Outcome.TRANSPORT]),
                Outcome.TOO_LONG if route.sysex_bytes else Outcome.SYSEX,
                *([Outcome.OUTSIDE_ZONES] if unheard else []),
                *(outcome for corner in corners for outcome in corner.outcomes()),
            }
        ),
        controllers=frozenset(number for corner in corners for number in corner.controllers),
        keys={corner.place: corner.keys for corner in corners if corner.has_keys},
        sources=frozenset(known),
        unheard=unheard,
    )


class _Corner:
    """An input and a channel of it: the zones that hear it, and what they make of what comes there.

    Where no zone hears it, everything is dropped for that reason alone, so nothing else is told of it.
    """

    def __init__(self, route: Route, source: int | None, channel: int) -> None:
        self._route = route
        self.place: Place = source, channel
        self._numbers = [
            at
            for at, zone in enumerate(route.zones)
            if zone.source in {None, source} and zone.channel in {None, channel}
        ]
        self.zones = [route.zones[at] for at in self._numbers]
        self._notes = {at: keys_of(route, at, source, channel) for at in self._numbers}
        controls = bound(route, Trigger.CONTROL, source, channel)
        passing = {
            number
            for zone in self.zones
            for number in (
                *zone.control_changes,
                *(knob.controller for knob in zone.knobs),
                *(PARAMETER_CCS if zone.nrpn else ()),
            )
        }
        self._free = ANY - controls
        self.controllers = self._free - passing - _ANSWERED if self.zones else frozenset[int]()

    @property
    def has_keys(self) -> bool:
        """Tell whether a zone has any."""
        return any(zone.notes for zone in self.zones)

    @property
    def keys(self) -> frozenset[int]:
        """The keys (0-127) that no zone has."""
        return (
            ANY - bound(self._route, Trigger.NOTE, *self.place) - {key for keys in self._notes.values() for key in keys}
        )

    def outcomes(self) -> Iterator[Outcome]:
        """Yield why something that comes there is dropped."""
        if not self.zones:
            return
        if not self.has_keys:
            yield Outcome.NOTES_FILTERED
        elif self.keys:
            yield Outcome.OUTSIDE_ZONES
        for at, keys in self._notes.items():
            yield from _of_notes(self._route.zones[at], keys)
        if self.controllers:
            yield Outcome.CONTROL_CHANGE
        if self._route.sustain is Sustain.DROP and midi.CC_SUSTAIN in self._free:
            yield Outcome.PEDAL_FILTERED
        passing = {
            Outcome.POLY_PRESSURE: any(
                keys and self._route.zones[at].poly_pressure for at, keys in self._notes.items()
            ),
            Outcome.PROGRAM_CHANGE: any(zone.program_change for zone in self.zones),
            Outcome.CHANNEL_PRESSURE: any(zone.channel_pressure for zone in self.zones),
            Outcome.PITCH_BEND: any(zone.pitch_bend for zone in self.zones),
        }
        yield from (outcome for outcome, passes in passing.items() if not passes)
        if any(zone.nrpn for zone in self.zones):
            yield Outcome.PARAMETER


def _of_notes(zone: Zone, keys: frozenset[int]) -> Iterator[Outcome]:
    sounding = [key for key in keys if transposed(zone, key) is not None]
    if len(sounding) < len(keys):
        yield Outcome.OUT_OF_RANGE
    if zone.mono in {Mono.LOW, Mono.HIGH} and sounding:
        yield Outcome.NOT_ITS_TURN
    if len(zone.channels) > 1 and zone.steal is Steal.NONE and sounding:
        yield Outcome.NO_FREE_TRACK
