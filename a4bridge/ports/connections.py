"""Who is connected to whom, and by which programs: what Linux tells of it.

Connections are in /proc/asound/seq/clients (see a4bridge.ports.alsa). Which process a client belongs to only the
sequencer says, to who asks it: SNDRV_SEQ_IOCTL_GET_CLIENT_INFO (linux include/uapi/sound/asequencer.h). Who has a
device's MIDI to itself, past the sequencer, is in /proc/asound/card*/midi0 (linux sound/core/rawmidi.c,
snd_rawmidi_proc_info_read).
"""

import os
import re
import struct
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from a4bridge.ports.alsa import CLIENT_LINE, CLIENTS_PER_CARD, FIRST_CARD_CLIENT

_PORT: Final = re.compile(r'  Port +([0-9]+) : "')
_TO: Final = "    Connecting To: "
_ADDRESS: Final = re.compile(r"([0-9]+:[0-9]+)")

_CLIENT_INFO: Final = struct.Struct("=ii64sI8s32siii i II48s")
_PID_AT: Final = 9
_GET_CLIENT_INFO: Final = 0xC0005310 | _CLIENT_INFO.size << 16

HEARS: Final = "Input"
PLAYS: Final = "Output"
"""What a program does with a port, in the kernel's words for its two directions."""

_STREAM: Final = re.compile(r"(Input|Output) ([0-9]+)\n((?:  .*\n?)*)")
_OWNER: Final = re.compile(r"  Owner PID +: ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Program:
    """A client of the sequencer, or a process. pid: None if not known. command: what the process is called, or ""."""

    name: str
    pid: int | None = None
    command: str = ""
    is_kernels: bool = False


@dataclass(frozen=True, slots=True)
class Connections:
    """Every connection, as addresses from and to ("20:0", "24:0"); the clients by number.

    owners: who has a port to itself, by HEARS or PLAYS and its address; such a one is no client.
    """

    pairs: frozenset[tuple[str, str]] = frozenset()
    clients: Mapping[int, Program] = field(default_factory=dict)
    owners: Mapping[tuple[str, str], Program] = field(default_factory=dict)


def connections(root: Path = Path("/")) -> Connections | None:
    """Return who is connected to whom; None where the system does not tell."""
    asound = root / "proc/asound"
    try:
        text = (asound / "seq/clients").read_bytes().decode("utf-8", "ignore")
    except OSError:
        return None
    names, pairs = _parsed(text)
    software = [number for number, program in names.items() if not program.is_kernels]
    pids = _pids(software, root)
    clients = {number: _with_pid(program, pids.get(number), root) for number, program in names.items()}
    return Connections(frozenset(pairs), clients, _owners(asound, frozenset(pairs), root))


def _parsed(text: str) -> tuple[dict[int, Program], set[tuple[str, str]]]:
    clients: dict[int, Program] = {}
    pairs: set[tuple[str, str]] = set()
    client = port = ""
    for line in text.split("\n"):
        if found := CLIENT_LINE.fullmatch(line):
            client, port = found[1], ""
            clients[int(client)] = Program(found[2], is_kernels=found[3].startswith("Kernel"))
        elif found := _PORT.match(line):
            port = f"{client}:{found[1]}"
        elif port and line.startswith(_TO):
            pairs.update((port, other) for other in _ADDRESS.findall(line))
    return clients, pairs


def _pids(clients: Iterable[int], root: Path) -> dict[int, int]:
    """Ask the sequencer for the process of each client; those that it does not tell are left out."""
    if sys.platform != "linux":
        return {}
    import fcntl  # noqa: PLC0415 - POSIX only

    pids: dict[int, int] = {}
    with suppress(OSError):
        sequencer = os.open(root / "dev/snd/seq", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            for number in clients:
                with suppress(OSError):
                    asked = _CLIENT_INFO.pack(number, *(0, b"", 0, b"", b"", 0, 0, 0, 0, 0, 0, b""))
                    told = _CLIENT_INFO.unpack(fcntl.ioctl(sequencer, _GET_CLIENT_INFO, asked))
                    if (pid := told[_PID_AT]) > 0:
                        pids[number] = pid
        finally:
            os.close(sequencer)
    return pids


def _owners(asound: Path, pairs: frozenset[tuple[str, str]], root: Path) -> dict[tuple[str, str], Program]:
    """Return who has a port to itself: its device is open, and no client of the sequencer is connected to it."""
    connected = {(PLAYS, to) for _, to in pairs} | {(HEARS, source) for source, _ in pairs}
    owners: dict[tuple[str, str], Program] = {}
    for file in asound.glob("card*/midi0"):
        number = file.parent.name.removeprefix("card")
        if not number.isdecimal():
            continue
        with suppress(OSError):
            for direction, port, facts in _STREAM.findall(file.read_text(encoding="utf-8", errors="replace")):
                address = f"{FIRST_CARD_CLIENT + CLIENTS_PER_CARD * int(number)}:{port}"
                if (owner := _OWNER.search(facts)) and (direction, address) not in connected:
                    owners[direction, address] = _with_pid(Program(""), int(owner[1]), root)
    return owners


def _with_pid(program: Program, pid: int | None, root: Path) -> Program:
    if pid is None:
        return program
    command = ""
    with suppress(OSError):
        command = (root / f"proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    return Program(program.name, pid, command, program.is_kernels)
