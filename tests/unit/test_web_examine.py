"""The doctor's findings as the page shows them, whatever the child process printed."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from a4bridge.web.examine import examine, read

STATION = {"name": "MIDI system", "verdict": "good", "evidence": "it is there", "remedy": ""}
CHECK = {"menu": "MIDI CONFIG", "item": "INPUT FROM", "set": "USB", "why": "else it hears nothing"}
WHOLE = {"version": 1, "verdict": "warning", "says": "one thing", "stations": [STATION], "checklist": [CHECK]}


def nothing(says: str) -> dict[str, object]:
    return {"verdict": "unknown", "says": says, "stations": [], "checklist": []}


def test_what_it_found_is_shown() -> None:
    assert read(json.dumps(WHOLE).encode(), b"") == {key: value for key, value in WHOLE.items() if key != "version"}


def test_rows_have_just_the_keys_that_are_shown_as_texts_without_control_characters() -> None:
    row = {"name": "a\x1b[31m", "verdict": None, "evidence": "x" * 5000, "more": 1}

    found = read(json.dumps({**WHOLE, "stations": [row, "no row"], "checklist": None}).encode(), b"")

    assert found["stations"] == [{"name": "a\ufffd[31m", "verdict": "", "evidence": "x" * 600, "remedy": ""}]
    assert found["checklist"] == []


@pytest.mark.parametrize(
    ("printed", "complained", "says"),
    [
        (b"", b"Usage: x\n\nError: it has no such option.\n", "it has no such option."),
        (b"", b"a4bridge has a fault: it broke.\n", "a4bridge has a fault: it broke."),
        (b"", b"", "the examination said nothing"),
        (b'{"version": 2}', b"", "the examination speaks another version than this page: restart the page"),
        (b"[]", b"", "the examination speaks another version than this page: restart the page"),
    ],
)
def test_what_keeps_it_from_a_verdict_is_said(printed: bytes, complained: bytes, says: str) -> None:
    assert read(printed, complained) == nothing(says)


@pytest.mark.parametrize(
    ("socket", "told"), [(None, "[]"), (Path("/run/other/name"), "['--socket', '/run/other/name']")]
)
def test_it_is_a_child_process_that_is_told_the_socket_whatever_its_exit_code(socket: Path | None, told: str) -> None:
    code = f"import sys; print({json.dumps(WHOLE)!r}.replace('one thing', str(sys.argv[1:]))); sys.exit(3)"

    assert asyncio.run(examine(socket, (sys.executable, "-P", "-c", code)))["says"] == told


def test_one_that_cannot_be_started_is_said() -> None:
    found = asyncio.run(examine(None, ("/no/such/program",)))

    assert found == nothing("the examination cannot be started: No such file or directory")


def test_it_ends_with_the_page(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    code = f"import os, time; open({str(begun)!r}, 'w').write(f'{{os.getpid()}} '); time.sleep(1000)"

    async def test() -> int:
        examining = asyncio.create_task(examine(None, (sys.executable, "-P", "-c", code)))
        while not begun.exists() or not begun.read_text():  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(0.01)
        examining.cancel()
        await asyncio.gather(examining, return_exceptions=True)
        return int(begun.read_text())

    pid = asyncio.run(test())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
