"""What the service tells systemd: that it is ready, what it does, that it is alive, that it stops.

The protocol is sd_notify(3): assignments, a line each, in a datagram to the socket that NOTIFY_SOCKET names.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Self

LONGEST_STATUS: Final = 1000
"""Bytes of a status. systemd throws a message of more than 4,096 bytes away as a whole (its NOTIFY_BUFFER_MAX)."""


class Notifier:
    """Says nothing where nobody listens: started by hand, or on a system without systemd.

    No call waits, raises, or needs a descriptor that may be lacking later. What could not be sent goes with the next
    message: a READY that was lost would have the service killed as one that never started.
    """

    def __init__(self, address: str = "", watchdog_seconds: float | None = None) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._untold: dict[str, str] = {}
        self.watchdog_seconds = watchdog_seconds
        """How often to call watchdog(), or None if nobody waits for it: half of what systemd waits before it kills."""
        if address:
            with suppress(OSError):
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self._socket.setblocking(False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Tell whom NOTIFY_SOCKET names: a path, or @ and an abstract name; nobody, if it is neither."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        if address.startswith("@"):
            address = f"\0{address[1:]}"
        return cls(address, _watchdog_seconds(environment))

    @property
    def listened_to(self) -> bool:
        """Tell whether somebody watches over this process and starts it anew when it ends."""
        return bool(self._address)

    def ready(self) -> None:
        """Say that the start is over: now it listens."""
        self._tell("READY", "1")

    def status(self, sentence: str) -> None:
        """Say in a sentence what the service does; `systemctl status` shows it."""
        # A line break, which could come from the name of a device, would begin another assignment.
        printable = "".join(character if character.isprintable() else " " for character in sentence)
        line = " ".join(printable.split()).encode()[:LONGEST_STATUS].decode("utf-8", "ignore")
        self._tell("STATUS", line)

    def stopping(self) -> None:
        """Say that it has begun to stop."""
        self._tell("STOPPING", "1")

    def watchdog(self) -> None:
        """Say that the service's loop still turns."""
        self._tell("WATCHDOG", "1")

    def close(self) -> None:
        """Let the socket go; nothing is told after that."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def _tell(self, name: str, value: str) -> None:
        if self._socket is None:
            return
        self._untold[name] = value
        message = "\n".join(f"{name}={value}" for name, value in self._untold.items())
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError:  # it goes with the next
            return
        self._untold.clear()


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """Return half of WATCHDOG_USEC, if it is meant for this process (sd_watchdog_enabled(3))."""
    try:
        microseconds = int(environment.get("WATCHDOG_USEC", ""))
        process = int(environment.get("WATCHDOG_PID", os.getpid()))
    except ValueError:
        return None
    return microseconds / 2_000_000 if microseconds > 0 and process == os.getpid() else None
