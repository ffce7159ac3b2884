import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.control.wire import (
    MAX_LINE,
    MAX_TEXT,
    Feed,
    Hush,
    Log,
    Panic,
    Profiles,
    Reload,
    Request,
    RequestError,
    Status,
    Take,
    Track,
    Use,
    Watch,
    decode_request,
    encode,
    encode_request,
)
from a4bridge.core.tomlfile import MAX_BYTES

DOS = "status, use, track, panic, reload, take, profiles, log, watch or hush"
REQUESTS = (Status, Use, Track, Panic, Reload, Take, Profiles, Log, Watch, Hush)
NAMES = st.from_regex("[a-z0-9_-]{1,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
VALID: st.SearchStrategy[Request] = st.one_of(
    st.sampled_from([Status(), Panic(), Reload(), Profiles(), Log(), Hush()]),
    st.builds(Use, NAMES, st.none() | TEXTS),
    st.builds(Track, st.sampled_from(["auto", *map(str, range(1, 17))])),
    st.builds(Take, st.integers(0, 2**53 - 1)),
    st.builds(Watch, st.sampled_from([(Feed.LOG,), (Feed.PLAYED,), (Feed.LOG, Feed.PLAYED)])),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
WORDS = st.sampled_from([*(request.do for request in REQUESTS), "stats", "", "auto", "1", "log", "liverec", 1, 2, -1])
ALMOST = st.fixed_dictionaries(
    {"version": st.just(1) | ANYTHING, "do": WORDS | ANYTHING},
    optional={
        "profile": WORDS | ANYTHING,
        "text": WORDS | ANYTHING,
        "track": WORDS | ANYTHING,
        "since": WORDS | ANYTHING,
        "what": st.lists(WORDS, max_size=3) | ANYTHING,
        "wat": ANYTHING,
    },
)


def line(**facts: Any) -> bytes:
    return encode(facts)


@given(VALID)
def test_what_is_asked_is_what_is_understood(request: Request) -> None:
    encoded = encode_request(request)

    assert decode_request(encoded) == request
    assert encoded.count(b"\n") == 1


@given(
    st.binary() | ANYTHING.map(lambda value: json.dumps(value).encode()) | ALMOST.map(lambda v: json.dumps(v).encode())
)
def test_whatever_is_sent_is_a_request_or_gets_one_sentence(sent: bytes) -> None:
    try:
        request = decode_request(sent)
    except RequestError as error:
        sentence = str(error)
        assert sentence.isprintable()
        assert sentence == sentence.strip()
        assert len(sentence) < 500
    else:
        assert isinstance(request, REQUESTS)
        assert decode_request(encode_request(request)) == request


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"status\n", "this is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"\xff\n", "this is not UTF-8 text"),
        (b"\n", "this is not JSON: Expecting value: line 2 column 1 (char 1)"),
        (b"[" * 100_000, "this is nested too deeply"),
        (b'{"a":' * 50_000, "this is nested too deeply"),
        (b'["status"]', "this is JSON, but not an object in { }"),
        (b'{"do": "status"}', '"version" must be 1, which is what this bridge speaks, not nothing'),
        (b'{"version": 2, "do": "status"}', '"version" must be 1, which is what this bridge speaks, not 2'),
        (b'{"version": true, "do": "status"}', '"version" must be 1, which is what this bridge speaks, not true'),
        (line(), f'"do" must be {DOS}, not nothing'),
        (line(do="stats"), f'"do" must be {DOS}, not "stats"; did you mean "status"?'),
        (line(do=["use"]), f'"do" must be {DOS}, not a list'),
        (line(do="status", json=True), '"json" is not a key of status; the keys are version and do'),
        (line(do="use", profil="x"), '"profil" is not a key of use; did you mean "profile"?'),
        (line(do="use"), '"profile" must be the name of a profile, not nothing'),
        (line(do="use", profile="../x"), '"../x" is no name for a profile: a-z, 0-9, - and _ may be in it'),
        (
            line(do="use", profile="/etc/x.toml"),
            '"/etc/x.toml" is no name for a profile: a-z, 0-9, - and _ may be in it',
        ),
        (line(do="use", profile="x", text=7), '"text" must be the text of a profile, not 7'),
        (line(do="use", profile="x", text="\ud800"), '"text" has half a character in it (a lone surrogate)'),
        (line(do="use", profile="x", text="é" * 16_385), '"text" is longer than 32 KiB: not a profile'),
        (line(do="track", track="17"), '"track" must be 1 to 16 or "auto", not "17"'),
        (line(do="track", track=True), '"track" must be 1 to 16 or "auto", not true'),
        (line(do="track", track={}), '"track" must be 1 to 16 or "auto", not an object'),
        (line(do="watch"), '"what" must be a list of "log" and "played", or of one of them'),
        (line(do="watch", what=[]), '"what" must be a list of "log" and "played", or of one of them'),
        (line(do="watch", what=["log", ["played"]]), '"what" must be a list of "log" and "played", or of one of them'),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(sent: bytes, sentence: str) -> None:
    with pytest.raises(RequestError) as raised:
        decode_request(sent)

    assert str(raised.value) == sentence


def test_a_number_of_thousands_of_digits_is_no_json() -> None:
    with pytest.raises(RequestError, match=r"^this is not JSON: "):
        decode_request(b'{"version": ' + b"9" * 5_000 + b"}")


def test_a_track_may_be_a_number() -> None:
    assert decode_request(line(do="track", track=3)) == Track("3")


def test_everything_that_fits_into_a_profiles_file_fits_into_a_request() -> None:
    assert MAX_TEXT == MAX_BYTES
    for character in "\x01", "\x7f", '"', "é", "€", "𝄞":
        text = character * (MAX_TEXT // len(character.encode()))
        encoded = encode_request(Use("a" * 255, text))

        assert len(encoded) <= MAX_LINE
        assert decode_request(encoded) == Use("a" * 255, text)


def test_a_line_says_its_version_and_stays_one_line() -> None:
    assert encode({"says": "two\nlines é"}) == b'{"version":1,"says":"two\\nlines \\u00e9"}\n'
