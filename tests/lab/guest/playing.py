"""Playing a keyboard, hearing at the box's own end, and what a simulated Analog Four makes of it."""

import time
from collections.abc import Iterable

from usb import Arrival, Gadget

from a4bridge.core import midi
from a4bridge.sim.analog_four import AnalogFour
from a4bridge.sim.keyboard import Event

LINKED = "-> Elektron Analog Four"


def play(keyboard: Gadget, events: Iterable[Event]) -> int:
    """Play events at their times; return when the phrase began, as time.monotonic_ns()."""
    began = time.monotonic_ns()
    for event in events:
        time.sleep(max(0.0, event.at_ms / 1e3 - (time.monotonic_ns() - began) / 1e9))
        keyboard.ports[0].send(event.data)
    return began


def heard(box: Gadget) -> list[bytes]:
    return [arrival.data for arrival in box.ports[0].received]


def heard_whole(box: Gadget) -> list[bytes]:
    """Return the whole messages; SysEx arrives in pieces."""
    return list(midi.split(b"".join(heard(box))))


def has_heard(box: Gadget, messages: int) -> bool:
    return len(heard(box)) == messages


def feed(model: AnalogFour, arrivals: Iterable[Arrival], began_ns: int) -> None:
    for arrival in arrivals:
        model.receive(arrival.data, (arrival.time_ns - began_ns) / 1e6)
