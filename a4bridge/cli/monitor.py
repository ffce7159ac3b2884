"""`a4bridge monitor`: a screen on a terminal, lines anywhere else."""

import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Final

import click

from a4bridge.cli.asking import end_unreached
from a4bridge.control.client import ControlError, places
from a4bridge.control.wire import Feed, Watch
from a4bridge.monitor.events import Naming, Standing
from a4bridge.monitor.filtering import Filter, Only
from a4bridge.monitor.following import Following, Found, Lost, said
from a4bridge.monitor.words import line

_STATUS_SECONDS: Final = 1.0
_NAMES_SECONDS: Final = 5.0
"""How often a screen and a list of lines ask how things are."""


def monitor(socket: Path | None, only: str, find: str, *, raw: bool, plain: bool) -> None:
    """Show what a bridge does until somebody ends it."""
    shown = Filter(Only(only), find)
    on_screen = not plain and _is_screen()
    every = _STATUS_SECONDS if on_screen else _NAMES_SECONDS
    following = Following(places(socket), Watch(tuple(Feed)), every, time.time)
    try:
        following.open(time.monotonic())
        if on_screen:
            from a4bridge.cli.screen import show  # noqa: PLC0415 - lines need neither a terminal nor what draws on one

            show(following, shown, raw=raw)
        else:
            _print_lines(following, shown, raw=raw)
    except ControlError as error:
        end_unreached(error)


def _is_screen() -> bool:
    """Tell whether there is a terminal that can be drawn on, and typed at."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def _print_lines(following: Following, shown: Filter, *, raw: bool) -> None:
    # Python's own handler waits for the next line where the signal comes just before it is waited for.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    naming = Naming()
    while True:
        wait = max(0.0, following.due - time.monotonic())
        select.select(following.connections, [], [], wait)
        for news in following.look(time.monotonic()):
            match news:
                case Standing():
                    naming = news.naming
                case Found() | Lost():
                    click.echo(line(said(news, time.time()), naming))
                case _ if shown.lets_pass(news, naming):
                    click.echo(line(news, naming, raw=raw))
