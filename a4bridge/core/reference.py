"""The tables of keys in docs/profiles.md, made from the models: `make reference` writes them anew.

A table stands between the comments <!-- keys: NAME --> and <!-- end of keys -->; everything else is written by hand.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from a4bridge.core.profile import Profile, ZoneFilters
from a4bridge.core.settings import Channels, Records, Settings
from a4bridge.core.tables import Names, TableKeys, table_in, tables_of
from a4bridge.core.words import listed

TABLES: Final[dict[str, tuple[type[BaseModel], Names]]] = {
    "profile": (Profile, ()),
    "zones": (Profile, ("zones",)),
    "knobs": (Profile, ("zones", "knobs")),
    "bindings": (Profile, ("bindings",)),
    "settings": (Settings, ()),
}
"""What the tables are called in the document, and the table of a file that each is about."""

_LEFT_OUT: Final[dict[type[BaseModel], str]] = {
    ZoneFilters: "the profile's",
    Channels: "the box's",
    Records: "the box's",
}
"""What a key of these tables is without being set; elsewhere it is nothing."""

_PLACE: Final = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end of keys -->)", re.DOTALL)


def renewed(document: str) -> str:
    """Return `document` with its tables of keys as the models are now."""
    return _PLACE.sub(lambda place: f"{place[1]}\n{table_of(*TABLES[place[2]])}\n{place[3]}", document)


def table_of(model: type[BaseModel], at: Names) -> str:
    """Return the Markdown table of the keys in the table `at` of files that are read as `model`."""
    rows = [("key", "what it is", "values", "default"), ("---",) * 4, *_rows(model, at)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rows(model: type[BaseModel], at: Names) -> Iterator[tuple[str, ...]]:
    tables = tables_of(model)
    for names, table in tables.items():
        # The keys of a table inside are told in this one; those of a list of tables have a place of their own.
        if names[: len(at)] == at and not any(
            _is_list(tables[names[:end]]) for end in range(len(at) + 1, len(names) + 1)
        ):
            yield from _rows_of(table, ".".join((*names[len(at) :], "")), tables, names)


def _is_list(table: TableKeys) -> bool:
    return table.header.startswith("[[")


def _rows_of(table: TableKeys, prefix: str, tables: dict[Names, TableKeys], names: Names) -> Iterator[tuple[str, ...]]:
    schema = table.model.model_json_schema()
    for key, field in table.fields.items():
        inner = tables.get((*names, key)) if table_in(field.annotation) else None
        if inner and not _is_list(inner):
            continue
        about = schema["properties"][key]
        if field.is_required():
            default = "required"
        elif about["default"] is None:
            default = _LEFT_OUT.get(table.model, "none")
        else:
            default = f"`{json.dumps(about['default'])}`"
        values = f"tables, each below `{inner.header}`" if inner else _values(about, schema.get("$defs", {}))
        yield f"`{prefix}{key}`", " ".join((field.description or "").split()), values, default


def _values(about: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Say what may be written, by the JSON Schema of a key."""
    match about:
        case {"$ref": str(name)}:
            return _values(definitions[name.rpartition("/")[2]], definitions)
        case {"anyOf": [way, {"type": "array", "items": items}]} if items == way:
            return f"{_values(way, definitions)}; or a list of these"
        case {"anyOf": ways}:
            return " or ".join(_values(way, definitions) for way in ways if way != {"type": "null"})
        case {"type": "array", "items": items}:
            count = f"{about['maxItems']} numbers, " if "maxItems" in about else ""
            return f"list of {count}{_values(items, definitions)}"
        case {"type": "object", "additionalProperties": values}:
            return f"table of {_values(values, definitions)}"
    return _single_values(about)


def _single_values(about: dict[str, Any]) -> str:
    match about:
        case {"enum": [int(), *_] as numbers}:
            return ", ".join(_runs(numbers))
        case {"enum": words} | {"const": words}:
            return ", ".join(f"`{json.dumps(word)}`" for word in (words if isinstance(words, list) else [words]))
        case {"examples": examples}:
            return f"text such as {listed([f'`{json.dumps(each)}`' for each in examples], 'or')}"
        case {"type": "boolean"}:
            return "`true`, `false`"
        case {"type": "integer" | "number", "minimum": low, "maximum": high}:
            return f"{low} to {high}{_without(about)}"
    return "text"


def _without(about: dict[str, Any]) -> str:
    match about.get("not", {}):
        case {"const": number}:
            return f" without {number}"
        case {"enum": numbers}:
            return f" without {', '.join(_runs(numbers))}"
    return ""


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """Write numbers in ascending order, those that follow each other as "7 to 37"."""
    first = last = numbers[0]
    for number in [*numbers[1:], None]:
        if number != last + 1:
            yield str(first) if first == last else f"{first} to {last}"
            first = number or 0
        last = number or 0


if __name__ == "__main__":
    _document = Path(sys.argv[1])
    _document.write_text(renewed(_document.read_text(encoding="utf-8")), encoding="utf-8")
