"""A bridge kept quiet over a real socket, by one that answers as it is told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from a4bridge.control.wire import Hush, decode_request, encode_done, encode_refusal
from a4bridge.learn.quiet import Quiet

OK = encode_done("hushed", {})


@contextmanager
def answering(path: Path, *connections: list[bytes]) -> Iterator[list[object]]:
    """Answer in turn what is asked on each connection, then hang up; gives what was asked."""
    asked: list[object] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            for number, answers in enumerate(connections, 1):
                with listener.accept()[0] as connection, connection.makefile("rb") as lines:
                    if number == len(connections):
                        listener.close()
                    for answer in answers:
                        asked.append(decode_request(lines.readline()))
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield asked
        thread.join()


def said(quiet: Quiet, path: Path, count: int) -> list[str]:
    """Keep the bridge quiet until so many sentences have come."""
    sentences: list[str] = []
    while len(sentences) < count:
        sentences += [sentence.replace(str(path), "PATH") for sentence in quiet.keep()]
    return sentences


RUNNING = "A bridge is running (the bridge, PATH). Until this ends, it plays nothing."


def test_it_asks_again_and_tells_a_hush_that_lapsed_from_a_bridge_that_ended(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with answering(path, [OK, OK, encode_refusal("too late")], [OK, OK]) as asked, closing(Quiet(path)) as quiet:
        assert said(quiet, path, 4) == [
            RUNNING,
            "The bridge has played again meanwhile (too late).",
            RUNNING,
            "The bridge has ended.",
        ]
    assert asked == [Hush()] * 5
