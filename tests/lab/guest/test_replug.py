"""What comes and goes all evening leaves nothing behind, and comes back as it was.

REPLUGS in the environment says how often each cable is pulled; the tests do it less often than a year of evenings.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from playing import LINKED, heard, heard_whole
from program import Program
from usb import A4_MKI, KEYSTATION, MINILAB, Gadget, plugged

from a4bridge.core import midi

REPLUGS = int(os.environ.get("REPLUGS", "6"))
SETTLING = 3
"""Replugs after which everything has been done and allocated once."""

HEAP_STEP_KB = 132
"""What the heap grows by at a time (M_TOP_PAD in mallopt(3), and a page): once may be, though nothing is kept."""

CHORD = (60, 64, 67)

# A program that plays into a port of the bridge's; argument: the port's name, then bytes in hexadecimal.
PLAYER = """
import sys, time, rtmidi
out = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="player")
out.open_port(next(at for at, name in enumerate(out.get_ports()) if name.startswith(f"a4bridge:{sys.argv[1]} ")))
out.send_message(bytes.fromhex(sys.argv[2]))
out.close_port()
"""


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    """Neither the program's own patience nor a test's may end because the clock leaps."""
    with steady_time():
        yield


@dataclass(frozen=True, slots=True)
class Held:
    """What a running bridge holds of the system: what it may never hold more of."""

    descriptors: tuple[int, int]
    """Of the engine and of the service, as with all that are two; one more while files are being read."""
    threads: tuple[int, int]
    clients: int
    """Of the kernel's sequencer."""
    address_kb: tuple[int, int]
    memory_kb: tuple[int, int]

    @classmethod
    def by(cls, program: Program) -> "Held":
        engine, service = program.engine, program.pid
        return cls(
            (_descriptors(engine), _descriptors(service)),
            (_status(engine, "Threads"), _status(service, "Threads")),
            Path("/proc/asound/seq/clients").read_text().count('"a4bridge"'),
            (_status(engine, "VmSize"), _status(service, "VmSize")),
            (_status(engine, "RssAnon"), _status(service, "RssAnon")),
        )

    @property
    def counts(self) -> tuple[int, ...]:
        return *self.descriptors, *self.threads, self.clients

    def is_no_more_than(self, before: "Held") -> bool:
        return all(now <= then for now, then in zip(self.counts, before.counts, strict=True))


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _status(pid: int, key: str) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().partition(f"{key}:")[2].split()[0])


class Desk:
    """A running bridge whose cables are pulled; `replugs` counts."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._links = 1
        program.says(LINKED)

    def replug(self, device: Gadget) -> None:
        device.unplug()
        self._program.says("is unplugged", times=self._links)
        device.plug()
        self._links += 1
        self._program.says(LINKED, times=self._links)

    def settles(self, before: Held | None = None) -> Held:
        """Return what is held when the inputs that went are closed; with `before`, when they are no more than then."""
        if before is None:
            wait_until("an engine at rest", lambda: Held.by(self._program).clients == 3)
        else:
            wait_until(f"no more than {before}", lambda: Held.by(self._program).is_no_more_than(before))
        return Held.by(self._program)


def grew_kb(before: Held, after: Held) -> tuple[int, int]:
    print(f"{REPLUGS} replugs: {before} to {after}")
    return after.address_kb[0] - before.address_kb[0], after.address_kb[1] - before.address_kb[1]


def test_a_keyboard_that_comes_and_goes_leaves_nothing_behind_and_breaks_no_chord_of_another() -> None:
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (keyboard, other, box), Program() as program:
        desk = Desk(program)
        other.ports[0].send(bytes(byte for note in CHORD for byte in (0x90, note, 100)))
        wait_until("the chord at the box", lambda: len(heard(box)) == len(CHORD))
        for _ in range(SETTLING):
            desk.replug(keyboard)
        before = desk.settles()
        box.ports[0].forget()

        for _ in range(REPLUGS):
            keyboard.ports[0].send(bytes([0x90, 72, 100]))
            wait_until("the keyboard's note", lambda: heard(box))
            desk.replug(keyboard)
            assert [message[:2] for message in heard(box)] == [b"\x98\x48", b"\x88\x48"]
            box.ports[0].forget()

        engine, service = grew_kb(before, desk.settles(before))
        assert engine <= HEAP_STEP_KB
        assert service <= 2048
        other.ports[0].send(bytes(byte for note in CHORD for byte in (0x80, note, 64)))
        wait_until("the chord's end", lambda: len(heard(box)) == len(CHORD))
        assert heard(box) == [bytes([0x88, note, 64]) for note in CHORD]


def test_a_box_that_comes_and_goes_leaves_nothing_behind() -> None:
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (keyboard, _other, box), Program() as program:
        desk = Desk(program)
        for _ in range(SETTLING):
            desk.replug(box)
        before = desk.settles()

        for _ in range(REPLUGS):
            keyboard.ports[0].send(bytes([0x90, 60, 100]))
            wait_until("a note", lambda: heard(box))
            desk.replug(box)
            wait_until("its end", lambda: heard(box) == [b"\x88\x3c\x40"])
            box.ports[0].forget()

        engine, service = grew_kb(before, desk.settles(before))
        assert engine <= HEAP_STEP_KB
        assert service <= 2048


def test_sysex_comes_back_with_its_keyboard(tmp_path: Path) -> None:
    profile = tmp_path / "dumps.toml"
    profile.write_text('description = "dumps"\n[filters]\nsysex = true\n')
    dump = bytes([midi.SYSEX, *range(100), midi.SYSEX_END])
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box), Program("--profile", str(profile)) as program:
        desk = Desk(program)
        desk.replug(keyboard)
        keyboard.ports[0].send(dump + b"\x90\x3c\x64")
        wait_until("a dump and a note", lambda: len(heard_whole(box)) == 2)
        assert sorted(heard_whole(box)) == [b"\x98\x3c\x64", dump]


def test_a_program_plays_on_into_the_bridges_own_ports_when_the_box_is_back() -> None:
    dump = bytes([midi.SYSEX, *range(100), midi.SYSEX_END])
    with plugged(A4_MKI) as (box,), Program("--profile", "daw") as program:
        desk = Desk(program)
        desk.replug(box)
        for port, message in (("a4bridge", b"\x98\x3c\x64"), ("a4bridge SysEx", dump)):
            subprocess.run([sys.executable, "-c", PLAYER, port, message.hex()], check=True)
        wait_until("a note and a dump", lambda: heard_whole(box) == [b"\x98\x3c\x64", dump])
