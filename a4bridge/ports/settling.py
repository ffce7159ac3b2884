"""When to look at what is plugged in, and which of it has been there for long enough to be used."""

from dataclasses import replace
from math import inf
from typing import Final

from a4bridge.ports.listing import Listing, SilentBox

SETTLE_SECONDS: Final = 0.12
"""How long a port must have looked the same before it is opened: its name appears before it is final (users of Pure
Data and of amidiminder saw it; the latter waits 25 to 100 ms)."""

LOOKS: Final = (0.0, 0.02, 0.05, 0.09, 0.15, 0.25, 0.4, 0.7, 1.0)
"""Seconds after a word from the kernel at which to look: it comes before the ports do, and before all have gone."""

NET_SECONDS: Final = 1.0
"""How often to look without any word: for ports of programs, connections that a program cuts, words that are lost."""

POLL_SECONDS: Final = 0.25
"""How often to look where no word ever comes."""


class Settling:
    """Keeps, from one listing to the next, since when each port and each silent box has been there."""

    def __init__(self) -> None:
        self._since: dict[object, float] | None = None

    def settled(self, listing: Listing, now: float) -> Listing:
        """Return what of `listing` is older than SETTLE_SECONDS at `now`; in the first one, everything is."""
        before = self._since
        there = [*listing.ports, *map(_identity, listing.silent_boxes)]
        self._since = {each: -inf if before is None else before.get(each, now) for each in there}
        old = {each for each, since in self._since.items() if now - since >= SETTLE_SECONDS}
        return replace(
            listing,
            ports=tuple(port for port in listing.ports if port in old),
            silent_boxes=tuple(box for box in listing.silent_boxes if _identity(box) in old),
        )


def _identity(box: SilentBox) -> tuple[str, str]:
    return box.usb_id, box.product


class Looks:
    """The times at which to look.

    told: whether word comes of what changes.
    """

    def __init__(self, *, told: bool) -> None:
        self._period = NET_SECONDS if told else POLL_SECONDS
        self._soon: list[float] = []

    def change(self, now: float) -> None:
        """Take note that something changed at `now`."""
        self._soon = [now + seconds for seconds in LOOKS]

    def after(self, now: float) -> float:
        """Return when to look next, having looked at `now`."""
        self._soon = [at for at in self._soon if at > now]
        return min([now + self._period, *self._soon])
