"""The text of a profile that is edited and keeps everything else that is in it: comments, order, blank lines.

tomlkit does the editing. What it makes is read again by Python's own TOML reader, and is refused unless it says exactly
what was meant: a file that a person wrote is worth more than a step.
"""

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, Self

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, Comment, Table, Trivia

from a4bridge.core.tomllines import KeyPath

Data = dict[str, Any]
"""What a TOML file says, as `tomllib` reads it."""


class EditError(Exception):
    """A text cannot be edited without harm to what else is in it; the text is the sentence."""


@dataclass(frozen=True, slots=True)
class Put:
    """Give the key at `path` a value: text, a whole number, true or false, or a list of text."""

    path: KeyPath
    value: object


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the key at `path` away. A comment behind it stays, on a line of its own."""

    path: KeyPath


@dataclass(frozen=True, slots=True)
class Append:
    """Add a table to the list of tables at `path`, and the list if there is none.

    comments: what to write behind keys of it. inline: whether a new list has its tables in braces.
    """

    path: KeyPath
    table: Mapping[str, object]
    comments: Mapping[str, str] = field(default_factory=dict)
    inline: bool = False


Edit = Put | Remove | Append

_INDENT: Final = "    "
_COULD_NOT: Final = "this file is written in a way that cannot be edited here without changing more: edit it by hand"


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML text. It must be valid."""

    text: str

    @property
    def data(self) -> Data:
        """What it says."""
        return tomllib.loads(self.text)

    def edited(self, edits: Sequence[Edit]) -> Self:
        """Return the document after `edits`, done one after the other; raises EditError."""
        meant = self.data
        text = self.text
        for edit in edits:
            _apply(meant, edit)
            text = _edited(text, edit)
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(text) == meant:
                return type(self)(text)
        raise EditError(_COULD_NOT)


def _edited(text: str, edit: Edit) -> str:
    try:
        document = tomlkit.parse(text if text.endswith("\n") else f"{text}\n")
        _carry_out(document, edit)
        edited = document.as_string()
    # tomlkit's containers raise any of these, where what they are asked for does not fit what is there.
    except (TOMLKitError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise EditError(_COULD_NOT) from error
    return f"{edited.rstrip(chr(10))}\n"


# What is meant, on plain data.


def _apply(data: Data, edit: Edit) -> None:
    around: Any = data
    for part in edit.path[:-1]:
        around = around[part]
    match edit:
        case Put(path, value):
            around[path[-1]] = value
        case Remove(path):
            del around[path[-1]]
        case Append(path, table):
            around.setdefault(path[-1], []).append(deepcopy(dict(table)))


# The same, on the text.


def _carry_out(document: tomlkit.TOMLDocument, edit: Edit) -> None:
    around: Any = document
    for part in edit.path[:-1]:
        around = around[part]
    key: Any = edit.path[-1]
    match edit:
        case Put(_, value):
            around[key] = _value(value)
        case Remove():
            _remove(around, key)
        case Append():
            _append(around, key, edit)


def _value(value: object) -> Any:
    return _parsed(f"value = {_written(value)}\n")["value"]


def _parsed(text: str) -> Any:
    return tomlkit.parse(text)


def _written(value: object) -> str:
    """Write a value as the files that come with a4bridge have it."""
    match value:
        case dict():
            return f"{{ {', '.join(f'{key} = {_written(each)}' for key, each in value.items())} }}"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            simple: Any = value
            return str(tomlkit.item(simple).as_string())


def _remove(around: Any, key: str) -> None:
    body = around.body if isinstance(around, tomlkit.TOMLDocument) else getattr(around.value, "body", [])
    places = [at for at, (each, _) in enumerate(body) if each is not None and each.key == key]
    # Not `around[key]`, which gives `true` and `false` as Python's own, without their comments.
    comment = body[places[0]][1].trivia.comment if places else ""
    around.remove(key)
    if comment:
        body[places[0]] = (None, Comment(Trivia(comment_ws="", comment=comment)))


def _append(around: Any, key: str, edit: Append) -> None:
    there = around.get(key)
    if isinstance(there, Array) and not there:
        # `zones = []` would have its tables in one long line.
        if not edit.inline:
            _remove(around, key)
            there = None
        else:
            around[key] = _list_of(edit.table)
            return
    match there:
        case None if edit.inline:
            around[key] = _list_of(edit.table)
        case None:
            _end_with_blank_line(around)
            around.append(key, _tables(key, edit))
        case AoT():
            _end_with_blank_line(there[-1])
            there.append(_tables(key, edit)[0])
        case Array():
            there.append(_value(dict(edit.table)))
        case _:
            raise EditError(_COULD_NOT)


def _list_of(table: Mapping[str, object]) -> Any:
    return _parsed(f"value = [\n{_INDENT}{_written(dict(table))},\n]\n")["value"]


def _tables(key: str, edit: Append) -> Any:
    """Return the table as the only one of a list, as a person would write it."""
    lines = [f"[[{key}]]"]
    for each, value in edit.table.items():
        comment = edit.comments.get(each)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{each} = [", *(f"{_INDENT}{_written(one)}," for one in value), "]"]
        else:
            lines.append(f"{each} = {_written(value)}{f'  # {comment}' if comment else ''}")
    return _parsed("\n".join([*lines, "", ""]))[key]


def _end_with_blank_line(table: Table | tomlkit.TOMLDocument) -> None:
    text = table.as_string()
    if text.strip() and not text.endswith("\n\n"):
        table.add(tomlkit.nl())
