"""How a device is plugged in, from what Linux has in /sys; folders as a Raspberry Pi 4 has them."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from a4bridge.ports.listing import Kind, Port
from a4bridge.ports.usb import UsbPlace, usb_place

KEYS: Final = Port("Keys", "Keys MIDI 1", "20:0", readable=True, writable=True, kind=Kind.HARDWARE, usb_path="001/007")


def write_device(root: Path, name: str, **attributes: str) -> None:
    device = root / "sys/bus/usb/devices" / name
    device.mkdir(parents=True)
    for attribute, text in attributes.items():
        (device / attribute).write_text(f"{text}\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_device(tmp_path, "usb1", busnum="1", devnum="1", speed="480", idVendor="1d6b", idProduct="0002")
    write_device(tmp_path, "1-0:1.0", bInterfaceClass="09")
    built_in = {"idVendor": "2109", "idProduct": "3431", "product": "USB2.0 Hub"}
    write_device(tmp_path, "1-1", busnum="1", devnum="2", speed="480", **built_in)
    return tmp_path


def test_a_device_in_the_computers_own_socket(root: Path) -> None:
    write_device(root, "1-1.3", busnum="1", devnum="7", speed="12")

    assert usb_place(KEYS, root) == UsbPlace(12, ())


def test_every_hub_on_the_way_that_somebody_plugged_in(root: Path) -> None:
    write_device(root, "1-1.4", busnum="1", devnum="3", idVendor="05e3", idProduct="0610", product=" GL \x1b[1m")
    write_device(root, "1-1.4.1", busnum="1", devnum="4", idVendor="0424", idProduct="2422", removable="fixed")
    write_device(root, "1-1.4.1.2", busnum="1", devnum="5", idVendor="1a40", idProduct="0101", removable="removable")
    write_device(root, "1-1.4.1.2.1", busnum="1", devnum="7", speed="1.5")

    assert usb_place(KEYS, root) == UsbPlace(1.5, ("GL \ufffd[1m", "1a40:0101"))


def test_what_is_pulled_while_it_is_looked_at_has_no_speed(root: Path) -> None:
    write_device(root, "1-1.3", busnum="1", devnum="7")

    assert usb_place(KEYS, root) == UsbPlace(0, ())


@pytest.mark.parametrize("usb_path", ["", "001/009", "002/007"])
def test_what_is_not_there_is_nowhere(root: Path, usb_path: str) -> None:
    write_device(root, "1-1.3", busnum="1", devnum="7", speed="12")

    assert usb_place(replace(KEYS, usb_path=usb_path), root) is None
