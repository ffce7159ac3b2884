"""What the commands' options may be."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

NOTES_LEAST: Final = 3
"""With fewer the meter has nothing to tell."""


def at_least(least: int) -> Callable[[str], int]:
    """Return what takes an option's word for a whole number of `least` or more, and refuses any other."""

    def number(word: str) -> int:
        if not word.isdecimal() or int(word) < least:
            raise argparse.ArgumentTypeError(f"it is a whole number, {least} or more, and not {word!r}")
        return int(word)

    return number


def folder(word: str) -> Path:
    """Take an option's word for a folder that is there, and refuse any other."""
    if not Path(word).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {word!r}")
    return Path(word)
