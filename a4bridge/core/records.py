"""Records: dataclasses that are frozen and have slots, made so that a program which has many of them starts quickly.

Each @dataclass writes source and compiles it, 3.3 million instructions of Python 3.11; a record takes 0.1. And the
module dataclasses brings inspect and ast with it, 60 million. So what must be loaded before the first note can be
forwarded is made of records. For everything else a dataclass is right.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import Field

R = TypeVar("R", bound="Record")
T = TypeVar("T")

_set = object.__setattr__


class _Factory:
    def __init__(self, factory: Callable[[], Any]) -> None:
        self.make = factory


def each_its_own(*, factory: Callable[[], T]) -> T:
    """Let every record that is given no value have one of its own, made by `factory`."""
    return cast(T, _Factory(factory))


@dataclass_transform(frozen_default=True, field_specifiers=(each_its_own,))
class _RecordType(type):
    """Makes slots of a class's annotations, and defaults of what they are given."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> "_RecordType":
        names = tuple(namespace.get("__annotations__", ()))
        defaults = {each: namespace.pop(each) for each in names if each in namespace}
        namespace |= {"__slots__": names, "__match_args__": names, "_defaults": defaults}
        return super().__new__(mcs, name, bases, namespace)


class _Fields:
    """What dataclasses.fields, replace and asdict go by, made when one of them asks."""

    def __get__(self, _record: object, kind: type["Record"]) -> "dict[str, Field[Any]]":
        from dataclasses import fields, make_dataclass  # noqa: PLC0415 - it is what a record is there to save

        return {each.name: each for each in fields(make_dataclass(kind.__name__, kind.__match_args__))}


class Record(metaclass=_RecordType):
    """What its annotations say, given by place or by name; the same in every way as another of equal values.

    All records share a default, unless it is `each_its_own`. A record cannot be derived from another.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
        _defaults: ClassVar[dict[str, Any]]
        __match_args__: ClassVar[tuple[str, ...]]

    else:
        __dataclass_fields__ = _Fields()

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self.__match_args__
        for name, value in zip(names, values, strict=False):
            _set(self, name, value)
        if len(values) != len(names) or named:
            self._set_others(len(values), named)

    def _set_others(self, placed: int, named: dict[str, Any]) -> None:
        names = self.__match_args__
        values = {**self._defaults, **named}
        others = names[placed:]
        lacking = [name for name in others if name not in values]
        if placed > len(names) or lacking or not named.keys() <= {*others}:
            given = [*map(str, range(1, placed + 1)), *named]
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}, and was given {', '.join(given)}")
        for name in others:
            value = values[name]
            _set(self, name, value.make() if isinstance(value, _Factory) else value)

    def __setattr__(self, name: str, _value: object) -> None:
        raise AttributeError(f"cannot assign to {name}: a {type(self).__name__} does not change")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name}: a {type(self).__name__} does not change")

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__match_args__])

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({', '.join(values)})"

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), self._values()


def names_of(kind: type[Record]) -> tuple[str, ...]:
    """Return what the records of a kind have, in order."""
    return kind.__match_args__


def replaced(record: R, **changes: Any) -> R:
    """Return the record with other values for some of its names."""
    return type(record)(**{**_named(record), **changes})


def as_data(record: Record) -> dict[str, Any]:
    """Return a record's values by name; records in it, and in lists and tuples in it, likewise."""
    return {name: _plain(value) for name, value in _named(record).items()}


def _named(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__match_args__}


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return as_data(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value
