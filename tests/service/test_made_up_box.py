"""A box that does not exist, added by nothing but a paragraph in boxes.toml, is known, explained, linked and played."""

import os
import queue
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from a4bridge.backend.loopback import DevicePort, Hub

REPOSITORY: Final = Path(__file__).parents[2]
PATIENCE: Final = 30.0

PARAGRAPH: Final = """
[tonmaschine]
name = "Tonmaschine"
stems = ["tonmaschine"]
tracks = [11, 12, 13]
auto = 7
macros = { A = 20 }
[tonmaschine.records]
live_auto = "yes"
live_track = "no"
[tonmaschine.usb]
"1935:7777" = "midi"
"""
PROFILE: Final = """
description = "The active track, with a knob on the macro"
[[zones]]
[[zones.knobs]]
cc = 70
to = "macro A"
"""
TONMASCHINE: Final = DevicePort("renamed by its owner", "MIDI 1", "24:0", card=2, usb_id="1935:7777")
KEYSTATION: Final = DevicePort("Keystation 49 MK3", "Keystation 49 MK3 MIDI 1", "20:0", card=1, usb_id="0763:0199")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a program that is a copy of ours, but for one paragraph."""
    for folder in ("a4bridge", "config"):
        shutil.copytree(REPOSITORY / folder, tmp_path / "copy" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "copy/a4bridge/core/boxes.toml").open("a", encoding="utf-8") as boxes:
        boxes.write(PARAGRAPH)
    mine = tmp_path / "config" / "a4bridge"
    (mine / "profiles").mkdir(parents=True)
    (mine / "profiles" / "mine.toml").write_text(PROFILE, encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path / "copy"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "RUNTIME_DIRECTORY": str(tmp_path / "run"),
        "STATE_DIRECTORY": str(tmp_path / "state"),
    }
    environment.pop("JOURNAL_STREAM", None)
    return environment


def put_settings(environment: dict[str, str], text: str) -> Path:
    file = Path(environment["XDG_CONFIG_HOME"], "a4bridge", "settings.toml")
    file.write_text(text, encoding="utf-8")
    return file


def said(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "a4bridge", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return done.stdout


def test_it_can_be_named_in_the_settings_and_is_told_about(environment: dict[str, str]) -> None:
    file = put_settings(environment, 'box = "tonmaschine"\n')

    assert "the box is tonmaschine" in said(environment, "check", str(file))
    explained = said(environment, "explain", "mine")
    assert "7 on a Tonmaschine" in explained
    assert "CC 20" in explained


def test_the_settings_may_say_otherwise(environment: dict[str, str]) -> None:
    put_settings(environment, 'box = "tonmaschine"\n[channels]\nauto = 10\nmacros = { A = 21 }\n')

    explained = said(environment, "explain", "mine")

    assert "10 on a Tonmaschine" in explained
    assert "CC 21" in explained


def test_it_is_linked_and_gets_what_is_played_on_its_own_channel(hub: Hub, environment: dict[str, str]) -> None:
    arrived: queue.Queue[bytes] = queue.Queue()
    hub.plug(TONMASCHINE, arrived.put)
    keyboard = hub.plug(KEYSTATION)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "a4bridge", "--profile", "mine", "--backend", f"loopback:{hub.address}"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as bridge:
        try:
            assert bridge.stderr
            line = next(line for line in bridge.stderr if "->" in line)
            assert "channel 7" in line
            keyboard.play(bytes([0x90, 60, 100]))
            keyboard.play(bytes([0xB0, 70, 5]))
            keyboard.play(bytes([0x80, 60, 64]))
            assert [arrived.get(timeout=PATIENCE) for _ in range(3)] == [
                bytes([0x96, 60, 100]),
                bytes([0xB6, 20, 5]),
                bytes([0x86, 60, 64]),
            ]
        finally:
            bridge.terminate()
            bridge.communicate(timeout=PATIENCE)
