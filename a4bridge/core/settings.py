"""The settings: what is particular about this installation."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field

from a4bridge.core.boxes import boxes
from a4bridge.core.fields import Channel, PortName, Table, one_of
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
    keys = [box.key for box in boxes()]
    if key and key not in keys:
        raise ValueError(f"{quoted(key)} is no box{did_you_mean(key, keys) or f': they are {listed(keys)}'}")
    return key


class Channels(Table):
    """The box's channels where they are not as they left the factory (1-16)."""

    auto: Channel | None = None
    """MIDI CHANNELS > AUTO CHANNEL: plays and records the active track."""

    tracks: Annotated[tuple[Channel, ...], Field(strict=False)] = ()
    """MIDI CHANNELS > TRACK 1 and so on, in order, one for each track."""

    fx: Channel | None = None
    """MIDI CHANNELS > FX."""

    cv: Channel | None = None
    """MIDI CHANNELS > CV."""


class Logging(Table):
    """What is written to the log."""

    level: Annotated[LogLevel, one_of(LogLevel)] = LogLevel.INFO
    """The least important that is told."""

    format: Annotated[LogFormat, one_of(LogFormat)] = LogFormat.AUTO
    """"console" for people, "json" for programs, "auto": json under systemd, else console."""


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

    aliases: dict[str, PortName] = Field({})
    """Short names for ports, for use in profiles and on the command line."""

    logging: Logging = Logging()
    """What is written to the log."""

    def match(self, name: str) -> Match:
        """Return the MATCH that `name` stands for, or is; raises ValueError with a sentence if it is none."""
        return Match.parse(self.aliases.get(name, name))

    @classmethod
    def load(cls, file: Path | None) -> Self:
        """Read `file`, or return the defaults if there is none; raises tomlfile.FileErrors."""
        return read(file, cls) if file else cls()
