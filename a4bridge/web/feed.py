"""What the page shows, kept up to date by one subscription to the bridge, however many phones look on.

The log is followed all the time, from the last lines that the bridge knows, so that they are there for who looks. The
rest is asked for only while somebody does: at most eight times a second, when something was played or said, and else
once a second.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from a4bridge.control.client import ControlError
from a4bridge.control.wire import Feed as What
from a4bridge.control.wire import Log, Panic, Profiles, Status, Track, Use, Watch
from a4bridge.core.midi import NOTE_ON
from a4bridge.web.bridge import Bridge, Talk

SOONEST_SECONDS: Final = 0.125
"""How often at most the bridge is asked how things are: its own counts are as old as that."""
LATEST_SECONDS: Final = 1.0
"""How often at least, for what nobody says."""
RETRY_SECONDS: Final = 1.0
"""How long until a bridge that is not there is looked for again."""

LOG_LINES: Final = 60
"""Lines of the log that are kept for who comes later."""
_STRUCK: Final = 32
"""Keys in one message that were only struck."""

SHOWN: Final = (
    *("linked", "a4bridge", "uptime_s", "profile", "inputs", "output", "box", "waiting", "sounding"),
    *("forwarded", "used", "dropped", "took_us", "late_us", "real_time", "trouble"),
)
"""What of the bridge's status goes to a phone: no numbers of processes."""
_PATHS: Final = {"file"}
"""What of `profile` and `trouble` does not: where files lie."""

_CHANGES_PROFILES: Final = {"switched", "reloaded", "not_switched", "not_reloaded"}


@dataclass(slots=True, eq=False)
class News:
    """What one who looks has not been told yet. It stays small, however slowly he takes it."""

    facts: dict[str, Any] = field(default_factory=dict)
    """Changed facts; None: there is no such fact any more."""
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    struck: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_STRUCK))
    """Notes as they went out, channel (1-16) and note (0-127), for keys that were let go before anybody looked."""
    answers: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    anything: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> dict[str, Any]:
        """Return it as one message, and begin anew."""
        self.anything.clear()
        message: dict[str, Any] = {}
        for name in ("facts", "log", "struck", "answers"):
            if whole := getattr(self, name):
                message[name] = dict(whole) if name == "facts" else list(whole)
                whole.clear()
        return message


class Feed:
    """Knows what is to be shown, and tells whoever looks. clock: seconds since 1970, for the log's lines."""

    def __init__(self, bridge: Bridge, clock: Callable[[], float] = time.time) -> None:
        self._bridge = bridge
        self._clock = clock
        self._facts: dict[str, Any] = {}
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_LINES)
        self._lookers: set[News] = set()
        self._on_links: Callable[[], None] = lambda: None
        self._following: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._poke = asyncio.Event()
        self._reread = False
        self._heard: Mapping[str, Any] = {}
        """The newest line of the log, as the bridge tells it."""

    def when_links_change(self, call: Callable[[], None]) -> None:
        """Have `call` called when a bridge came or went, or what it links, since somebody looked."""
        self._on_links = call

    def start(self) -> None:
        """Begin to follow the bridge's log, and to wait for a bridge where there is none."""
        self._following = asyncio.create_task(self._follow(), name="feed.log")

    async def close(self) -> None:
        """Follow nothing any more."""
        tasks = [task for task in (self._following, self._looking) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def add(self) -> News:
        """Return what is told from now on to one who looks, with all that is known already."""
        news = News(facts=dict(self._facts), log=deque(self._log, LOG_LINES))
        news.anything.set()
        self._lookers.add(news)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="feed.look")
        return news

    def discard(self, news: News) -> None:
        """Tell him no more."""
        self._lookers.discard(news)
        if self._looking and not self._lookers:
            self._looking.cancel()
            self._looking = None

    async def ask(self, request: Use | Track | Panic) -> str:
        """Have the bridge do something and return its sentence; raises RefusedError, ControlError."""
        async with self._bridge.talk() as talk:
            answer = await talk.ask(request)
        self._poke.set()
        return str(answer.get("says", "done"))

    def tell(self, facts: Mapping[str, Any]) -> None:
        """Tell who looks what of `facts` is new to them."""
        changed = {key: value for key, value in facts.items() if self._facts.get(key) != value}
        if not changed:
            return
        before = self._links()
        self._facts |= changed
        for news in self._lookers:
            news.facts |= changed
            news.anything.set()
        if before and before != self._links():
            self._on_links()

    def _links(self) -> tuple[bool, bool] | None:
        """Return whether there is a bridge and whether it is linked; None before that is known."""
        bridge = self._facts.get("bridge")
        return (bridge["here"], bool(self._facts.get("linked"))) if bridge else None

    def _gone(self, error: ControlError) -> None:
        self.tell({**dict.fromkeys(SHOWN), "bridge": {"here": False, "says": str(error)}})

    async def _follow(self) -> None:
        while True:
            with suppress(ControlError):
                async with self._bridge.talk() as talk:
                    await talk.ask(Watch((What.LOG,)))
                    async with self._bridge.talk() as asked:
                        before = (await asked.ask(Log()))["log"]
                    # What the bridge told already, before the connection was lost, and will tell once more.
                    known = before.index(self._heard) + 1 if self._heard in before else 0
                    for line in before[known:]:
                        self._hear(line)
                    newest = before[-1].get("number", 0) if before else 0
                    while True:
                        line = (await talk.next()).get("log", {})
                        if line.get("number", newest + 1) > newest:
                            self._hear(line)
            await asyncio.sleep(RETRY_SECONDS)

    def _hear(self, line: Mapping[str, Any]) -> None:
        match line:
            case {"event": str(event), "level": str(level)}:
                self._heard = line
                at = float(line.get("at", self._clock()))
                said = {"at": round(at), "level": level, "says": str(line.get("says") or event)}
                self._log.append(said)
                self._reread |= event in _CHANGES_PROFILES
                for news in self._lookers:
                    news.log.append(said)
                    news.anything.set()
                self._poke.set()

    async def _look(self) -> None:
        while True:
            try:
                async with self._bridge.talk() as talk, self._bridge.talk() as played:
                    await played.ask(Watch((What.PLAYED,)))
                    listening = asyncio.create_task(self._listen(played), name="feed.played")
                    try:
                        await self._keep_up(talk, listening)
                    finally:
                        listening.cancel()
                        await asyncio.gather(listening, return_exceptions=True)
            except ControlError as error:
                self._gone(error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _keep_up(self, talk: Talk, listening: asyncio.Task[None]) -> None:
        self._reread = True
        while True:
            self._poke.clear()
            if self._reread:
                self._reread = False
                self.tell({"profiles": (await talk.ask(Profiles()))["profiles"]})
            status = await talk.ask(Status())
            self.tell({"bridge": {"here": True, "says": ""}, **{key: _shown(status.get(key)) for key in SHOWN}})
            await asyncio.sleep(SOONEST_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(LATEST_SECONDS - SOONEST_SECONDS):
                    await self._poke.wait()
            if listening.done():
                listening.result()  # raises what ended it

    async def _listen(self, played: Talk) -> None:
        while True:
            line = await played.next()
            struck = [note for event in line.get("played", ()) if (note := _struck(event))]
            for news in self._lookers if struck else ():
                news.struck.extend(struck)
                news.anything.set()
            self._poke.set()


def _shown(fact: Any) -> Any:
    return {key: value for key, value in fact.items() if key not in _PATHS} if isinstance(fact, dict) else fact


def _struck(event: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return channel (1-16) and note (0-127) if `event` went out as the beginning of a note."""
    sent = bytes.fromhex(str(event.get("out", "")))
    if len(sent) != 3 or sent[0] & 0xF0 != NOTE_ON or not sent[2]:  # noqa: PLR2004 - status, note, velocity
        return None
    return (sent[0] & 0x0F) + 1, sent[1]
