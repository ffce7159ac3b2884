"""A folder for the files of a case: the same for all cases of a process, and gone with it, unless atheris ends that."""

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    # A hundred thousand cases should not wear out a disk, nor wait for it.
    where = _IN_MEMORY if _IN_MEMORY.is_dir() and "TMPDIR" not in os.environ else None
    return tempfile.TemporaryDirectory(prefix="a4bridge-fuzz-", dir=where)


def scratch(name: str) -> Path:
    """Return the path of `name` in the folder, which has the folders that lead to it."""
    path = Path(_folder().name) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
