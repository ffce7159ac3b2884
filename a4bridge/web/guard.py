"""Who may ask the page for anything: the names under which it is reached, and the pages that may speak to it.

A name in the address bar that is not this machine's is how a foreign page gets at it (DNS rebinding): it makes its own
name lead here. So a request counts only if it was sent to the very address at which it arrived, to `localhost` on
loopback, or to a name that the person who started the page has given. A request that does something must besides come
from a page that was loaded from there (its Origin).
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from a4bridge.core.words import printable, quoted

Address = IPv4Address | IPv6Address

_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()",
    "Server": "a4bridge",
}
"""Sent with every answer. There is nothing inline, and nothing from elsewhere."""

LOCALHOST: Final = "localhost"

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,253})(:[0-9]{1,5})?")
_LABEL: Final = "[0-9a-z_]([0-9a-z_-]{0,61}[0-9a-z_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)*{_LABEL}")


class ForbiddenError(Exception):
    """A request that is not answered; the text says why, and what would be right."""


def checked_host(name: str) -> str:
    """Return a host's name as it is compared; raises ValueError with a sentence for what can be none."""
    plain = name.casefold().removesuffix(".")
    if not _NAME.fullmatch(plain):
        raise ValueError(f"{quoted(name)} is no host's name: write one like raspberrypi.local, without http:// or port")
    return plain


def address_of(text: str) -> Address | None:
    """Return the IP address that `text` is, without its zone, and an IPv4 one behind IPv6 as what it is; or None."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class Guard:
    """Decides by a request's own headers; `names` are those that a person has given (see `checked_host`)."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(names)

    def check_host(self, hosts: list[str], arrived_at: str) -> None:
        """Raise ForbiddenError unless the request was sent here. hosts: its Host headers, of which there must be one.

        arrived_at: this machine's address of the connection.
        """
        if len(hosts) != 1 or not (found := _HOST.fullmatch(hosts[0])):
            raise ForbiddenError("This request does not say for which host it is.")
        name = found[1].casefold().removesuffix(".")
        here = address_of(arrived_at)
        if name in self._names:
            return
        if name == LOCALHOST and here is not None and here.is_loopback:
            return
        if (address := address_of(name.strip("[]"))) is not None and address == here:
            return
        raise ForbiddenError(
            f"This page is not served as {printable(name)}. If that is a name of this machine, start it with "
            f"--host {printable(name)}; else use its address."
        )

    def check_origin(self, origins: list[str], host: str) -> None:
        """Raise ForbiddenError unless the request comes from a page of `host`, its one Host header."""
        # Before TLS there may be another server; it is its names that count.
        here = host.casefold()
        if [origin.casefold() for origin in origins] not in ([f"http://{here}"], [f"https://{here}"]):
            raise ForbiddenError("This request comes from another page.")
