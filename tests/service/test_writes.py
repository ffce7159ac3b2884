"""What a running bridge writes, and where: on a Raspberry Pi writes wear the card, which loses power at any moment."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from running import ANALOG_FOUR, KEYSTATION, Start, Synth, starting, wait_until_kept, write_config

from a4bridge.backend.loopback import Hub

C5_ON: Final = b"\x90\x3c\x64"
TO_OTHER: Final = b"\x90\x24\x64"

# Run by each Python that is started with it on its path, before anything else: service and engine.
NOTE_WRITES: Final = """
import os, sys

record = os.open({record!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
CHANGES = {{"os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod",
            "os.chown", "os.utime", "os.setxattr", "os.removexattr", "sqlite3.connect"}}

def note(path):
    if isinstance(path, (str, bytes)):
        os.write(record, os.path.abspath(os.fsdecode(path)).encode() + b"\\n")

def hook(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            note(path)
    elif event in CHANGES:
        for path in arguments[:2]:
            note(path)
    elif event == "socket.bind":
        note(arguments[1])

sys.addaudithook(hook)
"""


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have every Python that is started from now on note what it writes to; return the file with the notes."""
    record = tmp_path / "writes"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(NOTE_WRITES.format(record=str(record)))
    monkeypatch.setenv("PYTHONPATH", str(hooks), prepend=os.pathsep)
    # An installed package has its modules compiled already.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return record


@pytest.fixture
def start(hub: Hub, tmp_path: Path, record: Path) -> Iterator[Start]:
    with starting(hub, tmp_path) as start:
        yield start


class Writes:
    """What was written to, outside the runtime directory, which is in memory; /dev wears no card either."""

    def __init__(self, record: Path, directory: Path) -> None:
        self._record = record
        self._free = (directory / "run", Path("/dev"))
        self._seen = 0

    def since_last_look(self) -> set[Path]:
        lines = self._record.read_text().splitlines()
        paths = {Path(line) for line in lines[self._seen :]}
        self._seen = len(lines)
        return {path for path in paths if not any(path.is_relative_to(free) for free in self._free)}


def test_a_bridge_that_plays_is_replugged_and_switched_writes_nothing_but_what_it_remembers(
    hub: Hub, start: Start, tmp_path: Path, record: Path
) -> None:
    state = tmp_path / "state"
    write_config(tmp_path, "profiles/pads.toml", 'description = "pads"\n[[bindings]]\nnote = 36\nuse = "other"\n')
    write_config(tmp_path, "profiles/other.toml", 'description = "other"\ndestination = "track 2"\n')
    writes = Writes(record, tmp_path)
    synth = Synth()
    box, keyboard = hub.plug(ANALOG_FOUR, synth), hub.plug(KEYSTATION)
    bridge = start("--profile", "pads")
    bridge.says("->")
    wait_until_kept(tmp_path)
    writes.since_last_look()

    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"
    hub.unplug(keyboard)
    bridge.says("Keystation 49 MK3 is unplugged")
    hub.unplug(box)
    bridge.says("Elektron Analog Four is unplugged")
    hub.plug(replace(ANALOG_FOUR, address="44:0"), synth)
    keyboard = hub.plug(replace(KEYSTATION, address="40:0"))
    bridge.says("->")
    os.kill(bridge.engine_pid(), signal.SIGKILL)
    bridge.says("another")
    bridge.says("->")
    assert writes.since_last_look() == set(), "written while nothing new was to be remembered"

    keyboard.play(TO_OTHER)
    bridge.says("switched to other")
    bridge.process.terminate()

    assert bridge.ends() == 0
    assert {path for path in writes.since_last_look() if path.parent != state} <= {state}
    assert {file.name for file in state.iterdir()} == {"start.json", "state.json"}
