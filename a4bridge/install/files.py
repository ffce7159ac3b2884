"""Files that an installation wants to be there, or gone, and the mark by which it knows its own."""

import os
import tempfile
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

MARK: Final = "Written by `a4bridge service install`; `a4bridge service uninstall` takes it away."


class InstallError(Exception):
    """An installation cannot go on; the text is a sentence that says why, without its full stop."""


class RefusedError(InstallError):
    """What was asked for would not work, and nothing was changed."""


class State(Enum):
    """What is there already, where a file is to be."""

    MISSING = auto()
    SAME = auto()
    OURS = auto()
    """An earlier installation's, with another text."""
    FOREIGN = auto()
    """Not written by an installation: nobody's but a person's to change."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is to be there. `text` has MARK in it."""

    path: Path
    text: str

    @property
    def state(self) -> State:
        """What is there now; raises InstallError."""
        there = _text(self.path)
        if there is None:
            return State.MISSING
        if there == self.text:
            return State.SAME
        return State.OURS if MARK in there else State.FOREIGN

    def write(self) -> None:
        """Write it, whole or not at all; raises InstallError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".a4bridge-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    os.fchmod(descriptor, 0o644)
                    file.write(self.text)
                Path(name).replace(self.path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise InstallError(f"{self.path} cannot be written: {error.strerror}") from error


def is_ours(path: Path) -> bool:
    """Tell whether an installation wrote `path`; raises InstallError."""
    return MARK in (_text(path) or "")


def remove(path: Path) -> None:
    """Remove a file, and its folder if that was a unit's and is empty now; raises InstallError."""
    try:
        path.unlink()
        if path.parent.name.endswith(".service.d") and not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise InstallError(f"{path} cannot be removed: {error.strerror}") from error


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InstallError(f"{path} cannot be read: {error.strerror}") from error
