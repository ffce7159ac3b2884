"""Reading a TOML file that a person wrote: into a model, or into sentences about everything wrong with it."""

import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from a4bridge.core.tomllines import KeyPath, key_lines
from a4bridge.core.words import did_you_mean, listed, printable, quoted, written

MAX_BYTES: Final = 32_768
MAX_LINE: Final = 1_000
"""Characters. What tomllib takes for a dotted key grows with the square of its parts: so, a few megabytes."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class FileError:
    """One thing that is wrong. line: from 1, or 0 for the file as a whole. key: dotted, or empty."""

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


def located(file: Path, key: str, sentence: str) -> FileError:
    """Return `sentence`, which is about the dotted `key`, with the line in `file`; raises FileErrors."""
    path = tuple(key.split("."))
    return FileError(file, _line(path, key_lines(_text(_content(file), file))), key, sentence)


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


def _explained(
    error: ValidationError, file: Path, lines: dict[KeyPath, int], model: type[BaseModel]
) -> Iterator[FileError]:
    tables = dict(_tables(model, ()))
    for detail in error.errors(include_url=False):
        # Which element of an array is meant, the line tells.
        keys = tuple(key for key in detail["loc"] if isinstance(key, str))
        yield FileError(file, _line(detail["loc"], lines), _dotted(keys), _sentence(detail, keys, tables))


_Keys = tuple[str, ...]


def _dotted(keys: _Keys) -> str:
    return ".".join(key if re.fullmatch("[A-Za-z0-9_-]+", key) else quoted(key) for key in keys)


def _tables(model: type[BaseModel], at: _Keys) -> Iterator[tuple[_Keys, _Keys]]:
    """Yield the path of each table of `model`, and the keys it takes."""
    yield at, tuple(model.model_fields)
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _tables(field.annotation, (*at, name))


_EXPECTED: Final = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list in [ ]",
    "dict_type": "a table",
    "model_type": "a table",
}


def _sentence(detail: ErrorDetails, keys: _Keys, tables: dict[_Keys, _Keys]) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(keys, tables)
        case "missing":
            return "is required"
        case "literal_error":
            return f"must be {detail['ctx']['expected']}, not {written(detail['input'])}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case kind if kind in _EXPECTED:
            return f"must be {_EXPECTED[kind]}, not {written(detail['input'])}"
        case _:
            return printable(detail["msg"])


def _unknown(keys: _Keys, tables: dict[_Keys, _Keys]) -> str:
    *_, key = keys
    home = next((table for table, known in tables.items() if key in known), None)
    if home == ():
        return "is out of place: it belongs above the first [table]"
    if home:
        return f"is out of place: it belongs below [{_dotted(home)}]"
    known = tables[keys[:-1]]
    return f"is not a key{did_you_mean(key, known) or f'; the keys here are {listed(known)}'}"
