"""Exit codes, the same for every verb; docs/commands.md lists them."""

from typing import Final, NoReturn

import click

FAILED: Final = 1
"""Something went wrong that is none of the below."""
WRONG: Final = 2
"""An argument or a file is wrong."""
NO_MIDI: Final = 3
"""This machine has no usable MIDI system."""
RUNNING: Final = 4
"""Another bridge is running already."""
NOT_RUNNING: Final = 5
"""No bridge is running."""
WAITING: Final = 6
"""The bridge runs, and waits for a keyboard or a box."""
DOUBTFUL: Final = 7
"""`doctor` found something that may keep notes from being recorded as they should, or no bridge that runs."""
BROKEN: Final = 8
"""`doctor` found something that keeps notes from being recorded."""


def end(sentence: str, code: int) -> NoReturn:
    """End the program with one sentence on standard error."""
    click.echo(sentence, err=True)
    raise SystemExit(code)
