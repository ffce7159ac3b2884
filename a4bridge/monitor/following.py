"""A bridge as it is followed: connected, asked how things are, and looked for again when it is gone. It never waits."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from a4bridge.control.client import Connection, ControlError, NotRunningError, Place
from a4bridge.control.wire import Status, Watch
from a4bridge.core.words import printable
from a4bridge.monitor.events import Entry, Said, Standing, entries_of, standing_of

LOOK_SECONDS: Final = 1.0
"""How often a bridge is looked for that is gone."""

SILENT_SECONDS: Final = 5.0
"""How long it may take to answer before it counts as gone."""


@dataclass(frozen=True, slots=True)
class Found:
    """A bridge is followed; `says` is the sentence."""

    says: str


@dataclass(frozen=True, slots=True)
class Lost:
    """It is followed no more; `says` is the sentence."""

    says: str


News = Found | Lost | Standing | Entry


class Following:
    """One bridge, or the next that is found where it was.

    where: where to look for one. request: what to watch. every: seconds from one look at how things are to the next.
    clock: the time of day in seconds since 1970. All other times are monotonic, in seconds.
    """

    def __init__(
        self,
        where: list[Place],
        request: Watch,
        every: float,
        clock: Callable[[], float],
        connect: Callable[[list[Place]], Connection] = Connection.to_first,
    ) -> None:
        self._where = where
        self._request = request
        self._every = every
        self._clock = clock
        self._connect = connect
        self._watching: Connection | None = None
        self._asking: Connection | None = None
        self._answered = False
        self._is_asked = False
        self._followed = False
        self._due = 0.0
        self._held: list[Entry] = []
        self._pid = 0

    def open(self, now: float) -> None:
        """Connect for the first time; raises ControlError."""
        self._begin(now)

    def close(self) -> None:
        """Hang up."""
        for connection in self.connections:
            connection.close()
        self._watching = self._asking = None

    @property
    def connections(self) -> list[Connection]:
        """What to wait for: something arrives, or there is nothing to wait for but the time."""
        return [each for each in (self._watching, self._asking) if each]

    @property
    def due(self) -> float:
        """When `look` wants to be called at the latest."""
        return self._due

    def look(self, now: float) -> list[News]:
        """Return what has arrived; what is due is asked. Raises ControlError as long as there never was a bridge."""
        if self._watching is None or self._asking is None:
            if now >= self._due:
                self._due = now + LOOK_SECONDS
                with suppress(ControlError):  # it will be looked for again
                    self._begin(now)
            return []
        news: list[News] = []
        try:
            for facts in self._watching.arrived():
                news += self._on_watched(self._watching, facts)
            for facts in self._asking.arrived():
                news += self._on_answer(self._asking, facts, now)
            if now >= self._due:
                self._ask(self._asking, now)
        except ControlError as error:
            news += self._hung_up(error, now)
        return news

    def want(self, seconds: float, now: float) -> None:
        """Have it asked how things are after so many seconds, if it would be later."""
        if self._followed and not self._is_asked:
            self._due = min(self._due, now + seconds)

    def _begin(self, now: float) -> None:
        self._answered = False
        self._held = []
        self._watching = self._connect(self._where)
        try:
            self._asking = self._connect([self._watching.place])
            self._watching.send(self._request)
            self._ask(self._asking, now)
        except ControlError:
            self.close()
            raise

    def _ask(self, asking: Connection, now: float) -> None:
        if self._is_asked:
            raise ControlError(f"{asking.place}, does not answer")
        asking.send(Status())
        self._is_asked = True
        self._due = now + SILENT_SECONDS

    def _on_watched(self, watching: Connection, facts: dict[str, Any]) -> list[Entry]:
        if not self._answered:
            watching.checked(facts)
            self._answered = True
            return []
        entries = entries_of(facts, self._clock())
        if self._followed:
            return entries
        self._held += entries  # until it is known how notes and channels are called
        return []

    def _on_answer(self, asking: Connection, facts: dict[str, Any], now: float) -> list[News]:
        standing = standing_of(asking.checked(facts))
        self._is_asked = False
        self._due = now + self._every
        if self._followed:
            return [standing]
        held, self._held = self._held, []
        again = {0: "", standing.pid: " again"}.get(self._pid, ", started anew")
        self._followed, self._pid = True, standing.pid
        return [standing, Found(f"watching {asking.place.whose}{again}, {printable(str(asking.place.path))}"), *held]

    def _hung_up(self, error: ControlError, now: float) -> list[News]:
        place = self.connections[0].place
        self.close()
        if not self._pid:
            raise error
        was_followed, self._followed, self._is_asked = self._followed, False, False
        self._due = now + (0.0 if was_followed and isinstance(error, NotRunningError) else LOOK_SECONDS)
        if not was_followed:
            return []
        says = f"{place.whose} has hung up" if isinstance(error, NotRunningError) else str(error)
        return [Lost(f"{says}; looking for it")]


def said(news: Found | Lost, at: float) -> Said:
    """Return what happened to the connection as something to be shown beside what the bridge says."""
    return Said(at, "warning" if isinstance(news, Lost) else "info", news.says)
