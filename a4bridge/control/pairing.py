"""Where the page for the phone is to be found, and the code that opens it: told by the page to who may tell the bridge.

A running `a4bridge-web` keeps the small file web.json in its runtime directory, locked for as long as it runs, so that
one which was left behind is not believed. Only its user and the group audio can read it.
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from a4bridge.core.directories import runtime_directory
from a4bridge.core.words import printable

FILE: Final = "web.json"
GROUP: Final = "audio"
"""Who may read the code: the same who may tell a bridge things by its socket."""
MODE: Final = 0o640
VERSION: Final = 1

_SYSTEM: Final = "run/a4bridge-web"
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Pairing:
    """address: what to type into a browser. code: eight digits, or empty where none is asked for (loopback)."""

    address: str
    code: str

    @property
    def spaced_code(self) -> str:
        """The code in two halves, as a person reads it: "4829 1357"."""
        half = len(self.code) // 2
        return f"{self.code[:half]} {self.code[half:]}"


def pairing(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Pairing | None:
    """Return how to reach the page that runs, the user's before the system's; None if there is none to be seen."""
    for directory in (Path(runtime_directory(environment)), root / _SYSTEM):
        if found := _read(directory / FILE):
            return found
    return None


class Announcement:
    """The file of a page that runs, from `make` until `remove`, or until its process ends, however that comes."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def make(cls, directory: Path, told: Pairing) -> "Announcement":
        """Write the file into `directory`; raises OSError."""
        if sys.platform == "win32":
            raise OSError("the page does not run on Windows")
        import fcntl  # noqa: PLC0415 - POSIX only

        # Nobody may look into it before it has its group; what opens it by its name later sees it whole and locked.
        descriptor, beside = tempfile.mkstemp(prefix=f".{FILE}.", dir=directory)
        try:
            with suppress(KeyError, OSError):  # there is no such group, or we are not in it: then it is for us alone
                import grp  # noqa: PLC0415 - POSIX only

                group = grp.getgrnam(GROUP).gr_gid
                if os.fstat(descriptor).st_gid != group:  # a service has it by its unit, which allows no chown
                    os.fchown(descriptor, -1, group)
                os.fchmod(descriptor, MODE)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            text = json.dumps({"version": VERSION, "address": told.address, "code": told.code})
            os.write(descriptor, f"{text}\n".encode())
            Path(beside).replace(directory / FILE)
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                Path(beside).unlink()
            raise
        return cls(directory / FILE, descriptor)

    def remove(self) -> None:
        """Take the file away, unless another page has put its own there."""
        with suppress(OSError):
            if self._path.stat().st_ino == os.fstat(self._descriptor).st_ino:
                self._path.unlink()
        with suppress(OSError):
            os.close(self._descriptor)


def _read(file: Path) -> Pairing | None:
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - POSIX only

    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # none, or not for us
        return None
    try:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None  # nobody holds it: it was left behind
        return _parsed(os.read(descriptor, _LONGEST))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _parsed(content: bytes) -> Pairing | None:
    try:
        facts: Any = json.loads(content)
    except ValueError:
        return None
    match facts:
        case {"version": 1, "address": str(address), "code": str(code)}:
            return Pairing(printable(address), printable(code))
    return None
