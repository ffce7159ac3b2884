"""Setting up by playing on the kernel's own sequencer, beside a bridge that listens to the same keyboard."""

import subprocess
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from playing import LINKED, heard
from program import A4BRIDGE, Program
from usb import A4_MKI, KEYSTATION, plugged

ANSWERS = "play\nzone\nplay\nplay\n2\nno\nwrite\nyes\nyes\n"


def test_what_is_pressed_tells_keyboard_and_zone_and_the_box_hears_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    printed = tmp_path / "printed"
    (tmp_path / "answers").write_text(ANSWERS)
    with (
        steady_time(),
        plugged(KEYSTATION, A4_MKI) as (keyboard, box),
        Program("--profile", "liverec") as bridge,
        printed.open("wb") as output,
    ):
        bridge.says(f"^Keystation 49 MK3 {LINKED}, auto channel 9\n")
        command = [A4BRIDGE, "learn", "lead", "--user", "--answers", str(tmp_path / "answers")]
        learn = subprocess.Popen(command, stdout=output, stderr=output)
        for question, note in (("Press a key", 60), ("lowest key of", 36), ("its highest key", 59)):
            wait_until(question, lambda question=question: question in printed.read_text())  # type: ignore[misc]
            keyboard.ports[0].send(bytes([0x90, note, 100, 0x80, note, 64]))
        assert learn.wait(60) == 0, printed.read_text()
        bridge.says("what is played passes again")
        assert heard(box) == []

        keyboard.ports[0].send(bytes([0x90, 48, 100, 0x90, 72, 100]))
        wait_until("the note at the box", lambda: len(heard(box)) > 0)

        assert heard(box) == [bytes([0x91, 48, 100])]
    text = (tmp_path / "a4bridge/profiles/lead.toml").read_text()
    assert 'inputs = ["Keystation 49 MK3"]' in text
    assert 'keys = "36..59"' in text
