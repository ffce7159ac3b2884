"""Whether the same is plugged in as before, by text that is compared and not understood: a start has no time for more.

It is all that a port is known by (a4bridge.ports.alsa), but for what changes at every plug.
"""

import os
from typing import Final

from a4bridge.backend.base import CLIENT
from a4bridge.backend.choice import LOOPBACK

_ASOUND: Final = "/proc/asound"


def glance(backend: str, asound: str = _ASOUND, *, ours: bool = True) -> list[str]:
    """Return every port that there is, and the USB id of every card; raises OSError, BackendError.

    ours: with those of any a4bridge, too.
    """
    if backend.startswith(LOOPBACK):
        return _at_hub(backend.removeprefix(LOOPBACK), ours=ours)
    lines = _ports(asound, ours=ours)
    for card in sorted(os.listdir(asound)):
        if card.startswith("card") and card[4:].isdecimal():
            lines.append(f"{card} {_usb_id(f'{asound}/{card}/usbid')}")
    return lines


def _ports(asound: str, *, ours: bool) -> list[str]:
    with open(f"{asound}/seq/clients", "rb") as file:
        text = file.read()
    lines = []
    skip = False
    for line in text.split(b"\n"):
        if line.startswith(b"Client "):
            skip = not ours and f': "{CLIENT}" ['.encode() in line
        if not skip and line.startswith((b"Client ", b"  Port ")):
            lines.append(line.decode("latin-1"))
    return lines


def _usb_id(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().strip()
    except FileNotFoundError:  # it is no USB card
        return ""


def _at_hub(address: str, *, ours: bool) -> list[str]:
    from a4bridge.backend.loopback import list_ports  # noqa: PLC0415 - imported only where it is needed

    changing = {"usb_path"}
    return [
        " ".join(f"{name}={value}" for name, value in port.items() if name not in changing)
        for port in list_ports(address)()
        if ours or port["client"] != CLIENT
    ]
