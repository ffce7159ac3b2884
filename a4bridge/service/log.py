"""The log: sentences for a person at a terminal, JSON with priorities for a journal or another program.

Every event has a name for programs and a sentence for people:
`log.info("linked", says="Keystation -> ...", output=...)`.
The names and their keys are listed in docs/log.md.
"""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol, TextIO, cast

# structlog loads rich where there is one, for tracebacks that are never printed here: 4 MB of the service's 38.
_shadowed = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment] # which is how import is told that there is none
import structlog  # noqa: E402 - the line above is the point

if _shadowed:
    sys.modules["rich"] = _shadowed
else:
    del sys.modules["rich"]

SAYS: Final = "says"

_PRIORITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""Syslog's, which journald reads from a line's <N> (sd-daemon(3))."""

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Log(Protocol):
    """What the service writes to."""

    def debug(self, event: str, **facts: Any) -> Any:
        """Say what only helps to find a fault in a4bridge."""

    def info(self, event: str, **facts: Any) -> Any:
        """Say what a player wants to know."""

    def warning(self, event: str, **facts: Any) -> Any:
        """Say what keeps notes from being recorded."""

    def error(self, event: str, **facts: Any) -> Any:
        """Say what must not happen."""


def _sentence(_logger: Any, level: str, facts: Any) -> str:
    says: str = facts.pop(SAYS, "") or facts["event"]
    return says if level == "info" else f"{level}: {says}"


class _Prioritised:
    """Puts the journal's priority before the JSON of an event."""

    def __init__(self) -> None:
        self._render = structlog.processors.JSONRenderer(ensure_ascii=False)

    def __call__(self, logger: Any, level: str, facts: Any) -> str:
        return f"<{_PRIORITIES[level]}>{self._render(logger, level, facts)!s}"


class _Stream(io.TextIOBase):
    """Writes as long as anybody reads: a log whose reader is gone must not end the music."""

    def __init__(self, stream: io.TextIOBase | TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _is_journal(stream: io.TextIOBase | TextIO, environment: Mapping[str, str]) -> bool:
    """Tell whether the journal reads `stream`: JOURNAL_STREAM is its device and inode (systemd.exec(5)).

    That it is set says little: every program in a desktop's terminal may have inherited it.
    """
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def counted(number: int, noun: str) -> str:
    """Say how many: "1 note", "3 notes"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def make_log(
    level: str = "info",
    format: str = "auto",  # noqa: A002 - the settings' own word
    stream: io.TextIOBase | TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Log:
    """Make the log, on standard error unless `stream` says otherwise.

    level: debug, info, warning or error. format: console, json, or auto: JSON where the journal reads, sentences
    anywhere else.
    """
    stream = stream or sys.stderr
    journal = _is_journal(stream, environment)
    if format == "json" or (format == "auto" and journal):
        processors: list[Any] = [structlog.processors.add_log_level, _Prioritised()]
        if not journal:
            processors = [
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ]
    else:
        processors = [_sentence]
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", _Stream(stream))),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    return log
