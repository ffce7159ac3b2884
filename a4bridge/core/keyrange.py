"""How a person names keys: "C5" or 60, and ranges of them, "C3..B4"."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, PlainValidator

from a4bridge.core import midi
from a4bridge.core.fields import JsonSchema
from a4bridge.core.words import quoted, written

_NOTE: Final = "(?:[A-Ga-g][#b]?-?[0-9]{1,2}|[0-9]{1,3})"
_RANGE: Final = rf"(?:{_NOTE}|(?:{_NOTE})?\.\.(?:{_NOTE})?)"


def _note(value: object) -> str:
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not re.fullmatch(_NOTE, text):
        raise ValueError(f'must be a note such as "C5", or a number from 0 to 127, not {written(value)}')
    return text


def _key_range(text: str) -> str:
    if not re.fullmatch(_RANGE, text):
        raise ValueError(f'must be a range such as "C3..B4", "..B4", "C5.." or "36..59", not {written(text)}')
    return text


Note = Annotated[
    str,
    PlainValidator(_note),
    JsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{_NOTE}$", "examples": ["C5", "F#3"]},
                {"type": "integer", "minimum": 0, "maximum": midi.NOTES - 1},
            ]
        }
    ),
]
"""A note by name or number; which one a name means, `middle_c` in the settings decides."""

KeyRange = Annotated[
    str,
    AfterValidator(_key_range),
    JsonSchema({"type": "string", "pattern": f"^{_RANGE}$", "examples": ["C3..B4", "..B4", "36.."]}),
]
"""A note, or a range that may be open at its ends."""


def notes_of(key_range: str, middle_c: int) -> tuple[int, int]:
    """Return the first and last note (0-127) of a `KeyRange`; raises ValueError with a sentence."""
    first, dots, last = key_range.partition("..")
    low = midi.note_number(first, middle_c) if first else 0
    high = midi.note_number(last, middle_c) if last else midi.NOTES - 1 if dots else low
    if low > high:
        raise ValueError(f"{quoted(key_range)} ends below its beginning: the lower key comes first")
    return low, high
