"""The kernel's word that a sound device came or went. That it comes is tested in the lab (test_cables.py)."""

import sys

import pytest

from a4bridge.ports.watch import DeviceWatch, is_about_sound

ADDED = (
    b"add@/devices/pci0000:00/0000:00:04.0/usb1/1-1/1-1:1.0/sound/card1/midiC1D0\0ACTION=add\0"
    b"DEVPATH=/devices/pci0000:00/0000:00:04.0/usb1/1-1/1-1:1.0/sound/card1/midiC1D0\0SUBSYSTEM=sound\0"
    b"MAJOR=116\0MINOR=3\0DEVNAME=snd/midiC1D0\0SEQNUM=1043\0"
)


@pytest.mark.parametrize(
    ("event", "sound"),
    [
        (ADDED, True),
        (ADDED.replace(b"add", b"remove"), True),
        (ADDED.replace(b"SUBSYSTEM=sound", b"SUBSYSTEM=usb"), False),
        (ADDED.replace(b"SUBSYSTEM=sound", b"NAME=SUBSYSTEM=sound"), False),
        (b"", False),
        (b"\xff" * 100, False),
    ],
)
def test_only_what_is_about_sound_counts(event: bytes, sound: bool) -> None:
    assert is_about_sound(event) is sound


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of devices so")
def test_without_any_word_it_neither_waits_nor_tells_anything() -> None:
    watch = DeviceWatch()

    assert not watch.drain()
    watch.close()
