"""The system's own programs, each run to its end."""

import shlex
import subprocess
from collections.abc import Sequence

from a4bridge.install.files import InstallError


def run(words: Sequence[str]) -> str:
    """Run a command and return what it printed; raises InstallError with its last line if it fails."""
    code, printed, complaint = answer_of(words)
    if code:
        last = next(reversed((complaint.strip() or printed.strip()).splitlines()), f"exit code {code}")
        raise InstallError(f"`{shlex.join(words)}` failed: {last.strip().removesuffix('.')}")
    return printed


def answer_of(words: Sequence[str]) -> tuple[int, str, str]:
    """Run a command whose failing is an answer, too: its exit code, what it printed, what it complained of.

    Raises InstallError if there is no such command.
    """
    try:
        # Its words are the installer's own.
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    except OSError as error:
        raise InstallError(f"`{words[0]}` cannot be run: {error.strerror}") from error
    return done.returncode, done.stdout, done.stderr
