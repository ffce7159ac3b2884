"""How a port's device is plugged in: what Linux tells of it in /sys."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from a4bridge.core.names import shown
from a4bridge.ports.listing import Port

FULL_SPEED: Final = 12.0
"""Megabits a second of most MIDI devices: USB 2.0, 7.1. They are asked for what they have once in a millisecond."""

# Hubs that are a part of the computer: nobody can plug past them. As lsusb shows them.
_BUILT_IN: Final = {
    "0424:9512",  # Raspberry Pi 1 (SMSC LAN9512)
    "0424:9514",  # Raspberry Pi 2 and 3 (SMSC LAN9514)
    "0424:2514",  # Raspberry Pi 3 B+ (Microchip LAN7515)
    "2109:3431",  # Raspberry Pi 4 (VIA VL805)
    "8087:0020",  # Intel's before 2013, as the next three
    "8087:0024",
    "8087:8000",
    "8087:8008",
}


@dataclass(frozen=True, slots=True)
class UsbPlace:
    """A device on USB. speed: of the device, in Mbit/s; 0: not known. hubs: what is between, from the computer on."""

    speed: float
    hubs: tuple[str, ...]


def usb_place(port: Port, root: Path = Path("/")) -> UsbPlace | None:
    """Return how the device of `port` is plugged in; None where it is not on USB, or the system does not tell."""
    devices = root / "sys/bus/usb/devices"
    for device in sorted(devices.glob("[0-9]*-*")):
        if port.usb_path and port.usb_path == _usb_path(device):
            speed = _read(device / "speed")
            return UsbPlace(float(speed) if speed.replace(".", "", 1).isdigit() else 0.0, tuple(_hubs(device)))
    return None


def _usb_path(device: Path) -> str:
    """Return bus and number as ALSA writes them: 001/005."""
    numbers = _read(device / "busnum"), _read(device / "devnum")
    return "/".join(number.zfill(3) for number in numbers) if all(numbers) else ""


def _hubs(device: Path) -> Iterator[str]:
    """Yield the hubs on the way to a device, which is called 1-4.2.1 if it is behind 1-4 and 1-4.2."""
    bus, _, path = device.name.partition("-")
    sockets = path.split(".")
    for depth in range(1, len(sockets)):
        hub = device.with_name(f"{bus}-{'.'.join(sockets[:depth])}")
        usb_id = f"{_read(hub / 'idVendor')}:{_read(hub / 'idProduct')}"
        if usb_id not in _BUILT_IN and _read(hub / "removable") != "fixed":
            yield shown(_read(hub / "product")) or usb_id


def _read(file: Path) -> str:
    with suppress(OSError):
        return file.read_bytes().decode("utf-8", "replace").strip()
    return ""
