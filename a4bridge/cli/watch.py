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
from a4bridge.monitor.events import Event, Missed, entries_of
from a4bridge.monitor.words import missed_lines, raw_line, said_line


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
    for entry in entries_of(facts, 0.0):
        match entry:
            case Event():
                yield raw_line(entry)
            case Missed():
                yield from missed_lines(entry)
            case _:
                yield said_line(entry)
