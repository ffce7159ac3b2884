"""`a4bridge watch`."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from a4bridge.cli.asking import connect, end_lost
from a4bridge.control.client import ControlError
from a4bridge.control.wire import Feed, Watch


def watch(socket: Path | None, only: str | None, as_json: bool) -> None:
    """Print what happens until Ctrl-C, or until the bridge ends."""
    # Python's own handler waits for the next line where the signal comes just before it is waited for.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    request = Watch((Feed(only),) if only else tuple(Feed))
    with connect(socket) as connection:
        try:
            happening = connection.watch(request)
            click.echo(f"watching {connection.place}", err=True)
            for facts in happening:
                for line in [json.dumps(facts)] if as_json else _sentences(facts):
                    click.echo(line)
        except ControlError as error:
            end_lost(error)


def _sentences(facts: dict[str, Any]) -> Iterator[str]:
    for event in facts.get(Feed.PLAYED, ()):
        yield _played(event)
    if event := facts.get(Feed.LOG):
        level = f"{event['level']}: " if event["level"] != "info" else ""
        yield f"{level}{event.get('says') or event['event']}"
    for feed, missed in facts.get("missed", {}).items():
        yield f"missed {missed} of what was {'said' if feed == Feed.LOG else 'played'}"


def _played(event: dict[str, Any]) -> str:
    """Say what became of an event; SysEx is shown by its first bytes."""
    received = bytes.fromhex(event["in"]).hex(" ")
    sent = f" -> {bytes.fromhex(event['out']).hex(' ')}" if event["out"] else ""
    return (
        f"{event['input']}: {received}{sent}  {event['says']} ({event['took_us']:g} us, late {event['late_us']:g} us)"
    )
