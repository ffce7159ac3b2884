"""The shipped unit under a real systemd: it starts, it plays, and whatever ends it, no note hangs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from clock import steady_time, wait_until
from usb import A4_MKI, KEYSTATION, Gadget, plugged


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    with steady_time():
        yield


@pytest.fixture
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        links = linked()
        systemctl("start", "a4bridge")
        wait_for_link(links + 1)
        yield keyboard, box
        systemctl("stop", "a4bridge")


def systemctl(*arguments: str) -> str:
    run = subprocess.run(
        ["systemctl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert run.returncode == 0, f"{run.stdout}\n{journal()}"
    return run.stdout.strip()


def journal() -> str:
    return subprocess.run(
        ["journalctl", "-u", "a4bridge", "-o", "cat", "--no-pager"], capture_output=True, text=True, check=True
    ).stdout


def heard(box: Gadget) -> list[bytes]:
    return [arrival.data for arrival in box.ports[0].received]


def linked() -> int:
    """Return how often the bridge has said that it is linked."""
    return journal().count('"event": "linked"')


def wait_for_link(number: int) -> None:
    try:
        wait_until("the link", lambda: linked() >= number, within_s=60)
    except AssertionError:
        pytest.fail(f"never linked; the journal says:\n{journal()}")


def hold_note(keyboard: Gadget, box: Gadget) -> None:
    keyboard.ports[0].send(bytes([0x90, 60, 100]))
    wait_until("the note at the box", lambda: bytes([0x98, 60, 100]) in heard(box))
    box.ports[0].forget()


def ended(box: Gadget) -> None:
    wait_until("the note-off at the box", lambda: bytes([0x88, 60, 64]) in heard(box))


def test_it_plays_and_stopping_it_ends_every_note(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    hold_note(keyboard, box)

    systemctl("stop", "a4bridge")

    ended(box)


def test_it_gets_real_time(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    hold_note(*keyboard_and_box)

    assert "not_real_time" not in journal()


@pytest.mark.parametrize("whom", ["main", "all"])
def test_killed_it_comes_back_and_ends_what_sounded(keyboard_and_box: tuple[Gadget, Gadget], whom: str) -> None:
    keyboard, box = keyboard_and_box
    hold_note(keyboard, box)
    before, links = systemctl("show", "-P", "MainPID", "a4bridge"), linked()

    systemctl("kill", "--signal=KILL", f"--kill-whom={whom}", "a4bridge")

    ended(box)
    wait_until("another process", lambda: systemctl("show", "-P", "MainPID", "a4bridge") not in {before, "0"})
    wait_for_link(links + 1)
    hold_note(keyboard, box)


def test_it_runs_as_a_user_of_its_own_that_may_do_little(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    hold_note(*keyboard_and_box)
    pid = int(systemctl("show", "-P", "MainPID", "a4bridge"))

    assert Path(f"/proc/{pid}").stat().st_uid != os.getuid()
