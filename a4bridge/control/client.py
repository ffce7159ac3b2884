"""A client of a running bridge: finds its control socket, asks, and listens.

It loads little besides the standard library's sockets, so that a verb answers at once on a Raspberry Pi.
"""

import errno
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from a4bridge.control.wire import VERSION, Panic, Request, RequestError, Watch, decode, encode_request
from a4bridge.core.directories import SOCKET, SYSTEM_DIRECTORY, runtime_directory
from a4bridge.core.words import listed, printable

ANSWER_SECONDS: Final = 5.0
PANIC_SECONDS: Final = 10.0
"""How long a bridge may take to answer; a panic silences channel by channel."""

_CHUNK: Final = 65_536
_LONGEST: Final = 4_194_304
"""Bytes in a line of a bridge's; no line has a tenth of that."""
_GONE: Final = {errno.ENOENT, errno.ENOTDIR}


class ControlError(Exception):
    """A bridge cannot be asked, or did not answer; the text is the sentence."""


class NotRunningError(ControlError):
    """No bridge is running, as far as can be seen; or the one that was asked has ended."""


class RefusedError(ControlError):
    """The bridge did not do what it was asked; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bridge may listen, and whose that is: "the user's bridge"."""

    whose: str
    path: Path

    def __str__(self) -> str:
        return f"{self.whose}, {printable(str(self.path))}"


def places(given: Path | None, environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> list[Place]:
    """Return where to look for a bridge, in this order: `given` and nowhere else, the user's, the system's."""
    if given:
        return [Place("the bridge", given)]
    system = root / SYSTEM_DIRECTORY
    user = Path(runtime_directory(environment))
    own = [Place("the user's bridge", user / SOCKET)] if user != system else []
    return [*own, Place("the system's bridge", system / SOCKET)]


class Connection:
    """A connection to a running bridge; `place` tells which."""

    def __init__(self, place: Place, connected: socket.socket) -> None:
        self.place = place
        self._socket = connected
        self._received = bytearray()

    @classmethod
    def to_first(cls, where: list[Place]) -> Self:
        """Connect to the first bridge that listens; raises NotRunningError, or ControlError."""
        if not hasattr(socket, "AF_UNIX"):
            raise ControlError("a4bridge does not run on Windows")
        stale: list[Path] = []
        shut: list[Path] = []
        for place in where:
            connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connected.settimeout(ANSWER_SECONDS)
            try:
                connected.connect(str(place.path))
            except OSError as error:
                connected.close()
                if error.errno == errno.ECONNREFUSED:
                    stale.append(place.path)
                elif error.errno in {errno.EACCES, errno.EPERM}:
                    shut.append(place.path)
                elif error.errno == errno.EAGAIN or isinstance(error, TimeoutError):
                    raise _silent(place) from None
                elif error.errno not in _GONE:
                    raise ControlError(f"{place.path} cannot be used: {error.strerror or error}") from None
            else:
                return cls(place, connected)
        raise _not_found(where, stale, shut)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor that is readable when the bridge says something unasked, or ends."""
        return self._socket.fileno()

    def ask(self, request: Request) -> dict[str, Any]:
        """Have `request` carried out and return the answer; raises RefusedError, ControlError."""
        self.send(request)
        return self.checked(self._next())

    def send(self, request: Request) -> None:
        """Send `request` and do not wait: `arrived` will bring the answer; raises ControlError."""
        self._socket.settimeout(PANIC_SECONDS if isinstance(request, Panic) else ANSWER_SECONDS)
        # If it does not want to read all that, it has answered why.
        with suppress(BrokenPipeError, ConnectionResetError):
            try:
                self._socket.sendall(encode_request(request))
            except TimeoutError:
                raise _silent(self.place) from None

    def checked(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return `answer` if it says that the request was carried out; raises RefusedError, ControlError."""
        return carried_out(answer, self.place)

    def give_away(self) -> socket.socket:
        """Return the socket itself, for whoever reads it in another way; this connection must not be used any more."""
        return self._socket

    def watch(self, request: Watch) -> Iterator[dict[str, Any]]:
        """Return what happens from now on, without an end.

        Raises RefusedError and ControlError, and the iterator NotRunningError when the bridge ends.
        """
        self.ask(request)
        self._socket.settimeout(None)
        return iter(self._next, None)

    def hang_up(self) -> None:
        """Close it also under the hands of a thread that waits for what happens, which finds that the bridge ended."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def arrived(self) -> list[dict[str, Any]]:
        """Return the whole lines that have arrived, and wait for none; raises NotRunningError, ControlError."""
        self._socket.setblocking(False)
        self._receive()
        return [self._line(end) for end in iter(lambda: self._received.find(b"\n"), -1)]

    def _next(self) -> dict[str, Any]:
        while (end := self._received.find(b"\n")) < 0:
            self._receive()
        return self._line(end)

    def _receive(self) -> None:
        try:
            received = self._socket.recv(_CHUNK)
        except BlockingIOError:  # nothing has arrived
            return
        except TimeoutError:
            raise _silent(self.place) from None
        except ConnectionResetError:
            received = b""
        if not received:
            raise NotRunningError(f"{self.place}, has ended")
        self._received += received
        if len(self._received) > _LONGEST:
            raise ControlError(f"{self.place}, sent a line without an end")

    def _line(self, end: int) -> dict[str, Any]:
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        try:
            return decode(line)
        except RequestError as error:
            raise ControlError(f"{self.place}, sent what cannot be understood: {error}") from None


def carried_out(answer: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the answer of the bridge at `place` if it did what it was asked; raises RefusedError, ControlError."""
    if answer.get("version") != VERSION:
        theirs = answer.get("version", "none")
        raise ControlError(
            f"{place}, speaks version {theirs} of the control protocol, and this a4bridge {VERSION}: "
            "restart the bridge, or use the a4bridge that it was started with"
        )
    if answer.get("ok") is not True:
        raise RefusedError(printable(str(answer.get("error", "it did not say why"))))
    return answer


def _silent(place: Place) -> ControlError:
    return ControlError(f"{place}, does not answer")


def _not_found(where: list[Place], stale: list[Path], shut: list[Path]) -> ControlError:
    if shut:
        return ControlError(
            f"{shut[0]} is for members of the group audio: sudo usermod -aG audio $USER, then log in again"
        )
    looked = f"looked for {listed([str(place.path) for place in where])}"
    left = f"; {listed(list(map(str, stale)))} was left by one that is gone" if stale else ""
    return NotRunningError(f"no bridge is running ({looked}{left})")
