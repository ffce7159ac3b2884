"""The route as functions: one for each status byte, made when the route is set, so that a note finds no question open.

A handler gets one whole message, sends what is to be sent, and returns it, or the outcome where nothing was forwarded.
It leaves the message as it came, and runs while its input has the turn.
"""

from collections.abc import Callable
from typing import Final

from a4bridge.backend.base import Send
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Mono, Route, Sustain, Trigger, Zone
from a4bridge.engine import notes
from a4bridge.engine.bindings import Act, Bindings
from a4bridge.engine.controls import (
    PEDAL_DOWN,
    ChosenParameters,
    Handler,
    Parameters,
    drop,
    in_turn,
    pass_on,
    pass_unchanged,
    turn_knob,
)
from a4bridge.engine.keys import KEYS, Keys
from a4bridge.engine.notes import Strike, Target
from a4bridge.engine.pacing import UNPACED, Pacing
from a4bridge.engine.sounding import nowhere
from a4bridge.engine.thinning import Thinning
from a4bridge.engine.voices import MonoVoice, SpreadVoices

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
_NUMBERS: Final = (midi.CC_NRPN, midi.CC_NRPN_FINE, midi.CC_RPN, midi.CC_RPN_FINE)
_DATA: Final = (midi.CC_DATA, midi.CC_DATA_FINE, midi.CC_DATA_UP, midi.CC_DATA_DOWN)


class Layout:
    """How zones share the keys.

    by_note: the zones that get each note (0-127). overlaps: whether several get the same. plain: whether each note has
    one zone at most, in which keys sound for themselves. pressed: for each note the zones, counted from 0, that let its
    poly pressure pass; or nothing if none does.
    """

    def __init__(self, zones: list[Zone]) -> None:
        self.by_note = [notes.zones_of(zones, note) for note in range(midi.NOTES)]
        self.overlaps = any(len(each) > 1 for each in self.by_note)
        self.plain = not self.overlaps and all(map(notes.is_plain, zones))
        self.pressed = [[layer for layer, zone in enumerate(each) if zone.poly_pressure] for each in self.by_note]
        if not any(self.pressed):
            self.pressed.clear()


StrikesMade = dict[tuple[tuple[int, ...], int | None], list[Strike]]
"""The strikes of one input by zones, and by channel (0-15) where that makes a difference."""


class Ensemble:
    """What the inputs of a route have in common: the voices of its zones, what was sent lately, what was chosen.

    thinning and chosen outlive the route; they are about the destination.
    """

    def __init__(self, route: Route, thinning: Thinning, chosen: ChosenParameters, act: Act) -> None:
        self.route = route
        self.thinning = thinning
        self.chosen = chosen
        self.act = act
        self.mono = {id(zone): MonoVoice(zone.mono, returns=zone.returns) for zone in route.zones if _is_mono(zone)}
        self.spread = {
            id(zone): SpreadVoices(zone.channels, zone.order, zone.steal)
            for zone in route.zones
            if len(zone.channels) > 1
        }
        self._layouts: dict[tuple[int, ...], Layout] = {}
        self._targets: dict[tuple[int, int], list[Target]] = {}

    @property
    def overlaps(self) -> bool:
        """Tell whether a key may hold several notes."""
        return any(layout.overlaps for layout in self._layouts.values())

    def layout(self, zones: list[Zone]) -> Layout:
        """Return how `zones` share the keys."""
        numbers = tuple(map(id, zones))
        if numbers not in self._layouts:  # many channels and inputs have the same
            self._layouts[numbers] = Layout(zones)
        return self._layouts[numbers]

    def target(self, zone: Zone, channel: int, note: int) -> Target:
        """Return what `zone` makes of `note` (0-127) from `channel` (0-15)."""
        which = id(zone), -1 if zone.channels else channel
        if which not in self._targets:
            self._targets[which] = [notes.target_of(zone, channel, each) for each in range(midi.NOTES)]
        return self._targets[which][note]

    def withdraw(self, keys: Keys) -> None:
        """Take the keys of an input from those that wait for a voice, and let others have what it held."""
        for voice in self.mono.values():
            voice.withdraw(keys)
            voice.give_back()

    def dismiss(self, keys: Keys) -> None:
        """Forget an input that is gone, and that nothing waits for any more."""
        for voices in self.spread.values():
            voices.dismiss(keys)

    def give_back(self) -> None:
        """Let the keys that wait for a voice have those that are free."""
        for voice in self.mono.values():
            voice.give_back()

    def forget_keys(self) -> None:
        """Forget every key."""
        for voice in self.mono.values():
            voice.forget()


def _is_mono(zone: Zone) -> bool:
    return zone.mono is not Mono.ALL


def handlers_of(
    ensemble: Ensemble,
    sources: frozenset[int],
    keys: Keys,
    send: Send,
    *,
    may_overlap: bool,
    pacing: Pacing = UNPACED,
) -> list[Handler]:
    """Make the 256 handlers of one input, by status byte, for the destination behind `send`.

    sources: which of the route's inputs it is. may_overlap: whether a key of an older route may hold several notes.
    pacing: the destination's.
    """
    route = ensemble.route
    table = [drop(Outcome.MALFORMED)] * 256
    for status, outcome in _SYSTEM.items():
        table[status] = drop(outcome)
    passing = [midi.CLOCK] * route.clock
    passing += [midi.START, midi.CONTINUE, midi.STOP, midi.SONG_POSITION] * route.transport
    unchanged = pacing.clock(pass_unchanged(send)) if send is not nowhere else drop(Outcome.NO_DESTINATION)
    for status in passing:
        table[status] = unchanged
    if route.sysex_bytes:
        table[midi.SYSEX] = drop(Outcome.SYSEX_APART)
    strikes_made: StrikesMade = {}
    for channel in range(midi.CHANNELS):
        part = _Channel(ensemble, sources, channel, keys, send, strikes_made, may_overlap=may_overlap, pacing=pacing)
        for kind, handler in part.handlers().items():
            table[kind | channel] = handler
    return table


class _Channel:
    """One channel (0-15) of one input, and the zones that listen to it."""

    def __init__(
        self,
        ensemble: Ensemble,
        sources: frozenset[int],
        channel: int,
        keys: Keys,
        send: Send,
        strikes_made: StrikesMade,
        *,
        may_overlap: bool,
        pacing: Pacing,
    ) -> None:
        route = ensemble.route
        self._ensemble = ensemble
        self._channel = channel
        self._keys = keys
        self._connected = send is not nowhere
        self._send = send
        self._may_overlap = may_overlap
        self._pacing = pacing
        self._strikes_made = strikes_made
        self._zones = [zone for zone in route.zones if _listens(zone.source, zone.channel, sources, channel)]
        self._unheard = Outcome.OUTSIDE_ZONES if route.zones else Outcome.HUSHED  # each profile has a zone
        self._layout = ensemble.layout(self._zones)
        self._waiting = [ensemble.mono[id(zone)] for zone in self._zones if zone.returns]
        bindings = [each for each in route.bindings if _listens(each.source, each.channel, sources, channel)]
        # Nothing of ours is handed to it: what refers to itself is never freed in the engine.
        self._bindings = Bindings(bindings, keys, ensemble.act, ensemble.give_back)

    def handlers(self) -> dict[int, Handler]:
        """Return the handlers by kind of message."""
        note_off = self._note_off()
        return {
            midi.NOTE_OFF: note_off,
            midi.NOTE_ON: self._note_on(note_off),
            midi.POLY_PRESSURE: self._poly_pressure(),
            midi.CONTROL_CHANGE: self._control_change(),
            midi.PROGRAM_CHANGE: self._program_change(),
            midi.CHANNEL_PRESSURE: self._continuous(
                midi.CHANNEL_PRESSURE, lambda zone: zone.channel_pressure, Outcome.CHANNEL_PRESSURE
            ),
            midi.PITCH_BEND: self._continuous(midi.PITCH_BEND, lambda zone: zone.pitch_bend, Outcome.PITCH_BEND),
        }

    # Notes.

    def _note_off(self) -> Handler:
        # A note-off has its handler whatever the route: the note it ends may have begun under another.
        overlaps = self._may_overlap or self._layout.overlaps
        if overlaps or self._waiting or self._bindings.numbers(Trigger.NOTE):
            return notes.note_off_for_all(self._channel, self._keys, self._send, self._waiting, self._bindings.let_go)
        return notes.note_off(self._channel, self._keys, self._send)

    def _note_on(self, note_off: Handler) -> Handler:
        bound = self._bindings.numbers(Trigger.NOTE)
        playing = [zone for zone in self._zones if zone.notes]
        if not bound and (not playing or not self._connected):
            return notes.unheard_note_on(note_off, Outcome.NO_DESTINATION if playing else self._why_no_notes())
        return self._pacing.note(self._heard_note_on(bound, playing, note_off), self._sounds)

    def _sounds(self, note: int) -> bool:
        """Tell whether a zone makes something of `note` (0-127), and nothing else is to become of it."""
        if not self._connected or note in self._bindings.numbers(Trigger.NOTE):
            return False
        targets = [self._ensemble.target(zone, self._channel, note) for zone in self._layout.by_note[note]]
        return any(not isinstance(target.index, Outcome) for target in targets)

    def _heard_note_on(self, bound: set[int], playing: list[Zone], note_off: Handler) -> Handler:
        if not bound and len(playing) == 1 and len(playing[0].channels) > 1:
            return self._spread_note_on(playing[0], note_off)
        if bound or not self._layout.plain:
            return notes.struck_note_on(self._channel, self._strikes(bound), note_off)
        if len(playing) == 1 and notes.is_straight(playing[0]):
            out_channel = playing[0].channels[0] - 1 if playing[0].channels else self._channel
            return notes.straight_note_on(self._channel, out_channel, self._keys, self._send, note_off)
        return notes.mapped_note_on(self._channel, self._targets(), self._keys, self._send, note_off)

    def _spread_note_on(self, zone: Zone, note_off: Handler) -> Handler:
        indices = [target.index for target in self._targets()]
        becomes = [index if isinstance(index, Outcome) else index & (midi.NOTES - 1) for index in indices]
        voices = self._ensemble.spread[id(zone)]
        velocities = notes.velocities_of(zone)
        return voices.note_on(self._channel, becomes, velocities, self._keys, self._send, note_off)

    def _targets(self) -> list[Target]:
        """Return what becomes of each note where one zone at most has it."""
        return [
            self._ensemble.target(zones[0], self._channel, note) if zones else notes.NOWHERE
            for note, zones in enumerate(self._layout.by_note)
        ]

    def _why_no_notes(self) -> Outcome:
        return Outcome.NOTES_FILTERED if self._zones else self._unheard

    def _strikes(self, bound: set[int]) -> list[Strike]:
        """Return the strike of each note; all channels on which the same would be done share theirs."""
        keeps = any(not zone.channels for zone in self._zones)
        which = (tuple(map(id, self._zones)), self._channel if keeps or bound else None)
        if which not in self._strikes_made:
            self._strikes_made[which] = [
                self._bindings.strike if note in bound else self._strike(note, zones)
                for note, zones in enumerate(self._layout.by_note)
            ]
        return self._strikes_made[which]

    def _strike(self, note: int, zones: list[Zone]) -> Strike:
        if not zones:
            playing = any(zone.notes for zone in self._zones)
            return notes.strike_nothing(Outcome.OUTSIDE_ZONES if playing else self._why_no_notes())
        if not self._connected:
            return notes.strike_nothing(Outcome.NO_DESTINATION)
        strikes: list[Strike] = []
        taken: set[int | Outcome] = set()
        for layer, zone in enumerate(zones):
            target = self._ensemble.target(zone, self._channel, note)
            if len(zone.channels) > 1:
                strikes.append(notes.strike_spread(self._ensemble.spread[id(zone)], target, layer, self._keys))
            elif _is_mono(zone):
                strikes.append(notes.strike_voice(self._ensemble.mono[id(zone)], target, layer, self._keys))
            elif target.index not in taken:  # two zones that come to the same note are one note
                strikes.append(notes.strike_plain(target, layer, self._keys))
                taken.add(target.index)
        return notes.strike_layers(strikes)

    def _poly_pressure(self) -> Handler:
        pressed = self._layout.pressed
        if not pressed:
            return drop(Outcome.POLY_PRESSURE if self._zones else self._unheard)
        if not self._connected:
            return drop(Outcome.NO_DESTINATION)
        held, base, send = self._keys.held, self._channel << 7, self._send

        def poly_pressure(message: list[int]) -> list[int] | Outcome:
            _status, note, pressure = message
            result: list[int] | Outcome = Outcome.NOT_SOUNDING
            for layer in pressed[note]:
                index = held.get((base | note) + layer * KEYS)
                if index is not None:
                    out = [midi.POLY_PRESSURE | index >> 7, index & 127, pressure]
                    send(out)
                    result = out
            return result

        return self._pacing.newest(poly_pressure, numbered=True)

    # Everything else.

    def _statuses(self, kind: int, passes: Callable[[Zone], bool]) -> tuple[int, ...]:
        """Return the status bytes under which `kind` goes out, by zones that let it pass, each once."""
        channels = [
            channel
            for zone in self._zones
            if passes(zone)
            for channel in ([number - 1 for number in zone.channels] or [self._channel])
        ]
        return tuple(kind | channel for channel in dict.fromkeys(channels))

    def _passing(self, statuses: tuple[int, ...], filtered: Outcome) -> Handler:
        if not statuses:
            return drop(filtered if self._zones else self._unheard)
        if not self._connected:
            return drop(Outcome.NO_DESTINATION)
        return self._pacing.newest(pass_on(statuses, self._send))

    def _continuous(self, kind: int, passes: Callable[[Zone], bool], filtered: Outcome) -> Handler:
        statuses = self._statuses(kind, passes)
        if statuses and self._connected and self._ensemble.route.thinning:
            return self._pacing.newest(self._ensemble.thinning.pass_on(statuses, self._send))
        return self._passing(statuses, filtered)

    def _program_change(self) -> Handler:
        statuses = self._statuses(midi.PROGRAM_CHANGE, lambda zone: zone.program_change)
        others = self._passing(statuses, Outcome.PROGRAM_CHANGE)
        return self._bindings.program(others) if self._bindings.numbers(Trigger.PROGRAM) else others

    def _control_change(self) -> Handler:
        by_controller = [drop(Outcome.CONTROL_CHANGE if self._zones else self._unheard)] * midi.NOTES
        for number in {number for zone in self._zones for number in zone.control_changes}:
            by_controller[number] = self._passing(
                self._statuses(midi.CONTROL_CHANGE, _lets_pass(number)), Outcome.CONTROL_CHANGE
            )
        by_controller[midi.CC_SUSTAIN] = self._sustain()
        for number in {knob.controller for zone in self._zones for knob in zone.knobs}:
            by_controller[number] = self._turned(number)
        if any(zone.nrpn for zone in self._zones):
            self._add_parameters(by_controller)
        by_controller[midi.CC_ALL_SOUND_OFF] = by_controller[midi.CC_ALL_NOTES_OFF] = self._notes_off
        by_controller[midi.CC_RESET_CONTROLLERS] = self._reset_controllers
        for number in self._bindings.numbers(Trigger.CONTROL):
            by_controller[number] = self._bindings.control
        return lambda message: by_controller[message[1]](message)

    def _sustain(self) -> Handler:
        match self._ensemble.route.sustain:
            case Sustain.HOLD:
                return self._pedal
            case Sustain.PASS:
                return self._passing(self._statuses(midi.CONTROL_CHANGE, lambda _zone: True), Outcome.PEDAL_FILTERED)
            case Sustain.DROP:
                return drop(Outcome.PEDAL_FILTERED)

    def _turned(self, number: int) -> Handler:
        """Make the handler for a control change that is a knob in some zone; it may pass as it is in others."""
        if not self._connected:
            return drop(Outcome.NO_DESTINATION)
        handlers = [
            turn_knob(midi.CONTROL_CHANGE | (knob.channel or self._channel + 1) - 1, knob.to, knob.values, self._send)
            for zone in self._zones
            for knob in zone.knobs
            if knob.controller == number
        ]
        others = self._statuses(midi.CONTROL_CHANGE, lambda zone: _lets_pass(number)(zone) and not _turns(zone, number))
        handlers += [pass_on(others, self._send)] if others else []
        return self._pacing.newest(in_turn(handlers))

    def _add_parameters(self, by_controller: list[Handler]) -> None:
        statuses = self._statuses(midi.CONTROL_CHANGE, lambda zone: zone.nrpn)
        parameters = Parameters(statuses, self._ensemble.chosen, self._send)
        passed_otherwise = {
            number
            for zone in self._zones
            for number in (*zone.control_changes, *(knob.controller for knob in zone.knobs))
        }
        for numbers, handler in ((_NUMBERS, parameters.choose), (_DATA, self._pacing.step(parameters.enter))):
            for number in numbers:
                mine: Handler = handler if self._connected else drop(Outcome.NO_DESTINATION)
                other = [by_controller[number]] if number in passed_otherwise else []
                by_controller[number] = in_turn([mine, *other])

    # What the bridge itself makes of control changes.

    def _pedal(self, message: list[int]) -> Outcome:
        if message[2] >= PEDAL_DOWN:
            self._keys.pedals.add(self._channel)
        else:
            self._keys.lift_pedal(self._channel)
            self._ensemble.give_back()
        return Outcome.PEDAL_MOVED

    def _reset_controllers(self, _message: list[int]) -> Outcome:
        self._keys.lift_pedal(self._channel)
        self._ensemble.give_back()
        return Outcome.RELEASED

    def _notes_off(self, _message: list[int]) -> Outcome:
        self._keys.let_go_all()
        self._ensemble.withdraw(self._keys)
        return Outcome.RELEASED


def _lets_pass(number: int) -> Callable[[Zone], bool]:
    return lambda zone: number in zone.control_changes


def _turns(zone: Zone, number: int) -> bool:
    return any(knob.controller == number for knob in zone.knobs)


def _listens(source: int | None, channel: int | None, sources: frozenset[int], played: int) -> bool:
    return (source is None or source in sources) and (channel is None or channel == played + 1)
