"""Who may read what: the walk along a path, held against folders with every kind of obstacle."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from a4bridge.install.access import HIDDEN, Reader
from a4bridge.install.program import Program

NOBODY = Reader(hidden=())


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own is closed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        assert NOBODY.kept_out_by(folder) is None
        yield folder


def put(file: Path, mode: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("content")
    file.chmod(mode)
    return file


def test_what_everybody_may_read_keeps_nobody_out(folder: Path) -> None:
    assert NOBODY.kept_out_by(put(folder / "a/b/file", 0o644)) is None


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o754])
def test_a_closed_folder_on_the_way_is_named(folder: Path, mode: int) -> None:
    file = put(folder / "a/b/file", 0o644)
    (folder / "a").chmod(mode)

    assert NOBODY.kept_out_by(file) == folder / "a"


@pytest.mark.parametrize(("mode", "runs"), [(0o600, False), (0o611, False), (0o644, True), (0o711, True)])
def test_a_closed_file_is_named(folder: Path, mode: int, runs: bool) -> None:
    file = put(folder / "file", mode)

    assert NOBODY.kept_out_by(file, runs=runs) == file


@pytest.mark.parametrize("target", ["../closed/file", "absolute"])
def test_a_link_is_followed_to_what_shuts_out(folder: Path, target: str) -> None:
    file = put(folder / "closed/file", 0o644)
    (folder / "closed").chmod(0o700)
    (folder / "open").mkdir()
    (folder / "open/link").symlink_to(file if target == "absolute" else target)
    (folder / "way").symlink_to("open")

    assert NOBODY.kept_out_by(folder / "way/link") == folder / "closed"


def test_a_link_that_leads_nowhere_or_in_a_circle_is_named(folder: Path) -> None:
    (folder / "nowhere").symlink_to("missing")
    (folder / "circle").symlink_to("circle")

    assert NOBODY.kept_out_by(folder / "nowhere") == folder / "nowhere"
    assert NOBODY.kept_out_by(folder / "circle") == folder / "circle"


def test_groups_and_owners_are_judged_by_their_own_bits(folder: Path) -> None:
    file = put(folder / "file", 0o640)
    status = file.stat()

    assert Reader(None, frozenset({status.st_gid}), ()).kept_out_by(file) is None
    assert Reader(status.st_uid, frozenset(), ()).kept_out_by(file) is None
    assert NOBODY.kept_out_by(file) == file

    file.chmod(0o604)  # the kernel looks no further than the first that fits
    assert Reader(None, frozenset({status.st_gid}), ()).kept_out_by(file) == file


def test_what_the_unit_hides_is_named_whatever_its_bits(folder: Path) -> None:
    file = put(folder / "home/file", 0o644)

    assert Reader(hidden=(folder / "home",)).kept_out_by(file) == folder / "home"
    assert {Path("/home"), Path("/root"), Path("/tmp")} <= set(HIDDEN)  # noqa: S108 - named, not used


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755, 0o711])
@pytest.mark.parametrize("file_mode", [0o600, 0o640, 0o644])
def test_it_says_what_the_kernel_says(folder: Path, mode: int, file_mode: int) -> None:
    file = put(folder / "a/file", file_mode)
    (folder / "a").chmod(mode)
    reader = Reader(os.getuid(), frozenset({os.getgid(), *os.getgroups()}), ())
    identity: dict[str, Any] = {}
    if os.getuid() == 0:  # who may become anybody, and is told nothing by permissions
        reader, identity = Reader(65534, frozenset({65534}), ()), {"user": 65534, "group": 65534, "extra_groups": []}

    readable = subprocess.run(["test", "-r", file], check=False, **identity).returncode == 0

    assert (reader.kept_out_by(file) is None) == readable


def test_a_program_is_started_as_it_was_started() -> None:
    by_module = Program.running(str(Path(os.__file__).with_name("__main__.py")))
    by_script = Program.running("/usr/local/bin/a4bridge")

    assert by_module.words[1:] == ("-P", "-m", "a4bridge")
    assert Path(by_module.words[0]).is_absolute()
    assert by_script.words == ("/usr/local/bin/a4bridge",)
    assert Path("/usr/local/bin/a4bridge") in by_script.needs
    assert {Path(os.__file__)} <= set(by_script.needs) & set(by_module.needs)
