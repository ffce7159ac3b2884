"""How a person names control changes: by number, or a performance macro by its letter."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

from a4bridge.core import midi
from a4bridge.core.fields import JsonSchema
from a4bridge.core.words import written

LAST: Final = midi.LAST_CONTROLLER

PARAMETER_CCS: Final = frozenset(
    {midi.CC_DATA, midi.CC_DATA_FINE, *range(midi.CC_DATA_UP, midi.CC_RPN + 1)},
)
"""What NRPN and RPN sequences are made of: data entry, increment, decrement, and the parameter's number."""

PEDAL: Final = "CC 64 is the sustain pedal"
_RELEASES: Final = "the bridge answers it with note-offs and does not pass it on"

NOT_TO_BE_LISTED: Final = {
    midi.CC_SUSTAIN: f"{PEDAL}: say what becomes of it with the key sustain",
    midi.CC_ALL_SOUND_OFF: f"CC 120 is all sound off: {_RELEASES}",
    midi.CC_RESET_CONTROLLERS: "CC 121 is reset all controllers: it lifts the pedal and is not passed on",
    midi.CC_ALL_NOTES_OFF: f"CC 123 is all notes off: {_RELEASES}",
    **{
        number: f"CC {number} is part of NRPN sequences: nrpn = true lets them pass, whole and in order"
        for number in sorted(PARAMETER_CCS)
    },
}
"""Control changes that have a meaning of their own, and the sentence for who lists one."""

ALL: Final = "all"

EVERY: Final = tuple(number for number in range(LAST + 1) if number not in NOT_TO_BE_LISTED)
"""What "all" stands for."""


def _controller(number: int) -> int:
    if LAST < number < midi.NOTES:
        raise ValueError(f"CC {number} is a channel mode message, not a control: they are numbered 0 to {LAST}")
    if not 0 <= number <= LAST:
        raise ValueError(f"{written(number)} is no control change: they are numbered 0 to {LAST}")
    return number


def _to_be_listed(number: int) -> int:
    if sentence := NOT_TO_BE_LISTED.get(number):
        raise ValueError(sentence)
    return _controller(number)


def _no_parameter(number: int) -> int:
    if number in PARAMETER_CCS:
        raise ValueError(f"CC {number} is part of NRPN sequences: alone it would break one")
    return _controller(number)


CONTROLLER_SCHEMA: Final = {"type": "integer", "minimum": 0, "maximum": LAST}


Controller = Annotated[int, AfterValidator(_controller), JsonSchema(CONTROLLER_SCHEMA)]
"""Any control change, 0-119."""


def _all_or_listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value != ALL:
        raise ValueError(f'must be a list in [ ], such as [1, 2], or "{ALL}", not {written(value)}')
    return EVERY


ControlChanges = Annotated[
    tuple[Annotated[int, AfterValidator(_to_be_listed)], ...],
    Field(strict=False),
    BeforeValidator(_all_or_listed),
    PlainSerializer(list, return_type=list[int]),
    JsonSchema({"anyOf": [{"const": ALL}, {"type": "array", "items": {"enum": list(EVERY)}}]}),
]
"""Which control changes pass: a list, or "all"."""


MACRO: Final = "[A-Z]|[1-9]|1[0-9]"
"""What performance macros are called: by a letter on an Analog Four, by a number on an Analog Rytm."""

_MACRO_NAME: Final = f"macro (?:{MACRO})"


def _knob_target(value: object) -> int | str:
    if type(value) is int:
        return _no_parameter(value)
    if not isinstance(value, str) or not re.fullmatch(_MACRO_NAME, value):
        raise ValueError(f'must be a number from 0 to {LAST}, or a macro such as "macro A", not {written(value)}')
    return value


KnobTarget = Annotated[
    int | str,
    PlainValidator(_knob_target),
    JsonSchema(
        {
            "anyOf": [
                CONTROLLER_SCHEMA | {"not": {"enum": sorted(PARAMETER_CCS)}},
                {"type": "string", "pattern": f"^{_MACRO_NAME}$", "examples": ["macro A"]},
            ]
        }
    ),
]
"""What a knob becomes: a control change, or "macro A"."""
