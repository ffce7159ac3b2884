"""Where a running bridge keeps its files: the page, the lock and the control socket, and what it remembers."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def runtime_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the directory for the page, the lock and the control socket.

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
