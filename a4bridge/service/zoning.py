"""Which of a profile's zones took an event, by their names: worked out for who watches, from what the page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route
from a4bridge.core.taking import zones_taking
from a4bridge.engine.page import RingEvent

_BY_A_ZONE: Final = {
    Outcome.FORWARDED,
    Outcome.HELD_BY_PEDAL,
    Outcome.HELD_BY_OTHER_KEY,
    Outcome.THINNED,
    Outcome.PARAMETER_CHOSEN,
    Outcome.OUT_OF_RANGE,
    Outcome.NOT_ITS_TURN,
    Outcome.NO_FREE_TRACK,
    Outcome.OVERLOAD,
}
"""What becomes of an event that a zone took; whatever else, none did."""

_NOTES: Final = {midi.NOTE_OFF, midi.NOTE_ON, midi.POLY_PRESSURE}


@dataclass(frozen=True, slots=True)
class Zoning:
    """The zones that the engine goes by.

    names: of each zone of the profile; none for a profile without zones. sources: by slot, which of the inputs that the
    route names it is.
    """

    route: Route | None = None
    names: tuple[str, ...] = ()
    sources: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def taking(self, record: RingEvent) -> tuple[str, ...]:
        """Return the names of the zones that take an event."""
        if self.route is None or len(self.names) != len(self.route.zones):
            return ()
        numbers = zones_taking(self.route, self.sources.get(record.input, frozenset()), record.received)
        return tuple(self.names[number] for number in numbers)


class ZonesOfEvents:
    """Tells the zones of events that come in their order: a note's end has those of its beginning, whatever is then."""

    def __init__(self) -> None:
        self._begun: dict[tuple[int, int, int], tuple[str, ...]] = {}

    def of(self, record: RingEvent, zoning: Zoning) -> tuple[str, ...]:
        """Return the names of the zones that took `record`."""
        if record.outcome not in _BY_A_ZONE:
            return ()
        zones = zoning.taking(record)
        kind = record.received[0] & 0xF0 if len(record.received) == midi.LENGTHS[midi.NOTE_ON] else None
        if kind not in _NOTES:
            return zones
        key = record.input, record.received[0] & 0x0F, record.received[1]
        if kind == midi.NOTE_ON and record.received[2]:
            self._begun[key] = zones
            return zones
        if kind == midi.POLY_PRESSURE or record.outcome is Outcome.HELD_BY_PEDAL:
            return self._begun.get(key, zones)
        return self._begun.pop(key, zones)
