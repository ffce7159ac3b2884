"""A start that goes on where the last one was: an engine forwards before settings and profiles are read.

Only where nothing has changed since, and nobody else may be linked. Else an ordinary start follows, which says what
there is to say. This loads nothing but what it needs: each module more is time until the first note.
"""

import os
from time import monotonic_ns
from typing import IO, Final

from a4bridge.backend.base import BackendError
from a4bridge.core.directories import SOCKET, SYSTEM_DIRECTORY, runtime_directory, state_directory
from a4bridge.core.records import Record
from a4bridge.engine.protocol import Command
from a4bridge.ports.glance import glance
from a4bridge.service import places
from a4bridge.service.child import Child
from a4bridge.service.last_start import LastStart, conditions, read_last

_SECONDS: Final = 20.0
"""As long as any engine may take to start (a4bridge.service.engine)."""


class Resumed(Record):
    """An engine that forwards by `commands`, which were sent at `at` (monotonic ns), for whoever looks after it next.

    claim: keeps every other bridge from the runtime directory, of which `page` is, until it is closed. released: notes
    that an earlier engine had left sounding.
    """

    claim: IO[str]
    page: str
    child: Child
    commands: list[Command]
    released: int
    at: int


def resume(arguments: list[str]) -> Resumed | None:
    """Go on where the last start with the same command line was; None where that cannot be."""
    try:
        last = read_last(state_directory())
        if last is None or last.conditions != conditions(arguments, last.conditions["files"]):
            return None
        directory = runtime_directory()
        if _another_may_run(directory):
            return None
        places.prepare(directory)
        claim = places.claim(directory)
    except (OSError, places.PlaceError, places.AlreadyRunningError):
        return None
    try:
        return _resumed(last, f"{directory}/{places.PAGE}", claim)
    except (OSError, BackendError, places.PlaceError):
        claim.close()
        return None


def _another_may_run(directory: str) -> bool:
    """Tell whether there is a sign of the system's bridge beside the user's; who knows if it is alive."""
    system = f"/{SYSTEM_DIRECTORY}"
    return directory != system and os.path.exists(f"{system}/{SOCKET}")


def _resumed(last: LastStart, page: str, claim: IO[str]) -> Resumed:
    """Start an engine and have it forward; raises OSError, BackendError, PlaceError, with no engine left."""
    places.see_off(page)
    if glance(last.backend) != last.ports:  # a client of another bridge's is a difference, too
        raise BackendError("other ports are there")
    places.make_page(page)
    at = monotonic_ns()
    child = Child(page, last.backend)
    try:
        released = _told(child, last.lines)
    except (OSError, BackendError):
        child.end()
        raise
    return Resumed(claim, page, child, last.commands, released, at)


def _told(child: Child, lines: list[str]) -> int:
    """Have the engine carry out all of the lines; returns the notes that it released; raises OSError, BackendError."""
    child.tell("".join(f"{line}\n" for line in lines).encode())
    answers = child.answers(len(lines), _SECONDS)
    if errors := [answer.error for answer in answers if answer.error]:
        raise BackendError(errors[0])
    return sum(answer.released for answer in answers)
