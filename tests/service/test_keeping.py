"""What is kept for the next start is what an ordinary start comes to, or it does not count."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from running import ANALOG_FOUR, KEYSTATION, RYTM, Running, Start, Synth, end, plug_both, wait_until_kept, write_config

from a4bridge.backend.loopback import Hub
from a4bridge.service.last_start import LastStart, conditions, read_last

MINE: Final = 'description = "mine"\ndestination = "track 2"\n'
HIGHER: Final = 'description = "mine"\n[[zones]]\ntranspose = 12\ndestination = "auto"\n'
TO_THE_RYTM: Final = 'description = "mine"\noutput = "Rytm"\n'


def counting(directory: Path) -> LastStart | None:
    """Return what is kept, if no file has changed since."""
    if (last := read_last(directory / "state")) is None:
        return None
    files: dict[str, list[int] | None] = last.conditions["files"]
    now: dict[str, list[int] | None] = conditions([], files)["files"]
    return last if files == now else None


def told_nothing(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")


def told_a_track(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")
    bridge.told("track", "3")


def told_a_profile(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")
    write_config(bridge.directory, "profiles/mine.toml", HIGHER)
    bridge.told("use", "mine")


def told_a_text(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")
    bridge.told("use", str(write_config(bridge.directory, "elsewhere/mine.toml", HIGHER)))


def told_of_another_default(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")
    write_config(bridge.directory, "profiles/mine.toml", HIGHER)
    write_config(bridge.directory, "settings.toml", 'profile = "mine"\n')
    bridge.told("reload")


def told_a_profile_with_another_box(bridge: Running, hub: Hub) -> None:
    bridge.says("->")
    hub.plug(RYTM, Synth())
    write_config(bridge.directory, "profiles/mine.toml", TO_THE_RYTM)
    bridge.told("use", "mine")
    bridge.says("-> Elektron Analog Rytm")


def told_beside_another_box_like_it(bridge: Running, hub: Hub) -> None:
    bridge.says("->")
    hub.plug(replace(ANALOG_FOUR, address="40:0", card=9), Synth())
    bridge.told("track", "3")


def told_when_the_engine_hangs(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")
    bridge.told("track", "2")
    os.kill(bridge.engine_pid(), signal.SIGSTOP)
    assert "the engine ended meanwhile" in bridge.told("use", "gridrec", code=None)
    bridge.says("->")


def told_after_an_edit(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")
    write_config(bridge.directory, "profiles/liverec.toml", f"{MINE}sustain = 'drop'\n")
    bridge.told("track", "3")


def told_where_nothing_can_be_remembered(bridge: Running, _hub: Hub) -> None:
    bridge.says("->")
    wait_until_kept(bridge.directory)
    state = bridge.directory / "state/state.json"
    state.unlink()
    state.mkdir()
    bridge.told("track", "3")
    bridge.says("the profile cannot be remembered")


RUN: Final = ("run",)
NAMED: Final = ("--profile", "liverec")
ON_TRACK: Final = ("run", "--track", "3")


@pytest.mark.parametrize(
    ("arguments", "happens", "is_kept"),
    [
        (RUN, told_nothing, True),
        (RUN, told_a_track, True),
        (RUN, told_a_profile, True),
        (RUN, told_a_text, True),
        (RUN, told_of_another_default, False),
        (RUN, told_a_profile_with_another_box, True),
        (RUN, told_beside_another_box_like_it, False),
        (RUN, told_when_the_engine_hangs, True),
        (RUN, told_after_an_edit, False),
        (RUN, told_where_nothing_can_be_remembered, False),
        (NAMED, told_a_track, True),
        (NAMED, told_a_profile, True),
        (NAMED, told_a_profile_with_another_box, False),
        (NAMED, told_after_an_edit, False),
        (ON_TRACK, told_a_track, True),
        (ON_TRACK, told_a_profile, False),
    ],
)
def test_what_is_kept_is_what_an_ordinary_start_comes_to(
    hub: Hub,
    start: Start,
    tmp_path: Path,
    arguments: tuple[str, ...],
    happens: Callable[[Running, Hub], None],
    is_kept: bool,
) -> None:
    plug_both(hub)
    write_config(tmp_path, "profiles/liverec.toml", MINE)
    bridge = start(*arguments)
    happens(bridge, hub)
    end(bridge)
    kept = counting(tmp_path)
    (tmp_path / "state/start.json").unlink(missing_ok=True)
    ordinary = start(*arguments)
    ordinary.says("->|waiting for a choice")
    end(ordinary)
    now = counting(tmp_path)

    assert (kept is not None) == is_kept
    assert kept is None or (now is not None and kept.lines == now.lines)


def test_what_links_after_a_switch_is_not_what_a_named_profile_comes_to(hub: Hub, start: Start, tmp_path: Path) -> None:
    hub.plug(ANALOG_FOUR)
    bridge = start(*NAMED)
    bridge.says("waiting for a keyboard")
    bridge.told("track", "3")
    hub.plug(KEYSTATION)
    bridge.says("->")

    end(bridge)

    assert read_last(tmp_path / "state") is None


# Run by each Python that is started with it on its path: whoever wants to write waits.
SLOW_DISK: Final = """
import os, sys, time

def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".start.json.new"):
        open({at!r}, "a").close()
        while not os.path.exists({go!r}):
            time.sleep(0.01)

sys.addaudithook(hook)
"""


def test_a_slow_disk_keeps_nobody_waiting(
    hub: Hub, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyboard, synth = plug_both(hub)
    at, go, hooks = tmp_path / "at", tmp_path / "go", tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(SLOW_DISK.format(at=str(at), go=str(go)))
    monkeypatch.setenv("PYTHONPATH", str(hooks), prepend=os.pathsep)
    bridge = start("run")
    bridge.says("->")
    bridge.told("track", "3")
    hub.unplug(keyboard)

    bridge.says("Keystation 49 MK3 is unplugged")
    assert "track 3" in bridge.told("status", code=None)
    assert at.exists()
    assert not (tmp_path / "state/start.json").exists()
    go.touch()
    end(bridge)
    assert synth.nothing_more()
