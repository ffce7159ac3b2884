"""The take that nobody armed: follows what is played, and keeps the last minutes of it as it went to the box.

It reads the page that the engine writes anyway, in the service's loop: no note waits for it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.engine.page import Page, RingEvent
from a4bridge.engine.protocol import CloseInput, CloseOutput, Command, OpenInput, OpenOutput, Panic, SetRoute
from a4bridge.engine.replay import Replay
from a4bridge.service.log import counted
from a4bridge.service.watching import PLAYED_SECONDS, opened
from a4bridge.take.store import MOST_DESTINATIONS, Store

_AT_ONCE: Final = 256
"""Events that are looked at before the loop gets its turn: some 10 ms on a Raspberry Pi."""

_BROUGHT_NS: Final = 250_000_000
"""After so long an event is in the page, if the engine lives: it brings what came eight times a second."""

PIECE_EVENTS: Final = 1024
"""Events in an answer: some 40 KB."""

_CHANGES: Final = (SetRoute, OpenInput, CloseInput, OpenOutput, CloseOutput, Panic)


class Taking:
    """Keeps what is played, for as many minutes as `minutes` says at the time; nothing where it says 0.

    page: the shared page's file. destinations: tells what is behind each channel, 1 to 16. clock: monotonic ns.
    """

    def __init__(
        self,
        page: Path,
        minutes: Callable[[], int],
        destinations: Callable[[], Sequence[str]],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._page = page
        self._minutes = minutes
        self._destinations = destinations
        self._clock = clock
        self._commands: deque[tuple[int, Command]] = deque()
        self._replay = Replay()
        self._store: Store | None = None
        self._since: int | None = 0 if minutes() else None
        self._asked_at = 0
        self._looked_at = 0
        # A channel has a place of its own, for the day on which more names were in use than there are places.
        self._names = [(f"channel {channel}", channel) for channel in range(1, midi.CHANNELS + 1)]
        self._places = list(range(midi.CHANNELS))

    def heed(self, command: Command, at: int | None = None) -> None:
        """Take note of a command that the engine is about to be told; or was told `at` (ns), before any other."""
        if isinstance(command, _CHANGES) and self._minutes():
            self._commands.append((self._clock() if at is None else at, command))

    async def follow(self) -> None:
        """Look at what is played, for ever."""
        while True:
            await asyncio.sleep(PLAYED_SECONDS)
            await self.catch_up()

    async def catch_up(self, brought: int | None = None) -> None:
        """Keep all that the page shows by now.

        brought: until when (ns) all that came is in the page, if that is known.
        """
        while self._look(brought):  # noqa: ASYNC110 - nothing is waited for: others get their turn
            await asyncio.sleep(0)

    def piece(self, since: int) -> dict[str, Any]:
        """Return what is kept from event number `since` on, as the control socket tells it (docs/control.md)."""
        store = self._store or Store(self._minutes())
        piece = store.piece(since, PIECE_EVENTS)
        return {
            "minutes": store.minutes,
            "now_ns": self._clock(),
            "first": piece.first,
            "next": piece.end,
            "end": store.end,
            "destinations": [{"name": name, "channel": channel} for name, channel in self._names],
            "events": [[at, message.hex(), place] for at, place, message in piece.messages],
            "sysex": piece.sysex,
            "missing": piece.missing,
        }

    def _look(self, brought: int | None) -> bool:
        """Keep what the page shows, _AT_ONCE events at most; tells whether there may be more."""
        if not (minutes := self._minutes()):
            self._commands.clear()
            self._store = self._since = None
            return False
        self._store = store = self._store or Store(minutes)
        store.minutes = minutes
        page = opened(self._page)  # anew each time: it may be another file by now
        if page is None:
            return False
        head = page.head[0]
        if self._since is None:  # only just asked to: what was played before is nobody's business
            self._since = head
            self._asked_at = self._clock()  # for some of it may not be in the page yet
        elif head < self._since:  # made anew
            self._since = 0
        self._keep_up_with_names()
        more = self._take(page, store, self._since, head)
        if not more:
            now = self._clock()
            # No sooner: what came before a command may not be in the page yet.
            self._obey(store, now - _BROUGHT_NS if brought is None else brought)
            self._keep(store, self._looked_at, self._replay.settle(page.ledger))
            self._looked_at = now
            store.forget_old()
        return more

    def _take(self, page: Page, store: Store, since: int, head: int) -> bool:
        records = [record for record in islice(page.recent(since), _AT_ONCE) if record.number < head]
        reached = since
        for record in records:
            self._miss(store, record.number - reached)
            reached = record.number + 1
            if record.at < self._asked_at:
                continue
            self._obey(store, record.at - 1)
            self._take_one(store, record)
        if len(records) < _AT_ONCE:
            self._miss(store, head - reached)
            reached = head
        self._since = reached
        return reached < head

    def _take_one(self, store: Store, record: RingEvent) -> None:
        # The kernel's stamp of its coming: a moment for which the engine was held up is not in the file.
        at = min(record.at, self._clock()) - record.lateness
        if record.outcome is Outcome.FORWARDED and record.received[:1] == bytes([midi.SYSEX]):
            store.add_sysex(at)
        else:
            self._keep(store, at, self._replay.play(record))

    def _obey(self, store: Store, until: int) -> None:
        """Have the replay do what the engine was told until then."""
        while self._commands and self._commands[0][0] <= until:
            at, command = self._commands.popleft()
            self._keep(store, at, self._replay.obey(command))

    def _keep(self, store: Store, at: int, messages: list[bytes]) -> None:
        for message in messages:
            store.add(at, self._places[message[0] & 15], message)

    def _miss(self, store: Store, count: int) -> None:
        if count:
            store.add_missing(self._clock(), count)

    def _keep_up_with_names(self) -> None:
        for channel, name in enumerate(self._destinations(), 1):
            named = (name, channel)
            if named not in self._names and len(self._names) < MOST_DESTINATIONS:
                self._names.append(named)
            self._places[channel - 1] = self._names.index(named) if named in self._names else channel - 1


def sentence(facts: dict[str, Any]) -> str:
    """Say what a piece of the take is."""
    events = counted(facts["next"] - facts["first"], "event")
    return f"{events} of what was played in the last {counted(facts['minutes'], 'minute')}"
