"""The client over real sockets: which bridge it finds, and what it says of one that cannot be asked."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

import pytest

from a4bridge.control import client as client_module
from a4bridge.control.client import (
    Connection,
    ControlError,
    NotRunningError,
    Place,
    RefusedError,
    places,
)
from a4bridge.control.wire import Feed, Panic, Status, Use, Watch


class Listen(Protocol):
    """Has something listen at a path, that reads a line of each who connects and answers `answer`."""

    def __call__(self, path: Path, answer: bytes) -> Place: ...


@pytest.fixture
def listen() -> Iterator[Listen]:
    with ExitStack() as stack:

        def listen(path: Path, answer: bytes) -> Place:
            path.parent.mkdir(parents=True, exist_ok=True)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            listener.listen()

            def serve() -> None:
                with listener.accept()[0] as connection:
                    while b"\n" not in connection.recv(65_536):
                        pass
                    with suppress(BrokenPipeError):  # who asked has heard enough
                        connection.sendall(answer)

            thread = threading.Thread(target=serve)
            thread.start()
            stack.callback(listener.close)
            stack.callback(thread.join)
            return Place("the bridge", path)

        yield listen


def left_behind(path: Path) -> Path:
    """Make the socket of a bridge that was killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    return path


OK = b'{"version":1,"ok":true,"says":"done"}\n'


def test_the_users_bridge_is_asked_before_the_systems(tmp_path: Path) -> None:
    user = {"XDG_RUNTIME_DIR": "/run/user/1000"}

    assert [str(place) for place in places(None, user)] == [
        "the user's bridge, /run/user/1000/a4bridge/control",
        "the system's bridge, /run/a4bridge/control",
    ]
    assert [str(place) for place in places(None, {"RUNTIME_DIRECTORY": "/run/a4bridge"})] == [
        "the system's bridge, /run/a4bridge/control"
    ]
    assert [str(place) for place in places(Path("x"), user)] == ["the bridge, x"]


def test_the_first_that_listens_is_asked(tmp_path: Path, listen: Listen) -> None:
    where = places(None, {"XDG_RUNTIME_DIR": str(tmp_path / "user")}, tmp_path)
    left_behind(where[0].path)
    listen(where[1].path, OK)

    with Connection.to_first(where) as connection:
        assert connection.place.whose == "the system's bridge"
        assert connection.ask(Status())["says"] == "done"

    where[0].path.unlink()
    listen(where[0].path, OK)
    with Connection.to_first(where) as connection:
        assert connection.place.whose == "the user's bridge"
        connection.ask(Status())


def test_where_none_is_running_it_says_where_it_looked_and_what_was_left(tmp_path: Path) -> None:
    where = places(None, {"XDG_RUNTIME_DIR": str(tmp_path / "user")}, tmp_path)
    with pytest.raises(NotRunningError) as none:
        Connection.to_first(where)
    left_behind(where[1].path)
    with pytest.raises(NotRunningError) as left:
        Connection.to_first(where)

    looked = f"looked for {tmp_path}/user/a4bridge/control and {tmp_path}/run/a4bridge/control"
    assert str(none.value) == f"no bridge is running ({looked})"
    assert str(left.value) == (
        f"no bridge is running ({looked}; {tmp_path}/run/a4bridge/control was left by one that is gone)"
    )


def test_who_may_not_use_the_socket_is_told_how_to_be_allowed(tmp_path: Path) -> None:
    nobody = "os.setgroups([]); os.setgid(65534); os.setuid(65534);" if os.geteuid() == 0 else ""  # root may anything
    code = f"import os, pathlib; from a4bridge.control.client import Connection, Place; {nobody}"
    path = left_behind(tmp_path / "shut/control")
    path.parent.chmod(0)
    try:
        run = subprocess.run(
            [sys.executable, "-c", f"{code} Connection.to_first([Place('it', pathlib.Path({str(path)!r}))])"],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.parent.chmod(0o700)

    assert run.stderr.splitlines()[-1] == (
        f"a4bridge.control.client.ControlError: {path} is for members of the group audio: "
        "sudo usermod -aG audio $USER, then log in again"
    )


def test_a_reason_is_told(tmp_path: Path, listen: Listen) -> None:
    place = listen(tmp_path / "control", b'{"version":1,"ok":false,"error":"x.toml:3: is \\u001b[31mbroken"}\n')

    with Connection.to_first([place]) as connection, pytest.raises(RefusedError) as refused:
        connection.ask(Use("x"))

    assert str(refused.value) == "x.toml:3: is \ufffd[31mbroken"


def test_the_reason_of_one_that_does_not_want_to_read_it_all_is_told(tmp_path: Path) -> None:
    place = Place("the bridge", tmp_path / "control")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place.path))
        listener.listen()
        with Connection.to_first([place]) as connection:
            with listener.accept()[0] as accepted:
                accepted.sendall(b'{"version":1,"ok":false,"error":"32 clients are connected"}\n')

            with pytest.raises(RefusedError, match="32 clients are connected"):
                connection.ask(Status())


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (
            b'{"version":2,"ok":true}\n',
            ControlError,
            "speaks version 2 of the control protocol, and this a4bridge 1: restart the bridge",
        ),
        (b'{"ok":true}\n', ControlError, "speaks version none of the control protocol"),
        (b"hello\n", ControlError, "sent what cannot be understood: this is not JSON"),
        (b"[]\n", ControlError, "sent what cannot be understood: this is JSON, but not an object"),
        (b'{"version":1,"ok":', NotRunningError, "has ended"),
        (b"", NotRunningError, "has ended"),
        (b"x" * 5_000_000, ControlError, "sent a line without an end"),
    ],
)
def test_who_is_no_bridge_of_this_version_gets_a_sentence(
    tmp_path: Path, listen: Listen, answer: bytes, kind: type[ControlError], sentence: str
) -> None:
    place = listen(tmp_path / "control", answer)

    with Connection.to_first([place]) as connection, pytest.raises(kind) as raised:
        connection.ask(Status())

    assert str(raised.value).startswith(f"the bridge, {tmp_path}/control, {sentence}")


def test_a_bridge_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(client_module, "PANIC_SECONDS", 0.05)
    place = Place("the bridge", tmp_path / "control")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place.path))
        listener.listen(0)
        for request in Status(), Panic():
            with Connection.to_first([place]) as connection, pytest.raises(ControlError, match=r"does not answer$"):
                connection.ask(request)
            listener.accept()[0].close()
        with socket.socket(socket.AF_UNIX) as waiting:  # one waits to be accepted, and there is room for no other
            waiting.connect(str(place.path))
            with pytest.raises(ControlError, match=r"does not answer$"):
                Connection.to_first([place])


def test_what_is_watched_comes_line_by_line_until_the_bridge_ends(tmp_path: Path, listen: Listen) -> None:
    place = listen(tmp_path / "control", OK + b'{"version":1,"missed":{"log":1}}\n{"version":1,"log":{}}\n')
    with Connection.to_first([place]) as connection:
        seen = connection.watch(Watch((Feed.LOG,)))

        assert next(seen) == {"version": 1, "missed": {"log": 1}}
        assert next(seen) == {"version": 1, "log": {}}
        with pytest.raises(NotRunningError, match="has ended"):
            next(seen)


@pytest.mark.parametrize(
    "module",
    [
        *("a4bridge.control.client", "a4bridge.cli.tell", "a4bridge.cli.status", "a4bridge.cli.watch"),
        "a4bridge.cli.monitor",
    ],
)
def test_a_client_loads_nothing_heavy(module: str) -> None:
    heavy = {"pydantic", "uvloop", "structlog", "asyncio", "rtmidi", "rich"}
    code = f"import sys, {module}; print(*{heavy} & set(sys.modules))"

    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "\n"
