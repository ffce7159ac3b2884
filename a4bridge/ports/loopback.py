"""The made-up devices of a loopback hub, listed."""

from a4bridge.backend.loopback import list_ports
from a4bridge.ports.listing import Kind, Listing, Port


class LoopbackEnumerator:
    """Asks a hub what is plugged in."""

    def __init__(self, address: str) -> None:
        self._list = list_ports(address)

    def scan(self) -> Listing:
        """Return what is there now; raises BackendError if the hub is gone."""
        return Listing(tuple(Port(**{**facts, "kind": Kind(facts["kind"])}) for facts in self._list()))
