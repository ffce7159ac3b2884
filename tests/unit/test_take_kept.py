"""What a client makes of a take that comes over the socket: of a whole one, and of what is none."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from a4bridge.control.client import Connection, ControlError, Place
from a4bridge.take.kept import Kept, Played, fetch

PIECE: Final[dict[str, Any]] = {
    "version": 1,
    "ok": True,
    "minutes": 10,
    "now_ns": 1000,
    "first": 0,
    "next": 1,
    "end": 1,
    "destinations": [{"name": "auto channel 9", "channel": 9}],
    "events": [[5, "983c64", 0]],
    "sysex": [],
    "missing": [],
}


class Answer(Protocol):
    """Has a bridge answer so, one answer to each request, and fetches a take from it."""

    def __call__(self, *answers: dict[str, Any]) -> Kept: ...


@pytest.fixture
def asked() -> list[int]:
    return []


@pytest.fixture
def answer(tmp_path: Path, asked: list[int]) -> Iterator[Answer]:
    with ExitStack() as stack:

        def answer(*answers: dict[str, Any]) -> Kept:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(tmp_path / "control"))
            listener.listen()

            def serve() -> None:
                connection, _ = listener.accept()
                with connection, connection.makefile("rwb") as lines:
                    for facts, request in zip(answers, lines, strict=False):
                        asked.append(json.loads(request)["since"])
                        lines.write(json.dumps(facts).encode() + b"\n")
                        lines.flush()

            thread = threading.Thread(target=serve)
            thread.start()
            stack.callback(thread.join)
            with Connection.to_first([Place("the bridge", tmp_path / "control")]) as connection:
                return fetch(connection)

        yield answer


def test_it_is_put_together_from_pieces(answer: Answer, asked: list[int]) -> None:
    kept = answer(
        PIECE | {"next": 3, "end": 6, "sysex": [6], "missing": [[7, 4]]},
        PIECE
        | {"first": 5, "next": 6, "end": 9, "events": [[8, "d105", 1]], "destinations": [{"name": ""}, {"name": "x"}]},
    )

    assert asked == [0, 3]
    assert kept.events == [Played(5, b"\x98\x3c\x64", "auto channel 9"), Played(8, b"\xd1\x05", "x")]
    assert (kept.minutes, kept.now, kept.sysex) == (10, 1000, [6])
    assert kept.missing == [(7, 4), (1000, 2)]  # what was forgotten while it was fetched


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": [[5, "983c", 0]]},
        {"events": [[5, "f07ef7", 0]]},
        {"events": [[5, "98ff00", 0]]},
        {"events": [[5, "", 0]]},
        {"events": [[5, "xyz", 0]]},
        {"events": [[5, 983, 0]]},
        {"events": [[5, "983c64", 7]]},
        {"events": [[-5, "983c64", 0]]},
        {"events": [[5, "983c64"]]},
        {"events": [[5, "983c64", 0], [4, "883c40", 0]]},
        {"events": None},
        {"destinations": {}},
        {"now_ns": True},
        {"missing": [[1]]},
        {"next": 0},
    ],
)
def test_what_is_no_take_gets_one_sentence(answer: Answer, wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ControlError) as raised:
        answer(PIECE | wrong)

    assert str(raised.value).startswith(f"the bridge, {tmp_path}/control, sent what is no take: ")
