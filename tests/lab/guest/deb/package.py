"""The installed package and its service, from the outside."""

import os
import pwd
import subprocess
from pathlib import Path

from clock import wait_until
from usb import Gadget

OLDER, NEWER = (Path(f"/out/a4bridge_0.1.0-{revision}_all.deb") for revision in (1, 2))
PAGE = Path("/out/a4bridge-web_0.1.0-1_all.deb")
PLAYER, STRANGER = "player", "stranger"


def output_of(*command: str, code: int = 0, user: str = "root") -> str:
    """Run a command to its end as some user, in that user's groups, and return what it printed, on either stream."""
    entry = pwd.getpwnam(user)
    run = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=os.getgrouplist(user, entry.pw_gid),
        cwd="/",
        env={**os.environ, "HOME": entry.pw_dir},
    )
    assert run.returncode == code, f"{command} ended with {run.returncode}:\n{run.stdout}\n{journal()}"
    return run.stdout


def add_users() -> None:
    """Make two people who are not root: of one group audio, and of the other not."""
    output_of("useradd", "--create-home", "--groups", "audio", PLAYER)
    output_of("useradd", "--create-home", STRANGER)


def property_of_service(name: str) -> str:
    return output_of("systemctl", "show", "-P", name, "a4bridge").strip()


def is_active() -> bool:
    return property_of_service("ActiveState") == "active"


def journal() -> str:
    journal = ["journalctl", "-u", "a4bridge", "-o", "cat", "--no-pager"]
    return subprocess.run(journal, stdout=subprocess.PIPE, text=True, check=False).stdout


def heard(box: Gadget) -> list[bytes]:
    return [arrival.data for arrival in box.ports[0].received]


def on(note: int, channel: int = 9) -> bytes:
    return bytes([0x90 | channel - 1, note, 100])


def off(note: int, channel: int = 9) -> bytes:
    return bytes([0x80 | channel - 1, note, 64])


def press(keyboard: Gadget, *notes: int) -> None:
    for note in notes:
        keyboard.ports[0].send(on(note, channel=1))


def play_until_heard(keyboard: Gadget, box: Gadget, note: int = 36) -> None:
    """Strike a key again and again until the bridge is linked, that is, until the box hears it."""

    def is_heard() -> bool:
        keyboard.ports[0].send(on(note, channel=1) + off(note, channel=1))
        return on(note) in heard(box)

    wait_until(f"note {note} at the box", is_heard, within_s=20)
    # Behind the last of them.
    press(keyboard, note + 1)
    keyboard.ports[0].send(off(note + 1, channel=1))
    wait_until("the end of another note", lambda: heard(box)[-1:] == [off(note + 1)])
    box.ports[0].forget()
