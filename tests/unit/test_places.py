"""Where a running bridge keeps its files, and what may lie there instead."""

import os
from pathlib import Path

import pytest

from a4bridge.core import directories
from a4bridge.engine.page import SIZE
from a4bridge.service import places


@pytest.mark.parametrize(
    ("environment", "runtime", "state"),
    [
        ({"RUNTIME_DIRECTORY": "/run/a", "STATE_DIRECTORY": "/var/lib/a"}, "/run/a", "/var/lib/a"),
        ({"RUNTIME_DIRECTORY": "/run/a:/run/b", "STATE_DIRECTORY": "/var/lib/a:/b"}, "/run/a", "/var/lib/a"),
        ({"XDG_RUNTIME_DIR": "/run/user/1", "XDG_STATE_HOME": "/s"}, "/run/user/1/a4bridge", "/s/a4bridge"),
        ({"XDG_RUNTIME_DIR": "/r", "XDG_STATE_HOME": "s", "HOME": "/h"}, "/r/a4bridge", "/h/.local/state/a4bridge"),
        ({"XDG_RUNTIME_DIR": "/r"}, "/r/a4bridge", "/r/a4bridge"),
        ({"XDG_RUNTIME_DIR": "/r", "HOME": "h"}, "/r/a4bridge", "/r/a4bridge"),
    ],
)
def test_the_environment_says_where(environment: dict[str, str], runtime: str, state: str) -> None:
    assert directories.runtime_directory(environment) == runtime
    assert directories.state_directory(environment) == state


@pytest.mark.parametrize("environment", [{}, {"XDG_RUNTIME_DIR": "relative"}])
def test_without_a_usable_environment_there_is_still_an_absolute_place(environment: dict[str, str]) -> None:
    assert Path(directories.runtime_directory(environment)).is_absolute()


def test_a_page_is_made_where_there_is_none(tmp_path: Path) -> None:
    places.make_page(tmp_path / "page")

    assert (tmp_path / "page").stat().st_size == SIZE


def test_a_pipe_in_place_of_the_page_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "page")

    places.see_off(tmp_path / "page")
    with pytest.raises(places.PlaceError, match="page is not a file; remove it"):
        places.make_page(tmp_path / "page")


def test_a_link_in_place_of_the_page_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("do not touch")
    (tmp_path / "page").symlink_to(tmp_path / "precious")

    with pytest.raises(places.PlaceError, match="page cannot be written"):
        places.make_page(tmp_path / "page")

    assert (tmp_path / "precious").read_text() == "do not touch"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a directory"])
def test_what_stands_in_for_the_lock_is_told(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "lock")

    with pytest.raises(places.PlaceError, match="lock"):
        places.claim(tmp_path)
