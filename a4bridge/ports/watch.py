"""Word from the kernel that a sound device came or went, so that nobody need ask four times a second."""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_NONBLOCK: Final = os.O_NONBLOCK
_CLOEXEC: Final = os.O_CLOEXEC if hasattr(os, "O_CLOEXEC") else 0

# linux/inotify.h. Not what is opened or written: the bridge itself does that to the sequencer.
_ATTRIB: Final = 0x4
_MOVED: Final = 0x40 | 0x80
_CREATE: Final = 0x100
_DELETE: Final = 0x200
_CHANGES: Final = _ATTRIB | _MOVED | _CREATE | _DELETE
_ONLY_A_DIRECTORY: Final = 0x01000000

_READ_SIZE: Final = 65_536


class DeviceWatch:
    """Tells of the device files in /dev/snd: made, gone, or with other permissions; and of /dev/snd itself.

    A descriptor that can be waited for (`fileno`). Only hardware has device files: a program that makes or loses a port
    goes unnoticed here.

    Raises OSError where there is no inotify, or no more of it is to be had.
    """

    def __init__(self, devices: Path = Path("/dev")) -> None:
        if sys.platform != "linux":
            raise OSError("only Linux has inotify")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.inotify_init1(_NONBLOCK | _CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self._devices = devices
        try:
            self._add(devices)
        except OSError:
            self.close()
            raise
        self._add_sound()

    def fileno(self) -> int:
        """Return the descriptor that is readable when `drain` has something to tell."""
        return self._fd

    def drain(self) -> None:
        """Take everything that was told, so that the descriptor is readable only at the next change."""
        with suppress(BlockingIOError):
            while os.read(self._fd, _READ_SIZE):
                pass
        self._add_sound()  # which may have come meanwhile, or be another than before

    def close(self) -> None:
        """Stop watching."""
        os.close(self._fd)

    def _add_sound(self) -> None:
        with suppress(OSError):  # there is none yet; that it comes is told by the directory around it
            self._add(self._devices / "snd")

    def _add(self, directory: Path) -> None:
        if self._libc.inotify_add_watch(self._fd, os.fsencode(directory), _CHANGES | _ONLY_A_DIRECTORY) < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(directory))
