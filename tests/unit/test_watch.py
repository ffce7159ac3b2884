"""The kernel's word that a sound device came or went."""

import os
import select
import sys
from pathlib import Path

import pytest

from a4bridge.ports.watch import DeviceWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")


def told(watch: DeviceWatch) -> bool:
    """Tell whether there is word, and take it."""
    ready = bool(select.select([watch], [], [], 0)[0])
    watch.drain()
    return ready


def test_a_device_that_comes_goes_or_may_be_opened_now_is_told(tmp_path: Path) -> None:
    (tmp_path / "snd").mkdir()
    watch = DeviceWatch(tmp_path)
    assert not told(watch)

    device = tmp_path / "snd/midiC1D0"
    device.touch()
    assert told(watch)
    device.chmod(0o660)
    assert told(watch)
    device.unlink()
    assert told(watch)
    assert not told(watch)
    watch.close()


def test_that_a_device_is_opened_and_used_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "snd").mkdir()
    (tmp_path / "snd/seq").touch()
    watch = DeviceWatch(tmp_path)

    (tmp_path / "snd/seq").write_bytes(b"used")

    assert not told(watch)
    watch.close()


def test_the_sound_directory_may_come_later_and_again(tmp_path: Path) -> None:
    watch = DeviceWatch(tmp_path)
    for _ in range(2):
        (tmp_path / "snd").mkdir()
        assert told(watch)
        (tmp_path / "snd/seq").touch()
        assert told(watch)
        (tmp_path / "snd/seq").unlink()
        (tmp_path / "snd").rmdir()
        assert told(watch)
    watch.close()


def test_what_cannot_be_watched_is_an_error_and_leaves_no_descriptor(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - its own descriptor is in it, both times

    with pytest.raises(FileNotFoundError):
        DeviceWatch(tmp_path / "nowhere")

    assert len(os.listdir("/proc/self/fd")) == len(before)  # noqa: PTH208
