"""Notes that are played one at a time, each timed from its being sent to its being received."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from a4bridge.backend.base import Event, Send
from a4bridge.bench.latencies import Latencies
from a4bridge.core import midi
from a4bridge.core.route import Route, Trigger

PATIENCE_SECONDS: Final = 1.0
"""After how long a note counts as lost."""

GIVE_UP_AFTER: Final = 3
"""How many notes in a row may be lost before no more are played."""

GAP_SECONDS: Final = (0.005, 0.01)
"""Between a note and the next: long enough for the processor to rest, never twice the same, for a USB bus is polled in
a rhythm of its own."""

_VELOCITY: Final = 64
_MIDDLE: Final = 60
_KEYS: Final = 12
ANY_KEY: Final = range(midi.NOTES)


@dataclass(frozen=True, slots=True)
class Keys:
    """What may be played: keys (0-127) on `channel` (1-16), on the input numbered `source` of those the route names."""

    keys: Sequence[int]
    channel: int = 1
    source: int | None = None

    def first(self, count: int) -> Iterator["Note"]:
        """Yield so many notes, key after key, round and round."""
        return (Note(self.channel, key) for key in islice(cycle(self.keys), count))


@dataclass(frozen=True, slots=True)
class Note:
    """A note on `channel` (1-16), `key` 0-127."""

    channel: int
    key: int

    @property
    def on(self) -> list[int]:
        """The message that strikes it."""
        return [midi.NOTE_ON | (self.channel - 1), self.key, _VELOCITY]

    @property
    def off(self) -> list[int]:
        """The message that ends it."""
        return [midi.NOTE_OFF | (self.channel - 1), self.key, _VELOCITY]


OCTAVE: Final = Keys(range(_MIDDLE, _MIDDLE + _KEYS))


def keys_for(route: Route) -> Keys | None:
    """Return keys near the middle that `route` passes on; None where it passes no note."""
    bound = {binding.number for binding in route.bindings if binding.trigger is Trigger.NOTE}
    for zone in route.zones:
        keys = [
            key
            for key in range(zone.low, zone.high + 1)
            if zone.notes and key not in bound and (zone.fold or key + zone.transpose in ANY_KEY)
        ]
        if keys:
            nearest = sorted(keys, key=lambda key: abs(key - _MIDDLE))[:_KEYS]
            return Keys(nearest, zone.channel or 1, zone.source)
    return None


class Listener:
    """The receiving end: waits for one note at a time.

    first, last: run once each, on the thread that calls `receive`: with the first event, and the first after `retire`.
    patience: seconds after which a note counts as lost.
    """

    def __init__(
        self,
        first: Callable[[], None] | None = None,
        last: Callable[[], None] | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._patience = patience
        self._todo = first
        self._last = last
        self._keys: Collection[int] = ()
        self._arrived = 0
        self._arrival = threading.Lock()
        self.others = 0
        """Note-ons that came and were not waited for."""

    def receive(self, event: Event, _unused: object) -> None:
        """Take an event, as a backend's input delivers it."""
        now = time.monotonic_ns()
        if todo := self._todo:
            self._todo = None
            todo()
        message = event[0]
        if message[0] & 0xF0 != midi.NOTE_ON or not message[2]:
            return
        if message[1] in self._keys:
            self._keys = ()
            self._arrived = now
            self._arrival.release()
        else:
            self.others += 1

    def retire(self) -> None:
        """Have the next event be the last, unless there was none."""
        self._todo = None if self._todo else self._last

    def expect(self, keys: Collection[int]) -> None:
        """Wait for a note-on of one of `keys` from now on."""
        self._arrival.acquire(blocking=False)  # one that came too late may have released it
        self._keys = keys

    def wait(self) -> int | None:
        """Return when it came, in monotonic nanoseconds; None where it does not come."""
        if self._arrival.acquire(timeout=self._patience):
            return self._arrived
        self._keys = ()
        return None


async def play(
    send: Send, listener: Listener, notes: Iterable[Note], stopping: asyncio.Event, *, same_keys: bool
) -> Latencies:
    """Play `notes` until they end, `stopping` is set or too many in a row are lost, and leave none sounding.

    same_keys: whether a note comes back as the key that it was; else any note-on is its.

    While a note is on its way this thread does nothing else, and so holds up neither the note nor whoever receives it.
    What the loop has to do is done between two notes.
    """
    dice = random.Random(0)  # noqa: S311 - no secret
    took: list[int | None] = []
    for note in notes:
        await asyncio.sleep(dice.uniform(*GAP_SECONDS))
        if stopping.is_set() or (len(took) >= GIVE_UP_AFTER and not any(took[-GIVE_UP_AFTER:])):
            break
        listener.expect((note.key,) if same_keys else ANY_KEY)
        try:
            sent = time.monotonic_ns()
            send(note.on)
            arrived = listener.wait()
        finally:
            send(note.off)
        took.append(None if arrived is None else arrived - sent)
    return Latencies(tuple(took))
