"""What the values in our TOML files may be; each wrong one gets a sentence."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from a4bridge.core.midi import CHANNELS
from a4bridge.core.names import Match
from a4bridge.core.words import did_you_mean, listed, quoted, written

_LONGEST_LINE: Final = 200


class Table(BaseModel):
    """A table of a TOML file: unknown keys are refused, and no type is taken for another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def _line(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_LINE:
        raise ValueError(f"must be one line of text, at most {_LONGEST_LINE} characters")
    return text


Line = Annotated[str, AfterValidator(_line)]
"""One line for people to read."""


def _port_name(text: str) -> str:
    Match.parse(_line(text) if text.strip() else "")
    return text


PortName = Annotated[str, AfterValidator(_port_name)]
"""A MATCH (see `names.Match`), or the name that the settings give to one."""

PortNameOrNone = Annotated[str, AfterValidator(lambda text: text and _port_name(text))]
"""The same, or "" for whatever is found."""


def _channel(number: int) -> int:
    if not 1 <= number <= CHANNELS:
        raise ValueError(f"{written(number)} is no MIDI channel: they are numbered 1 to {CHANNELS}")
    return number


Channel = Annotated[
    int, AfterValidator(_channel), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": CHANNELS})
]


def one_of(words: type[StrEnum]) -> BeforeValidator:
    """Take one of `words` as text."""

    def choose(value: object) -> StrEnum:
        if isinstance(value, str) and value in tuple(words):
            return words(value)
        choices = listed([quoted(word) for word in words], "or")
        suggestion = did_you_mean(value, words) if isinstance(value, str) else ""
        raise ValueError(f"must be {choices}, not {written(value)}{suggestion}")

    return BeforeValidator(choose)
