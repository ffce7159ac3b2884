"""A profile: one way of playing, as a person writes it down."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from a4bridge.core import midi
from a4bridge.core.destination import AUTO, PATTERN, Destination
from a4bridge.core.fields import Line, PortName, PortNameOrNone, Table, one_of
from a4bridge.core.route import Sustain
from a4bridge.core.words import written

_RELEASES: Final = "the bridge answers it with note-offs and does not pass it on"

NOT_TO_BE_LISTED: Final = {
    midi.CC_SUSTAIN: "CC 64 is the sustain pedal: say what becomes of it with the key sustain",
    midi.CC_ALL_SOUND_OFF: f"CC 120 is all sound off: {_RELEASES}",
    midi.CC_RESET_CONTROLLERS: "CC 121 is reset all controllers: it lifts the pedal and is not passed on",
    midi.CC_ALL_NOTES_OFF: f"CC 123 is all notes off: {_RELEASES}",
}
"""Control changes that have a meaning of their own, and the sentence for who lists one."""

_LAST_CONTROLLER: Final = 119
"""What comes after are channel mode messages (MIDI 1.0, table III)."""


def _control_change(number: int) -> int:
    if sentence := NOT_TO_BE_LISTED.get(number):
        raise ValueError(sentence)
    if _LAST_CONTROLLER < number < midi.NOTES:
        raise ValueError(f"CC {number} is a channel mode message, not a control: list numbers from 0 to 119")
    if not 0 <= number <= _LAST_CONTROLLER:
        raise ValueError(f"{written(number)} is no control change: list numbers from 0 to 119")
    return number


ControlChange = Annotated[
    int,
    AfterValidator(_control_change),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": _LAST_CONTROLLER, "not": {"const": midi.CC_SUSTAIN}}),
]


def _destination(value: object) -> Destination:
    if not isinstance(value, str):
        # Not a TypeError: pydantic reports a ValueError and lets anything else through.
        raise ValueError(f'must be text, such as "auto" or "channel 9", not {written(value)}')  # noqa: TRY004 - pydantic reports a ValueError and lets anything else through
    return Destination.parse(value)


DestinationText = Annotated[
    Destination,
    PlainValidator(_destination),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]


class Filters(Table):
    """What passes. Everything else a keyboard sends is dropped and counted."""

    notes: bool = True
    """Notes, with their velocity."""

    pitch_bend: bool = True
    """The pitch wheel."""

    channel_pressure: bool = True
    """Pressure on the keys, one value for the whole keyboard (aftertouch)."""

    control_changes: Annotated[tuple[ControlChange, ...], Field(strict=False)] = (
        midi.CC_MOD_WHEEL,
        midi.CC_BREATH,
    )
    """The control changes that pass, by number: 1 is the mod wheel, 2 breath. For the pedal see sustain."""


class Profile(Table):
    """One way of playing: which keys go where, and what passes."""

    description: Line
    """What it is for, in one line."""

    inputs: Annotated[tuple[PortName, ...], Field(strict=False)] = ()
    """The keyboards, each by its name, a part of it, a glob, or an alias. None: all that are found."""

    output: PortNameOrNone = ""
    """The box, named in the same way. Empty: the Elektron box found."""

    destination: DestinationText = Field(AUTO, json_schema_extra={"default": str(AUTO)})
    """"auto" (the active track), "track 1", "fx", "cv", or a MIDI channel such as "channel 9"."""

    sustain: Annotated[Sustain, one_of(Sustain)] = Sustain.HOLD
    """The sustain pedal: "hold" holds notes in the bridge, "drop" ignores it, "pass" sends it on as CC 64."""

    filters: Filters = Filters()
    """What passes; everything else is dropped."""
