"""What `a4bridge doctor` finds, for the page: run as a child process, by whoever presses its button."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from a4bridge.core.words import printable

COMMAND: Final = (sys.executable, "-P", "-m", "a4bridge", "doctor", "--no-input", "--json", "--restricted")
SECONDS: Final = 60.0
"""How long it may take, on a Raspberry Pi that does much else."""
_LONGEST: Final = 262_144
_ROWS: Final = 64
_LETTERS: Final = 600

_VERDICTS: Final = ("good", "warning", "bad", "unknown")
_STATION: Final = ("name", "verdict", "evidence", "remedy")
_CHECK: Final = ("menu", "item", "set", "why")


async def examine(socket: Path | None, command: tuple[str, ...] = COMMAND) -> dict[str, Any]:
    """Return its verdict, sentence, stations and checklist; where there are none, "unknown" and what kept it from them.

    socket: where the bridge listens, if not where one would be looked for.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            *(("--socket", str(socket)) if socket else ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST,
        )
    except OSError as error:
        return _unknown(f"the examination cannot be started: {error.strerror}")
    try:
        async with asyncio.timeout(SECONDS):
            printed, complained = await process.communicate()
    except TimeoutError:
        return _unknown(f"the examination took longer than {SECONDS:g} s")
    finally:
        if process.returncode is None:  # also where the page ends meanwhile
            process.kill()
            await process.wait()
    return read(printed, complained)


def read(printed: bytes, complained: bytes) -> dict[str, Any]:
    """Return the examination that was `printed` or, where that is none, the last line of what it `complained` of."""
    try:
        facts = json.loads(printed)
    except ValueError:
        lines = complained.decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return _unknown(said[-1].removeprefix("Error: ") if said else "the examination said nothing")
    match facts:
        case {"version": 1, "verdict": str(verdict), "says": str(says)} if verdict in _VERDICTS:
            return {
                "verdict": verdict,
                "says": _text(says),
                "stations": _rows(facts.get("stations"), _STATION),
                "checklist": _rows(facts.get("checklist"), _CHECK),
            }
    return _unknown("the examination speaks another version than this page: restart the page")


def _rows(rows: object, keys: tuple[str, ...]) -> list[dict[str, str]]:
    """Return rows with just these keys, each a text of reasonable length."""
    mappings = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [{key: _text(row.get(key)) for key in keys} for row in mappings[:_ROWS]]


def _text(value: object) -> str:
    return printable(str(value)[:_LETTERS]) if value else ""


def _unknown(says: str) -> dict[str, Any]:
    return {"verdict": "unknown", "says": _text(says), "stations": [], "checklist": []}
