"""The inputs that are listened to while something is learned: all that may be a keyboard, whatever comes and goes."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from a4bridge.backend.base import Backend, BackendError, Event, Input, close_together
from a4bridge.core import midi
from a4bridge.core.names import Match, shown, text_for
from a4bridge.core.settings import Settings
from a4bridge.learn.gestures import Played
from a4bridge.ports.choose import NoPortError, named_port
from a4bridge.ports.listing import Listing, Port
from a4bridge.ports.settling import Settling
from a4bridge.ports.verdict import Role, Verdict, by_role, judge
from a4bridge.ports.waiting import INPUT

_BY_ITSELF: Final = (midi.CLOCK, midi.ACTIVE_SENSING)
"""What keyboards send without being touched."""

NONE_HERE: Final = "No keyboard is plugged in: waiting for one."


def candidates(listing: Listing) -> list[Port]:
    """Return the inputs that may be what a player plays, keyboards first: also those on a MIDI cable, and programs'."""
    return [verdict.port for verdict in _judged(listing) if verdict.role in {Role.KEYBOARD, Role.OTHER}]


def _judged(listing: Listing) -> Sequence[Verdict]:
    verdicts = [verdict for verdict in judge(listing) if verdict.port.readable and verdict.nameable]
    return by_role(verdicts, INPUT.role)


def name_of(port: Port, listing: Listing, settings: Settings, taken: Sequence[str] = ()) -> str:
    """Return what a profile would call `port`, so that it means this one and goes on to do so: best by an alias.

    taken: what the profile calls keyboards already; one of these, if it means this one.
    """
    names = [*taken, *settings.aliases, shown(port.client), shown(port.name), shown(port.title)]
    for name in names:
        with suppress(NoPortError, ValueError):
            if named_port(listing, settings.match(name), INPUT) == port:
                return name
    return text_for(port, [verdict.port for verdict in _judged(listing)])


def meant_by(name: str, listing: Listing, settings: Settings) -> list[str]:
    """Return the titles of the inputs that a profile would mean by `name`; raises ValueError for no name at all."""
    match: Match = settings.match(name)
    return [shown(port.title) for port in match.pick(candidates(listing))]


@dataclass(slots=True)
class _Open:
    """An open input, and what its port is called."""

    name: str
    input: Input | None = None


class Hearing:
    """Keeps every candidate open. What is played goes to `receive`, on a thread of the transport's own."""

    def __init__(self, backend: Backend, settings: Settings, receive: Callable[[Played], None]) -> None:
        self._backend = backend
        self._settings = settings
        self._receive = receive
        self._settling = Settling()
        self._open: dict[Port, _Open] = {}
        self._refused: dict[Port, str] = {}
        self._was_empty = False
        self._taken: tuple[str, ...] = ()
        self.listing = Listing()

    def follow(self, listing: Listing, now: float) -> Iterator[str]:
        """Open what has come and close what has gone; yields a sentence on each. now: in seconds, any clock's."""
        if listing.ports != self.listing.ports:
            self.listing = listing
            self._name()
        gone = [port for port in self._open if port not in listing.ports]
        there = candidates(self._settling.settled(listing, now))
        first = not (self._open or self._refused or self._was_empty)
        for port in gone:
            opened = self._open.pop(port)
            _close([opened])
            yield f"{shown(port.client)} was unplugged."
        self._refused = {port: reason for port, reason in self._refused.items() if port in there}
        for port in there:
            if port not in self._open:
                yield from self._begin(port, say=not first)
        if not there and not self._was_empty:
            yield NONE_HERE
        self._was_empty = not there

    def call(self, taken: Sequence[str]) -> None:
        """Call keyboards what the profile calls them from now on, where it does."""
        if self._taken != tuple(taken):
            self._taken = tuple(taken)
            self._name()

    def _name(self) -> None:
        """Name every input anew: another of the same name may have come."""
        for port, opened in self._open.items():
            if port in self.listing.ports:
                opened.name = self._name_of(port)

    def _name_of(self, port: Port) -> str:
        return name_of(port, self.listing, self._settings, self._taken)

    def _begin(self, port: Port, *, say: bool) -> Iterator[str]:
        opened = _Open(self._name_of(port))

        def receive(event: Event, _unused: object) -> None:
            if event[0][0] in _BY_ITSELF:
                return
            self._receive(Played(opened.name, bytes(event[0]), time.monotonic()))

        try:
            opened.input = self._backend.open_input(port.rtmidi_name, receive)
        except BackendError as error:
            if self._refused.get(port) != str(error):
                yield f"{shown(port.client)} cannot be listened to: {error}."
            self._refused[port] = str(error)
            return
        self._open[port] = opened
        if say:
            yield f"{shown(port.client)} is here."

    @property
    def names(self) -> list[str]:
        """What is listened to, as a profile would call it."""
        return [opened.name for opened in self._open.values()]

    def close(self) -> None:
        """Give every port back."""
        _close(self._open.values())
        self._open.clear()


def _close(given_up: Iterable[_Open]) -> None:
    close_together(opened.input for opened in given_up if opened.input)
