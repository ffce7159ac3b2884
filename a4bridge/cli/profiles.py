"""The verbs about files: `profiles`, `check`, `explain`, `schema`."""

import json
import os
from pathlib import Path

import click

from a4bridge.cli.exits import WRONG, end
from a4bridge.core.compile import CompileError
from a4bridge.core.explain import explain, summary
from a4bridge.core.library import Kind, Library, UnknownProfileError, kind_of
from a4bridge.core.profile import Profile
from a4bridge.core.schema import schema
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import FileErrors, located, read
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
                "hides": [str(file) for file in entry.hides],
            }
            for entry, text in lines
        ]
        click.echo(json.dumps(data, indent=2))
        return
    width = max((len(entry.name) for entry, _ in lines), default=0)
    for entry, text in lines:
        notes = ["the default"] * (entry.name == settings.profile)
        notes += [f"{entry.file}, instead of the one in {file.parent}" for file in entry.hides[:1]]
        click.echo(f"{entry.name:{width}}  {text}{f' ({listed(notes)})' if notes else ''}")


def check_files(files: tuple[Path, ...]) -> None:
    """Print for each file what it would do, or everything that is wrong with it."""
    wrong = False
    for file in files:
        try:
            click.echo(f"{file}: {_check(file)}")
        except FileErrors as errors:
            click.echo(str(errors), err=True)
            wrong = True
    if wrong:
        raise SystemExit(WRONG)


def _check(file: Path) -> str:
    if kind_of(file) is Kind.SETTINGS:
        return _what_settings_do(read(file, Settings))
    profile = read(file, Profile)
    try:
        return f"profile, {summary(profile, load_settings())}"
    except CompileError as error:
        raise FileErrors(located(file, error.key, str(error))) from None


def _what_settings_do(settings: Settings) -> str:
    facts = [
        f"the box is {settings.box}" if settings.box else "the box is the one that is found",
        f"the default profile is {settings.profile}",
        *(f"{alias} is the port {match}" for alias, match in settings.aliases.items()),
    ]
    if settings.channels.auto:
        facts.append(f"the auto channel is {settings.channels.auto}")
    if settings.channels.tracks:
        facts.append(f"the tracks' channels are {listed([str(channel) for channel in settings.channels.tracks])}")
    return f"settings, {'; '.join(facts)}"


def explain_profile(profile: str, auto_channel: int | None) -> None:
    """Print what a profile does, in sentences."""
    name, model = load_profile(profile)
    try:
        sentences = explain(name, model, load_settings(), auto_channel=auto_channel)
    except CompileError as error:
        end(f"{error}.", WRONG)
    for sentence in sentences:
        click.echo(sentence)


def print_schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file."""
    click.echo(json.dumps(schema(Kind(kind)), indent=2))
