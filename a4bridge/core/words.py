"""The small change of sentences: quotes, lists, articles and suggestions."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

_LONGEST_QUOTE: Final = 60

_LARGE: Final = 10**12


def printable(text: str) -> str:
    """Return `text` with U+FFFD for whatever a terminal would obey instead of print."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def quoted(text: str) -> str:
    """Quote `text` for a sentence, or the first 60 characters of it."""
    cut = "..." if len(text) > _LONGEST_QUOTE else ""
    return f'"{printable(text[:_LONGEST_QUOTE])}{cut}"'


def listed(items: Sequence[str], last: str = "and") -> str:
    """List `items` as a person would: "a, b and c"."""
    return f" {last} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def an(noun: str) -> str:
    """Put the article before `noun`: "an Analog Four", "a Digitakt"."""
    return f"an {noun}" if noun[0] in "AEIOaeio" else f"a {noun}"


def capitalised(sentence: str) -> str:
    """Begin `sentence` as one that stands for itself."""
    return sentence[:1].upper() + sentence[1:]


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Return '; did you mean "..."?' with the one of `known` that looks most like `text`, or nothing."""
    close = difflib.get_close_matches(text[:_LONGEST_QUOTE].casefold(), known, n=1)
    return f"; did you mean {quoted(close[0])}?" if close else ""


def closed(sentence: str) -> str:
    """Return a sentence with its full stop, unless it asks something."""
    return sentence if sentence.endswith("?") else f"{sentence}."


def written(value: object) -> str:
    """Show a value from a TOML file, short enough for a sentence."""
    match value:
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return "a number of that size" if abs(value) >= _LARGE else str(value)
        case list() | dict():
            return "a list" if isinstance(value, list) else "a table"
        case _:
            return "a date or a time"
