"""All that a screen shows: what has come, what is typed, and how much of it in which second."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from a4bridge.monitor import keys
from a4bridge.monitor.events import Entry, Event, Standing
from a4bridge.monitor.filtering import Filter
from a4bridge.monitor.following import Found, Lost, News, said
from a4bridge.monitor.keyboard import octaves_in, window

KEPT: Final = 5_000
"""Events that can be looked back at."""

SECONDS: Final = 120
"""How long activity and latencies are kept."""

_LONGEST_FILTER: Final = 60


@dataclass(slots=True)
class Second:
    """What happened in a second. events: by channel (1-16). took, late: the most, in us; None: nothing happened."""

    events: dict[int, int] = field(default_factory=dict)
    took: float | None = None
    late: float | None = None


class State:
    """What is shown, and what becomes of a key that is typed. Times are in seconds, of any one clock.

    only, text: what to show at first. at: the time of day in seconds since 1970, for what has no other.
    """

    def __init__(self, shown: Filter, *, raw: bool) -> None:
        self.filter = shown
        self.raw = raw
        self.standing = Standing()
        self.lost = ""
        self.typing: str | None = None
        self.ended = False
        self.octave = 3
        self.page = 1
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0
        self._paused_at: int | None = None
        self._seconds: deque[Second] = deque([Second()], maxlen=SECONDS)
        self._second: int | None = None
        self.seen_channels: dict[int, int] = {}

    @property
    def paused(self) -> bool:
        """Tell whether the lines stand still."""
        return self._paused_at is not None

    @property
    def newer(self) -> int:
        """How much has come since the lines stand still."""
        return 0 if self._paused_at is None else self._count - self._paused_at

    @property
    def seconds(self) -> list[Second]:
        """The last seconds, the newest last."""
        return list(self._seconds)

    def take(self, news: News, at: float) -> None:
        """Take what is new."""
        match news:
            case Standing():
                self.standing = news
            case Found():
                self.lost = ""
                self._add(said(news, at))
            case Lost():
                self.lost = news.says
                self.standing = Standing(naming=self.standing.naming)
                self._add(said(news, at))
            case _:
                self._add(news)

    def advance(self, now: float) -> bool:
        """Let time pass until `now`, and tell whether another second has begun."""
        passed = 0 if self._second is None else max(0, int(now) - self._second)
        self._seconds.extend(Second() for _ in range(min(passed, SECONDS)))
        self._second = int(now) if self._second is None else self._second + passed
        return passed > 0

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._count += 1
        if self._paused_at is not None:  # what was kept longest is gone
            self._paused_at = max(self._paused_at, self._count - len(self._entries))
        if not isinstance(entry, Event):
            return
        second = self._seconds[-1]
        second.took = max(entry.took, second.took or 0.0)
        second.late = max(entry.late, second.late or 0.0)
        if channel := entry.channel:
            second.events[channel] = second.events.get(channel, 0) + 1
            self.seen_channels[channel] = self.seen_channels.get(channel, 0) + 1

    def newest(self) -> Iterator[Entry]:
        """Yield what the filter lets pass, the newest first, from where the lines stand still."""
        naming = self.standing.naming
        entries = islice(reversed(self._entries), self.newer, None)
        return (entry for entry in entries if self.filter.lets_pass(entry, naming))

    def look_at_keys(self, width: int) -> int:
        """Return the first octave of a keyboard in so many columns, moved if something sounds beyond it."""
        notes = [note for _, note in self.standing.sounding]
        first = window(self.octave, octaves_in(width), notes)
        if notes:  # else a wide picture, which begins lower, would leave a later narrow one where nobody plays
            self.octave = first
        return first

    # What is typed.

    def type(self, key: str) -> None:
        """Do what a key means."""
        if self.typing is not None:
            self._type_filter(key)
            return
        match key:
            case "q" | "Q":
                self.ended = True
            case " " | "p":
                self._paused_at = None if self.paused else self._count
            case keys.END:
                self._paused_at = None
            case keys.UP | keys.DOWN | keys.PAGE_UP | keys.PAGE_DOWN:
                self._look_back(key)
            case "f":
                self.filter = Filter(self.filter.only.following, self.filter.text)
            case "/":
                self.typing = self.filter.text
            case keys.ESCAPE:
                self.filter = Filter()
            case "r":
                self.raw = not self.raw

    def _type_filter(self, key: str) -> None:
        assert self.typing is not None
        match key:
            case keys.ENTER:
                self.typing = None
            case keys.ESCAPE:
                self.filter, self.typing = Filter(self.filter.only), None
            case keys.BACKSPACE:
                self.typing = self.typing[:-1]
            case keys.CLEAR:
                self.typing = ""
            case _ if len(key) == 1:
                self.typing = (self.typing + key)[:_LONGEST_FILTER]
        if self.typing is not None:
            self.filter = Filter(self.filter.only, self.typing)

    def _look_back(self, key: str) -> None:
        by = {keys.UP: -1, keys.DOWN: 1, keys.PAGE_UP: -self.page, keys.PAGE_DOWN: self.page}[key]
        oldest = self._count - len(self._entries)
        at = (self._count if self._paused_at is None else self._paused_at) + by
        self._paused_at = min(max(at, oldest + 1), self._count) if at < self._count else None
