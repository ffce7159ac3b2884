"""The ports of macOS, from the names that CoreMIDI gives. Untested: written without a Mac."""

from collections import Counter
from collections.abc import Callable

from a4bridge.ports.listing import Kind, Listing, Port


class CoreMidiEnumerator:
    """Makes ports of two lists of names, which only RtMidi can get.

    CoreMIDI has one name per port, tells neither hardware from software nor which ports are one device's, and
    lists equal names alike. An input and an output of one name are taken for two sides of one port.
    """

    def __init__(self, inputs: Callable[[], list[str]], outputs: Callable[[], list[str]]) -> None:
        self._inputs = inputs
        self._outputs = outputs

    def scan(self) -> Listing:
        """Return what is there now."""
        inputs, outputs = Counter(self._inputs()), Counter(self._outputs())
        return Listing(
            tuple(
                Port(
                    client=name,
                    name=name,
                    address="" if number == 1 else f"#{number}",
                    readable=number <= inputs[name],
                    writable=number <= outputs[name],
                    kind=Kind.UNKNOWN,
                )
                for name, count in (inputs | outputs).items()
                for number in range(1, count + 1)
            )
        )
