"""Under which names the page is served, and to which other pages it listens."""

import pytest

from a4bridge.web.guard import HEADERS, ForbiddenError, Guard, checked_host

GUARD = Guard([checked_host("RaspberryPi.local"), checked_host("studio")])


@pytest.mark.parametrize(
    ("host", "arrived_at"),
    [
        ("127.0.0.1:8404", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost:8404", "127.0.0.1"),
        ("LOCALHOST:8404", "::1"),
        ("[::1]:8404", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("192.168.1.20:8404", "192.168.1.20"),
        ("192.168.1.20:8404", "::ffff:192.168.1.20"),
        ("[fe80::1]:8404", "fe80::1%wlan0"),
        ("raspberrypi.local:8404", "192.168.1.20"),
        ("RASPBERRYPI.local.", "192.168.1.20"),
        ("studio:80", "10.0.0.3"),
    ],
)
def test_it_is_served_as_itself_and_by_the_names_that_were_given(host: str, arrived_at: str) -> None:
    GUARD.check_host([host], arrived_at)


@pytest.mark.parametrize(
    ("host", "arrived_at"),
    [
        ("evil.example:8404", "127.0.0.1"),
        ("localhost.evil.example", "127.0.0.1"),
        ("raspberrypi.local.evil.example", "192.168.1.20"),
        ("notstudio", "192.168.1.20"),
        ("localhost:8404", "192.168.1.20"),  # then it is somebody else's loopback
        ("192.168.1.21:8404", "192.168.1.20"),
        ("127.1:8404", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("[::]:8404", "::1"),
    ],
)
def test_it_is_served_under_no_other_name(host: str, arrived_at: str) -> None:
    with pytest.raises(ForbiddenError, match="--host"):
        GUARD.check_host([host], arrived_at)


@pytest.mark.parametrize(
    "hosts",
    [[], ["localhost", "localhost"], ["localhost:8404, evil"], [""], ["user@localhost"], ["[::1"], ["localhost:x"]],
)
def test_a_request_without_one_whole_host_is_refused(hosts: list[str]) -> None:
    with pytest.raises(ForbiddenError, match="for which host"):
        GUARD.check_host(hosts, "127.0.0.1")


@pytest.mark.parametrize("origin", ["http://localhost:8404", "HTTP://LocalHost:8404", "https://localhost:8404"])
def test_its_own_page_may_do_things(origin: str) -> None:
    GUARD.check_origin([origin], "localhost:8404")


@pytest.mark.parametrize(
    "origins",
    [
        [],
        ["null"],
        ["http://localhost"],
        ["http://localhost:3000"],
        ["http://127.0.0.1:8404"],
        ["http://evil.example:8404"],
        ["http://localhost:8404.evil.example"],
        ["http://localhost:8404", "http://localhost:8404"],
        ["file://"],
    ],
)
def test_no_other_page_may(origins: list[str]) -> None:
    with pytest.raises(ForbiddenError, match="another page"):
        GUARD.check_origin(origins, "localhost:8404")


@pytest.mark.parametrize("name", ["http://x", "x:80", "", ".", "a..b", "-x", "x y", "*", "x/y", "[::1]", "ä", "a" * 64])
def test_what_can_be_no_name_is_refused_with_what_would_be_right(name: str) -> None:
    with pytest.raises(ValueError, match=r"raspberrypi\.local"):
        checked_host(name)


def test_nothing_inline_and_nothing_from_elsewhere_is_allowed() -> None:
    policy = HEADERS["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "frame-ancestors 'none'" in policy
