"""The profiles and settings that a person has, and `a4bridge profiles`."""

import json
import os
from contextlib import suppress
from pathlib import Path

import click

from a4bridge.cli.exits import WRONG, end
from a4bridge.core.library import Entry, Library, UnknownProfileError
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import FileErrors, read
from a4bridge.core.words import listed

LIBRARY = Library.standard(os.environ)


def load_settings() -> Settings:
    """Read the settings, or end with what is wrong with them."""
    try:
        return Settings.load(LIBRARY.settings())
    except FileErrors as errors:
        end(str(errors), WRONG)


def load_profile(name: str) -> tuple[str, Profile]:
    """Read the profile that a person calls `name`, or end with what is wrong; returns its name, too."""
    try:
        file = LIBRARY.find(name)
        return file.stem, read(file, Profile)
    except (UnknownProfileError, FileErrors) as error:
        end(str(error), WRONG)


def list_profiles(as_json: bool) -> None:
    """Print a line for each profile; a broken one has its error there."""
    settings = load_settings()
    lines = []
    for entry in LIBRARY.profiles():
        try:
            text = read(entry.file, Profile).description
        except FileErrors as errors:
            text = f"broken: {errors.errors[0]}"
        lines.append((entry, text))
    if as_json:
        data = [
            {
                "name": entry.name,
                "file": str(entry.file),
                "description": text,
                "default": entry.name == settings.profile,
                "hides": [str(file) for file in _hidden(entry)],
            }
            for entry, text in lines
        ]
        click.echo(json.dumps(data, indent=2))
        return
    width = max((len(entry.name) for entry, _ in lines), default=0)
    for entry, text in lines:
        notes = ["the default"] * (entry.name == settings.profile)
        notes += [f"{entry.file}, instead of the one in {file.parent}" for file in _hidden(entry)[:1]]
        click.echo(f"{entry.name:{width}}  {text}{f' ({listed(notes)})' if notes else ''}")


def _hidden(entry: Entry) -> list[Path]:
    """Return the files that count less than the entry's and say something else.

    The Debian package has each profile twice: in /etc, to be changed, and inside, for whoever deletes that.
    """
    with suppress(OSError):
        text = entry.file.read_bytes()
        return [file for file in entry.hides if file.read_bytes() != text]
    return list(entry.hides)
