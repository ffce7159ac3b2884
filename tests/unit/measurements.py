"""Measurements as they could have been, for what is said about them."""

from dataclasses import replace
from typing import Any, Final

from a4bridge.bench.latencies import Latencies
from a4bridge.bench.measured import Cable, Measured, Plugged, Stage, Through
from a4bridge.bench.surroundings import Computer
from a4bridge.ports.listing import Kind, Port
from a4bridge.ports.usb import UsbPlace
from a4bridge.service.threads import Thread, Usage

NOTES: Final = 200

REFUSED: Final = "Operation not permitted; to allow it, put a line into a file"


def port(client: str, *, usb_id: str = "", kind: Kind = Kind.HARDWARE, card: int | None = None) -> Port:
    number = 20 if card is None else 16 + 4 * card
    return Port(
        client, f"{client} MIDI 1", f"{number}:0", readable=True, writable=True, kind=kind, card=card, usb_id=usb_id
    )


UM_ONE: Final = Plugged(port("UM-ONE", usb_id="0582:012a", card=3), UsbPlace(12, ()))
BEHIND_HUB: Final = replace(UM_ONE, usb=UsbPlace(12, ("USB2.0 Hub",)))
KEYSTATION: Final = Plugged(port("Keystation 49 MK3", usb_id="0763:0199", card=1), UsbPlace(12, ()))
ANALOG_FOUR: Final = Plugged(port("Elektron Analog Four", usb_id="1935:0003", card=2), UsbPlace(480, ()))
MIDI_THROUGH: Final = Plugged(port("Midi Through", kind=Kind.SOFTWARE), None)


def times(most: float, slowest: float | None = None, *, lost: int = 0) -> Latencies:
    """Return what a first note and NOTES more took in microseconds, of which 4 are slower than most."""
    slow = [most * 1.1 if slowest is None else slowest] * 4
    us = [2 * most, *[most] * (NOTES - len(slow)), *slow]
    took: list[int | None] = [round(each * 1000) for each in us]
    return Latencies((*took, *[None] * lost))


COMPUTER: Final = Computer("Linux 6.12.1", 4, {"performance": 4}, busy=0.05)
THROUGH: Final = Through(
    alone=times(15),
    late=Stage(5.1, 9.2),
    took=Stage(12.3, 20.5),
    outcomes={},
    memory="",
    troubles=(),
    devices=(),
)
QUIET: Final = Measured(
    asked=NOTES + 1,
    interrupted=False,
    latencies=times(40),
    others=0,
    between=THROUGH,
    fifo="",
    main=7,
    threads={7: Thread(900, 0, 40, 0, fifo=10), 8: Thread(50, 0, 400, 0, fifo=70)},
    usage=Usage(minor_faults=3, major_faults=0, voluntary=412, involuntary=0),
    computer=COMPUTER,
)


def through(measured: Measured = QUIET, **facts: Any) -> Measured:
    return replace(measured, between=replace(THROUGH, **facts))


def cable(output: Plugged, source: Plugged, latencies: Latencies, **facts: Any) -> Measured:
    return replace(QUIET, between=Cable(output, source), latencies=latencies, **facts)
