"""Writing a file so that it is there whole, or as it was before."""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Replace `path` so that a power cut leaves the old file or the new one; raises OSError.

    mode: the file's permission bits; if left out, what the process gives to new files. Its folder is made if need be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")  # always the same, so that nothing piles up
    try:
        with new.open("wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # or the name may still mean the old file
    finally:
        os.close(directory)
