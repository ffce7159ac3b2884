"""The log: sentences for a person at a terminal, JSON with priorities for a journal or another program.

Every event has a name for programs and a sentence for people:
`log.info("linked", says="Keystation -> ...", output=...)`.
The names and their keys are listed in docs/log.md.
"""

import io
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TextIO

from a4bridge.core.lean import without

# For tracebacks that are never printed here: 4 MB of the service's 38.
with without("rich"):
    import structlog

SAYS: Final = "says"

REPEAT_SECONDS: Final = 60.0
"""How often at most a line is written that says nothing new."""

CLOSE_SECONDS: Final = 0.25
"""How long the end waits for lines that nobody has taken yet."""

RECENT: Final = 64
"""Events that are kept for who asks what was said before."""

_ROOM: Final = 1024
"""Lines that wait to be written; what does not fit is counted as lost."""

_PRIORITIES: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""Syslog's, which journald reads from a line's <N> (sd-daemon(3))."""

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Listener = Callable[[dict[str, Any]], None]
"""Is given each event at once: it must not wait for anything.

Besides level, name, sentence and keys it has `at`, seconds since 1970, and `number`, which counts the events from 1.
"""


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

    def set_level(self, level: str) -> None:
        """Leave out from now on what is less important than `level`: debug, info, warning or error."""


class _Lines:
    """Writes lines from a thread of its own.

    Whoever reads them may have stopped, and a disk may take its time: only the log waits for them, never the service.
    """

    def __init__(self, stream: io.TextIOBase | TextIO) -> None:
        self._stream = stream
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, int]] = deque()
        self._busy = False
        self._lost = 0
        self._thread: threading.Thread | None = None

    def put(self, line: str, lines: int = 1) -> None:
        """Have `line` written. lines: how many are lost with it if it cannot be."""
        with self._changed:
            if len(self._waiting) >= _ROOM:
                self._lost += lines
                return
            self._waiting.append((line, lines))
            self._changed.notify_all()
            if self._thread is None:
                # A daemon: the interpreter does not wait for it at the end, `drain` does.
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()

    def take_lost(self) -> int:
        """Return how many lines were lost since this was asked last."""
        with self._changed:
            lost, self._lost = self._lost, 0
            return lost

    def drain(self, seconds: float) -> None:
        """Wait until everything is written, but no longer than `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                line, lines = self._waiting.popleft()
                self._busy = True
            try:
                self._write(f"{line}\n")
            except (OSError, ValueError):  # nobody reads any more, a full disk, or a stream that was closed
                with self._changed:
                    self._lost += lines

    def _write(self, text: str) -> None:
        try:
            descriptor = self._stream.fileno()
        except OSError:  # it lies in memory
            self._stream.write(text)
            return
        # Past the stream's own buffer, whose lock would be missed at the interpreter's end.
        rest = text.encode(getattr(self._stream, "encoding", None) or "utf-8", "replace")
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:  # another program has set it so, for all who write there
                select.select([], [descriptor], [])


class ServiceLog:
    """A Log that counts what repeats itself, tells listeners, and never waits for whoever reads it.

    Only the service's own thread may use it. log: structlog's, which returns a line.
    """

    def __init__(self, level: str, log: Any, stream: io.TextIOBase | TextIO) -> None:
        self._level = _LEVELS[level]
        self._log = log
        self._lines = _Lines(stream)
        self._listeners: list[Listener] = []
        self._said = 0
        self._recent: deque[dict[str, Any]] = deque(maxlen=RECENT)
        self._last: tuple[str, dict[str, Any]] = ("", {})
        self._last_written = 0.0
        self._repeated = 0

    def debug(self, event: str, **facts: Any) -> None:
        """Say what only helps to find a fault in a4bridge."""
        self._say("debug", event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Say what a player wants to know."""
        self._say("info", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Say what keeps notes from being recorded."""
        self._say("warning", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Say what must not happen."""
        self._say("error", event, facts)

    def set_level(self, level: str) -> None:
        """Leave out from now on what is less important than `level`: debug, info, warning or error."""
        self._level = _LEVELS[level]

    def recent(self) -> list[dict[str, Any]]:
        """Return the last RECENT events, the newest last, each as a listener is given it."""
        return list(self._recent)

    def listen(self, listener: Listener) -> None:
        """Tell `listener` whatever is said from now on, repetitions too."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Tell it no more."""
        self._listeners.remove(listener)

    def close(self) -> None:
        """Write what still waits, if that takes no longer than CLOSE_SECONDS."""
        self._write_repeated()
        self._lines.drain(CLOSE_SECONDS)

    def _say(self, level: str, event: str, facts: dict[str, Any]) -> None:
        if _LEVELS[level] < self._level:
            return
        whole = {"event": event, **facts}
        self._said += 1
        told = {"at": round(time.time(), 3), "number": self._said, "level": level, **whole}
        self._recent.append(told)
        for listener in self._listeners:
            listener(told)
        if (level, whole) != self._last:
            self._write_repeated()
            self._last = level, whole
            self._write(level, whole)
            return
        self._repeated += 1
        if time.monotonic() - self._last_written >= REPEAT_SECONDS:
            self._write_repeated()

    def _write_repeated(self) -> None:
        if times := self._repeated:
            self._repeated = 0
            level, facts = self._last
            says = f"{facts.get(SAYS) or facts['event']} ({times} {'time' if times == 1 else 'times'} more)"
            self._write(level, {**facts, SAYS: says, "repeated": times})

    def _write(self, level: str, facts: dict[str, Any]) -> None:
        self._last_written = time.monotonic()
        if lost := self._lines.take_lost():
            says = f"{counted(lost, 'line')} of the log could not be written"
            self._lines.put(self._log.warning("log_lost", says=says, lost=lost), lost)
        self._lines.put(getattr(self._log, level)(**facts))


def _sentence(_logger: Any, level: str, facts: Any) -> str:
    says: str = facts.pop(SAYS, "") or facts["event"]
    return says if level == "info" else f"{level}: {says}"


class _Prioritised:
    """Puts the journal's priority before the JSON of an event."""

    def __init__(self) -> None:
        self._render = structlog.processors.JSONRenderer(ensure_ascii=False)

    def __call__(self, logger: Any, level: str, facts: Any) -> str:
        return f"<{_PRIORITIES[level]}>{self._render(logger, level, facts)!s}"


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


def say_released(released: int, log: Log) -> None:
    """Say how many notes were ended that an earlier engine or a pulled box had left sounding."""
    if released:
        says = f"{counted(released, 'note')} released that {'was' if released == 1 else 'were'} left sounding"
        log.info("released", says=says, released=released)


def make_log(
    level: str = "info",
    format: str = "auto",  # noqa: A002 - the settings' own word
    stream: io.TextIOBase | TextIO | None = None,
    environment: Mapping[str, str] = os.environ,
) -> ServiceLog:
    """Make the log, on standard error unless `stream` says otherwise. Whoever makes it closes it at the end.

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
    log = structlog.wrap_logger(structlog.ReturnLogger(), processors, wrapper_class=structlog.BoundLogger)
    return ServiceLog(level, log, stream)
