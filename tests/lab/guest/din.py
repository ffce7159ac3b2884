"""A MIDI interface: a USB device that passes on what it gets at the speed of a MIDI cable, and no faster.

The device is a program of ours behind the kernel's FunctionFS (linux Documentation/usb/functionfs.rst), which takes a
USB packet only when the one before the last has gone down the cable. Until then the host has to wait, as with a bought
one. It calls itself a Roland UM-1, for which snd-usb-audio needs no description of MIDI ports: FunctionFS passes
none on (sound/usb/quirks-table.h; drivers/usb/gadget/function/f_fs.c, ffs_do_single_desc).
"""

import errno
import os
import struct
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from usb import Arrival, Gadget, Model

UM_1 = Model("um1", 0x0582, 0x0009, "Roland", "UM-1", ports=0)

BYTES_PER_SECOND = 3125
"""31,250 bits, ten a byte."""

_MOUNT = Path("/run/um1")
_LENGTHS = (0, 0, 2, 3, 3, 1, 2, 3, 3, 3, 3, 3, 2, 2, 3, 1)
"""Bytes of MIDI in a USB MIDI event, by the low half of its first byte (USB MIDI 1.0, table 4-1)."""


def _interface(number: int, endpoints: int) -> bytes:
    vendor_specific = 0xFF
    return struct.pack("<9B", 9, 4, number, 0, endpoints, vendor_specific, 0, 0, 0)


def _endpoint(address: int, packet: int) -> bytes:
    bulk = 2
    return struct.pack("<4BHB", 7, 5, address, bulk, packet, 0)


def _descriptors() -> bytes:
    magic, full_speed, high_speed = 3, 1, 2
    interfaces = _interface(0, 0) + _interface(1, 0) + _interface(2, 2)  # MIDI is the third of a UM-1
    full, high = (interfaces + _endpoint(0x01, packet) + _endpoint(0x82, packet) for packet in (64, 512))
    counts = struct.pack("<II", 5, 5)
    length = 12 + len(counts) + len(full) + len(high)
    return struct.pack("<III", magic, length, full_speed | high_speed) + counts + full + high


_NO_STRINGS = struct.pack("<IIII", 2, 16, 0, 0)


class Interface(Gadget):
    """The interface with a cable in its output. Used as any Gadget; what came out of the cable is `received`."""

    def __init__(self) -> None:
        super().__init__(UM_1, f"ffs.{UM_1.key}")
        self._write("max_speed", "full-speed")  # as bought ones are: 16 messages a packet
        _MOUNT.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "functionfs", UM_1.key, _MOUNT], check=True)
        self._control = os.open(_MOUNT / "ep0", os.O_RDWR)
        os.write(self._control, _descriptors())
        os.write(self._control, _NO_STRINGS)
        self._cable = os.open(_MOUNT / "ep1", os.O_RDONLY)
        self._closing = False
        self._received: list[Arrival] = []
        self._thread = threading.Thread(target=self._carry, name="cable")
        self._thread.start()

    @property
    def received(self) -> list[Arrival]:
        """Every message that has come out of the cable, and when its last byte had."""
        return list(self._received)

    def unplug(self) -> None:
        self._write("UDC", "\n")

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing = True
        if not (self._folder / "UDC").read_text().strip():
            self.plug()  # or the thread would wait for ever for packets
        self.unplug()
        self._thread.join()
        os.close(self._cable)
        super().__exit__(*exception)
        os.close(self._control)
        subprocess.run(["umount", _MOUNT], check=True)

    def _carry(self) -> None:
        free_at = time.monotonic()
        while not self._closing:
            try:
                packet = os.read(self._cable, 64)
            except OSError as error:
                if error.errno != errno.ESHUTDOWN:
                    raise
                with suppress(OSError):
                    time.sleep(0.01)  # pulled
                continue
            # One packet is in the cable while the next one waits here, so that the cable is never idle.
            time.sleep(max(0.0, free_at - time.monotonic()))
            free_at = max(free_at, time.monotonic())
            for kind, *data in struct.iter_unpack("4B", packet):
                message = bytes(data[: _LENGTHS[kind & 15]])
                free_at += len(message) / BYTES_PER_SECOND
                self._received.append(Arrival(int(free_at * 1e9), message))
