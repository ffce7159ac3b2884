"""A profile: one way of playing, as a person writes it down."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from a4bridge.core import midi
from a4bridge.core.controls import PARAMETER_CCS, PEDAL, ControlChanges, Controller, KnobTarget
from a4bridge.core.destination import AUTO, Destination, Destinations, OneDestination, Target
from a4bridge.core.fields import (
    Between,
    Channel,
    JsonSchema,
    Line,
    Numbers,
    PortName,
    PortNameOrNone,
    Table,
    one_of,
    wrong_at,
)
from a4bridge.core.keyrange import KeyRange, Note
from a4bridge.core.library import checked_name
from a4bridge.core.route import Action, Mono, Order, Steal, Sustain, Trigger
from a4bridge.core.words import listed, written

VIRTUAL: Final = "a4bridge"
"""The name of the bridge's own port, which a program plays into."""

MOST: Final = 64
"""The most zones, and the most bindings, that a profile has."""


class Filters(Table):
    """What passes. Everything else a keyboard sends is dropped and counted."""

    notes: bool = True
    """Whether notes pass."""

    pitch_bend: bool = True
    """Whether the pitch wheel passes."""

    channel_pressure: bool = True
    """Whether pressure on the keys passes, one value for the whole keyboard (aftertouch)."""

    poly_pressure: bool = False
    """Whether pressure on each single key passes; it follows its key to wherever its note sounds."""

    control_changes: ControlChanges = (midi.CC_MOD_WHEEL, midi.CC_BREATH)
    """The control changes that pass, by number: 1 is the mod wheel, 2 breath. For the pedal see sustain."""

    nrpn: bool = False
    """Whether NRPN and RPN pass (CC 6, 38 and 96 to 101): each sequence whole and in order."""

    program_change: bool = False
    """Whether program changes pass; they choose patterns on the box."""

    clock: bool = False
    """Whether MIDI clock passes; it sets the box's tempo."""

    transport: bool = False
    """Whether start, stop, continue and song position pass; they drive the box's sequencer."""

    sysex: bool = False
    """Whether system exclusive passes, up to limits.sysex_bytes; it can overwrite sounds and patterns."""


class ZoneFilters(Table):
    """What passes through a zone; what is left out is as in the profile's filters."""

    notes: bool | None = None
    """Whether the zone has keys at all."""

    pitch_bend: bool | None = None
    """Whether the pitch wheel passes."""

    channel_pressure: bool | None = None
    """Whether pressure on the keys passes, one value for the whole keyboard."""

    poly_pressure: bool | None = None
    """Whether pressure on each single key passes."""

    control_changes: ControlChanges | None = None
    """The control changes that pass, by number."""

    nrpn: bool | None = None
    """Whether NRPN and RPN pass."""

    program_change: bool | None = None
    """Whether program changes pass."""


class Velocity(Table):
    """How hard keys count, in one of four ways. No note ever gets velocity 0, which would end it."""

    fixed: Annotated[int, Between(1, 127, "velocities go")] | None = None
    """Always this velocity."""

    gamma: Annotated[float, Between(0.1, 10, "curves go")] | None = None
    """A curve: below 1 soft keys count more, above 1 less."""

    range: Annotated[tuple[int, int], Numbers(2, 1, 127, "such as [20, 110]")] | None = None
    """What the softest and the hardest key become, with all others between; the higher first turns it round."""

    table: Annotated[tuple[int, ...], Numbers(127, 1, 127, "one for each velocity from 1 on")] | None = None
    """What each velocity becomes: 127 numbers, for 1, 2, 3 and so on."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(
                f"must say one of {listed(list(type(self).model_fields), 'or')}, such as {{ fixed = 100 }}"
            )
        return self


class Knob(Table):
    """A knob, slider or pedal whose control change becomes another."""

    cc: Controller
    """The control change that the keyboard sends."""

    to: KnobTarget
    """What it becomes: a control change, or a performance macro of the box."""

    range: Annotated[tuple[int, int], Numbers(2, 0, 127, "such as [0, 100]")] = (0, 127)
    """What its lowest and its highest position become; the higher first turns it round."""

    curve: Annotated[float, Between(0.1, 10, "curves go")] = 1.0
    """How it gets from one to the other: 1 evenly, below 1 fast at first, above 1 slowly at first."""

    destination: OneDestination | None = None
    """Where it goes. If left out: where the zone goes."""


class OutOfRange(StrEnum):
    """What becomes of a note that is transposed out of 0-127."""

    DROP = "drop"
    FOLD = "fold"


class Zone(Table):
    """Keys that go to a destination."""

    name: Line | None = None
    """What it is called, for you and where the bridge tells about it."""

    input: PortNameOrNone = ""
    """The keyboard it listens to, by name or alias. Empty: every input of the profile."""

    channel: Channel | None = None
    """The channel it listens to. If left out: all of them."""

    keys: KeyRange = ".."
    """Its keys, both ends included: "C3..B4", "..B4", "C5..", or by number, "36..59"."""

    destination: Destinations = Field((AUTO,), json_schema_extra={"default": str(AUTO)})
    """As the profile's destination; or a list, which shares the notes out, one at a time to each."""

    order: Annotated[Order, one_of(Order)] = Order.LOWEST
    """Which of several free destinations gets a note: the first in the list, or the next in turn."""

    steal: Annotated[Steal, one_of(Steal)] = Steal.OLDEST
    """What a note does if no destination is free: it ends the oldest note, or stays silent."""

    transpose: Annotated[int, Between(-127, 127, "semitones go")] = 0
    """Semitones up, or down if negative."""

    out_of_range: Annotated[OutOfRange, one_of(OutOfRange)] = OutOfRange.DROP
    """What becomes of a note that the transposition takes out of MIDI's range: it is left out, or brought back by
    octaves."""

    velocity: Velocity | None = None
    """How hard its keys count. If left out: as they are played."""

    mono: Annotated[Mono, one_of(Mono)] = Mono.ALL
    """Which of several held keys sounds: all, or only the last, the lowest or the highest."""

    return_: bool = Field(False, alias="return")
    """Whether a silenced key that is still held sounds again when the other is let go; that records another trig."""

    exclusive: bool = False
    """Whether its keys are taken from all other zones. If not, zones that share keys sound together."""

    filters: ZoneFilters = ZoneFilters()
    """What passes through this zone."""

    knobs: Annotated[tuple[Knob, ...], Field(strict=False)] = ()
    """Control changes that become others, whether or not the filters let them pass."""

    @model_validator(mode="after")
    def _keys_go_together(self) -> Self:
        several = len(self.destination) > 1
        for key in ("order", "steal"):
            if key in self.model_fields_set and not several:
                raise wrong_at(key, sentence='is for a zone with several destinations, such as ["track 1", "track 2"]')
        if several and self.mono is not Mono.ALL:
            raise wrong_at("mono", sentence="is for a zone with one destination: several have one note each anyway")
        if self.return_ and self.mono is Mono.ALL:
            raise wrong_at("return", sentence='is for a zone that is mono: add mono = "last", "low" or "high"')
        for at, knob in enumerate(self.knobs):
            if knob.cc in {other.cc for other in self.knobs[:at]}:
                raise wrong_at("knobs", at, "cc", sentence=f"another knob of this zone has CC {knob.cc} already")
        return self


def _track(value: object) -> int | str:
    if value == "auto":
        return "auto"
    if type(value) is int and 1 <= value <= midi.CHANNELS:
        return value
    raise ValueError(f'must be a number from 1 to {midi.CHANNELS}, or "auto", not {written(value)}')


def _true(value: object) -> bool:
    if value is not True:
        raise ValueError(f"must be true, or be left out, not {written(value)}")
    return True


_Set = Annotated[bool, PlainValidator(_true), JsonSchema({"const": True})]

_TRIGGERS: Final = [trigger.value for trigger in Trigger]
_ACTIONS: Final = [action.value for action in Action]


class Binding(Table):
    """An event that does something instead of being forwarded: a note, cc or program, and one of the four actions."""

    input: PortNameOrNone = ""
    """The keyboard it comes from, by name or alias. Empty: every input of the profile."""

    channel: Channel | None = None
    """The channel it comes on. If left out: any."""

    note: Note | None = None
    """The key or pad that is bound."""

    cc: Controller | None = None
    """The control change that is bound; from value 64 on it counts as pressed."""

    program: Annotated[int, Between(0, 127, "programs go")] | None = None
    """The program change that is bound."""

    use: Annotated[str, AfterValidator(checked_name)] | None = None
    """Go on with this profile."""

    track: (
        Annotated[
            int | str,
            PlainValidator(_track),
            JsonSchema({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": 16}]}),
        ]
        | None
    ) = None
    """Send everything to this track; for a profile with one destination."""

    panic: _Set | None = None
    """End every note, whatever the bridge knows about it."""

    sustain: _Set | None = None
    """Be a sustain pedal for the keyboard that it is on."""

    @property
    def trigger(self) -> Trigger:
        """The kind of event that is bound."""
        return next(trigger for trigger in Trigger if getattr(self, trigger) is not None)

    @property
    def action(self) -> Action:
        """What it does."""
        return next(action for action in Action if getattr(self, action) is not None)

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for keys in (_TRIGGERS, _ACTIONS):
            said = [key for key in keys if getattr(self, key) is not None]
            if not said:
                raise ValueError(f"must say one of {listed(keys, 'or')}")
            if len(said) > 1:
                sentence = f"is one too many beside {said[0]}: a binding has one of {listed(keys)}"
                raise wrong_at(said[1], sentence=sentence)
        if self.program is not None and self.sustain:
            raise wrong_at("program", sentence="cannot be a pedal, because it has no end: bind a note or a cc")
        return self


LONGEST_SYSEX: Final = 4096
"""Bytes of a message that the kernel sends whole: its buffer (linux sound/core/rawmidi.c). It cuts longer ones."""


class Limits(Table):
    """How much passes at most."""

    bend_and_pressure: Annotated[int, Between(0, 10_000, "limits go")] = 300
    """Messages a second that pitch bend or pressure make on one channel; the newest value counts. 0: no limit."""

    sysex_bytes: Annotated[int, Between(1, LONGEST_SYSEX, "sizes go")] = 512
    """The longest system exclusive message that passes, where filters.sysex lets any pass."""


class Profile(Table):
    """One way of playing: which keys go where, and what passes."""

    description: Line
    """What it is for, in one line."""

    inputs: Annotated[tuple[PortName, ...], Field(strict=False)] = ()
    """The keyboards, each by its name, a part of it, a glob, or an alias; "a4bridge" is a port of our own for other
    programs. None: all that are found."""

    output: PortNameOrNone = ""
    """The box, named in the same way. Empty: the Elektron box that is found."""

    destination: OneDestination = Field(AUTO, json_schema_extra={"default": str(AUTO)})
    """Where everything goes, in a profile without zones."""

    sustain: Annotated[Sustain, one_of(Sustain)] = Sustain.HOLD
    """What the sustain pedal (CC 64) does: hold notes in the bridge, nothing, or go out as CC 64."""

    filters: Filters = Filters()
    """What passes; everything else is dropped."""

    limits: Limits = Limits()
    """How much passes at most."""

    zones: Annotated[tuple[Zone, ...], Field(strict=False, max_length=MOST)] = ()
    """Keys that go to different destinations. None: all keys go to the profile's destination."""

    bindings: Annotated[tuple[Binding, ...], Field(strict=False, max_length=MOST)] = ()
    """Events that do something instead of being forwarded."""

    @model_validator(mode="after")
    def _keys_go_together(self) -> Self:
        if self.zones and "destination" in self.model_fields_set:
            raise wrong_at("destination", sentence="belongs in each of the zones, where there are any")
        for at, zone in enumerate(self.zones):
            for knob_at, knob in enumerate(zone.knobs):
                if knob.cc in PARAMETER_CCS and self._passes_nrpn(zone):
                    sentence = f"CC {knob.cc} is part of NRPN sequences, which this zone lets pass"
                    raise wrong_at("zones", at, "knobs", knob_at, "cc", sentence=sentence)
                if knob.cc == midi.CC_SUSTAIN and self.sustain is not Sustain.DROP:
                    sentence = f'{PEDAL}: it can be a knob with sustain = "drop"'
                    raise wrong_at("zones", at, "knobs", knob_at, "cc", sentence=sentence)
        for at, binding in enumerate(self.bindings):
            if binding.cc in PARAMETER_CCS and any(map(self._passes_nrpn, self.effective_zones)):
                sentence = f"CC {binding.cc} is part of NRPN sequences, which this profile lets pass"
                raise wrong_at("bindings", at, "cc", sentence=sentence)
            if binding.track is not None and self.only_destination is None:
                raise wrong_at("bindings", at, "track", sentence="is for a profile with one destination")
        return self

    def _passes_nrpn(self, zone: Zone) -> bool:
        return self.filters.nrpn if zone.filters.nrpn is None else zone.filters.nrpn

    @property
    def effective_zones(self) -> tuple[Zone, ...]:
        """The zones; of a profile without any, the one that it comes to."""
        return self.zones or (Zone(destination=(self.destination,)),)

    @property
    def sources(self) -> tuple[str, ...]:
        """The inputs that zones and bindings name, each once, in the order in which a route counts them."""
        named: tuple[Zone | Binding, ...] = (*self.zones, *self.bindings)
        return tuple(dict.fromkeys(each.input for each in named if each.input))

    @property
    def only_destination(self) -> Destination | None:
        """Where everything goes, if it all goes to one place that could be another track."""
        several = {each for zone in self.effective_zones for each in zone.destination}
        several |= {knob.destination for zone in self.effective_zones for knob in zone.knobs if knob.destination}
        return several.pop() if len(several) == 1 and Destination(Target.KEEP) not in several else None
