"""A running page, as a user starts it."""

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from running import PATIENCE


class Web:
    """An `a4bridge-web` in a process of its own."""

    def __init__(self, directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        whole = os.environ | {
            "RUNTIME_DIRECTORY": str(directory / "run"),
            "STATE_DIRECTORY": str(directory / "state"),
            "XDG_CONFIG_HOME": str(directory / "config"),
            **(environment or {}),
        }
        whole.pop("JOURNAL_STREAM", None)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "a4bridge.cli.web", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=whole,
            start_new_session=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.said: list[str] = []
        self._port = ""

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                self._lines.put(line.rstrip("\n"))

    def says(self, pattern: str) -> str:
        """Wait for a line that matches, and return its first group."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"never said {pattern!r}, but {self.said}") from None
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[1]

    def url(self, host: str = "127.0.0.1") -> str:
        """Return its address, as it is known under `host`, as soon as it listens there."""
        self._port = self._port or self.says(r"the page is at \S+:(\d+)/$")
        return f"http://{host}:{self._port}"

    def stop(self) -> int:
        """End it as systemd does, and return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def clean_up(self) -> None:
        """End it, however it is."""
        self.process.kill()
        self.process.wait()
        self._reader.join()


@contextmanager
def serving(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Web]:
    """Give a page that was started with `arguments`, at any port if they name none."""
    port = () if "--port" in arguments else ("--port", "0")
    web = Web(directory, *port, *arguments, environment=environment)
    try:
        yield web
    finally:
        web.clean_up()
