"""What is plugged in right now, as one immutable value."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from a4bridge.core.boxes import Box, UsbMode


class Kind(StrEnum):
    """What is behind a port, as far as the system tells."""

    HARDWARE = "hardware"
    SOFTWARE = "software"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Port:
    """One MIDI port. Two scans give equal ports only if nothing was unplugged in between.

    client, name: as the system spells them, padding included; CoreMIDI has only one name, which is both.
    address: tells equal names apart. ALSA: "20:0", as RtMidi writes it; CoreMIDI: "", or "#2" for a second.
    readable: we can hear it. writable: we can play to it. card: ALSA's number of the sound card.
    usb_id: "1935:0003". usb_path: "001/005", bus and device number, other at each plug. Both "" if not USB.
    held: whether a bridge is connected to it, and not just a verb that listens; None if the system does not tell. It is
    no part of what a port is: two ports that differ only in it are equal.
    """

    client: str
    name: str
    address: str
    readable: bool
    writable: bool
    kind: Kind
    card: int | None = None
    usb_id: str = ""
    usb_path: str = ""
    held: bool | None = field(default=None, compare=False)

    @property
    def title(self) -> str:
        """The name by which a person knows it."""
        return f"{self.client}:{self.name}" if ":" in self.address else self.name

    @property
    def rtmidi_name(self) -> str:
        """The name under which RtMidi lists it."""
        return f"{self.title} {self.address}" if self.address else self.title

    @property
    def device(self) -> str:
        """What the ports of one device have in common."""
        if self.card is not None:
            return f"card {self.card}"
        client_number, colon, _ = self.address.partition(":")
        return f"client {client_number}" if colon else self.rtmidi_name


@dataclass(frozen=True, slots=True)
class SilentBox:
    """An Elektron box on USB that offers no MIDI port; product is what it calls itself there."""

    usb_id: str
    product: str
    box: Box | None
    mode: UsbMode | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Every port there is, in the system's order, and the boxes that have none."""

    ports: tuple[Port, ...] = ()
    silent_boxes: tuple[SilentBox, ...] = ()


class Enumerator(Protocol):
    """Finds out what is plugged in."""

    def scan(self) -> Listing:
        """Return what is there now."""
