"""Where a running bridge keeps its files: the page and the lock while it runs, and what it remembers between runs."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from a4bridge.engine.page import Page, owner_of

PAGE: Final = "page"
LOCK: Final = "lock"

SEE_OFF_SECONDS: Final = 1.0


class AlreadyRunningError(Exception):
    """Another bridge uses this runtime directory; the text says which."""


class PlaceError(Exception):
    """A directory cannot be used; the text says which, and why."""


def runtime_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the directory for the page and the lock.

    It is $RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR/a4bridge, else /run/a4bridge; where there is no /run, or it is not
    ours to write, one in the temporary directory.
    """
    if given := _first(environment.get("RUNTIME_DIRECTORY", "")):
        return given
    if base := _absolute(environment.get("XDG_RUNTIME_DIR", "")):
        return base / "a4bridge"
    run = Path("/run")
    if os.access(run, os.W_OK):
        return run / "a4bridge"
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"a4bridge-{user}"


def state_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the directory for what is remembered.

    It is $STATE_DIRECTORY, else $XDG_STATE_HOME/a4bridge, else ~/.local/state/a4bridge; without a HOME it is the
    runtime directory, and what is remembered lasts until the machine is switched off.
    """
    if given := _first(environment.get("STATE_DIRECTORY", "")):
        return given
    if base := _absolute(environment.get("XDG_STATE_HOME", "")):
        return base / "a4bridge"
    if home := _absolute(environment.get("HOME", "")):
        return home / ".local/state/a4bridge"
    return runtime_directory(environment)


def _first(directories: str) -> Path | None:
    """Return the first of what systemd sets for a unit with several (systemd.exec(5))."""
    return Path(first) if (first := directories.partition(":")[0]) else None


def _absolute(directory: str) -> Path | None:
    """Return a directory that the XDG Base Directory Specification lets count: a relative one is to be ignored."""
    return path if (path := Path(directory)).is_absolute() else None


def prepare(directory: Path) -> None:
    """Make `directory`; raises PlaceError where it cannot be made or is another user's."""
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        owner = directory.stat().st_uid
    except OSError as error:
        raise PlaceError(f"{directory} cannot be used: {error.strerror}; set RUNTIME_DIRECTORY to another") from error
    if hasattr(os, "getuid") and owner not in {os.getuid(), 0}:
        raise PlaceError(f"{directory} belongs to another user; set RUNTIME_DIRECTORY to a directory of your own")


def make_page(page: Path) -> None:
    """Make the page ready for an engine (see Page.prepare); raises PlaceError."""
    try:
        # Opening a pipe or a device would wait, or do who knows what.
        if page.exists() and not page.is_file():
            raise PlaceError(f"{page} is not a file; remove it")
        Page.prepare(page)
    except OSError as error:
        raise PlaceError(f"{page} cannot be written: {error.strerror}") from error


def see_off(page: Path) -> None:
    """Wait until no engine of an earlier service uses `page`: it is releasing what sounds. One that hangs is killed."""
    deadline = time.monotonic() + SEE_OFF_SECONDS
    while pid := _engine_of(page):
        if time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + SEE_OFF_SECONDS
        time.sleep(0.01)


def _engine_of(page: Path) -> int | None:
    try:
        return owner_of(page) if page.is_file() else None
    except (OSError, ValueError):  # there is none yet, or it is no page: made anew in a moment
        return None


def claim(directory: Path) -> IO[str]:
    """Make this process the only bridge in `directory` until the returned file is closed.

    Raises AlreadyRunningError, or PlaceError.
    """
    if sys.platform == "win32":
        raise PlaceError("a bridge cannot run on Windows")
    import fcntl  # noqa: PLC0415 - POSIX only

    path = directory / LOCK
    try:
        file = path.open("a+")
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
