"""Word from the kernel that a sound device came or went, so that nobody need ask four times a second."""

import socket
import sys
from contextlib import suppress
from typing import Final

_UEVENTS: Final = 15  # NETLINK_KOBJECT_UEVENT (linux/netlink.h)
_FROM_THE_KERNEL: Final = 1  # the other group, 2, is what udev says of them
_LONGEST: Final = 65_536


class DeviceWatch:
    """Tells of sound devices that come and go: the kernel's own uevents, by netlink.

    A socket that can be waited for (`fileno`). Word comes before a device's MIDI ports do, and before all have gone.
    What has no device, such as the port of a program, goes unnoticed.

    Not by inotify: with anything in /dev watched, the kernel looks for watchers at each read and write of the
    sequencer. That costs every note 2 us where it is /dev/snd, 0.4 us where it is /dev/bus/usb (benchmarks/latency.py).

    Raises OSError where there is no such socket.
    """

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError("only Linux tells of devices so")
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, _UEVENTS)
        try:
            self._socket.bind((0, _FROM_THE_KERNEL))
        except OSError:
            self.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor that is readable when `drain` has something to tell."""
        return self._socket.fileno()

    def drain(self) -> bool:
        """Take everything that was told; tells whether a sound device was among it, or may have been."""
        found = False
        with suppress(BlockingIOError):
            while True:
                try:
                    found |= is_about_sound(self._socket.recv(_LONGEST))
                except BlockingIOError:
                    raise
                except OSError:  # ENOBUFS: more was told than there was room for
                    found = True
        return found

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def is_about_sound(event: bytes) -> bool:
    """Tell whether a uevent is about a sound device; it is `ACTION@PATH` and `KEY=VALUE`s, each ended by a zero."""
    return b"SUBSYSTEM=sound" in event.split(b"\0")
