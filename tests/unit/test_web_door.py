"""The code that opens the page, how often it may be tried, and the cookie that opens it from then on."""

import json
import stat
from pathlib import Path

import pytest

from a4bridge.web.door import (
    CODE_DIGITS,
    PEER_SECONDS,
    PEER_TRIES,
    SECONDS,
    SESSION_SECONDS,
    SESSIONS,
    TRIES,
    Door,
    Sessions,
    TooManyTriesError,
    Tries,
    new_code,
)

CODE = "48291357"
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in CODE)
PHONE, OTHER = "192.168.1.30", "192.168.1.31"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def door(clock: Clock) -> Door:
    return Door(CODE, Tries(clock), Sessions(clock, None))


@pytest.mark.parametrize("typed", [CODE, "4829 1357", " 4829-1357 ", "4 8 2 9 1 3 5 7"])
def test_the_code_opens_however_it_is_spaced(clock: Clock, typed: str) -> None:
    assert door(clock).opens_for(typed, PHONE)


@pytest.mark.parametrize("typed", ["", "48291358", "4829135", "482913570", FULL_WIDTH, "\ud800", "x" * 1000])
def test_anything_else_does_not(clock: Clock, typed: str) -> None:
    assert not door(clock).opens_for(typed, PHONE)


def test_after_some_wrong_codes_one_address_has_to_wait_and_another_has_not(clock: Clock) -> None:
    shut = door(clock)
    for _ in range(PEER_TRIES):
        assert not shut.opens_for("0", PHONE)
        clock.now += 10

    with pytest.raises(TooManyTriesError) as wait:
        shut.opens_for(CODE, PHONE)  # the right one, too: else there would be no limit
    assert wait.value.seconds == pytest.approx(PEER_SECONDS - 10 * PEER_TRIES, abs=1)
    assert shut.opens_for(CODE, OTHER)

    clock.now += wait.value.seconds
    assert shut.opens_for(CODE, PHONE)


def test_a_network_of_ipv6_counts_as_one_address(clock: Clock) -> None:
    shut = door(clock)
    for number in range(PEER_TRIES):
        assert not shut.opens_for("0", f"2001:db8:1:2::{number}")

    with pytest.raises(TooManyTriesError):
        shut.opens_for(CODE, "2001:db8:1:2:ffff::1")
    assert shut.opens_for(CODE, "2001:db8:1:3::1")


def test_an_ipv4_address_is_the_same_behind_ipv6(clock: Clock) -> None:
    shut = door(clock)
    for _ in range(PEER_TRIES):
        assert not shut.opens_for("0", f"::ffff:{PHONE}")

    with pytest.raises(TooManyTriesError):
        shut.opens_for(CODE, PHONE)


def test_many_addresses_together_have_to_wait_too(clock: Clock) -> None:
    shut = door(clock)
    for number in range(TRIES):
        assert not shut.opens_for("0", f"10.0.0.{number}")

    with pytest.raises(TooManyTriesError) as wait:
        shut.opens_for(CODE, PHONE)
    assert SECONDS <= wait.value.seconds <= SECONDS + 1

    clock.now += SECONDS
    assert shut.opens_for(CODE, PHONE)


def test_what_is_kept_of_wrong_codes_does_not_grow(clock: Clock) -> None:
    tries = Tries(clock)
    for number in range(10_000):
        tries.note(f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}")

    assert len(tries._wrong) == TRIES


def test_a_code_has_digits_only_and_no_two_are_the_same() -> None:
    codes = {new_code() for _ in range(100)}

    assert len(codes) > 90
    assert all(len(code) == CODE_DIGITS and code.isdecimal() for code in codes)


def test_a_cookie_opens_for_as_long_as_it_is_said_to(clock: Clock) -> None:
    sessions = Sessions(clock, None)
    cookie = sessions.begin()

    assert sessions.holds(cookie)
    assert not sessions.holds("")
    assert not sessions.holds(cookie + "x")
    clock.now += SESSION_SECONDS
    assert not sessions.holds(cookie)


def test_a_clock_that_stands_in_the_past_ends_no_session(clock: Clock) -> None:
    sessions = Sessions(clock, None)
    cookie = sessions.begin()

    clock.now = 0.0

    assert sessions.holds(cookie)


def test_cookies_are_remembered_as_hashes_that_only_the_page_can_read(clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "state" / "paired.json"
    sessions = Sessions(clock, file)
    cookie = sessions.begin()
    sessions.save()

    assert Sessions(clock, file).holds(cookie)
    assert cookie not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["paired.json"]


def test_the_phone_that_was_paired_first_is_forgotten_first(clock: Clock, tmp_path: Path) -> None:
    sessions = Sessions(clock, tmp_path / "paired.json")
    cookies = [sessions.begin() for _ in range(SESSIONS + 1)]
    sessions.save()

    for each in (sessions, Sessions(clock, tmp_path / "paired.json")):
        assert not each.holds(cookies[0])
        assert all(each.holds(cookie) for cookie in cookies[1:])


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"version": 2, "paired": {}}', b'{"version": 1, "paired": {"x": "y"}}']
)
def test_a_broken_file_remembers_nobody(clock: Clock, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "paired.json"
    file.write_bytes(content)

    sessions = Sessions(clock, file)
    cookie = sessions.begin()
    sessions.save()

    assert len(json.loads(file.read_text())["paired"]) == 1
    assert Sessions(clock, file).holds(cookie)
