"""The ports of Linux, read from /proc and /sys: no library, no device opened, nothing said to the kernel.

The lines of /proc/asound/seq/clients are written by linux sound/core/seq/seq_clientmgr.c, the function
snd_seq_info_clients_read. Newer kernels say more of a client's type ("[Kernel Legacy]", "[User UMP MIDI1]"),
the newest also a port's direction behind its flags: see Documentation/sound/designs/midi-2.0.rst.
"""

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from a4bridge.backend.base import CLIENT, BackendError
from a4bridge.core.boxes import ELEKTRON_USB_VENDOR, box_of
from a4bridge.ports.listing import Kind, Listing, Port, SilentBox

CLIENT_LINE: Final = re.compile(r'Client +([0-9]+) : "(.*)" \[([^\]]*)\]')
"""Number, name and type of a client."""

_PORT: Final = re.compile(r'  Port +([0-9]+) : "(.*)" \(([Rr-])([Ww-])[e-][X-]\)(?: .*)?')

_CONNECTIONS: Final = re.compile(r"    Connect(?:ing To|ed From): (.*)")
_ADDRESS: Final = re.compile(r"([0-9]+):[0-9]+")

# sound/core/seq/seq_clientmgr.c: the clients of card N are numbered from 16 + 4 N, below 128.
FIRST_CARD_CLIENT: Final = 16
CLIENTS_PER_CARD: Final = 4
_FIRST_FREE_CLIENT: Final = 128


def _read(path: Path) -> str:
    """Return a file's text, or "" if it is gone, as when a device is pulled while we look; raises OSError."""
    try:
        return _decoded(path.read_bytes())
    except OSError as error:
        if error.errno in {errno.EMFILE, errno.ENFILE}:  # it is there all the same
            raise
        return ""


def _decoded(content: bytes) -> str:
    """Decode as python-rtmidi does; in any other way names would differ."""
    return content.decode("utf-8", "ignore")


@dataclass(slots=True)
class _Line:
    """A port's line, its client's, and the numbers of the clients that it is connected to, either way."""

    client: int
    client_name: str
    client_type: str
    port: re.Match[str]
    connected: set[int] = field(default_factory=set)


def _parsed(text: str) -> Iterator[_Line]:
    client: tuple[int, str, str] | None = None
    line: _Line | None = None
    # Not splitlines: a name may hold any other line end.
    for each in text.split("\n"):
        if each.startswith("Client "):
            found = CLIENT_LINE.fullmatch(each)
            client = (int(found[1]), found[2], found[3]) if found else None
            line = None
        elif client and (found := _PORT.fullmatch(each)):
            line = _Line(*client, found)
            yield line
        elif line and (found := _CONNECTIONS.fullmatch(each)):
            line.connected.update(map(int, _ADDRESS.findall(found[1])))


class AlsaEnumerator:
    """Reads the sequencer's clients; `root` is where proc and sys are mounted."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._asound = root / "proc/asound"
        self._usb = root / "sys/bus/usb/devices"

    def scan(self) -> Listing:
        """Return what is there now; empty if there is no sequencer.

        Raises BackendError where the list cannot be read, as when no more files may be opened: then it is not empty.
        """
        try:
            ports = tuple(self._ports())
            return Listing(ports, tuple(self._silent_boxes({port.usb_id for port in ports})))
        except OSError as error:
            raise BackendError(f"the ports cannot be listed: {error.strerror}") from error

    def _ports(self) -> Iterator[Port]:
        lines = list(_parsed(self._clients()))
        ours = {line.client for line in lines if line.client_name == CLIENT}
        for line in lines:
            if port := self._port(line, held=not ours.isdisjoint(line.connected)):
                yield port

    def _clients(self) -> str:
        try:
            return _decoded((self._asound / "seq/clients").read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def _port(self, line: _Line, *, held: bool) -> Port | None:
        client, client_name, client_type, found = line.client, line.client_name, line.client_type, line.port
        # A small letter: readable or writable, but nobody may subscribe to it.
        readable, writable = found[3] == "R", found[4] == "W"
        # A MIDI 2.0 device's first port carries all the others once more, and RtMidi does not list it.
        is_endpoint = "UMP" in client_type and (found[1], found[2]) == ("0", "MIDI 2.0")
        if client == 0 or is_endpoint or not (readable or writable):
            return None
        is_hardware = client_type.startswith("Kernel") and client >= FIRST_CARD_CLIENT
        card = None
        if is_hardware and client < _FIRST_FREE_CLIENT:
            card = (client - FIRST_CARD_CLIENT) // CLIENTS_PER_CARD
        return Port(
            client=client_name,
            name=found[2],
            address=f"{client}:{found[1]}",
            readable=readable,
            writable=writable,
            kind=Kind.HARDWARE if is_hardware else Kind.SOFTWARE,
            card=card,
            usb_id="" if card is None else _read(self._asound / f"card{card}/usbid").strip(),
            usb_path="" if card is None else _read(self._asound / f"card{card}/usbbus").strip(),
            held=held,
        )

    def _silent_boxes(self, with_ports: set[str]) -> Iterator[SilentBox]:
        for device in sorted(self._usb.glob("*")):
            if _read(device / "idVendor").strip() != ELEKTRON_USB_VENDOR:
                continue
            usb_id = f"{ELEKTRON_USB_VENDOR}:{_read(device / 'idProduct').strip()}"
            if usb_id not in with_ports:
                product = _read(device / "product").strip()
                box = box_of(product, usb_id)
                yield SilentBox(usb_id, product, box, box.usb_ids.get(usb_id) if box else None)
