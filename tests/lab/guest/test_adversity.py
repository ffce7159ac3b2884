"""A machine that lets the bridge down: no descriptors, no room, a clock that jumps, a suspend, a busy processor."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from playing import LINKED, heard
from program import A4BRIDGE, Program
from usb import A4_MKI, KEYSTATION, MINILAB, Gadget, plugged

STATE = Path(os.environ["HOME"]) / ".local/state/a4bridge"


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    with steady_time():
        yield


@pytest.fixture
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        yield keyboard, box


def plays(keyboard: Gadget, box: Gadget, note: int = 60) -> None:
    """Play a note and wait until the box has heard both ends of it, and nothing else."""
    box.ports[0].forget()
    keyboard.ports[0].send(bytes([0x90, note, 100]))
    wait_until("the note at the box", lambda: bytes([0x98, note, 100]) in heard(box))
    keyboard.ports[0].send(bytes([0x80, note, 64]))
    wait_until("its end at the box", lambda: bytes([0x88, note, 64]) in heard(box))
    assert len(heard(box)) == 2


@contextmanager
def mounted(where: Path, *options: str) -> Iterator[None]:
    """Have a small disk of its own at `where`."""
    where.mkdir(parents=True, exist_ok=True)
    subprocess.run(("mount", "-t", "tmpfs", *options, "tmpfs", str(where)), check=True)
    try:
        yield
    finally:
        subprocess.run(("umount", "-l", str(where)), check=True)


def test_without_descriptors_what_is_linked_goes_on_and_the_rest_follows_later(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    with Program() as program:
        program.says(LINKED)
        most = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (3, most[1]))
        program.says("Too many open files; what is linked stays linked")
        plays(keyboard, box)

        with plugged(MINILAB) as (other,):
            resource.prlimit(program.pid, resource.RLIMIT_NOFILE, most)
            program.says(f"Minilab3 {LINKED}")
            plays(other, box)
        assert "unplugged" not in program.said.partition("Minilab3")[0]


def test_a_full_disk_is_told_once_and_keeps_nobody_from_playing(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    with mounted(STATE, "-o", "size=4k"):
        (STATE / "filler").write_bytes(bytes(4096))
        with Program() as program:
            program.says("the output cannot be remembered: .*No space left")
            program.says(LINKED)
            plays(keyboard, box)


def test_a_read_only_disk_is_told_and_keeps_nobody_from_playing_or_switching(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    with mounted(STATE, "-o", "ro"), Program() as program:
        program.says("the output cannot be remembered: .*Read-only file system")
        program.says(LINKED)
        use = subprocess.run((A4BRIDGE, "use", "gridrec"), capture_output=True, text=True, check=True)
        assert use.stdout.startswith("switched to gridrec")
        program.says("the profile cannot be remembered: .*Read-only file system")
        plays(keyboard, box)


def test_a_log_on_a_full_disk_stops_nothing(keyboard_and_box: tuple[Gadget, Gadget], tmp_path: Path) -> None:
    keyboard, box = keyboard_and_box
    with mounted(tmp_path / "log", "-o", "size=4k"):
        (tmp_path / "log/filler").write_bytes(bytes(4096))
        with (tmp_path / "log/a4bridge.log").open("wb") as log, subprocess.Popen((A4BRIDGE,), stderr=log) as bridge:
            status = (A4BRIDGE, "status")
            wait_until("the link", lambda: subprocess.run(status, capture_output=True, check=False).returncode == 0)
            plays(keyboard, box)
            bridge.send_signal(signal.SIGTERM)
            assert bridge.wait() == 0


def test_a_clock_that_jumps_changes_nothing(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    with Program() as program:
        program.says(LINKED)
        now = time.time()
        for years in (-20, 20):
            time.clock_settime(time.CLOCK_REALTIME, now + years * 31_536_000)
            plays(keyboard, box)
            box.unplug()
            program.says("Elektron Analog Four is unplugged", times=1 if years < 0 else 2)
            box.plug()
            program.says(LINKED, times=2 if years < 0 else 3)
            plays(keyboard, box)
        time.clock_settime(time.CLOCK_REALTIME, now)
        assert "engine" not in program.said


def test_a_suspended_machine_plays_on_when_it_wakes(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    """As far as a machine without sleep states can: every process is frozen, and thawed 5 s later."""
    keyboard, box = keyboard_and_box
    with Program() as program:
        program.says(LINKED)
        engine = program.engine
        keyboard.ports[0].send(bytes([0x90, 60, 100]))
        wait_until("the note at the box", lambda: heard(box))
        Path("/sys/power/pm_test").write_text("freezer\n")
        Path("/sys/power/state").write_text("freeze\n")
        keyboard.ports[0].send(bytes([0x80, 60, 64]))
        wait_until("its end at the box", lambda: bytes([0x88, 60, 64]) in heard(box))
        plays(keyboard, box)
        assert program.engine == engine


def test_notes_come_before_work_on_a_busy_processor(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    """This machine has one processor; three programs want all of it."""
    keyboard, box = keyboard_and_box
    with Program() as program:
        program.says(LINKED)
        busy = [subprocess.Popen(("sh", "-c", "while :; do :; done")) for _ in range(3)]
        try:
            for note in range(40, 80):
                sent = keyboard.ports[0].send(bytes([0x90, note, 100]))
                wait_until("the note at the box", lambda: heard(box))
                assert box.ports[0].received[0].time_ns - sent < 2_000_000  # USB's own frames are in it
                keyboard.ports[0].send(bytes([0x80, note, 64]))
                wait_until("its end at the box", lambda: len(heard(box)) == 2)
                box.ports[0].forget()
        finally:
            for each in busy:
                each.kill()
                each.wait()
        assert "engine" not in program.said
