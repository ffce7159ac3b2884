"""Reading a TOML file that a person wrote: into a model, or into sentences about everything wrong with it."""

import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from a4bridge.core.fields import AT_KEY
from a4bridge.core.tables import Names, TableKeys, tables_of
from a4bridge.core.tomllines import KeyPath, key_lines
from a4bridge.core.words import did_you_mean, listed, printable, quoted, written

MAX_BYTES: Final = 32_768
MAX_LINE: Final = 1_000
"""Characters. What tomllib takes for a dotted key grows with the square of its parts: so, a few megabytes."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class FileError:
    """One thing that is wrong. line: from 1, or 0 for the file as a whole. key: as `shown_key` shows it, or empty."""

    file: Path
    line: int
    key: str
    sentence: str

    def __str__(self) -> str:
        place = f"{printable(str(self.file))}:{self.line}:" if self.line else f"{printable(str(self.file))}:"
        return f"{place} {self.key}: {self.sentence}" if self.key else f"{place} {self.sentence}"


class FileErrors(Exception):  # noqa: N818 - it is several, and says so
    """Everything that is wrong with a file, in the order of its lines."""

    def __init__(self, *errors: FileError) -> None:
        super().__init__(*errors)
        self.errors = tuple(sorted(errors, key=lambda error: error.line))

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


def read(file: Path, model: type[M]) -> M:
    """Read `file` as `model`; raises FileErrors."""
    return parse(_content(file), file, model)


def parse(content: bytes, file: Path, model: type[M]) -> M:
    """Read `content`, which came from `file`, as `model`; raises FileErrors."""
    text = _text(content, file)
    data = _toml(text, file)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = key_lines(text)
        raise FileErrors(*_explained(error, file, lines, model)) from None


def located(file: Path, key: str, sentence: str, content: bytes | None = None) -> FileError:
    """Return `sentence`, which is about the dotted `key` (a CompileError's), with its line in `file`.

    content: what is in the file, where it is not to be read. Raises FileErrors.
    """
    path = tuple(int(part) if part.isdecimal() else part for part in key.split("."))
    text = _text(_content(file) if content is None else content, file)
    return FileError(file, _line(path, key_lines(text)), shown_key(path), sentence)


def _broken(file: Path, line: int, sentence: str) -> FileErrors:
    return FileErrors(FileError(file, line, "", sentence))


def _content(file: Path) -> bytes:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # opening a pipe would wait for its writer
            raise _broken(file, 0, "is not a file of text")
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise _broken(file, 0, f"cannot be read: {reason}") from None
    except ValueError:
        raise _broken(file, 0, "is not a name that a file can have") from None


def _text(content: bytes, file: Path) -> str:
    if len(content) > MAX_BYTES:
        raise _broken(file, 0, f"is longer than {MAX_BYTES // 1024} KiB: not one of our files")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _broken(file, line, "is not UTF-8 text: save it as UTF-8") from None
    for line, each in enumerate(text.split("\n"), 1):
        if len(each) > MAX_LINE:
            raise _broken(file, line, f"this line is longer than {MAX_LINE} characters")
    return text


_PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")


def _toml(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _broken(file, 0, "is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError is one; a number of 5,000 digits raises another
        place = _PLACE.search(str(error))
        line = int(place[1] or text.count("\n") + 1) if place else 0
        reason = printable(_PLACE.sub("", str(error)))
        raise _broken(file, line, f"is not valid TOML: {reason[:1].lower()}{reason[1:]}") from None


def _line(path: KeyPath, lines: dict[KeyPath, int]) -> int:
    """Return the line of `path`, or of the nearest table around it."""
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[part] for part in around if part in lines), 1)


_Tables = Mapping[Names, TableKeys]


def shown_key(path: KeyPath) -> str:
    """Show the place of a key as a person counts: "zones[1].keys" is in the first of the zones."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            shown += f"{'.' if shown else ''}{part if _BARE.fullmatch(part) else quoted(part)}"
    return shown


_BARE: Final = re.compile("[A-Za-z0-9_-]+")


def _explained(
    error: ValidationError, file: Path, lines: dict[KeyPath, int], model: type[BaseModel]
) -> Iterator[FileError]:
    tables = tables_of(model)
    for detail in error.errors(include_url=False):
        path = detail["loc"] + (detail["ctx"]["key"] if detail["type"] == AT_KEY else ())
        # Which element of a list of values is meant, the line tells; of tables, people see only a header.
        is_value = bool(path) and isinstance(path[-1], int) and _names(path) not in tables
        key = shown_key(path[:-1] if is_value else path)
        yield FileError(file, _line(path, lines), key, _sentence(detail, path, tables))


def _names(path: KeyPath) -> Names:
    return tuple(part for part in path if isinstance(part, str))


_EXPECTED: Final = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list in [ ]",
    "dict_type": "a table",
    "model_type": "a table",
}


def _sentence(detail: ErrorDetails, path: KeyPath, tables: _Tables) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(_names(path), tables)
        case "missing":
            return "is required"
        case "too_long":
            return f"has {detail['ctx']['actual_length']}, and {detail['ctx']['max_length']} is the most"
        case "value_error":
            return str(detail["ctx"]["error"])
        case kind if expected := _expected(kind, detail, tables.get(_names(path))):
            return f"must be {expected}, not {written(detail['input'])}"
    return printable(detail["msg"])


def _expected(kind: str, detail: ErrorDetails, table: TableKeys | None) -> str | None:
    if kind == "tuple_type" and table:
        return f"a list of tables, each of which begins with {table.header}"
    return str(detail["ctx"]["expected"]) if kind == "literal_error" else _EXPECTED.get(kind)


def _unknown(names: Names, tables: _Tables) -> str:
    *table, key = names
    here = tuple(table)
    known = tables[here].keys
    if home := _home(key, here, tables):
        almost = f"; did you mean {quoted(f'{key}s')}?" if f"{key}s" in known else ""
        return f"is out of place: it belongs {home}{almost}"
    return f"is not a key{did_you_mean(key, known) or f'; the keys here are {listed(known)}'}"


def _home(key: str, here: Names, tables: _Tables) -> str:
    """Tell where `key` would be right: in a table around this one, else inside it, else anywhere."""

    def distance(table: Names) -> tuple[bool, bool, int]:
        return here[: len(table)] != table, table[: len(here)] != here, abs(len(table) - len(here))

    homes = sorted((table for table, taken in tables.items() if key in taken.keys), key=distance)
    if not homes:
        return ""
    return f"below {tables[homes[0]].header}" if homes[0] else "above the first [table]"
