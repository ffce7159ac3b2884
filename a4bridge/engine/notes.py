"""Handlers for notes, from the shortest way that will do to the one that can do everything.

Which of them a channel of an input gets is decided when the route is set: a single zone for all keys needs no table, a
keyboard that is split needs one, and only zones that overlap or compete need more than a table. What a profile does not
use costs a note nothing (benchmarks/README.md has the figures).

Channel and note are added where they could be or-ed: CPython has a short way for sums of integers, and none for that.
"""

from collections.abc import Callable, Sequence
from typing import Final

from a4bridge.backend.base import Send
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import ANY_VELOCITY, Mono, Zone
from a4bridge.engine.controls import Handler, first_sent
from a4bridge.engine.keys import KEYS, Keys
from a4bridge.engine.sounding import NOTE_OFFS
from a4bridge.engine.voices import MonoVoice, SpreadVoices

AS_PLAYED: Final = tuple(range(midi.NOTES))
"""The velocities of a zone that leaves them as they are."""

Strike = Callable[[int, int], list[int] | Outcome]
"""Plays a key with a velocity (1-127)."""


class Target:
    """What a zone makes of a note: its number in the ledger, or the outcome that says why none; the velocities.

    Not a record, for a route makes thousands of them.
    """

    __slots__ = ("index", "velocities")

    def __init__(self, index: int | Outcome, velocities: tuple[int, ...]) -> None:
        self.index: Final = index
        self.velocities: Final = velocities


NOWHERE: Final = Target(Outcome.OUTSIDE_ZONES, AS_PLAYED)
"""The target of a note that no zone has."""


def velocities_of(zone: Zone) -> tuple[int, ...]:
    """Return what the zone makes of each velocity (0-127)."""
    return zone.velocities or AS_PLAYED


def target_of(zone: Zone, channel: int, note: int) -> Target:
    """Return what `zone` makes of `note` (0-127) that came on `channel` (0-15), were its first channel the only one."""
    out = note + zone.transpose
    if zone.fold:
        while out < 0:
            out += 12
        while out >= midi.NOTES:
            out -= 12
    velocities = velocities_of(zone)
    if not 0 <= out < midi.NOTES:
        return Target(Outcome.OUT_OF_RANGE, velocities)
    return Target((zone.channels[0] - 1 if zone.channels else channel) << 7 | out, velocities)


def zones_of(zones: Sequence[Zone], note: int) -> list[Zone]:
    """Return those of `zones` that get `note`: all that have it, or the first of them that wants it alone."""
    having = [zone for zone in zones if zone.notes and zone.low <= note <= zone.high]
    alone = next((zone for zone in having if zone.exclusive), None)
    return [alone] if alone else having


def is_plain(zone: Zone) -> bool:
    """Tell whether the zone's keys sound for themselves, whatever others are held."""
    return len(zone.channels) <= 1 and zone.mono is Mono.ALL


def is_straight(zone: Zone) -> bool:
    """Tell whether a plain zone takes every key as it is."""
    return (zone.low, zone.high, zone.transpose, zone.velocities) == (0, midi.NOTES - 1, 0, ANY_VELOCITY)


def note_off(channel: int, keys: Keys, send: Send) -> Handler:
    """Make the handler for the note-offs of a channel (0-15) on which each key holds one note at most."""
    held, sustained, pedals, ledger = keys.held, keys.sustained, keys.pedals, keys.sounding.ledger
    base = channel << 7

    def note_off(message: list[int]) -> list[int] | Outcome:
        key = base + message[1]
        if key not in held:
            return Outcome.NOT_SOUNDING
        if channel in pedals:
            if key in sustained:
                return Outcome.NOT_SOUNDING
            sustained.add(key)
            return Outcome.HELD_BY_PEDAL
        index = held[key]
        del held[key]
        if ledger[index] > 1:
            ledger[index] -= 1
            return Outcome.HELD_BY_OTHER_KEY
        velocity = message[2] if message[0] < midi.NOTE_ON else midi.RELEASE_VELOCITY
        out = [midi.NOTE_OFF | index >> 7, index & 127, velocity]
        send(out)
        ledger[index] = 0
        return out

    return note_off


def note_off_for_all(
    channel: int, keys: Keys, send: Send, waiting: Sequence[MonoVoice], bound: Callable[[int], bool]
) -> Handler:
    """Make the handler for note-offs where a key may hold several notes, others may wait for its end, or it is bound.

    bound: takes the note (0-127) of a key that holds none, carries out what its release means, and tells whether that
    was anything.
    """
    held, sustained, pedals, ledger = keys.held, keys.sustained, keys.pedals, keys.sounding.ledger
    first = note_off(channel, keys, send)
    base = channel << 7

    def further(key: int) -> list[list[int] | Outcome]:
        others = [each for each in held if each >= KEYS and each % KEYS == key]
        if channel in pedals:
            sustained.update(others)
            return [Outcome.HELD_BY_PEDAL] * len(others)
        indices = [held[each] for each in others]
        keys.let_go(others)
        return [Outcome.HELD_BY_OTHER_KEY if ledger[index] else list(NOTE_OFFS[index]) for index in indices]

    def note_off_for_all(message: list[int]) -> list[int] | Outcome:
        key = base + message[1]
        result = first_sent([first(message), *further(key)])
        if result is Outcome.NOT_SOUNDING and bound(message[1]):
            return Outcome.BOUND
        for voice in waiting:
            voice.withdraw(keys, key)
            voice.give_back()
        return result

    return note_off_for_all


def unheard_note_on(note_off: Handler, outcome: Outcome) -> Handler:
    """Make the handler for a channel whose note-ons go nowhere."""
    return lambda message: outcome if message[2] else note_off(message)


def straight_note_on(channel: int, out_channel: int, keys: Keys, send: Send, note_off: Handler) -> Handler:
    """Make the handler for a channel (0-15) whose keys all go to `out_channel` (0-15) as they are."""
    held, ledger = keys.held, keys.sounding.ledger
    strike_again = keys.strike_again
    status = midi.NOTE_ON | out_channel
    base, out_base = channel << 7, out_channel << 7

    def note_on(message: list[int]) -> list[int] | Outcome:
        _status, note, velocity = message
        if not velocity:
            return note_off(message)
        key = base + note
        index = out_base + note
        if key not in held or strike_again(key, index):
            held[key] = index
            ledger[index] += 1
        out = [status, note, velocity]  # a new list: the recorder still wants the message as it came
        send(out)
        return out

    return note_on


def mapped_note_on(channel: int, targets: Sequence[Target], keys: Keys, send: Send, note_off: Handler) -> Handler:
    """Make the handler for a channel (0-15) on which each key has one target, which stands in a table."""
    held, ledger = keys.held, keys.sounding.ledger
    strike_again = keys.strike_again
    base = channel << 7
    indices = [-1 if isinstance(target.index, Outcome) else target.index for target in targets]
    outcomes = [target.index if isinstance(target.index, Outcome) else Outcome.FORWARDED for target in targets]
    velocities = [target.velocities for target in targets]

    def note_on(message: list[int]) -> list[int] | Outcome:
        _status, note, velocity = message
        if not velocity:
            return note_off(message)
        index = indices[note]
        if index < 0:
            return outcomes[note]
        key = base + note
        if key not in held or strike_again(key, index):
            held[key] = index
            ledger[index] += 1
        out = [midi.NOTE_ON | index >> 7, index & 127, velocities[note][velocity]]
        send(out)
        return out

    return note_on


def struck_note_on(channel: int, strikes: Sequence[Strike], note_off: Handler) -> Handler:
    """Make the handler for a channel (0-15) on which each key has a way of its own to be struck."""
    base = channel << 7

    def note_on(message: list[int]) -> list[int] | Outcome:
        _status, note, velocity = message
        if not velocity:
            return note_off(message)
        return strikes[note](base + note, velocity)

    return note_on


def strike_nothing(outcome: Outcome) -> Strike:
    """Make the strike that sends nothing and says why."""
    return lambda _key, _velocity: outcome


def strike_plain(target: Target, layer: int, keys: Keys) -> Strike:
    """Make the strike for a zone that sounds for itself; `layer` counts the zones that a key has, from 0."""
    index, velocities, offset = target.index, target.velocities, layer * KEYS
    if isinstance(index, Outcome):
        return strike_nothing(index)
    return lambda key, velocity: keys.strike(key + offset, index, velocities[velocity])


def strike_voice(voices: MonoVoice, target: Target, layer: int, keys: Keys) -> Strike:
    """Make the strike for a mono zone."""
    index, velocities, offset = target.index, target.velocities, layer * KEYS
    if isinstance(index, Outcome):
        return strike_nothing(index)
    return lambda key, velocity: voices.strike(keys, key + offset, index, velocities[velocity])


def strike_spread(voices: SpreadVoices, target: Target, layer: int, keys: Keys) -> Strike:
    """Make the strike for a zone that shares its notes out."""
    velocities, offset = target.velocities, layer * KEYS
    if isinstance(target.index, Outcome):
        return strike_nothing(target.index)
    note = target.index & (midi.NOTES - 1)
    return lambda key, velocity: voices.strike(keys, key + offset, note, velocities[velocity])


def strike_layers(strikes: list[Strike]) -> Strike:
    """Make the strike for a key that several zones have."""
    if len(strikes) == 1:
        return strikes[0]
    return lambda key, velocity: first_sent([strike(key, velocity) for strike in strikes])
