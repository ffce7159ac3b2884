import io
import json
import os
from pathlib import Path

from a4bridge.service.log import make_log


def test_a_person_reads_sentences() -> None:
    stream = io.StringIO()
    log = make_log(stream=stream, environment={})

    log.info("linked", says="Keystation -> Analog Four", output="Analog Four")
    log.warning("input_lost", says="Keystation is unplugged")

    assert stream.getvalue() == "Keystation -> Analog Four\nwarning: Keystation is unplugged\n"


def test_a_journal_gets_json_with_its_priorities(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        status = os.fstat(stream.fileno())
        log = make_log(stream=stream, environment={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})

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
        make_log(stream=stream, environment={"JOURNAL_STREAM": "8:1"}).info("linked", says="Keystation -> Analog Four")

        stream.seek(0)
        assert stream.read() == "Keystation -> Analog Four\n"


def test_another_program_gets_json_with_the_time() -> None:
    stream = io.StringIO()

    make_log(format="json", stream=stream, environment={}).info("linked")

    assert json.loads(stream.getvalue()).keys() == {"event", "level", "timestamp"}


def test_what_is_less_important_than_asked_for_is_not_written() -> None:
    stream = io.StringIO()
    log = make_log("warning", stream=stream, environment={})

    log.info("linked")
    log.warning("input_lost")

    assert stream.getvalue() == "warning: input_lost\n"


class Broken(io.TextIOBase):
    """A pipe whose reader is gone, or a full disk."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_log_that_cannot_be_written_ends_nothing() -> None:
    log = make_log(stream=Broken(), environment={})

    assert log.info("linked") is None
