"""A start that goes on where the last one was: an engine forwards before settings and profiles are read.

Only where nothing has changed since, and nobody else may be linked. Else an ordinary start follows, which says what
there is to say. This loads nothing but what it needs: each module more is time until the first note.
"""

import os
from contextlib import suppress
from time import monotonic_ns
from typing import IO, Final

from a4bridge.backend.base import BackendError
from a4bridge.core.directories import SOCKET, SYSTEM_DIRECTORY, runtime_directory, state_directory
from a4bridge.core.records import Record
from a4bridge.engine.page import SLOTS, Page
from a4bridge.engine.protocol import Command
from a4bridge.ports.glance import glance
from a4bridge.service import places
from a4bridge.service.child import Child
from a4bridge.service.last_start import LastStart, conditions, read_last

_SECONDS: Final = 20.0
"""As long as any engine may take to start (a4bridge.service.engine)."""


_SHOWS: Final = frozenset({"-h", "--help", "--version"})
"""Options that only show something."""


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


class Released(Record):
    """So many notes that a bridge had left sounding were ended; nothing forwards yet."""

    notes: int


def resume(arguments: list[str]) -> Resumed | Released | None:
    """Go on where the last start with the same command line was; None where that cannot be.

    Where it cannot be, what a bridge that died had left sounding is ended: that must not wait for the rest to load.
    """
    try:
        if (last := read_last(state_directory())) is None:
            return None
        same = last.conditions == conditions(arguments, last.conditions["files"])
        directory = runtime_directory()
        page = f"{directory}/{places.PAGE}"
        if _another_may_run(directory) or not (same or (_may_sound(page) and _SHOWS.isdisjoint(arguments))):
            return None
        places.prepare(directory)
        claim = places.claim(directory)
    except (OSError, places.PlaceError, places.AlreadyRunningError):
        return None
    if same:
        with suppress(OSError, BackendError, places.PlaceError):
            return _resumed(last, page, claim)
    with claim, suppress(OSError, places.PlaceError):
        return _released(last.backend, page)
    return None


def _may_sound(page: str) -> bool:
    try:
        return any(Page.open(page).ledger)
    except (OSError, ValueError):  # there was no bridge before, or not one of this version
        return False


def _released(backend: str, page: str) -> Released | None:
    """End what sounds where it was sent, if that is there, by an engine that does nothing else; raises OSError."""
    places.see_off(page)
    if not (_may_sound(page) and (output := Page.open(page).slot_name(SLOTS))):
        return None
    child = Child(page, backend, output)
    try:
        return Released(child.ready(_SECONDS).released)
    finally:
        child.end()


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
