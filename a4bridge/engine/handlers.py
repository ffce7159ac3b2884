"""The route as functions: one for each status byte, made when the route is set, so that a note finds no question open.

A handler gets one whole message, sends what is to be sent, and returns it, or the outcome where nothing was forwarded.
It leaves the message as it came, and runs while its input has the turn.
"""

from collections.abc import Callable
from typing import Final

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Sustain
from a4bridge.engine.sounding import NOTE_OFFS, Sounding

Handler = Callable[[list[int]], list[int] | Outcome]

PEDAL_DOWN: Final = 64
"""A pedal is down from this value on (MIDI 1.0: 0-63 off, 64-127 on)."""


class Keys:
    """The keys and pedals of one input.

    held: note number at the destination by key ((channel - 1) << 7 | note), for keys that are down or held by the
    pedal. sustained: those of them that are up. pedals: the channels, counted from 0, whose pedal is down.
    """

    __slots__ = ("held", "pedals", "sounding", "sustained")

    def __init__(self, sounding: Sounding) -> None:
        self.sounding = sounding
        self.held: dict[int, int] = {}
        self.sustained: set[int] = set()
        self.pedals: set[int] = set()

    def let_go(self, keys: list[int]) -> None:
        """Take the hold of `keys` off their notes."""
        # All is forgotten before any is sent: should a send fail, what is still in the ledger has no holder left.
        indices = [self.held.pop(key) for key in keys]
        self.sustained.difference_update(keys)
        for index in indices:
            self.sounding.take_off(index)

    def let_go_all(self) -> None:
        """Take the hold of every key off its note."""
        self.let_go(list(self.held))

    def lift_pedal(self, channel: int) -> None:
        """Raise the pedal of `channel` (0-15) and let go what only it held."""
        self.pedals.discard(channel)
        self.let_go([key for key in self.sustained if key >> 7 == channel])

    def lift_pedals(self) -> None:
        """Raise every pedal."""
        for channel in list(self.pedals):
            self.lift_pedal(channel)

    def strike_again(self, key: int, index: int) -> bool:
        """Make way for a note-on of a key whose last note has not ended; tells whether the key now holds none.

        Under the pedal the note is ended first, so that the destination hears (and records) a second stroke. A key
        that sends two note-ons in a row just passes. In both cases the key holds its note as before, and the ledger
        marks it throughout.
        """
        if self.held[key] != index:
            self.let_go([key])
            return True
        if key in self.sustained:
            self.sustained.discard(key)
            self.sounding.send(list(NOTE_OFFS[index]))
        return False

    def forget(self) -> None:
        """Forget every key without sending anything; pedals stay where the feet have them."""
        self.held.clear()
        self.sustained.clear()


def drop(outcome: Outcome) -> Handler:
    """Make the handler that sends nothing and says why."""
    return lambda _message: outcome


def _pass_on(status: int, sounding: Sounding) -> Handler:
    send = sounding.send

    def pass_on(message: list[int]) -> list[int]:
        out = [status, *message[1:]]
        send(out)
        return out

    return pass_on


def _note_off(channel: int, keys: Keys) -> Handler:
    held, sustained, pedals, ledger = keys.held, keys.sustained, keys.pedals, keys.sounding.ledger
    send = keys.sounding.send
    base = channel << 7

    def note_off(message: list[int]) -> list[int] | Outcome:
        key = base | message[1]
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


def _note_on(channel: int, out_channel: int, keys: Keys, note_off: Handler) -> Handler:
    held, ledger = keys.held, keys.sounding.ledger
    strike_again = keys.strike_again
    send = keys.sounding.send
    status = midi.status(midi.NOTE_ON, out_channel)
    base, out_base = channel << 7, (out_channel - 1) << 7

    def note_on(message: list[int]) -> list[int] | Outcome:
        _status, note, velocity = message
        if not velocity:
            return note_off(message)
        key = base | note
        index = out_base | note
        if key not in held or strike_again(key, index):
            held[key] = index
            ledger[index] += 1
        out = [status, note, velocity]  # a new list: the recorder still wants the message as it came
        send(out)
        return out

    return note_on


def _unheard_note_on(note_off: Handler, outcome: Outcome) -> Handler:
    return lambda message: outcome if message[2] else note_off(message)


def _pedal(channel: int, keys: Keys) -> Handler:
    def pedal(message: list[int]) -> Outcome:
        if message[2] >= PEDAL_DOWN:
            keys.pedals.add(channel)
        else:
            keys.lift_pedal(channel)
        return Outcome.PEDAL_MOVED

    return pedal


def _reset_controllers(channel: int, keys: Keys) -> Handler:
    def reset_controllers(_message: list[int]) -> Outcome:
        keys.lift_pedal(channel)
        return Outcome.RELEASED

    return reset_controllers


def _notes_off(keys: Keys) -> Handler:
    def notes_off(_message: list[int]) -> Outcome:
        keys.let_go_all()
        return Outcome.RELEASED

    return notes_off


def _control_change(channel: int, route: Route, keys: Keys, pass_on: Handler) -> Handler:
    by_controller = [drop(Outcome.CONTROL_CHANGE)] * midi.NOTES
    for controller in route.control_changes:
        by_controller[controller] = pass_on
    by_controller[midi.CC_SUSTAIN] = {
        Sustain.HOLD: _pedal(channel, keys),
        Sustain.DROP: drop(Outcome.PEDAL_FILTERED),
        Sustain.PASS: pass_on,
    }[route.sustain]
    by_controller[midi.CC_ALL_SOUND_OFF] = by_controller[midi.CC_ALL_NOTES_OFF] = _notes_off(keys)
    by_controller[midi.CC_RESET_CONTROLLERS] = _reset_controllers(channel, keys)
    return lambda message: by_controller[message[1]](message)


_SYSTEM: Final = {
    midi.TIME_CODE: Outcome.SYSTEM_COMMON,
    midi.SONG_POSITION: Outcome.TRANSPORT,
    midi.SONG_SELECT: Outcome.SYSTEM_COMMON,
    midi.TUNE_REQUEST: Outcome.SYSTEM_COMMON,
    midi.SYSEX: Outcome.SYSEX,
    midi.CLOCK: Outcome.CLOCK,
    midi.START: Outcome.TRANSPORT,
    midi.CONTINUE: Outcome.TRANSPORT,
    midi.STOP: Outcome.TRANSPORT,
    midi.ACTIVE_SENSING: Outcome.ACTIVE_SENSING,
    midi.SYSTEM_RESET: Outcome.SYSTEM_RESET,
}


def handlers_of(route: Route, keys: Keys) -> list[Handler]:
    """Make the 256 handlers of one input, by status byte, for the destination that is connected now (or none)."""
    table = [drop(Outcome.MALFORMED)] * 256
    for status, outcome in _SYSTEM.items():
        table[status] = drop(outcome)

    def passing(kind: int, filtered: Outcome | None) -> Handler:
        if filtered is not None:
            return drop(filtered)
        if not keys.sounding.connected:
            return drop(Outcome.NO_DESTINATION)
        return _pass_on(midi.status(kind, route.channel), keys.sounding)

    poly_pressure = passing(midi.POLY_PRESSURE, Outcome.POLY_PRESSURE)
    program_change = passing(midi.PROGRAM_CHANGE, Outcome.PROGRAM_CHANGE)
    channel_pressure = passing(midi.CHANNEL_PRESSURE, None if route.channel_pressure else Outcome.CHANNEL_PRESSURE)
    pitch_bend = passing(midi.PITCH_BEND, None if route.pitch_bend else Outcome.PITCH_BEND)
    controller = passing(midi.CONTROL_CHANGE, None)
    for channel in range(midi.CHANNELS):
        table[midi.POLY_PRESSURE | channel] = poly_pressure
        table[midi.PROGRAM_CHANGE | channel] = program_change
        table[midi.CHANNEL_PRESSURE | channel] = channel_pressure
        table[midi.PITCH_BEND | channel] = pitch_bend
        table[midi.CONTROL_CHANGE | channel] = _control_change(channel, route, keys, controller)
        # A note-off has its handler whatever the route: the note it ends may have begun under another.
        note_off = _note_off(channel, keys)
        if not route.notes:
            note_on = _unheard_note_on(note_off, Outcome.NOTES_FILTERED)
        elif not keys.sounding.connected:
            note_on = _unheard_note_on(note_off, Outcome.NO_DESTINATION)
        else:
            note_on = _note_on(channel, route.channel, keys, note_off)
        table[midi.NOTE_OFF | channel] = note_off
        table[midi.NOTE_ON | channel] = note_on
    return table
