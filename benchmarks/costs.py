"""What the callback's parts cost, counted in the lab's virtual time: the figures that its comments name.

    python tests/lab/machine.py run $PWD/.venv/bin/python $PWD/benchmarks/costs.py

Each line is the mean of 1,000 turns, without the loop's own cost. Outside the lab the figures mean nothing much: there
a clock counts other things than instructions.
"""

import mmap
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from a4bridge.engine.turn import Turn

TURNS: Final = 1000

Measured = Callable[[], None]


def parts() -> dict[str, Measured]:
    """Return what is measured, by what a person would call it."""
    turn, lock = Turn(), threading.Lock()
    take, give, acquire, release = turn.take, turn.give, lock.acquire, lock.release
    note = deque[object](maxlen=1 << 15).append
    event = ([0x90, 60, 100], 0.001)
    page = memoryview(mmap.mmap(-1, 1 << 16))
    counts, ring, ledger = page[:8192].cast("Q"), page[8192:16384], page[16384:32768]
    pack = struct.Struct("<QIIIBBB3s3s3x").pack_into
    clock = time.monotonic_ns

    def the_turn() -> None:
        for _ in range(TURNS):
            give(take().following)

    def a_lock() -> None:
        for _ in range(TURNS):
            acquire()
            release()

    def a_note_for_the_recorder() -> None:
        for _ in range(TURNS):
            note((0, event, 1, 2, event[0]))

    def a_record_of_the_ring() -> None:
        for _ in range(TURNS):
            pack(ring, 64, 1 << 50, 5, 6, 7, 0, 0, 0x33, bytes(event[0]), bytes(event[0]))

    def a_count_in_the_page() -> None:
        for _ in range(TURNS):
            counts[5] += 1

    def a_byte_of_the_ledger() -> None:
        for _ in range(TURNS):
            ledger[5] = 1

    def the_clock() -> None:
        for _ in range(TURNS):
            clock()

    return {
        each.__name__.replace("_", " "): each
        for each in (
            the_turn,
            a_lock,
            a_note_for_the_recorder,
            a_record_of_the_ring,
            a_count_in_the_page,
            a_byte_of_the_ledger,
            the_clock,
        )
    }


def nothing() -> None:
    for _ in range(TURNS):
        pass


def mean_us(part: Measured) -> float:
    """Return microseconds a turn, once the interpreter has specialised the code."""
    for _ in range(2):
        part()
    began = time.monotonic_ns()
    part()
    return (time.monotonic_ns() - began) / TURNS / 1e3


if __name__ == "__main__":
    loop_us = mean_us(nothing)
    for name, part in parts().items():
        print(f"{name:24} {mean_us(part) - loop_us:5.2f} us")
