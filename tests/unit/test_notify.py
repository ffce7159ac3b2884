"""What systemd hears, on a socket such as its own."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from a4bridge.service.notify import LONGEST_STATUS, Notifier


class Manager:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(address)

    def heard(self) -> list[list[str]]:
        """Return the lines of each message that came."""
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(65536).decode().split("\n"))
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with closing(Manager(str(tmp_path / "notify"))) as manager:
        yield manager


@pytest.fixture
def notifier(tmp_path: Path) -> Iterator[Notifier]:
    with closing(Notifier.from_environment({"NOTIFY_SOCKET": str(tmp_path / "notify")})) as notifier:
        yield notifier


def test_each_call_is_a_message(manager: Manager, notifier: Notifier) -> None:
    notifier.ready()
    notifier.status("liverec: Keystation 49 MK3 -> Elektron Analog Four, auto channel 9")
    notifier.watchdog()
    notifier.stopping()

    assert manager.heard() == [
        ["READY=1"],
        ["STATUS=liverec: Keystation 49 MK3 -> Elektron Analog Four, auto channel 9"],
        ["WATCHDOG=1"],
        ["STOPPING=1"],
    ]


def test_an_abstract_socket_will_do() -> None:
    name = f"a4bridge-test-{os.getpid()}"
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": f"@{name}"})
    with closing(Manager(f"\0{name}")) as manager, closing(notifier):
        notifier.ready()

        assert manager.heard() == [["READY=1"]]


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "relative"])
def test_where_nobody_listens_nothing_is_said(address: str | None) -> None:
    environment = {} if address is None else {"NOTIFY_SOCKET": address}
    notifier = Notifier.from_environment(environment | {"WATCHDOG_USEC": "5000000"})

    notifier.ready()
    notifier.status("nobody hears this")

    assert notifier.watchdog_seconds is None


def test_what_could_not_be_sent_goes_with_the_next(tmp_path: Path, notifier: Notifier) -> None:
    notifier.ready()  # nobody has made the socket yet
    notifier.status("waiting for a keyboard")
    notifier.status("linked")
    with closing(Manager(str(tmp_path / "notify"))) as manager:
        notifier.watchdog()
        notifier.watchdog()

        assert manager.heard() == [["READY=1", "STATUS=linked", "WATCHDOG=1"], ["WATCHDOG=1"]]


def test_a_manager_that_does_not_read_is_not_waited_for(manager: Manager, notifier: Notifier) -> None:
    for number in range(10_000):  # far more than its queue takes
        notifier.status(str(number))
    taken = manager.heard()

    notifier.watchdog()

    assert 0 < len(taken) < 10_000
    assert manager.heard() == [["STATUS=9999", "WATCHDOG=1"]]


@given(st.text())
@example("\N{HIGH VOLTAGE SIGN}" * LONGEST_STATUS)
def test_a_status_is_one_line_of_text_that_systemd_takes(sentence: str) -> None:
    name = f"a4bridge-status-{os.getpid()}"
    with closing(Manager(f"\0{name}")) as manager, closing(Notifier(f"\0{name}")) as notifier:
        notifier.status(sentence)
        ((line,),) = manager.heard()

    assert line.startswith("STATUS=")
    assert len(line.encode()) <= len("STATUS=") + LONGEST_STATUS
    assert not {"\n", "\r", "\0"} & set(line)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "5000000"}, 2.5),
        ({"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": str(os.getpid())}, 2.5),
        ({"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_twice_in_the_time_that_it_waits(
    environment: dict[str, str], seconds: float | None
) -> None:
    with closing(Notifier.from_environment({"NOTIFY_SOCKET": "/run/systemd/notify"} | environment)) as notifier:
        assert notifier.watchdog_seconds == seconds
