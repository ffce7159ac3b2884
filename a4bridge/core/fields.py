"""What the values in our TOML files may be; each wrong one gets a sentence."""

from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from a4bridge.core.midi import CHANNELS
from a4bridge.core.names import Match
from a4bridge.core.words import did_you_mean, listed, quoted, written

_LONGEST_LINE: Final = 200

AT_KEY: Final = "at_key"
"""The type of the errors that `wrong_at` makes."""


class Table(BaseModel):
    """A table of a TOML file: unknown keys are refused, and no type is taken for another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def wrong_at(*key: str | int, sentence: str) -> PydanticCustomError:
    """Make the error of a table whose keys do not go together: which of them, from the table inwards, and why.

    pydantic itself would tell of the table as a whole.
    """
    return PydanticCustomError(AT_KEY, "{sentence}", {"key": key, "sentence": sentence})


@dataclass(frozen=True, slots=True, eq=False)  # typing hashes it, and a dictionary has no hash
class JsonSchema:
    """What the JSON Schema says of a value.

    pydantic's own WithJsonSchema hands out one dictionary to all keys, and into that 2.10 writes the default of each.
    """

    schema: dict[str, Any]

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return deepcopy(self.schema)


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


Channel = Annotated[int, AfterValidator(_channel), JsonSchema({"type": "integer", "minimum": 1, "maximum": CHANNELS})]


def one_of(words: type[StrEnum]) -> BeforeValidator:
    """Take one of `words` as text."""

    def choose(value: object) -> StrEnum:
        if isinstance(value, str) and value in tuple(words):
            return words(value)
        choices = listed([quoted(word) for word in words], "or")
        suggestion = did_you_mean(value, words) if isinstance(value, str) else ""
        raise ValueError(f"must be {choices}, not {written(value)}{suggestion}")

    return BeforeValidator(choose)


@dataclass(frozen=True, slots=True)
class Between:
    """Take numbers from `low` to `high`; `what` begins the sentence about others: "velocities go"."""

    low: float
    high: float
    what: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"minimum": self.low, "maximum": self.high}

    def _check(self, number: float) -> float:
        if not self.low <= number <= self.high:
            raise ValueError(f"{written(number)} is out of range: {self.what} from {self.low} to {self.high}")
        return number


@dataclass(frozen=True, slots=True)
class Numbers:
    """Take a list of `count` whole numbers from `low` to `high`; `example` ends the sentence about others."""

    count: int
    low: int
    high: int
    example: str

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"type": "array", "items": number, "minItems": self.count, "maxItems": self.count}

    def _check(self, value: object) -> tuple[int, ...]:
        numbers = value if isinstance(value, list | tuple) else ()
        right = all(type(number) is int and self.low <= number <= self.high for number in numbers)
        if not right or len(numbers) != self.count:
            raise ValueError(f"must be {self.count} whole numbers from {self.low} to {self.high}, {self.example}")
        return tuple(numbers)
