"""Where a profile sends its keys to, as a person writes it; which channel that is, the box decides."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from a4bridge.core.words import did_you_mean, quoted

PATTERN: Final = "^(auto|fx|cv|(track|channel) ([1-9]|1[0-6]))$"
"""What `Destination.parse` takes, as a regular expression of JSON Schema."""


class Target(StrEnum):
    """The kinds of destination, in the words of a profile."""

    AUTO = "auto"
    TRACK = "track"
    FX = "fx"
    CV = "cv"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Destination:
    """A target, and the number (1-16) of a track or channel; 0 for the others."""

    target: Target
    number: int = 0

    def __str__(self) -> str:
        return f"{self.target} {self.number}" if self.number else self.target

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "auto", "track 1", "fx", "cv" or "channel 16"; raises ValueError with a sentence."""
        if not re.fullmatch(PATTERN, text):
            raise ValueError(_why_not(text))
        target, _, number = text.partition(" ")
        return cls(Target(target), int(number or 0))


AUTO: Final = Destination(Target.AUTO)

_NUMBERED: Final = [f"{word} {number}" for word in ("track", "channel") for number in range(1, 17)]
_ALL: Final = ("auto", "fx", "cv", *_NUMBERED)


def _why_not(text: str) -> str:
    if numbered := re.fullmatch(r"(track|channel) -?\d+", text):
        return f"{quoted(text)} does not exist: {numbered[1]}s are numbered 1 to 16"
    suggestion = did_you_mean(f"channel {text}" if text.isdecimal() else text, _ALL)
    takes = ': write "auto", "fx", "cv", "track N" or "channel N"'
    return f"{quoted(text)} is no destination{suggestion or takes}"
