import copy
import dataclasses
import pickle

import pytest

from a4bridge.core.records import Record, as_data, each_its_own, names_of, replaced


class Point(Record):
    x: int
    y: int = 2
    tags: list[str] = each_its_own(factory=list)

    @property
    def total(self) -> int:
        return self.x + self.y


class Line(Record):
    start: Point
    ends: tuple[Point, ...] = ()


def test_values_are_given_by_place_or_by_name() -> None:
    point = Point(1, tags=["a"])

    assert (point.x, point.y, point.tags, point.total) == (1, 2, ["a"], 3)
    assert Point(y=4, x=3) == Point(3, 4, [])
    assert names_of(Point) == ("x", "y", "tags")


def test_a_default_that_can_be_changed_is_nobody_elses() -> None:
    Point(1).tags.append("mine")

    assert Point(1).tags == []


@pytest.mark.parametrize(
    ("values", "named", "given"),
    [
        ((), {}, ""),
        ((), {"y": 3}, "y"),
        ((1, 2, [], 4), {}, "1, 2, 3, 4"),
        ((1,), {"z": 3}, "1, z"),
        ((1,), {"x": 3}, "1, x"),
        ((1, 2, []), {"y": 3}, "1, 2, 3, y"),
    ],
)
def test_what_does_not_fit_is_refused(values: tuple[object, ...], named: dict[str, object], given: str) -> None:
    with pytest.raises(TypeError) as refusal:
        Point(*values, **named)  # type: ignore[arg-type]

    assert str(refusal.value) == f"Point takes x, y, tags, and was given {given}"


def test_a_record_is_its_values() -> None:
    assert Line(Point(1)) == Line(Point(1))
    assert Line(Point(1)) != Line(Point(2))
    assert Point(1) != 1
    assert hash(Line("a")) == hash(Line("a"))  # type: ignore[arg-type]
    assert repr(Point(1)) == "Point(x=1, y=2, tags=[])"


def test_a_record_never_changes() -> None:
    point = Point(1)

    with pytest.raises(AttributeError, match="cannot assign to x: a Point does not change"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot delete x: a Point does not change"):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 2
    assert not hasattr(point, "__dict__")


def test_patterns_take_a_record_apart() -> None:
    match Line(Point(1, 5)):
        case Line(Point(x, y), ()):
            assert (x, y) == (1, 5)
        case _:
            pytest.fail("it does not match")


def test_other_values_and_plain_data() -> None:
    line = Line(Point(1), (Point(2), Point(3)))

    assert replaced(line, ends=()) == Line(Point(1))
    assert as_data(line) == {
        "start": {"x": 1, "y": 2, "tags": []},
        "ends": [{"x": 2, "y": 2, "tags": []}, {"x": 3, "y": 2, "tags": []}],
    }


def test_what_is_made_for_dataclasses_works_with_records() -> None:
    line = Line(Point(1))

    assert dataclasses.replace(line, ends=(Point(2),)) == Line(Point(1), (Point(2),))
    assert dataclasses.asdict(line) == {"start": {"x": 1, "y": 2, "tags": []}, "ends": ()}
    assert [field.name for field in dataclasses.fields(Line)] == ["start", "ends"]


def test_copies_are_equal() -> None:
    line = Line(Point(1))

    assert copy.copy(line) == copy.deepcopy(line) == pickle.loads(pickle.dumps(line)) == line  # noqa: S301 - our own
