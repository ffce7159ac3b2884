"""The control socket's place in the file system, and who may use it."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from a4bridge.service.places import PlaceError

MODE: Final = 0o660
GROUP: Final = "audio"
"""Who may tell a bridge things: on Debian and most others, whoever may also open the MIDI ports themselves."""


class Endpoint:
    """A socket that is bound to `path`, and at no moment open to anybody but its user and group.

    The lock is held by now: a socket that lies there belongs to nobody any more, and is replaced. Raises PlaceError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.listener = _bound(path)
            self._inode = path.lstat().st_ino
        except OSError as error:
            reason = error.strerror or str(error)  # "AF_UNIX path too long" has no number
            raise PlaceError(f"the control socket {path} cannot be made: {reason}") from error

    def remove(self) -> None:
        """Remove the socket, unless another lies there by now."""
        with suppress(OSError):
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()


def _bound(path: Path) -> socket.socket:
    if path.is_socket():
        path.unlink()
    elif os.path.lexists(path):
        raise PlaceError(f"{path} is not a socket; remove it")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~MODE)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    with suppress(ImportError, KeyError, OSError):  # there is no such group, or we are not in it
        import grp  # noqa: PLC0415 - POSIX only

        os.chown(path, -1, grp.getgrnam(GROUP).gr_gid)
    return listener
