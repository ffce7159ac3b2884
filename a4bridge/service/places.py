"""The runtime directory of a running bridge: who may use it, and the page and the lock in it."""

import os
import signal
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

from a4bridge.engine.page import Page, owner_of

if TYPE_CHECKING:
    from a4bridge.engine.page import Name

PAGE: Final = "page"
LOCK: Final = "lock"

SEE_OFF_SECONDS: Final = 1.0


class AlreadyRunningError(Exception):
    """Another bridge uses this runtime directory; the text says which."""


class PlaceError(Exception):
    """A directory cannot be used; the text says which, and why."""


def prepare(directory: "Name") -> None:
    """Make `directory`; raises PlaceError where it cannot be made or is another user's."""
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        owner = os.stat(directory).st_uid
    except OSError as error:
        raise PlaceError(f"{directory} cannot be used: {error.strerror}; set RUNTIME_DIRECTORY to another") from error
    if hasattr(os, "getuid") and owner not in {os.getuid(), 0}:
        raise PlaceError(f"{directory} belongs to another user; set RUNTIME_DIRECTORY to a directory of your own")


def make_page(page: "Name") -> None:
    """Make the page ready for an engine (see Page.prepare); raises PlaceError."""
    try:
        # Opening a pipe or a device would wait, or do who knows what.
        if os.path.exists(page) and not os.path.isfile(page):
            raise PlaceError(f"{page} is not a file; remove it")
        Page.prepare(page)
    except OSError as error:
        raise PlaceError(f"{page} cannot be written: {error.strerror}") from error


def see_off(page: "Name") -> None:
    """Wait until no engine of an earlier service uses `page`: it is releasing what sounds. One that hangs is killed."""
    deadline = time.monotonic() + SEE_OFF_SECONDS
    while pid := _engine_of(page):
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + SEE_OFF_SECONDS
        time.sleep(0.01)


def _engine_of(page: "Name") -> int | None:
    try:
        return owner_of(page) if os.path.isfile(page) else None
    except (OSError, ValueError):  # there is none yet, or it is no page: made anew in a moment
        return None


def claim(directory: "Name") -> IO[str]:
    """Make this process the only bridge in `directory` until the returned file is closed.

    Raises AlreadyRunningError, or PlaceError.
    """
    if sys.platform == "win32":
        raise PlaceError("a bridge cannot run on Windows")
    import fcntl  # noqa: PLC0415 - POSIX only

    path = os.path.join(directory, LOCK)
    try:
        # Nobody else may open it: who could would be able to hold it.
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, 0o600), "a+")
    except OSError as error:
        raise PlaceError(f"{path} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        pid = file.read(20).strip()
        file.close()
        raise AlreadyRunningError(f"a bridge is running already, as process {pid or 'unknown'}") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
