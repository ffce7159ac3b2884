"""What is streamed to whoever watches a running bridge: the log, and what is played. Nobody waits for a reader."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from a4bridge.control.wire import Feed, encode
from a4bridge.core.outcomes import WORDS
from a4bridge.engine.page import Page, RingEvent
from a4bridge.service.zoning import ZonesOfEvents, Zoning

PLAYED_SECONDS: Final = 0.125
"""How often the page is looked at for who watches: as often as the engine brings its notes there."""

_BATCH: Final = 256
"""Events of `played` in a line: some 45 KB."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one who connects may take.

    connections: at the same time, all together. idle, cut: seconds after which a connection is closed on which nothing
    is asked, or on which nothing is read of what waits to be read. waiting: bytes that wait for one who watches.
    hush: seconds after which a hush ends that is not asked for again.
    """

    connections: int = 32
    idle: float = 30.0
    cut: float = 10.0
    waiting: int = 262_144
    hush: float = 5.0


class Watcher:
    """What waits for one who watches. Nobody waits for it: what does not fit is counted and told later."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._missed: Counter[Feed] = Counter()
        self._anything = asyncio.Event()
        self._ended = False

    def end(self) -> None:
        """Let `send` return when it has sent what waits."""
        self._ended = True
        self._anything.set()

    def take_event(self, facts: dict[str, Any]) -> None:
        """Take an event of the log."""
        self.take(Feed.LOG, encode({Feed.LOG: facts}), 1)

    def take(self, feed: Feed, line: bytes, events: int) -> None:
        """Take a line with so many events of `feed`."""
        if self._bytes + len(line) > self._limits.waiting:
            self.miss(feed, events)
        else:
            self._lines.append(line)
            self._bytes += len(line)
            self._anything.set()

    def miss(self, feed: Feed, events: int) -> None:
        """Take note that so many events of `feed` were not seen."""
        self._missed[feed] += events
        self._anything.set()

    async def send(self, writer: asyncio.StreamWriter) -> None:
        """Send what comes, until the end; raises TimeoutError, OSError if it is not read."""
        while not self._ended:
            await self._anything.wait()
            self._anything.clear()
            lines = [*self._lines]
            self._lines.clear()
            self._bytes = 0
            if self._missed:
                lines.append(encode({"missed": dict(self._missed)}))
                self._missed.clear()
            send(writer, b"".join(lines))
            async with asyncio.timeout(self._limits.cut):
                await writer.drain()


class Played:
    """Looks for those who watch at what the engine brings to the page; nobody looks while nobody watches.

    zoning: tells the zones that the engine goes by now.
    """

    def __init__(self, page: Path, zoning: Callable[[], Zoning]) -> None:
        self._page = page
        self._zoning = zoning
        self._zones = ZonesOfEvents()
        self._watchers: set[Watcher] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, watcher: Watcher) -> None:
        """Give `watcher` what is played from now on."""
        self._watchers.add(watcher)
        if self._task is None:
            page = opened(self._page)
            self._zones = ZonesOfEvents()
            self._task = asyncio.create_task(self._follow(page.head[0] if page else 0), name="control.played")

    def discard(self, watcher: Watcher) -> None:
        """Give it no more."""
        self._watchers.discard(watcher)
        if self._task and not self._watchers:
            self._task.cancel()
            self._task = None

    async def _follow(self, since: int) -> None:
        while True:
            await asyncio.sleep(PLAYED_SECONDS)
            if page := opened(self._page):  # anew each time: it may be another file by now
                since = self._look(page, since)

    def _look(self, page: Page, since: int) -> int:
        """Give what was played from number `since` on; returns the number to go on from."""
        head = page.head[0]
        if head < since:  # made anew
            since = 0
        events = [record for record in page.recent(since) if record.number < head]
        if missed := head - since - len(events):
            for watcher in self._watchers:
                watcher.miss(Feed.PLAYED, missed)
        zoning = self._zoning()
        began = time.time() - time.monotonic()
        for start in range(0, len(events), _BATCH):
            batch = events[start : start + _BATCH]
            line = encode(
                {Feed.PLAYED: [_event(record, page, began, self._zones.of(record, zoning)) for record in batch]}
            )
            for watcher in self._watchers:
                watcher.take(Feed.PLAYED, line, len(batch))
        return head


def _event(record: RingEvent, page: Page, began: float, zones: tuple[str, ...]) -> dict[str, Any]:
    """Return an event for programs. began: the time, in seconds since 1970, at which the page's clock was 0."""
    return {
        "number": record.number,
        "at": round(began + record.at / 1e9, 3),
        "input": page.slot_name(record.input),
        "in": record.received.hex(),
        "out": record.sent.hex(),
        "outcome": record.outcome.name.lower(),
        "says": WORDS[record.outcome],
        "zones": zones,
        "took_us": round(record.took / 1000, 1),
        "late_us": round(record.lateness / 1000, 1),
    }


def send(writer: asyncio.StreamWriter, lines: bytes) -> None:
    """Send lines; raises OSError where nobody is there any more, for which uvloop has another error."""
    if writer.is_closing():
        raise BrokenPipeError
    writer.write(lines)


def opened(page: Path) -> Page | None:
    """Return the shared page, or None while there is none."""
    try:
        return Page.open(page)
    except (OSError, ValueError):  # swept away, or half made: there will be another
        return None
