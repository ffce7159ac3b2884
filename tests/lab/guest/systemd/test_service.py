"""The service as `a4bridge service install` leaves it, under a real systemd: it starts, it plays, and whatever ends it,
no note hangs.
"""

import grp
import json
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from clock import steady_time, wait_until
from usb import A4_MKI, KEYSTATION, Gadget, plugged

A4BRIDGE = "/opt/a4bridge/bin/a4bridge"
RUNTIME = Path("/run/a4bridge")
SETTINGS = Path("/etc/a4bridge/settings.toml")
WRITTEN = [
    Path("/etc/systemd/system/a4bridge.service"),
    Path("/etc/sysusers.d/a4bridge.conf"),
    Path("/etc/modules-load.d/a4bridge.conf"),
]
NOBODY = 65534
AUDIO = grp.getgrnam("audio").gr_gid
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}")
AUDIO_MEMBER = (*AS_NOBODY, f"--groups={AUDIO}", "--")


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    with steady_time():
        yield


@pytest.fixture(autouse=True, scope="module")
def installed(steady: None) -> Iterator[str]:
    """What installing says; at the end of it nothing is left."""
    yield said_by(A4BRIDGE, "service", "install", "--profile", "liverec")
    said_by(A4BRIDGE, "service", "uninstall")
    assert [path for path in WRITTEN if path.exists()] == []
    assert systemctl("show", "-P", "LoadState", "a4bridge") == "not-found"


def said_by(*words: str, code: int = 0) -> str:
    run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert run.returncode == code, f"{run.stdout}\n{journal()}"
    return run.stdout.strip()


def systemctl(*arguments: str) -> str:
    return said_by("systemctl", *arguments)


def journal() -> str:
    return subprocess.run(
        ["journalctl", "-u", "a4bridge", "-o", "cat", "--no-pager"], capture_output=True, text=True, check=True
    ).stdout


def status() -> dict[str, Any]:
    """Ask the service how it stands; nothing is known of one that does not listen."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(1)
        try:
            control.connect(str(RUNTIME / "control"))
            control.sendall(b'{"version": 1, "do": "status"}\n')
            with control.makefile() as answers:
                facts: dict[str, Any] = json.loads(answers.readline() or "{}")
        except OSError:
            return {}
    return facts


def wait_for_link(other_than: int = 0) -> int:
    """Wait until a service plays, another than that process; returns its process."""

    def plays() -> bool:
        facts = status()
        return bool(facts.get("linked")) and facts["pid"] != other_than

    try:
        wait_until("the link", plays, within_s=60)
    except AssertionError:
        pytest.fail(f"never linked; the journal says:\n{journal()}")
    process: int = status()["pid"]
    return process


def hold_note(keyboard: Gadget, box: Gadget) -> None:
    box.ports[0].forget()
    keyboard.ports[0].send(bytes([0x90, 60, 100]))
    wait_until("the note at the box", lambda: bytes([0x98, 60, 100]) in heard(box))
    box.ports[0].forget()


def heard(box: Gadget) -> list[bytes]:
    return [arrival.data for arrival in box.ports[0].received]


def ended(box: Gadget) -> None:
    wait_until("the note-off at the box", lambda: bytes([0x88, 60, 64]) in heard(box))


def test_it_is_installed_in_one_go_and_stays_as_it_is(installed: str) -> None:
    assert "a4bridge is installed for the whole machine: enabled, running" in installed
    assert [path for path in WRITTEN if not path.exists()] == []
    assert f"ExecStart={A4BRIDGE} run --default liverec\n" in WRITTEN[0].read_text()
    process = status()["pid"]

    again = said_by(A4BRIDGE, "service", "install", "--profile", "liverec")

    assert again.count("already so") == len(WRITTEN) + 1
    assert status()["pid"] == process


@pytest.fixture
def desk() -> Iterator[tuple[Gadget, Gadget]]:
    """Keyboard and box, and a note that is held through the service."""
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        wait_for_link()
        hold_note(keyboard, box)
        yield keyboard, box
    wait_until("the service to see both gone", lambda: not status().get("linked"))


@pytest.mark.usefixtures("desk")
def test_its_status_says_what_it_does() -> None:
    line = said_by(A4BRIDGE, "service", "status")

    assert line.startswith("for the whole machine: enabled, running, liverec: Keystation 49 MK3 -> Elektron Analog")


@pytest.mark.usefixtures("desk")
def test_it_gets_real_time() -> None:
    process, engine = status()["pid"], status()["engine_pid"]
    threads = [int(task.name) for task in Path(f"/proc/{engine}/task").iterdir()]

    assert status()["real_time"] == {
        "fifo": "",
        "memory": "",
        "priorities": {"main": 10, "callbacks": [70]},
    }
    assert {(os.sched_getscheduler(thread), os.sched_getparam(thread).sched_priority) for thread in threads} == {
        (os.SCHED_FIFO, 10),
        (os.SCHED_FIFO, 70),
    }
    assert os.sched_getscheduler(process) == os.SCHED_OTHER
    assert not re.search(r"^VmLck:\s+0 kB$", Path(f"/proc/{engine}/status").read_text(), re.MULTILINE)


@pytest.mark.usefixtures("desk")
def test_it_runs_as_a_user_of_its_own_that_may_do_little() -> None:
    facts = Path(f"/proc/{status()['pid']}/status").read_text()

    assert re.search(rf"^Uid:\s+{pwd.getpwnam('a4bridge').pw_uid}\b", facts, re.MULTILINE)
    assert re.search(rf"^Gid:\s+{AUDIO}\b", facts, re.MULTILINE)
    assert re.search(r"^CapBnd:\s+0+$", facts, re.MULTILINE)


@pytest.mark.usefixtures("desk")
def test_whoever_is_in_the_group_audio_may_talk_to_it() -> None:
    control = RUNTIME / "control"
    socket_status = control.stat()

    assert (socket_status.st_mode & 0o777, socket_status.st_gid) == (0o660, AUDIO)
    assert subprocess.run([*AUDIO_MEMBER, "test", "-w", control], check=False).returncode == 0
    assert subprocess.run([*AS_NOBODY, "--clear-groups", "test", "-w", control], check=False).returncode == 1


@pytest.mark.parametrize("whom", ["main", "all"])
def test_killed_it_comes_back_and_ends_what_sounded(desk: tuple[Gadget, Gadget], whom: str) -> None:
    keyboard, box = desk
    before = status()["pid"]

    systemctl("kill", "--signal=KILL", f"--kill-whom={whom}", "a4bridge")

    ended(box)
    wait_for_link(other_than=before)
    hold_note(keyboard, box)


def test_a_service_that_hangs_is_replaced_and_no_note_hangs(desk: tuple[Gadget, Gadget]) -> None:
    keyboard, box = desk
    before = status()["pid"]

    os.kill(before, signal.SIGSTOP)

    ended(box)
    wait_for_link(other_than=before)
    assert "Watchdog timeout" in journal()
    hold_note(keyboard, box)


def test_reloading_succeeds_or_says_what_is_wrong(desk: tuple[Gadget, Gadget]) -> None:
    process = status()["pid"]
    systemctl("reload", "a4bridge")
    SETTINGS.parent.mkdir(exist_ok=True)
    SETTINGS.write_text("profile = 3\n")
    try:
        said_by("systemctl", "reload", "a4bridge", code=1)
    finally:
        SETTINGS.unlink()

    assert "settings.toml:1: profile" in journal()
    assert status()["pid"] == process
    hold_note(*desk)


def test_stopped_it_ends_every_note_and_keeps_what_the_next_start_needs(desk: tuple[Gadget, Gadget]) -> None:
    _, box = desk

    systemctl("stop", "a4bridge")

    ended(box)
    runtime = RUNTIME.stat()
    assert (RUNTIME / "page").exists()
    assert (runtime.st_uid, runtime.st_mode & 0o777) == (pwd.getpwnam("a4bridge").pw_uid, 0o755)
    assert "Elektron Analog Four" in Path("/var/lib/a4bridge/state.json").read_text()


def test_started_on_a_kernel_without_sound_it_plays_when_that_comes() -> None:
    systemctl("stop", "a4bridge")
    for _ in range(10):  # a module that another uses comes away in a later turn
        for module in re.findall(r"^(snd\w*|soundcore|usb_f_midi) ", Path("/proc/modules").read_text(), re.MULTILINE):
            subprocess.run(["rmmod", module], stderr=subprocess.DEVNULL, check=False)
    systemctl("mask", "--runtime", "modprobe@snd_seq.service")  # which would have loaded it in time

    systemctl("start", "a4bridge")

    systemctl("unmask", "--runtime", "modprobe@snd_seq.service")
    assert not Path("/proc/asound").exists()
    subprocess.run(["modprobe", "-a", "snd-seq", "snd-seq-midi", "snd-usb-audio", "usb_f_midi"], check=True)
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        wait_for_link()
        hold_note(keyboard, box)
        systemctl("stop", "a4bridge")
        ended(box)


def test_a_user_without_privileges_plays_and_is_told_what_real_time_takes() -> None:
    runtime = Path(f"/run/user/{NOBODY}")
    runtime.mkdir(parents=True)
    os.chown(runtime, NOBODY, NOBODY)
    limits = ("prlimit", "--rtprio=0", "--memlock=65536", "--")
    home = ("env", f"XDG_RUNTIME_DIR={runtime}", f"HOME={runtime}")
    log = Path("/run/user-log")
    with (
        plugged(KEYSTATION, A4_MKI) as (keyboard, box),
        log.open("w") as output,
        subprocess.Popen([*limits, *AUDIO_MEMBER, *home, A4BRIDGE, "run"], stderr=output) as bridge,
    ):
        wait_until("the link, or the end", lambda: " -> " in log.read_text() or bridge.poll() is not None, within_s=60)
        said = log.read_text()
        assert "Keystation 49 MK3 ->" in said
        hold_note(keyboard, box)
        bridge.terminate()
        bridge.wait(10)
        ended(box)

    assert "without real-time scheduling" in said
    assert "without locked memory" in said
    assert "@audio - rtprio 80" in said
    assert "@audio - memlock unlimited" in said
