"""What the bridge remembers from one run to the next: the output that it used last."""

import os
import tempfile
from pathlib import Path
from typing import Final

_FILE: Final = "last-output"
_LONGEST: Final = 1024


class Memory:
    """A file in the state directory. A bridge without one runs as well; it only remembers nothing."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _FILE
        self.last_output = self._read()
        """The title of the output that was linked last, or an empty string."""

    def _read(self) -> str:
        try:
            with self._path.open("rb") as file:
                return file.read(_LONGEST).decode("utf-8", "replace").removesuffix("\n")
        except OSError:
            return ""

    def remember_output(self, title: str) -> None:
        """Remember an output; raises OSError. The file is written whole or not at all, and only if it changes."""
        if title == self.last_output:
            return
        self.last_output = title
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{_FILE}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{title}\n")
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(self._path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
