"""What the bridge remembers from one run to the next: the output that it used last, and what it was switched to."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from a4bridge.core.writing import write_whole

VERSION: Final = 1

_FILE: Final = "state.json"
_ASIDE: Final = "state.json.torn"
_LARGEST: Final = 262_144
"""Bytes; a profile's text takes 32 KiB at the most, and a JSON string up to six times as many."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody switched to while the bridge ran.

    profile: its name. text: the profile itself, where a client sent it. track: "1" to "16", "auto", or "" for where the
    profile sends. default: the profile that the bridge had begun with; where another is the default now, that counts.
    """

    profile: str
    text: str = ""
    track: str = ""
    default: str = ""

    @classmethod
    def from_data(cls, data: Any) -> Self | None:
        """Read what `asdict` made; None stays None. Raises ValueError, TypeError."""
        if data is None:
            return None
        chosen = cls(**data)
        if not all(isinstance(each, str) for each in asdict(chosen).values()):
            raise ValueError("not text")
        return chosen


class Memory:
    """The file `path` in the state directory. A bridge without one runs as well; it only remembers nothing.

    last_output: the title of the output that was linked last, or an empty string. chosen: what was switched to last.
    torn: a sentence, if the file was there and could not be used.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / _FILE
        self.last_output = ""
        self.chosen: Chosen | None = None
        self.torn = ""
        self._read()
        self._written = self._data()

    @property
    def is_written(self) -> bool:
        """Whether the file says all that is remembered."""
        return self._data() == self._written

    def _read(self) -> None:
        try:
            with self.path.open("rb") as file:
                content = file.read(_LARGEST + 1)
        except OSError:  # there is none yet, or nobody may read it: writing it will say why
            return
        try:
            self.last_output, self.chosen = _parsed(content)
        except (ValueError, KeyError, TypeError, RecursionError):
            self._set_aside()

    def _set_aside(self) -> None:
        aside = self.path.with_name(_ASIDE)
        self.torn = f"what was remembered in {self.path} cannot be read"
        with suppress(OSError):
            self.path.replace(aside)
            self.torn += f"; the file is {aside.name} now"

    def remember_output(self, title: str) -> None:
        """Remember an output; raises OSError. The file is written whole or not at all, and only if it changes."""
        self.last_output = title
        self._write()

    def remember_chosen(self, chosen: Chosen) -> None:
        """Remember what was switched to, as `remember_output` does; raises OSError."""
        self.chosen = chosen
        self._write()

    def _write(self) -> None:
        if not self.is_written:
            data = self._data()
            write_whole(self.path, f"{json.dumps(data)}\n".encode())
            self._written = data

    def _data(self) -> dict[str, Any]:
        chosen = asdict(self.chosen) if self.chosen else None
        return {"version": VERSION, "output": self.last_output, "chosen": chosen}


def _parsed(content: bytes) -> tuple[str, Chosen | None]:
    data = json.loads(content)
    output: Any = data["output"]
    if data["version"] != VERSION or not isinstance(output, str):
        raise ValueError("of another version")
    return output, Chosen.from_data(data["chosen"])
