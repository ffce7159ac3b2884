"""The installed program, run as a player runs it."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Self

from clock import wait_until

A4BRIDGE = str(Path(sys.executable).with_name("a4bridge"))


def output_of(*arguments: str, code: int = 0) -> str:
    """Run a verb to its end and return what it printed, on either stream."""
    run = subprocess.run(
        [A4BRIDGE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert run.returncode == code, run.stdout
    return run.stdout


class Program:
    """A running bridge; used in a `with` statement, it is gone at the end."""

    def __init__(self, *arguments: str, terminal: IO[bytes] | None = None) -> None:
        self.said = ""
        self._process = subprocess.Popen(
            [A4BRIDGE, *arguments],
            stdin=terminal,
            stdout=terminal,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=terminal is None,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self.ends()
        self._reader.join()
        print(self.said)  # pytest shows it where the test fails

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def engine(self) -> int:
        """The engine's process: the service's only child."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        assert len(children) == 1, children
        return int(children[0])

    def says(self, pattern: str, times: int = 1) -> None:
        """Wait until it has said something that matches, that many times since its start."""
        wait_until(f"{pattern!r} in {self.said!r}", lambda: len(re.findall(pattern, self.said)) >= times)

    def ends(self) -> int:
        """Wait for the end of it and return its exit code."""
        return self._process.wait(60)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the service and the engine, as systemd and a terminal do."""
        os.killpg(self.pid, number)

    def _read(self) -> None:
        assert self._process.stderr
        with self._process.stderr as lines:
            for line in lines:
                self.said += line
