"""Which tables a TOML file has, and the keys in each: what a model says of it, laid out flat."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Names = tuple[str, ...]
"""A table by its keys from the outside in: ("zones", "filters")."""


@dataclass(frozen=True, slots=True)
class TableKeys:
    """A table. header: how it begins in a file, "[[zones]]". fields: by their keys there, with what the model says."""

    header: str
    model: type[BaseModel]
    fields: dict[str, FieldInfo]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it takes, in the model's order."""
        return tuple(self.fields)


def tables_of(model: type[BaseModel]) -> dict[Names, TableKeys]:
    """Return every table of a file that is read as `model`, the file itself first, as ()."""
    return dict(_tables(model, (), is_list=False))


def _tables(model: type[BaseModel], at: Names, *, is_list: bool) -> Iterator[tuple[Names, TableKeys]]:
    name = ".".join(at)
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    yield at, TableKeys(f"[[{name}]]" if is_list else f"[{name}]", model, fields)
    for key, field in fields.items():
        if inner := table_in(field.annotation):
            yield from _tables(inner, (*at, key), is_list=_has_list(field.annotation))


def table_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that `annotation` is, may be, or is a list of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(table_in, get_args(annotation))), None)


_LISTS: Final = (tuple, list)


def _has_list(annotation: Any) -> bool:
    return get_origin(annotation) in _LISTS or any(map(_has_list, get_args(annotation)))
