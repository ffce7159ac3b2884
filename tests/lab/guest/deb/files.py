"""What is on the disk, to see what a package leaves behind."""

import subprocess
from pathlib import Path

# What anything that runs writes: logs, caches, the package manager's own memory, and what belongs to the tests.
_ELSEWHERE = ("/var/log", "/var/cache", "/var/lib/dpkg", "/var/lib/systemd", "/root", "/home", "/tmp", "/var/tmp")  # noqa: S108 - skipped
_BEFORE = Path("/run/files-before")


def remember_files() -> None:
    """Remember what is there now, until the machine is switched off."""
    _BEFORE.write_text("\n".join(_files()))


def new_files() -> set[str]:
    """Return the files and folders that were not there when they were remembered."""
    return _files() - set(_BEFORE.read_text().split("\n"))


def lost_files() -> set[str]:
    """Return those that are no longer there."""
    return set(_BEFORE.read_text().split("\n")) - _files()


def _files() -> set[str]:
    prune = [word for folder in _ELSEWHERE for word in ("-path", folder, "-prune", "-o")]
    found = subprocess.run(["find", "/", "-xdev", *prune, "-print0"], stdout=subprocess.PIPE, text=True, check=True)
    return {name for name in found.stdout.split("\0") if "__pycache__" not in name or "a4bridge" in name}
