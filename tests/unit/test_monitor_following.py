"""A bridge that comes, answers, is silent, and goes: what is told of it, at the other end of true sockets."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from told import event, facts

from a4bridge.control.client import Connection, ControlError, NotRunningError, Place
from a4bridge.control.wire import Feed, Watch
from a4bridge.monitor.events import Missed, Standing
from a4bridge.monitor.following import LOOK_SECONDS, SILENT_SECONDS, Following, Found, Lost

HERE: Final = Place("the bridge", Path("/run/x"))
OK: Final = {"version": 1, "ok": True}
EVERY: Final = 2.0


class Bridge:
    """The other end: who watches comes first, then who asks."""

    def __init__(self) -> None:
        self.ends: list[socket.socket] = []
        self.is_there = True
        self._stack = ExitStack()

    def connect(self, where: list[Place]) -> Connection:
        if not self.is_there:
            raise NotRunningError("no bridge is running")
        ours, theirs = socket.socketpair()
        ours.settimeout(5)
        self._stack.callback(ours.close)
        self._stack.callback(theirs.close)
        self.ends.append(theirs)
        return Connection(where[0], ours)

    def close(self) -> None:
        self._stack.close()

    def tells(self, which: int, **keys: Any) -> None:
        self.ends[which].sendall(f"{json.dumps({'version': 1, **keys})}\n".encode())

    def hears(self, which: int) -> list[str]:
        self.ends[which].setblocking(False)
        try:
            return [json.loads(line)["do"] for line in self.ends[which].recv(65_536).splitlines()]
        except BlockingIOError:
            return []

    def goes(self) -> None:
        for end in self.ends:
            end.close()
        self.ends.clear()


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.close()


@pytest.fixture
def following(bridge: Bridge) -> Following:
    return Following([HERE], Watch((Feed.PLAYED,)), EVERY, lambda: 7.0, bridge.connect)


def found(following: Following, bridge: Bridge, now: float = 0.0, pid: int = 5) -> list[object]:
    bridge.tells(0, **OK)
    bridge.tells(1, **OK, pid=pid)
    return [*following.look(now)]


def test_events_wait_until_it_is_known_how_things_are_called(following: Following, bridge: Bridge) -> None:
    following.open(0)
    assert (bridge.hears(0), bridge.hears(1)) == (["watch"], ["status"])

    bridge.tells(0, **OK)
    bridge.tells(0, played=[facts()])
    assert following.look(0.1) == []
    bridge.tells(1, **OK, pid=5)
    assert following.look(0.2) == [Standing(pid=5), Found("watching the bridge, /run/x"), event()]
    bridge.tells(0, missed={"played": 3})
    assert following.look(0.3) == [Missed(7.0, 3, 0)]


def test_it_is_asked_again_when_it_is_time_or_something_wants_to_know(following: Following, bridge: Bridge) -> None:
    following.open(0)
    found(following, bridge)
    bridge.hears(1)

    following.look(EVERY - 0.1)
    assert bridge.hears(1) == []
    following.want(0.1, now=0.5)
    assert following.due == pytest.approx(0.6)
    following.look(0.6)
    following.want(0.1, now=0.6)  # it is asked already
    following.look(0.9)
    assert bridge.hears(1) == ["status"]
    bridge.tells(1, **OK, pid=5)
    assert following.look(1.0) == [Standing(pid=5)]
    assert following.due == 1.0 + EVERY


@pytest.mark.parametrize(("pid", "again"), [(5, " again"), (6, ", started anew")])
def test_one_that_hangs_up_is_told_and_looked_for(following: Following, bridge: Bridge, pid: int, again: str) -> None:
    following.open(0)
    found(following, bridge)
    bridge.goes()
    bridge.is_there = False

    assert following.look(1.0) == [Lost("the bridge has hung up; looking for it")]
    assert following.connections == []
    assert following.look(1.1) == following.look(1.2) == []
    bridge.is_there = True
    assert following.look(1.2 + LOOK_SECONDS) == []
    assert found(following, bridge, 2.3, pid) == [Standing(pid=pid), Found(f"watching the bridge{again}, /run/x")]


def test_the_last_words_are_heard(following: Following, bridge: Bridge) -> None:
    following.open(0)
    found(following, bridge)
    bridge.tells(0, missed={"played": 3})
    bridge.goes()

    assert following.look(1.0)[0] == Missed(7.0, 3, 0)


def test_one_that_does_not_answer_counts_as_gone(following: Following, bridge: Bridge) -> None:
    following.open(0)
    found(following, bridge)
    following.look(EVERY)

    assert following.look(EVERY + SILENT_SECONDS - 0.1) == []
    assert following.look(EVERY + SILENT_SECONDS) == [Lost("the bridge, /run/x, does not answer; looking for it")]
    # It is there, silent: that is told once.
    following.look(EVERY + SILENT_SECONDS + LOOK_SECONDS)
    assert len(following.connections) == 2
    assert following.look(EVERY + 2 * SILENT_SECONDS + LOOK_SECONDS) == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"ok": False, "error": "32 clients are connected"}, "32 clients are connected"),
        ({"version": 9, "ok": True}, "speaks version 9"),
    ],
)
def test_what_keeps_it_from_watching_at_all_is_raised(
    following: Following, bridge: Bridge, answer: dict[str, Any], error: str
) -> None:
    following.open(0)
    bridge.tells(0, **answer)

    with pytest.raises(ControlError, match=error):
        following.look(0.1)


def test_where_none_is_the_first_time_it_is_raised(following: Following, bridge: Bridge) -> None:
    bridge.is_there = False

    with pytest.raises(NotRunningError, match="no bridge is running"):
        following.open(0)
