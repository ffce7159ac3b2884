"""Where profiles and settings are looked for.

The user's folder counts before /etc's, and both before what is shipped. Of the settings too only the first
file found is read: nothing is merged, so one file says all.
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from a4bridge.core.shipped import shipped
from a4bridge.core.words import did_you_mean, listed, quoted

SETTINGS_FILE: Final = "settings.toml"

_NAME: Final = re.compile("[a-z0-9_-]+")


class Kind(StrEnum):
    """The two kinds of file that a person writes."""

    PROFILE = "profile"
    SETTINGS = "settings"


def kind_of(file: Path) -> Kind:
    """Tell what `file` is by its name: only one called settings.toml holds settings."""
    return Kind.SETTINGS if file.name == SETTINGS_FILE else Kind.PROFILE


class UnknownProfileError(LookupError):
    """No profile has that name, or no profile can have it."""


def checked_name(name: str) -> str:
    """Return `name` if a profile may be called so; raises ValueError with a sentence."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{quoted(name)} is no name for a profile: a-z, 0-9, - and _ may be in it")
    return name


@dataclass(frozen=True, slots=True)
class Entry:
    """A profile by its name; `hides` are the files of the same name that count less."""

    name: str
    file: Path
    hides: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """The folders that are looked in, the most important first; each may have profiles/ and settings.toml."""

    folders: tuple[Path, ...]
    shipped: Path

    @classmethod
    def standard(cls, environ: Mapping[str, str], root: Path = Path("/")) -> Self:
        """Look in $XDG_CONFIG_HOME/a4bridge (~/.config/a4bridge), then in etc/a4bridge below `root`.

        A relative XDG_CONFIG_HOME is ignored, as its specification asks; so is a HOME that is none.
        """
        homes = Path(environ.get("XDG_CONFIG_HOME", "")), Path(environ.get("HOME", ""), ".config")
        own = [home / "a4bridge" for home in homes if home.is_absolute()][:1]
        return cls((*own, root / "etc" / "a4bridge"), shipped("config"))

    @property
    def profile_folders(self) -> tuple[Path, ...]:
        """The folders of profiles, the most important first."""
        return tuple(folder / "profiles" for folder in (*self.folders, self.shipped))

    @property
    def settings_files(self) -> tuple[Path, ...]:
        """The files that may hold the settings, the most important first."""
        return tuple(folder / SETTINGS_FILE for folder in self.folders)

    def settings(self) -> Path | None:
        """Return the settings file that counts, or None where there is none."""
        return next(filter(os.path.lexists, self.settings_files), None)

    def files_called(self, name: str) -> tuple[Path, ...]:
        """Return the files that may be the profile `name`, which may itself be a path, the most important first."""
        if "/" in name or os.sep in name or name.endswith(".toml"):
            return (Path(name),)
        return tuple(folder / f"{name}.toml" for folder in self.profile_folders)

    def find(self, name: str) -> Path:
        """Return the file of the profile `name`, which may itself be a path; raises UnknownProfileError."""
        first, *others = self.files_called(name)
        if not others:
            return first
        try:
            checked_name(name)
        except ValueError as error:
            raise UnknownProfileError(f"{error}; for a file, write its path, such as ./mine.toml") from None
        for file in (first, *others):
            # A link that leads nowhere is an error to tell, not a reason to take another file.
            if os.path.lexists(file):
                return file
        suggestion = did_you_mean(name, [entry.name for entry in self.profiles()])
        places = listed([str(folder) for folder in self.profile_folders])
        raise UnknownProfileError(f"no profile is called {quoted(name)}{suggestion} (looked in {places})")

    def profiles(self) -> tuple[Entry, ...]:
        """Return every profile that can be named, by name."""
        files: dict[str, list[Path]] = {}
        for folder in self.profile_folders:
            with suppress(OSError):  # a folder that cannot be read has no profiles that can
                for file in folder.glob("*.toml"):
                    files.setdefault(file.stem, []).append(file)
        return tuple(
            Entry(name, first, tuple(others))
            for name, (first, *others) in sorted(files.items())
            if _NAME.fullmatch(name)
        )
