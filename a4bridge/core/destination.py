"""Where a profile sends its keys to, as a person writes it; which channel that is, the box decides."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import PlainSerializer, PlainValidator

from a4bridge.core.fields import JsonSchema
from a4bridge.core.words import did_you_mean, quoted, written

PATTERN: Final = "^(auto|fx|cv|perf|keep|(track|channel) ([1-9]|1[0-6]))$"
"""What `Destination.parse` takes, as a regular expression of JSON Schema."""


class Target(StrEnum):
    """The kinds of destination, in the words of a profile."""

    AUTO = "auto"
    TRACK = "track"
    FX = "fx"
    CV = "cv"
    PERF = "perf"
    CHANNEL = "channel"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Destination:
    """A target, and the number (1-16) of a track or channel; 0 for the others."""

    target: Target
    number: int = 0

    def __str__(self) -> str:
        return f"{self.target} {self.number}" if self.number else self.target

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "auto", "track 1", "fx", "cv", "perf", "channel 16" or "keep"; raises ValueError with a sentence."""
        if not re.fullmatch(PATTERN, text):
            raise ValueError(_why_not(text))
        target, _, number = text.partition(" ")
        return cls(Target(target), int(number or 0))


AUTO: Final = Destination(Target.AUTO)

_NUMBERED: Final = [f"{word} {number}" for word in ("track", "channel") for number in range(1, 17)]
_ALL: Final = ("auto", "fx", "cv", "perf", "keep", *_NUMBERED)


def _why_not(text: str) -> str:
    if numbered := re.fullmatch(r"(track|channel) -?\d+", text):
        return f"{quoted(text)} does not exist: {numbered[1]}s are numbered 1 to 16"
    suggestion = did_you_mean(f"channel {text}" if text.isdecimal() else text, _ALL)
    takes = ': write "auto", "track N", "fx", "cv", "perf", "channel N" or "keep"'
    return f"{quoted(text)} is no destination{suggestion or takes}"


def _one(value: object) -> Destination:
    if isinstance(value, Destination):
        return value
    if isinstance(value, str):
        return Destination.parse(value)
    raise ValueError(f'must be text, such as "auto" or "channel 9", not {written(value)}')


def _several(value: object) -> tuple[Destination, ...]:
    if not isinstance(value, list | tuple):
        return (_one(value),)
    several = tuple(map(_one, value))
    if not several or len(set(several)) < len(several):
        raise ValueError('must be one destination or a list of different ones, such as ["track 1", "track 2"]')
    if Destination(Target.KEEP) in several and len(several) > 1:
        raise ValueError('"keep" cannot be one of several destinations')
    return several


_SCHEMA: Final = {
    "type": "string",
    "pattern": PATTERN,
    "examples": ["auto", "track 1", "fx", "cv", "perf", "channel 9", "keep"],
}

OneDestination = Annotated[
    Destination,
    PlainValidator(_one),
    PlainSerializer(str, return_type=str),
    JsonSchema(_SCHEMA),
]
"""A destination in a TOML file."""

Destinations = Annotated[
    tuple[Destination, ...],
    PlainValidator(_several),
    PlainSerializer(lambda several: [str(each) for each in several], return_type=list[str]),
    JsonSchema({"anyOf": [_SCHEMA, {"type": "array", "items": _SCHEMA, "minItems": 1}]}),
]
"""One, or a list of several."""
