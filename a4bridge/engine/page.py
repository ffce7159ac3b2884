"""The shared page: a file in the runtime directory that the engine writes and anybody may read.

It holds what must outlive a crash (the ledger), and what people want to see without asking the engine anything (counts
by outcome, two latency histograms, the last events). The engine never waits for a reader and nobody else writes it
while an engine lives.

All numbers are little-endian. Latencies are nanoseconds; a histogram counts them in steps of 1.024 us up to 1 ms and
in doublings above.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Self

from a4bridge.core.midi import CHANNELS, NOTES
from a4bridge.core.outcomes import OUTCOMES, Outcome
from a4bridge.core.records import Record

if TYPE_CHECKING:
    from os import PathLike

    Name = str | PathLike[str]

MAGIC: Final = b"a4bridge"
VERSION: Final = 1

LEDGER_SIZE: Final = CHANNELS * NOTES

LINEAR_BUCKETS: Final = 1024
BUCKETS: Final = LINEAR_BUCKETS + 32
_BUCKET_SHIFT: Final = 10
_LINEAR_BITS: Final = 20  # LINEAR_BUCKETS << _BUCKET_SHIFT is 2**20 ns

RING_EVENTS: Final = 4096
RING_RECORD: Final = struct.Struct("<QIIIBBB3s3s3x")
"""Time (monotonic ns), number, lateness (ns), time to sent (ns), slot, outcome, lengths (in << 4 | out), bytes."""

SLOTS: Final = 32
"""Inputs that can be open at the same time."""
_NAME_SIZE: Final = 128

_HEADER: Final = struct.Struct("<8sI")
_HEAD_AT: Final = 16
_OWNER_AT: Final = 24
_NAMES_AT: Final = 64
_LEDGER_AT: Final = 8192
_COUNTS_AT: Final = _LEDGER_AT + LEDGER_SIZE
_TOOK_AT: Final = _COUNTS_AT + 8 * OUTCOMES
_LATE_AT: Final = _TOOK_AT + 8 * BUCKETS
_RING_AT: Final = _LATE_AT + 8 * BUCKETS
SIZE: Final = _RING_AT + RING_EVENTS * RING_RECORD.size

assert _NAMES_AT + (SLOTS + 1) * _NAME_SIZE <= _LEDGER_AT

_OUTCOMES: Final = frozenset(Outcome)


def wide_bucket(nanoseconds: int) -> int:
    """Return the bucket of a latency of 1 ms or more; below, it is `nanoseconds >> 10`."""
    return min(LINEAR_BUCKETS + nanoseconds.bit_length() - _LINEAR_BITS - 1, BUCKETS - 1)


def bucket_limit(bucket: int) -> int:
    """Return the latency in nanoseconds that everything in `bucket` lies below."""
    if bucket < LINEAR_BUCKETS:
        return (bucket + 1) << _BUCKET_SHIFT
    return 1 << (bucket - LINEAR_BUCKETS + _LINEAR_BITS + 1)


class RingEvent(Record):
    """One event of the ring; times in nanoseconds, `input` the slot it came in by."""

    number: int
    at: int
    lateness: int
    took: int
    input: int
    outcome: Outcome
    received: bytes
    sent: bytes


class Page:
    """A mapped shared page. Views into it are attributes: writing them writes the page."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        view = memoryview(memory)
        self.head = view[_HEAD_AT : _HEAD_AT + 8].cast("Q")
        self.owner = view[_OWNER_AT : _OWNER_AT + 4].cast("I")
        self.ledger = view[_LEDGER_AT : _LEDGER_AT + LEDGER_SIZE]
        self.counts = view[_COUNTS_AT:_TOOK_AT].cast("Q")
        self.took = view[_TOOK_AT:_LATE_AT].cast("Q")
        self.late = view[_LATE_AT:_RING_AT].cast("Q")
        self.ring = view[_RING_AT:SIZE]
        self._names = view[_NAMES_AT : _NAMES_AT + (SLOTS + 1) * _NAME_SIZE]

    @classmethod
    def prepare(cls, path: "Name") -> None:
        """Make `path` ready for an engine: counts and ring at zero, the ledger of an engine that died kept.

        Raises OSError.
        """
        ledger = bytes(LEDGER_SIZE)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - the engine does without pathlib
                old = file.read(SIZE)
            if len(old) == SIZE and _HEADER.unpack_from(old) == (MAGIC, VERSION):
                ledger = old[_LEDGER_AT:_COUNTS_AT]
        except FileNotFoundError:
            pass
        fresh = bytearray(SIZE)
        _HEADER.pack_into(fresh, 0, MAGIC, VERSION)
        fresh[_LEDGER_AT:_COUNTS_AT] = ledger
        # Not renamed into place: an engine or reader of the old file would go on with a page that nobody sees.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        with open(descriptor, "r+b") as file:  # noqa: PTH123 - a descriptor, not a path
            file.truncate(SIZE)
            file.write(fresh)

    @classmethod
    def open(cls, path: "Name", *, writable: bool = False) -> Self:
        """Map the page at `path`; raises OSError, or ValueError where the file is no page of this version."""
        with open(path, "r+b" if writable else "rb") as file:  # noqa: PTH123 - as above
            if os.fstat(file.fileno()).st_size != SIZE or _HEADER.unpack(file.read(_HEADER.size)) != (
                MAGIC,
                VERSION,
            ):
                raise ValueError(f"{path} is not a page of this version of a4bridge")
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            return cls(mmap.mmap(file.fileno(), SIZE, access=access))

    def name_slot(self, slot: int, name: str) -> None:
        """Note what is open as input `slot` (0 to SLOTS-1), or, at SLOTS, as the output; an empty name: nothing."""
        encoded = name.encode("utf-8", "replace")[: _NAME_SIZE - 1]
        self._names[slot * _NAME_SIZE : (slot + 1) * _NAME_SIZE] = encoded.ljust(_NAME_SIZE, b"\0")

    def slot_name(self, slot: int) -> str:
        """Return what `name_slot` noted."""
        raw = bytes(self._names[slot * _NAME_SIZE : (slot + 1) * _NAME_SIZE])
        return raw.partition(b"\0")[0].decode("utf-8", "ignore")

    def count(self, outcome: Outcome) -> int:
        """Return how many events ended as `outcome`."""
        return self.counts[outcome]

    def outcomes(self) -> dict[Outcome, int]:
        """Return every outcome that occurred, with its count."""
        return {outcome: self.counts[outcome] for outcome in Outcome if self.counts[outcome]}

    def events(self) -> int:
        """Return how many events came in, whatever became of them."""
        return sum(self.counts)

    def sounding(self) -> list[tuple[int, int]]:
        """Return the (channel 1-16, note 0-127) pairs that may be sounding at the destination."""
        return [(index // NOTES + 1, index % NOTES) for index, flag in enumerate(self.ledger) if flag]

    def recent(self, since: int = 0) -> Iterator[RingEvent]:
        """Yield the ring's events from number `since` on, oldest first.

        One that is overwritten meanwhile, or makes no sense, is left out.
        """
        head = self.head[0]
        for number in range(max(since, head - RING_EVENTS), head):
            offset = number % RING_EVENTS * RING_RECORD.size
            at, stored, lateness, took, slot, outcome, lengths, received, sent = RING_RECORD.unpack_from(
                self.ring, offset
            )
            known = stored == number & 0xFFFFFFFF and outcome in _OUTCOMES
            if known and self.head[0] - number < RING_EVENTS:
                yield RingEvent(
                    number,
                    at,
                    lateness,
                    took,
                    slot,
                    Outcome(outcome),
                    received[: lengths >> 4],
                    sent[: lengths & 15],
                )


def own(path: "Name", page: Page) -> int:
    """Make this process the engine of `page` for as long as it lives, after any other; returns a descriptor to keep."""
    page_file = os.open(path, os.O_RDWR)
    if os.name != "nt":
        import fcntl  # noqa: PLC0415 - POSIX only

        fcntl.flock(page_file, fcntl.LOCK_EX)
    page.owner[0] = os.getpid()
    return page_file


def owner_of(path: "Name") -> int | None:
    """Return the process that owns the page at `path`, or None if none does; raises OSError, ValueError."""
    if os.name == "nt":
        return None
    import fcntl  # noqa: PLC0415 - POSIX only

    with open(path, "rb") as page_file:  # noqa: PTH123 - as above
        try:
            fcntl.flock(page_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Page.open(path).owner[0]
    return None


def percentile(histogram: memoryview, share: float) -> int:
    """Return the nanoseconds that `share` (0 to 1) of a histogram's events stayed below; 0 where there were none."""
    total = sum(histogram)
    seen = 0
    for bucket, count in enumerate(histogram):
        seen += count
        if count and seen >= share * total:
            return bucket_limit(bucket)
    return 0
