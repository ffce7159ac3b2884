"""What the service and the engine say to each other, and lines that are nothing of the kind."""

import json
from typing import Any, get_args

import pytest
from desk import LIVEREC, rich_routes
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.route import Route
from a4bridge.engine.protocol import (
    VERSION,
    Answer,
    Bound,
    CloseInput,
    CloseOutput,
    Command,
    Doubled,
    Looped,
    Message,
    OpenInput,
    OpenOutput,
    Panic,
    Ping,
    ProtocolError,
    Ready,
    Said,
    SetRoute,
    Stop,
    Trouble,
    decode,
    encode,
)

MESSAGES: list[Message] = [
    SetRoute(json.loads(json.dumps(LIVEREC.to_data()))),
    SetRoute({"version": 2}, {"0": [1, 2], "31": []}),
    OpenInput(31, "Größe 鍵盤:Keys 20:0"),
    OpenInput(0, "a4bridge", [0], virtual=True),
    CloseInput(0),
    OpenOutput('a "quoted"\nname\\'),
    CloseOutput(lost=True),
    CloseOutput(lost=False),
    Panic(16),
    Ping(),
    Stop(),
    Answer(),
    Answer(error="the port is gone", released=128),
    Ready(fifo="", memory="not allowed"),
    Trouble("\udcff came in"),
    Bound("use", "gridrec"),
    Looped(31, cut=True),
    Looped(0, cut=False),
    Doubled(0, 31),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("number", [0, 1, 2**40])
def test_every_message_is_one_line_and_is_read_as_it_was_said(message: Message, number: int) -> None:
    line = encode(number, message)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == (number, message)


def test_no_kind_of_message_was_forgotten_here() -> None:
    assert {type(message) for message in MESSAGES} == {*get_args(Command), *get_args(Said)}


@given(rich_routes())
def test_a_route_arrives_as_it_was_compiled(route: Route) -> None:
    _, message = decode(encode(1, SetRoute(route.to_data())))

    assert isinstance(message, SetRoute)
    assert Route.from_data(message.route) == route


@given(st.text(), st.integers(0, 31), st.integers(0))
def test_a_port_may_have_any_name(name: str, slot: int, number: int) -> None:
    line = encode(number, OpenInput(slot, name))

    assert line.count(b"\n") == 1
    assert decode(line) == (number, OpenInput(slot, name))


def line(**changes: object) -> bytes:
    """Return a CloseInput's line with `changes`; a None takes the field out."""
    data = {"version": VERSION, "number": 1, "kind": "CloseInput", "slot": 2} | changes
    return json.dumps({key: value for key, value in data.items() if value is not None}).encode() + b"\n"


NO_OBJECTS: list[Any] = [[], ["version"], "version", 1, 1.5, None, True, {}]


def test_the_lines_below_are_wrong_only_where_they_were_changed() -> None:
    assert decode(line()) == (1, CloseInput(2))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        pytest.param(line(version=1), r"version 1 is spoken, not 2", id="another version"),
        pytest.param(line(version="2"), r"version '2' is spoken, not 2", id="a version that is a text"),
        pytest.param(line(version=None), r"not a message: b'.*CloseInput.*' \('version'\)", id="no version"),
        pytest.param(line(number=None), r"not a message: b'.*CloseInput.*' \('number'\)", id="no number"),
        pytest.param(line(number="first"), r"not a message: .*first", id="a number that is a word"),
        pytest.param(line(number=[1]), r"not a message: .*'list'", id="a number that is a list"),
        pytest.param(b'{"version":2,"number":1e999,"kind":"Ping"}', "not a message", id="a number without end"),
        pytest.param(b"[" * 100_000, "not a message", id="brackets without end"),
        pytest.param(line(kind=None), r"not a message: .* \('kind'\)", id="no kind"),
        pytest.param(line(kind="Reboot"), r"not a message: .* \('Reboot'\)", id="an unknown kind"),
        pytest.param(line(kind="Message"), r"not a message: .* \('Message'\)", id="a name that is no kind"),
        pytest.param(line(kind=["Ping"]), r"not a message: .*'list'", id="a kind that is a list"),
        pytest.param(line(slot=None), r"not a message: .* \('slot'\)", id="a missing field"),
        pytest.param(line(kind="Answer"), r"not a message: .* \('error'\)", id="another kind's fields"),
        pytest.param(b"", r"not a message: b''", id="nothing"),
        pytest.param(b"\n", r"not a message: b'\\n'", id="an empty line"),
        pytest.param(line()[:-3], r"not a message: b'{", id="cut short"),
        pytest.param(line() + line(), r"not a message: b'{", id="two lines in one"),
        pytest.param(b"\xff\xfe\x00", r"not a message: b'\\xff", id="no text"),
        pytest.param(b"Segmentation fault\n", r"not a message: b'Segmentation fault", id="prose"),
        *(
            pytest.param(json.dumps(value).encode(), r"not a message: b'", id=f"no object with a version: {value!r}")
            for value in NO_OBJECTS
        ),
    ],
)
def test_a_line_that_is_no_message_is_refused_with_a_sentence(wrong: bytes, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=f"^{sentence}"):
        decode(wrong)


def test_of_a_long_line_only_the_beginning_is_told() -> None:
    with pytest.raises(ProtocolError) as refused:
        decode(b"x" * 100_000)

    assert len(str(refused.value)) < 400


@given(st.binary() | st.text().map(str.encode))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(garbage)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)


@given(VALUES)
def test_json_that_is_no_message_is_refused(value: object) -> None:
    with pytest.raises(ProtocolError):
        decode(json.dumps(value).encode())


@given(st.sampled_from(["version", "number", "kind"]), VALUES)
def test_a_message_with_any_other_head_is_read_or_refused(field: str, value: object) -> None:
    try:
        number, message = decode(line(**{field: value}))
    except ProtocolError:
        return
    assert isinstance(number, int)
    assert message in {CloseInput(2), Ping(), Stop()}
