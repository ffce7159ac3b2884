"""Which zones of a route take an event, for whoever shows it; the engine has tables of its own for that."""

from a4bridge.core import midi
from a4bridge.core.controls import PARAMETER_CCS
from a4bridge.core.route import Route, Sustain, Zone


def zones_taking(route: Route, sources: frozenset[int], message: bytes) -> tuple[int, ...]:
    """Return the numbers, from 0, of the zones that take a channel message; none for anything else.

    sources: which of the inputs that the route names it came by. Bindings are not looked at: what is bound never gets
    as far as a zone.
    """
    if not message or message[0] < midi.NOTE_OFF or len(message) != midi.LENGTHS[message[0]]:
        return ()
    if message[0] >= midi.SYSEX:
        return ()
    kind, channel, number = message[0] & 0xF0, midi.channel_of(message[0]), message[1]
    listening = [
        (at, zone)
        for at, zone in enumerate(route.zones)
        if (zone.source is None or zone.source in sources) and zone.channel in {None, channel}
    ]
    if kind in {midi.NOTE_OFF, midi.NOTE_ON, midi.POLY_PRESSURE}:
        having = [(at, zone) for at, zone in listening if zone.notes and zone.low <= number <= zone.high]
        listening = [each for each in having if each[1].exclusive][:1] or having
    return tuple(at for at, zone in listening if _lets_pass(route, zone, kind, number))


def _lets_pass(route: Route, zone: Zone, kind: int, number: int) -> bool:
    if kind == midi.CONTROL_CHANGE:
        listed = number in zone.control_changes or number in {knob.controller for knob in zone.knobs}
        parameter = zone.nrpn and number in PARAMETER_CCS
        return listed or parameter or (number == midi.CC_SUSTAIN and route.sustain is Sustain.PASS)
    return {
        midi.POLY_PRESSURE: zone.poly_pressure,
        midi.PROGRAM_CHANGE: zone.program_change,
        midi.CHANNEL_PRESSURE: zone.channel_pressure,
        midi.PITCH_BEND: zone.pitch_bend,
    }.get(kind, True)
