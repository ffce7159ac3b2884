"""The sockets that the page listens at, and who may hold a connection to them, and for how long."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from a4bridge.core.words import printable, quoted
from a4bridge.web.guard import LOCALHOST

LOOPBACK: Final = ("127.0.0.1", "::1")
_BACKLOG: Final = 64
_NO_IPV6: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class ListenError(Exception):
    """The page cannot listen there; the text is the sentence."""


def checked_address(text: str) -> str:
    """Return an IP address, or "localhost"; raises ValueError with a sentence."""
    if text.casefold() == LOCALHOST:
        return LOCALHOST
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        raise ValueError(
            f"{quoted(text)} is no address of this machine: write 127.0.0.1, an IP address of its own, "
            "0.0.0.0 for every IPv4 network, or :: for every network"
        ) from None
    return text


def is_loopback(address: str) -> bool:
    """Tell whether only this machine can reach what listens at `address`."""
    return address == LOCALHOST or ip_address(address.partition("%")[0]).is_loopback


def listen(address: str, port: int) -> list[socket.socket]:
    """Return sockets that listen at `address` (see `checked_address`), at the same port; raises ListenError.

    port: 0 to 65535; 0 takes one that is free. "localhost" is IPv4 and, where there is one, IPv6; "::" is both, too.
    """
    if address != LOCALHOST:
        return [_bound(address, port)]
    first = _bound(LOOPBACK[0], port)
    sockets = [first]
    try:
        sockets.append(_bound(LOOPBACK[1], first.getsockname()[1]))
    except ListenError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in _NO_IPV6:
            first.close()
            raise
    return sockets


def own_address(address: str) -> str:
    """Return an address of this machine at which others reach what listens at `address`.

    Where that is every address, it is the one by which this machine would reach another network; nothing is sent.
    """
    if address == LOCALHOST:
        return LOOPBACK[0]
    given = ip_address(address.partition("%")[0])
    if not given.is_unspecified:
        return address
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):  # for documents only
        if family == socket.AF_INET6 and given.version == 4:  # noqa: PLR2004 - IPv4
            continue
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            return str(probe.getsockname()[0])
    return LOOPBACK[0]


def url(host: str, port: int) -> str:
    """Return what to type into a browser."""
    return f"http://{f'[{host}]' if ':' in host else host}{'' if port == 80 else f':{port}'}/"  # noqa: PLR2004 - HTTP's


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made: socket.socket | None = None
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            both = ip_address(address.partition("%")[0]).is_unspecified
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
        (*_, where), *_ = socket.getaddrinfo(address, port, family, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        made.bind(where)
        made.listen(_BACKLOG)
    except OSError as error:
        if made:
            made.close()
        raise ListenError(_why(address, port, error)) from error
    return made


def _why(address: str, port: int, error: OSError) -> str:
    where = printable(address)
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {where} is taken by another program: choose another with --port"
        case errno.EACCES:
            return f"port {port} is for root only: choose one above 1023 with --port"
        case errno.EADDRNOTAVAIL:
            return f"this machine has no address {where}: `ip address` lists those that it has"
        case errno.EAFNOSUPPORT:
            return f"this machine has no IPv6, and {where} is of that kind: --listen 0.0.0.0 is every IPv4 network"
    return f"the page cannot listen on {where}, port {port}: {error.strerror or error}"


class Connections:
    """Counts connections, and ends those over the limit and those on which no request comes.

    most: connections at the same time. seconds: in which the first request must be there as a whole; how long one may
    be idle after that is aiohttp's own business.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._waiting: dict[asyncio.BaseTransport, asyncio.TimerHandle | None] = {}

    def take(self, transport: asyncio.Transport) -> bool:
        """Take a new connection, or end it at once and return False."""
        if len(self._waiting) >= self._most:
            transport.abort()
            return False
        self._waiting[transport] = asyncio.get_running_loop().call_later(self._seconds, transport.abort)
        return True

    def asked(self, transport: asyncio.BaseTransport | None) -> None:
        """Take note that a whole request has come."""
        if transport in self._waiting and (timer := self._waiting[transport]):
            timer.cancel()
            self._waiting[transport] = None

    def drop(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection that has ended."""
        if timer := self._waiting.pop(transport, None):
            timer.cancel()


class Counted(asyncio.Protocol):
    """Hands what happens on a connection to `protocol`, aiohttp's own, once it is counted."""

    def __init__(self, make: Callable[[], asyncio.BaseProtocol], connections: Connections) -> None:
        self._make = make
        self._connections = connections
        self._protocol: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or turn it away."""
        assert isinstance(transport, asyncio.Transport)
        if self._connections.take(transport):
            protocol = self._make()
            assert isinstance(protocol, asyncio.Protocol)
            self._transport, self._protocol = transport, protocol
            protocol.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self._protocol and self._transport:
            self._connections.drop(self._transport)
            self._protocol.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand it on."""
        if self._protocol:
            self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand it on."""
        return self._protocol.eof_received() if self._protocol else None

    def pause_writing(self) -> None:
        """Hand it on."""
        if self._protocol:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        if self._protocol:
            self._protocol.resume_writing()
