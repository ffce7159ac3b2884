"""Where the page says how it is reached, and who believes it."""

import grp
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from a4bridge.cli.status import paired
from a4bridge.control.pairing import FILE, Announcement, Pairing, pairing

PHONE = Pairing("http://192.168.1.20:8404/", "48291357")


def seen(directory: Path, root: Path | None = None) -> Pairing | None:
    return pairing({"RUNTIME_DIRECTORY": str(directory)}, root or directory / "no root")


def test_a_page_is_found_while_it_runs(tmp_path: Path) -> None:
    assert seen(tmp_path) is None

    page = Announcement.make(tmp_path, PHONE)
    assert seen(tmp_path) == PHONE
    page.remove()

    assert seen(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_systems_is_found_where_the_user_has_none(tmp_path: Path) -> None:
    system = tmp_path / "run/a4bridge-web"
    system.mkdir(parents=True)
    theirs = Announcement.make(system, PHONE)
    own = tmp_path / "own"
    own.mkdir()

    assert seen(own, tmp_path) == PHONE
    mine = Announcement.make(own, Pairing("http://127.0.0.1:8404/", ""))
    assert seen(own, tmp_path) == Pairing("http://127.0.0.1:8404/", "")

    mine.remove()
    theirs.remove()


def test_what_a_killed_page_left_behind_is_not_believed(tmp_path: Path) -> None:
    code = (
        "import sys, os, pathlib; from a4bridge.control.pairing import *; "
        "Announcement.make(pathlib.Path(sys.argv[1]), Pairing('http://x/', '1')); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path)], check=False)

    assert (tmp_path / FILE).exists()
    assert seen(tmp_path) is None
    again = Announcement.make(tmp_path, PHONE)
    assert seen(tmp_path) == PHONE
    again.remove()


def test_a_page_that_ends_leaves_the_file_of_another_alone(tmp_path: Path) -> None:
    first = Announcement.make(tmp_path, Pairing("http://127.0.0.1:1/", ""))
    second = Announcement.make(tmp_path, PHONE)

    first.remove()

    assert seen(tmp_path) == PHONE
    second.remove()


def test_nobody_but_its_user_and_the_group_can_read_it(tmp_path: Path) -> None:
    page = Announcement.make(tmp_path, PHONE)

    mode = stat.S_IMODE((tmp_path / FILE).stat().st_mode)

    assert mode & 0o137 == 0
    page.remove()


def test_one_that_runs_in_the_group_needs_not_be_allowed_to_change_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = grp.getgrgid(tmp_path.stat().st_gid)
    monkeypatch.setattr(grp, "getgrnam", lambda _name: own)
    monkeypatch.delattr(os, "fchown")

    page = Announcement.make(tmp_path, PHONE)

    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o640
    page.remove()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 2, "address": "x", "code": ""}', '{"version": 1, "address": 7, "code": ""}']
)
def test_what_cannot_be_understood_is_no_page(tmp_path: Path, content: str) -> None:
    page = Announcement.make(tmp_path, PHONE)
    (tmp_path / FILE).write_text(content)

    assert seen(tmp_path) is None
    page.remove()


def test_a_pipe_or_a_link_in_its_place_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    assert seen(tmp_path) is None
    (tmp_path / FILE).unlink()
    (tmp_path / "elsewhere").write_text(json.dumps({"version": 1, "address": "x", "code": ""}))
    (tmp_path / FILE).symlink_to("elsewhere")
    assert seen(tmp_path) is None


def test_the_code_is_shown_in_two_halves() -> None:
    assert paired(PHONE) == "http://192.168.1.20:8404/, code 4829 1357"
    assert paired(Pairing("http://127.0.0.1:8404/", "")) == "http://127.0.0.1:8404/"
