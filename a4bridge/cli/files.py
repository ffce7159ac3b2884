"""The verbs about single files: `check`, `explain`, `schema`."""

import json
from pathlib import Path

import click

from a4bridge.cli.exits import WRONG, end
from a4bridge.cli.profiles import load_profile, load_settings
from a4bridge.core.compile import CompileError
from a4bridge.core.explain import explain, summary
from a4bridge.core.library import Kind, kind_of
from a4bridge.core.profile import Profile
from a4bridge.core.schema import schema
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import FileErrors, located, read
from a4bridge.core.words import listed
from a4bridge.service.routing import Routing, RoutingError


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


def explain_profile(profile: str, track: str | None, auto_channel: int | None) -> None:
    """Print what a profile does, in sentences."""
    name, model = load_profile(profile)
    settings = load_settings()
    try:
        everything_to = Routing(name, model, settings).on_track(track).track if track else None
        sentences = explain(name, model, settings, auto_channel=auto_channel, track=everything_to)
    except (CompileError, RoutingError) as error:
        end(f"{error}.", WRONG)
    for sentence in sentences:
        click.echo(sentence)


def print_schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file."""
    click.echo(json.dumps(schema(Kind(kind)), indent=2))
