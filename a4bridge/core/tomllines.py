"""On which line of a TOML text each key stands, which `tomllib` does not tell."""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import Final

KeyPath = tuple[str | int, ...]
"""Keys from the outside in; a number is a place in an array, from 0."""

_TOKEN: Final = re.compile(
    r"""
      (?P<skip> [ \t\r]+ | \#[^\n]* )
    | (?P<text> \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5} | "(?:\\.|[^"\\])*" | '[^']*' )
    | (?P<mark> [\[\]{}=,.\n] )
    | (?P<bare> [^\s\#"'=\[\]{},.]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Open:
    path: KeyPath
    is_array: bool
    elements: int = 0


def key_lines(text: str) -> dict[KeyPath, int]:
    """Map each key, table and array element of valid TOML to the line (from 1) where it first stands."""
    scan = _Scan()
    line = 1
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "mark":
            scan.mark(token[0], line)
        elif token.lastgroup != "skip":
            scan.word(token[0], line)
        line += token[0].count("\n")
    return scan.lines


class _Scan:
    """A walk over the tokens; `open` holds the arrays and inline tables around the place where it is."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._elements: Counter[KeyPath] = Counter()  # how many an array of tables has so far
        self._table: KeyPath = ()
        self._open: list[_Open] = []
        self._value: KeyPath = ()
        self._key: list[str] = []
        self._in_key = True
        self._brackets = 0  # of the header that this line begins with

    def word(self, token: str, line: int) -> None:
        """Take a part of a key, or of a value."""
        if not self._in_key:
            self._found(self._value, line)
        elif token[0] in "\"'":
            self._key.append(tomllib.loads(f"key = {token}")["key"])
        else:
            self._key.append(token)

    def mark(self, mark: str, line: int) -> None:
        """Take a mark of punctuation or the end of a line."""
        match mark:
            case "=":
                around = self._open[-1].path if self._open else self._table
                self._value = self._descend(around, self._key, line)
                self._in_key = False
            case "[" | "{" if not self._in_key:
                self._found(self._value, line)
                self._open.append(_Open(self._value, is_array=mark == "["))
                self._next()
            case "," if self._open:
                self._next()
            case "]" | "}" if self._open:
                self._open.pop()
                self._in_key = False
            case "[":
                self._brackets += 1
            case "]" if self._key:
                self._table = self._header(line)
                self._key = []
            case "\n" if not self._open:
                self._in_key, self._key, self._brackets = True, [], 0

    def _next(self) -> None:
        innermost = self._open[-1]
        self._in_key, self._key = not innermost.is_array, []
        if innermost.is_array:
            self._value = (*innermost.path, innermost.elements)
            innermost.elements += 1

    def _header(self, line: int) -> KeyPath:
        if self._brackets == 1:
            return self._descend((), self._key, line)
        array = (*self._descend((), self._key[:-1], line), self._key[-1])
        element = (*array, self._elements[array])
        self._elements[array] += 1
        self._found(array, line)
        self._found(element, line)
        return element

    def _descend(self, path: KeyPath, keys: list[str], line: int) -> KeyPath:
        for key in keys:
            path = (*path, key)
            self._found(path, line)
            if path in self._elements:
                path = (*path, self._elements[path] - 1)
        return path

    def _found(self, path: KeyPath, line: int) -> None:
        self.lines.setdefault(path, line)
