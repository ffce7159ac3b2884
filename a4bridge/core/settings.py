"""The settings: what is particular about this installation."""

import re
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field

from a4bridge.core import boxes
from a4bridge.core.boxes import Recorded
from a4bridge.core.controls import CONTROLLER_SCHEMA, MACRO, Controller
from a4bridge.core.fields import Between, Channel, JsonSchema, PortName, Table, one_of, wrong_at
from a4bridge.core.library import checked_name
from a4bridge.core.names import Match
from a4bridge.core.tomlfile import read
from a4bridge.core.words import did_you_mean, listed, quoted


class LogLevel(StrEnum):
    """How much is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """What the log looks like."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


def _box_key(key: str) -> str:
    keys = [box.key for box in boxes.boxes()]
    if key and key not in keys:
        raise ValueError(f"{quoted(key)} is no box{did_you_mean(key, keys) or f': they are {listed(keys)}'}")
    return key


_MACRO_SCHEMA: Final = {"pattern": f"^(?:{MACRO})$"}


def _macros(macros: dict[str, int]) -> dict[str, int]:
    for name in macros:
        if not re.fullmatch(MACRO, name):
            raise wrong_at(name, sentence="is no performance macro: they are called A to Z, or 1 to 19")
    return macros


class Channels(Table):
    """The box's channels where they are not as they left the factory."""

    auto: Channel | None = None
    """MIDI CHANNELS > AUTO CHANNEL: plays and records the active track."""

    tracks: Annotated[tuple[Channel, ...], Field(strict=False)] = ()
    """MIDI CHANNELS > TRACK 1 and so on, in order, one for each track."""

    fx: Channel | None = None
    """MIDI CHANNELS > FX."""

    cv: Channel | None = None
    """MIDI CHANNELS > CV."""

    perf: Channel | None = None
    """MIDI CHANNELS > PERF CHANNEL."""

    macros: Annotated[
        dict[str, Controller],
        AfterValidator(_macros),
        JsonSchema({"type": "object", "additionalProperties": CONTROLLER_SCHEMA, "propertyNames": _MACRO_SCHEMA}),
    ] = Field({})
    """The control change that turns each performance macro; all that the box has, or none."""


class Records(Table):
    """What the box records where it is known better than boxes.toml has it."""

    live_auto: Annotated[Recorded | None, one_of(Recorded)] = None
    """Notes on the auto channel, in live recording."""

    live_track: Annotated[Recorded | None, one_of(Recorded)] = None
    """Notes on a track's channel, in live recording."""

    grid_auto: Annotated[Recorded | None, one_of(Recorded)] = None
    """Notes on the auto channel, in grid and step recording."""

    grid_track: Annotated[Recorded | None, one_of(Recorded)] = None
    """Notes on a track's channel, in grid and step recording."""

    def over(self, known: boxes.Records) -> boxes.Records:
        """Return `known` with what is said here in its place."""
        return replace(known, **self.model_dump(exclude_none=True))


class Logging(Table):
    """What is written to the log."""

    level: Annotated[LogLevel, one_of(LogLevel)] = LogLevel.INFO
    """The least important that is told."""

    format: Annotated[LogFormat, one_of(LogFormat)] = LogFormat.AUTO
    """"console" for people, "json" for programs, "auto": json under systemd, else console."""


class Take(Table):
    """What is kept of what was played."""

    minutes: Annotated[int, Between(0, 60, "minutes go")] = 10
    """How many minutes of what was played are kept in memory, for the verb `save`. 0: nothing is kept."""


class Settings(Table):
    """What is particular about this installation; a file may leave out everything."""

    box: Annotated[str, AfterValidator(_box_key)] = ""
    """The box you play, such as "analog-four". Empty: the one that is found; an Analog Four while none is."""

    profile: Annotated[str, AfterValidator(checked_name)] = "liverec"
    """The profile used when none is named."""

    middle_c: Literal[3, 4, 5] = 5
    """The octave in which note 60 is shown: 5 as on the Analog Four, 4 or 3 as on many keyboards."""

    channels: Channels = Channels()
    """The box's channels, where they were changed on it."""

    records: Records = Records()
    """What the box records, if you know it better."""

    aliases: dict[str, PortName] = Field({})
    """Short names for ports, for use in profiles and on the command line."""

    logging: Logging = Logging()
    """What is written to the log."""

    take: Take = Take()
    """What is kept of what was played."""

    def match(self, name: str) -> Match:
        """Return the MATCH that `name` stands for, or is; raises ValueError with a sentence if it is none."""
        return Match.parse(self.aliases.get(name, name))

    @classmethod
    def load(cls, file: Path | None) -> Self:
        """Read `file`, or return the defaults if there is none; raises tomlfile.FileErrors."""
        return read(file, cls) if file else cls()
