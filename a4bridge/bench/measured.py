"""What a measurement finds."""

from collections.abc import Sequence
from dataclasses import dataclass

from a4bridge.bench.latencies import Latencies
from a4bridge.bench.surroundings import Computer
from a4bridge.core.outcomes import Outcome
from a4bridge.ports.listing import Port
from a4bridge.ports.usb import UsbPlace
from a4bridge.service.threads import Threads, Usage


@dataclass(frozen=True, slots=True)
class Stage:
    """What half and 99 % of the engine's events stayed below, in microseconds."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Plugged:
    """A port, and how its device is plugged in; None: not on USB, or nobody knows."""

    port: Port
    usb: UsbPlace | None


@dataclass(frozen=True, slots=True)
class Through:
    """An engine, and what its page says.

    alone: the same notes without it. late: until the callback was entered. took: from there until it had sent.
    outcomes: of all events. memory: why it was refused locked memory; empty: it was not.
    troubles: a sentence for each thing that went wrong in it. devices: keyboards and boxes, which took no part.
    """

    alone: Latencies
    late: Stage
    took: Stage
    outcomes: dict[Outcome, int]
    memory: str
    troubles: Sequence[str]
    devices: Sequence[Plugged]


@dataclass(frozen=True, slots=True)
class Cable:
    """The ports at its ends."""

    output: Plugged
    input: Plugged


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a measurement found.

    asked: notes that were to be played. interrupted: somebody ended it before. others: note-ons that came besides.
    fifo: why real-time scheduling was refused; empty: it was not. main, threads: of the engine or, with a cable, of
    this process: the number of its main thread, and all. usage: of these while it was played; None: nobody knows.
    """

    asked: int
    interrupted: bool
    latencies: Latencies
    others: int
    between: Through | Cable
    fifo: str
    main: int
    threads: Threads
    usage: Usage | None
    computer: Computer
