"""Where a running bridge keeps its files: the page, the lock and the control socket, and what it remembers.

As text: a start that goes on where the last one was has no time to load pathlib.
"""

import os
from collections.abc import Mapping
from typing import Final

SOCKET: Final = "control"
"""The control socket's name in the runtime directory."""

SYSTEM_DIRECTORY: Final = "run/a4bridge"
"""The runtime directory of the system's bridge, below the root."""


def runtime_directory(environment: Mapping[str, str] = os.environ) -> str:
    """Return the directory for the page, the lock and the control socket.

    It is $RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR/a4bridge, else /run/a4bridge; where there is no /run, or it is not
    ours to write, one in the temporary directory.
    """
    if given := _first(environment.get("RUNTIME_DIRECTORY", "")):
        return given
    if base := _absolute(environment.get("XDG_RUNTIME_DIR", "")):
        return f"{base}/a4bridge"
    if os.access("/run", os.W_OK):
        return "/run/a4bridge"
    import tempfile  # noqa: PLC0415 - it is seldom needed, and loads half as much as all that is

    user = os.getuid() if hasattr(os, "getuid") else "user"
    return f"{tempfile.gettempdir()}/a4bridge-{user}"


def state_directory(environment: Mapping[str, str] = os.environ) -> str:
    """Return the directory for what is remembered.

    It is $STATE_DIRECTORY, else $XDG_STATE_HOME/a4bridge, else ~/.local/state/a4bridge; without a HOME it is the
    runtime directory, and what is remembered lasts until the machine is switched off.
    """
    if given := _first(environment.get("STATE_DIRECTORY", "")):
        return given
    if base := _absolute(environment.get("XDG_STATE_HOME", "")):
        return f"{base}/a4bridge"
    if home := _absolute(environment.get("HOME", "")):
        return f"{home}/.local/state/a4bridge"
    return runtime_directory(environment)


def _first(directories: str) -> str:
    """Return the first of what systemd sets for a unit with several (systemd.exec(5))."""
    return directories.partition(":")[0]


def _absolute(directory: str) -> str:
    """Return a directory that the XDG Base Directory Specification lets count: a relative one is to be ignored."""
    return directory if os.path.isabs(directory) else ""
