import errno
import fcntl
import io
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from a4bridge.service import log as log_module
from a4bridge.service.log import make_log


@pytest.fixture
def full_pipe() -> Iterator[tuple[io.TextIOWrapper, io.BufferedReader]]:
    """Give both ends of a pipe of 4 KiB that nobody reads."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    with os.fdopen(write, "w") as writer, os.fdopen(read, "rb") as reader:
        yield writer, reader


def test_a_person_reads_sentences() -> None:
    stream = io.StringIO()
    with closing(make_log(stream=stream, environment={})) as log:
        log.info("linked", says="Keystation -> Analog Four", output="Analog Four")
        log.warning("input_lost", says="Keystation is unplugged")

    assert stream.getvalue() == "Keystation -> Analog Four\nwarning: Keystation is unplugged\n"


def test_a_journal_gets_json_with_its_priorities(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        status = os.fstat(stream.fileno())
        with closing(
            make_log(stream=stream, environment={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        ) as log:
            log.error("engine_lost", says="the engine ended", reason="exit code 1")

        stream.seek(0)
        line = stream.read()
    assert line.startswith("<3>{")
    assert json.loads(line.removeprefix("<3>")) == {
        "event": "engine_lost",
        "level": "error",
        "says": "the engine ended",
        "reason": "exit code 1",
    }


def test_a_terminal_that_inherited_the_journals_variable_gets_sentences(tmp_path: Path) -> None:
    with (tmp_path / "terminal").open("w+") as stream:
        with closing(make_log(stream=stream, environment={"JOURNAL_STREAM": "8:1"})) as log:
            log.info("linked", says="Keystation -> Analog Four")

        stream.seek(0)
        assert stream.read() == "Keystation -> Analog Four\n"


def test_another_program_gets_json_with_the_time() -> None:
    stream = io.StringIO()

    with closing(make_log(format="json", stream=stream, environment={})) as log:
        log.info("linked")

    assert json.loads(stream.getvalue()).keys() == {"event", "level", "timestamp"}


def test_what_is_less_important_than_asked_for_is_not_written() -> None:
    stream = io.StringIO()
    with closing(make_log("warning", stream=stream, environment={})) as log:
        log.info("linked")
        log.warning("input_lost")
        log.set_level("info")
        log.info("linked")
        log.set_level("error")
        log.warning("input_lost")

    assert stream.getvalue() == "warning: input_lost\nlinked\n"


# What repeats itself.


def test_what_is_said_again_and_again_is_written_once_and_counted() -> None:
    stream = io.StringIO()
    with closing(make_log(stream=stream, environment={})) as log:
        for _ in range(1000):
            log.warning("engine_trouble", says="broken", text="broken")
        log.info("linked", says="linked")
        log.warning("engine_trouble", says="broken", text="broken")
        log.warning("engine_trouble", says="broken", text="broken")

    assert stream.getvalue().splitlines() == [
        "warning: broken",
        "warning: broken (999 times more)",
        "linked",
        "warning: broken",
        "warning: broken (1 time more)",
    ]


def test_a_program_gets_the_count_as_a_number() -> None:
    stream = io.StringIO()
    with closing(make_log(format="json", stream=stream, environment={})) as log:
        for _ in range(3):
            log.info("waiting", what=1)

    first, again = map(json.loads, stream.getvalue().splitlines())
    assert "repeated" not in first
    assert (again["event"], again["what"], again["repeated"]) == ("waiting", 1, 2)
    assert again["says"] == "waiting (2 times more)"


def test_what_differs_in_anything_is_no_repetition() -> None:
    stream = io.StringIO()
    with closing(make_log(stream=stream, environment={})) as log:
        log.info("linked", says="linked", output="A")
        log.info("linked", says="linked", output="B")
        log.warning("linked", says="linked", output="B")
        for _ in range(3):  # a cable with a loose contact: each of these is news
            log.info("input_lost", says="lost")
            log.info("linked", says="linked")

    assert stream.getvalue().split() == ["linked", "linked", "warning:", "linked", *["lost", "linked"] * 3]


def test_what_goes_on_repeating_itself_is_said_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with closing(make_log(stream=stream, environment={})) as log:
        for _ in range(3):
            log.info("waiting")
        monkeypatch.setattr(log_module, "REPEAT_SECONDS", 0.0)  # as if it had passed
        log.info("waiting")
        monkeypatch.undo()
        log.info("waiting")

    assert stream.getvalue().splitlines() == ["waiting", "waiting (3 times more)", "waiting (1 time more)"]


# Who listens.


def test_a_listener_is_told_everything_at_once() -> None:
    told: list[dict[str, Any]] = []
    log = make_log(stream=io.StringIO(), environment={})
    log.listen(told.append)

    log.info("waiting", says="waiting for a keyboard")
    log.info("waiting", says="waiting for a keyboard")
    log.debug("engine_started", pid=1)
    log.unlisten(told.append)
    log.info("linked")

    assert told == log.recent()[:2]
    said = {"level": "info", "event": "waiting", "says": "waiting for a keyboard"}
    assert [event | {"at": 0} for event in told] == [said | {"at": 0, "number": number} for number in (1, 2)]


# Who does not read.


class Broken(io.TextIOBase):
    """A disk that is full, until it is not."""

    def __init__(self) -> None:
        self.full = True
        self.text = ""

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.text += text
        return len(text)


def test_lines_that_could_not_be_written_are_counted_and_told_later() -> None:
    stream = Broken()
    with closing(make_log(stream=stream, environment={})) as log:
        for number in range(3):
            log.info("switched", number=number)
            log.close()
        stream.full = False
        log.info("linked")

    # The second and the third tried to tell of those before them, which must not count twice.
    assert stream.text == "warning: 3 lines of the log could not be written\nlinked\n"


def test_a_pipe_that_nobody_reads_holds_up_nobody(full_pipe: tuple[io.TextIOWrapper, io.BufferedReader]) -> None:
    writer, reader = full_pipe
    log = make_log(stream=writer, environment={})

    for number in range(3000):
        log.info("switched", says=f"{number:99}")  # 300 KB

    os.set_blocking(reader.fileno(), True)
    received = b""
    while b"2000" not in received or not received.endswith(b"\n"):
        received += os.read(reader.fileno(), 65_536)
        if received.count(b"\n") > 1000:  # what waited is through: there is room again
            log.info("linked", says=f"{2000:99}")
    lines = received.decode().splitlines()
    kept = [int(line) for line in lines if "warning" not in line and int(line) != 2000]
    lost = [int(line.split()[1]) for line in lines if "warning" in line]
    # Which are lost depends on when the writer gets its turn: but none is written twice, nor out of order.
    assert kept == sorted(set(kept))
    assert kept[:1000] == list(range(1000))
    assert sum(lost) == 3000 - len(kept)


def test_a_pipe_whose_reader_is_gone_ends_nothing(full_pipe: tuple[io.TextIOWrapper, io.BufferedReader]) -> None:
    writer, reader = full_pipe
    reader.close()
    with closing(make_log(stream=writer, environment={})) as log:
        for number in range(3000):
            log.info("switched", number=number)


def test_a_pipe_that_another_program_made_non_blocking_gets_every_line(
    full_pipe: tuple[io.TextIOWrapper, io.BufferedReader],
) -> None:
    writer, reader = full_pipe
    os.set_blocking(writer.fileno(), False)
    log = make_log(stream=writer, environment={})
    for number in range(500):
        log.info("switched", says=f"{number:99}")

    received = b""
    while received.count(b"\n") < 500:
        received += os.read(reader.fileno(), 65_536)

    assert [int(line) for line in received.split()] == list(range(500))
