"""What the last start came to, kept for the next one: which commands gave an engine its route and its ports.

They are right as long as every one of the conditions is as it was then: what was asked, and every file that was read or
looked for. What is plugged in belongs to it, too.
"""

import json
import os
import sys
from binascii import crc32
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import a4bridge
from a4bridge.core.records import Record, as_data
from a4bridge.engine.page import SLOTS
from a4bridge.engine.protocol import Command, OpenInput, OpenOutput, ProtocolError, SetRoute, decode, encode

if TYPE_CHECKING:
    from a4bridge.engine.page import Name

VERSION: Final = 1

_FILE: Final = "start.json"
_LARGEST: Final = 1_048_576
"""Bytes; a route of 64 zones takes 60 KB."""

_ENVIRONMENT: Final = ("HOME", "XDG_CONFIG_HOME")
"""The variables that say where settings and profiles are."""

Conditions = dict[str, Any]


class LastStart(Record):
    """The conditions of a start, the ports there were (see a4bridge.ports.glance), and the lines to the engine."""

    conditions: Conditions
    ports: list[str]
    backend: str
    lines: list[str]

    @property
    def commands(self) -> list[Command]:
        """What the lines say: a route, an output, and at least one input; raises ValueError if anything else."""
        try:
            read = [decode(line.encode()) for line in self.lines]
        except ProtocolError as error:
            raise ValueError(str(error)) from None
        commands = [command for _, command in read]
        route, output, *inputs = commands
        slots = {each.slot for each in inputs if isinstance(each, OpenInput) and each.slot in range(SLOTS)}
        if (
            [number for number, _ in read] != [*range(1, len(read) + 1)]
            or not isinstance(route, SetRoute)
            or not isinstance(output, OpenOutput)
            or not slots
            or len(slots) != len(inputs)
        ):
            raise ValueError("not what begins a start")
        return [route, output, *(each for each in inputs if isinstance(each, OpenInput))]


def lines_of(commands: Iterable[Command]) -> list[str]:
    """Write commands as the first ones that an engine is told."""
    return [encode(number, command).decode().rstrip("\n") for number, command in enumerate(commands, 1)]


def conditions(arguments: list[str], files: Iterable[str]) -> Conditions:
    """Return what must be the same for a start to come to the same.

    arguments: the command line's. files: all that count, those too that were looked for and not there.
    """
    return {
        "program": [VERSION, a4bridge.__version__, sys.version, _identity(a4bridge.__file__)],
        "arguments": arguments,
        "directory": _directory(),
        "environment": {name: os.environ.get(name) for name in _ENVIRONMENT},
        "files": {file: _identity(file) for file in files},
    }


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed, and nothing is found by a name in it
        return ""


def _identity(file: str) -> list[int] | None:
    """Return what tells a file from what is there after any change to it; None where there is nothing."""
    try:
        facts = os.stat(file)
    except (OSError, ValueError):  # the latter for what can be no name
        return [] if os.path.lexists(file) else None
    return [facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino]


def read_last(directory: "Name") -> LastStart | None:
    """Return the last start, if there is one that can be read whole."""
    try:
        # A pipe that somebody put there would be waited for.
        with open(os.open(os.path.join(directory, _FILE), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            checksum, _, content = file.read(_LARGEST).partition(b"\n")
        return _parsed(content) if int(checksum, 16) == crc32(content) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _parsed(content: bytes) -> LastStart:
    """Return a start that does no harm; raises ValueError, KeyError, TypeError, AttributeError, RecursionError."""
    last = LastStart(**json.loads(content))
    _ = last.commands, last.conditions["files"].keys()
    if b"\0" in last.backend.encode():
        raise ValueError("no word of a command line")
    return last


def write_last(directory: "Name", last: LastStart) -> bool:
    """Keep a start for the next one, unless it is kept already; returns whether it was written, raises OSError."""
    if last == read_last(directory):
        return False
    # A start that is quick does not write.
    from pathlib import Path  # noqa: PLC0415 - as above

    from a4bridge.core.writing import write_whole  # noqa: PLC0415 - as above

    content = json.dumps(as_data(last), separators=(",", ":")).encode()
    write_whole(Path(directory, _FILE), b"%08x\n" % crc32(content) + content)
    return True
