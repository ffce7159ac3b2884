"""A running bridge, as a user starts it, between the made-up devices of a hub."""

import fcntl
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from a4bridge.backend.loopback import Device, DevicePort, Hub
from a4bridge.control.client import Connection, Place
from a4bridge.control.wire import Request
from a4bridge.service.last_start import read_last

PATIENCE: Final = 30.0
KEYSTATION: Final = DevicePort("Keystation 49 MK3", "Keystation 49 MK3 MIDI 1", "20:0", card=1, usb_id="0763:0199")
MINILAB: Final = DevicePort("Minilab3", "Minilab3 MIDI   ", "32:0", card=4, usb_id="1c75:0292")
ANALOG_FOUR: Final = DevicePort(
    "Elektron Analog Four", "Elektron Analog Four MIDI 1", "24:0", card=2, usb_id="1935:0003"
)
ANALOG_KEYS: Final = DevicePort(
    "Elektron Analog Keys", "Elektron Analog Keys MIDI 1", "28:0", card=3, usb_id="1935:0005"
)
RYTM: Final = DevicePort("Elektron Analog Rytm", "Elektron Analog Rytm MIDI 1", "36:0", card=5, usb_id="1935:0007")
DIGITAKT: Final = DevicePort("Elektron Digitakt", "Elektron Digitakt MIDI 1", "48:0", card=8, usb_id="1935:000d")


class Synth:
    """The far side of a box's port: what arrived, in order."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[bytes] = queue.Queue()

    def __call__(self, message: bytes) -> None:
        self.arrived.put(message)

    def next(self) -> bytes:
        """Return the next message that arrives."""
        return self.arrived.get(timeout=PATIENCE)

    def nothing_more(self) -> bool:
        """Tell whether everything that arrived was taken."""
        return self.arrived.empty()


_IN_TERMINAL: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


class Running:
    """A bridge in a process of its own, and what it says.

    terminal: a descriptor of the terminal that it is started from, if it is to have one.
    """

    def __init__(self, hub: Hub, directory: Path, arguments: list[str], terminal: int | None = None) -> None:
        self.directory = directory
        environment = os.environ | {
            "RUNTIME_DIRECTORY": str(directory / "run"),
            "STATE_DIRECTORY": str(directory / "state"),
            "XDG_CONFIG_HOME": str(directory / "config"),
        }
        environment.pop("JOURNAL_STREAM", None)
        self.environment = environment
        command = [sys.executable, "-P", "-m", "a4bridge", *arguments, "--backend", f"loopback:{hub.address}"]
        if terminal is not None:
            command = [sys.executable, "-c", _IN_TERMINAL, str(terminal), *command]
        self.process = subprocess.Popen(
            command,
            pass_fds=() if terminal is None else (terminal,),
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reading = threading.Lock()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                with self._reading:
                    self._lines.put(line.rstrip("\n"))

    def says(self, pattern: str) -> str:
        """Wait for a line that matches `pattern` and return it."""
        try:
            while True:
                line = self._lines.get(timeout=PATIENCE)
                self.said.append(line)
                if re.search(pattern, line):
                    return line
        except queue.Empty:
            pytest.fail(f"never said {pattern!r}, but {self.said}")

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """Have nobody read what it says, and give it room for no more than 4 KiB."""
        assert self.process.stderr
        with self._reading:
            fcntl.fcntl(self.process.stderr, fcntl.F_SETPIPE_SZ, 4096)
            yield

    def connect(self) -> Connection:
        """Connect to its control socket."""
        return Connection.to_first([Place("the bridge", self.directory / "run/control")])

    def ask(self, request: Request) -> dict[str, Any]:
        """Have it do something, and return its answer."""
        with self.connect() as connection:
            return connection.ask(request)

    def told(self, *arguments: str, code: int | None = 0) -> str:
        """Run a client verb, check its exit code (None: any), and return what it printed on both streams."""
        run = subprocess.run(
            [sys.executable, "-P", "-m", "a4bridge", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            check=False,
            timeout=2 * PATIENCE,
        )
        assert code in {None, run.returncode}, run.stdout
        assert "Traceback" not in run.stdout
        return run.stdout

    def engine_pid(self) -> int:
        """Return the engine's process: the bridge's only child."""
        return self.children()[0]

    def children(self) -> list[int]:
        """Return its child processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return list(map(int, children.split()))

    def ends(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(PATIENCE)

    def clean_up(self) -> None:
        """End it, however it is."""
        self.process.kill()
        self.process.wait()
        self._reader.join()


class Start(Protocol):
    """Starts a bridge with the given arguments."""

    def __call__(self, *arguments: str, terminal: int | None = None) -> Running: ...


@contextmanager
def starting(hub: Hub, directory: Path) -> Iterator[Start]:
    """Give a function that starts a bridge; at the end all that it started are gone."""
    with ExitStack() as stack:

        def start(*arguments: str, terminal: int | None = None) -> Running:
            running = Running(hub, directory, list(arguments), terminal)
            stack.callback(running.clean_up)
            return running

        yield start


def write_config(directory: Path, name: str, text: str) -> Path:
    """Write a file of the user's, such as "settings.toml" or "profiles/mine.toml", for the bridges started there."""
    file = directory / "config/a4bridge" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def end(bridge: Running) -> None:
    """End a bridge as systemd does, and wait for it."""
    bridge.process.terminate()
    assert bridge.ends() == 0


def wait_until_kept(directory: Path) -> None:
    """Wait until a bridge has kept what the next start will come to."""
    deadline = time.monotonic() + PATIENCE
    while not read_last(directory / "state"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def plug_both(hub: Hub) -> tuple[Device, Synth]:
    synth = Synth()
    hub.plug(ANALOG_FOUR, synth)
    return hub.plug(KEYSTATION), synth


def started(start: Start, *arguments: str) -> Running:
    """Start a bridge, with `liverec` unless there are arguments, and return it when it is linked."""
    bridge = start(*(arguments or ("--profile", "liverec")))
    bridge.says("->")
    return bridge
