"""A running bridge whose control socket is abused: it plays on, and answers the next proper request."""

import random
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from running import PATIENCE, plug_both, starting

from a4bridge.backend.loopback import Hub
from a4bridge.control import wire

_ABUSERS: Final = 40  # more than may be connected at the same time
_ROUNDS: Final = 2
_STATUS: Final = wire.encode_request(wire.Status())
_RELOAD: Final = wire.encode_request(wire.Reload())

Abuse = Callable[[socket.socket, random.Random], None]


def babble(connection: socket.socket, dice: random.Random) -> None:
    """Say anything at all."""
    connection.sendall(dice.randbytes(dice.randrange(1, 5000)))


def break_off(connection: socket.socket, dice: random.Random) -> None:
    """Say half a request, and nothing more."""
    connection.sendall(_STATUS[: dice.randrange(1, len(_STATUS))])
    connection.shutdown(socket.SHUT_WR)
    connection.recv(4096)


def ask_and_never_listen(connection: socket.socket, dice: random.Random) -> None:
    """Ask more than anybody would, and listen to nothing."""
    connection.setblocking(False)
    connection.sendall(_STATUS * dice.randrange(1, 3000))


def never_come_to_an_end(connection: socket.socket, dice: random.Random) -> None:
    """Say a line that is longer than any may be."""
    connection.sendall(b"x" * wire.MAX_LINE * dice.randrange(1, 4))


def watch_and_sleep(connection: socket.socket, dice: random.Random) -> None:
    """Watch everything, and look at nothing."""
    connection.sendall(wire.encode_request(wire.Watch((wire.Feed.LOG, wire.Feed.PLAYED))))


def ask_and_run(connection: socket.socket, dice: random.Random) -> None:
    """Ask for something that takes its time, and be gone when the answer comes."""
    connection.sendall(_STATUS + _RELOAD * dice.randrange(1, 9))
    connection.recv(1, socket.MSG_PEEK)
    connection.close()


ABUSES: Final[tuple[Abuse, ...]] = (
    babble,
    break_off,
    ask_and_run,
    ask_and_never_listen,
    never_come_to_an_end,
    ask_and_run,
    watch_and_sleep,
)


def abuse(path: Path, how: Abuse, dice: random.Random, left_open: ExitStack) -> None:
    """Connect, and leave the connection open more often than not."""
    connection = left_open.enter_context(socket.socket(socket.AF_UNIX))
    connection.settimeout(PATIENCE)
    with suppress(OSError):  # it was hung up on
        connection.connect(str(path))
        how(connection, dice)
    if dice.random() < 0.2:
        connection.close()


def is_linked(path: Path) -> bool:
    """Ask properly, until there is room for one who does; tell what was answered."""
    while True:
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as answers:
            connection.settimeout(PATIENCE)
            with suppress(OSError):  # of those that are turned away some are hung up on before they could ask
                connection.connect(str(path))
                connection.sendall(_STATUS)
                connection.shutdown(socket.SHUT_WR)
                answer = wire.decode(answers.readline())
                if "which is the most" not in answer.get("error", ""):
                    return bool(answer["linked"])


def test_a_bridge_whose_control_socket_is_abused_loses_no_note_and_answers_who_asks_properly(tmp_path: Path) -> None:
    with ExitStack() as left_open, Hub() as hub, starting(hub, tmp_path) as start:
        keyboard, synth = plug_both(hub)
        bridge = start("--profile", "liverec")
        bridge.says("->")
        path = tmp_path / "run/control"
        dice = random.Random(1)
        for _ in range(_ROUNDS):
            left_open.pop_all().close()
            for at in range(_ABUSERS):
                abuse(path, ABUSES[at % len(ABUSES)], dice, left_open)
                for status in (0x90, 0x80):
                    keyboard.play(bytes([status, 36 + at, 64]))
                    assert synth.next() == bytes([status | 8, 36 + at, 64])
        left_open.pop_all().close()

        assert is_linked(path)
        bridge.process.terminate()
        assert bridge.ends() == 0
        bridge._reader.join()
        said = [*bridge.said, *bridge._lines.queue]
        assert not any("Traceback" in line or "Error" in line or "fault" in line for line in said), said
