"""What may be asked of a running bridge: by a key that is bound, by the control socket, by a signal. One at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from a4bridge.core.library import Entry, checked_name
from a4bridge.core.profile import Profile
from a4bridge.core.spans import numbered
from a4bridge.core.tomlfile import FileErrors, read
from a4bridge.engine.protocol import Answer, Command, Panic
from a4bridge.ports.listing import Listing
from a4bridge.service.beginning import Beginning
from a4bridge.service.links import Links
from a4bridge.service.log import Log
from a4bridge.service.memory import Chosen, Memory
from a4bridge.service.routing import Routing, RoutingError


@dataclass(frozen=True, slots=True)
class Done:
    """It was carried out: a sentence for people, and for programs the facts in it."""

    says: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """A profile that can be named. description: its own, or empty; error: what is wrong with it, or empty."""

    name: str
    description: str
    error: str


class RefusedError(Exception):
    """It was not carried out, and everything is as before; the text says why."""


class Actions:
    """Carries out what is asked, and tells it to the log, whoever asked.

    call: has a command carried out by the engine. settled: what is plugged in. beginning: what the command line asks
    for. trouble: why the files could not be read again the last time. stopping: whether the bridge is about to end.
    """

    def __init__(
        self,
        links: Links,
        beginning: Beginning,
        memory: Memory,
        call: Callable[[Command], Awaitable[Answer]],
        log: Log,
        stopping: Callable[[], bool],
    ) -> None:
        self._links = links
        self._beginning = beginning
        self._library = beginning.library
        self._memory = memory
        self._call = call
        self._log = log
        self._stopping = stopping
        self.settled = Listing()
        self.trouble: RoutingError | None = None
        self._hushing = 0

    async def use(self, name: str, text: str | None = None) -> Done:
        """Go by the profile `name`, as it is written now, or by `text`; raises RefusedError, EngineError."""
        links = self._links
        try:
            checked_name(name)
        except ValueError as error:
            raise RefusedError(f"{error}; {links.routing.name} goes on") from None
        try:
            routing = links.routing
            routing = routing.using(name, self._library) if text is None else routing.using_text(name, text)
            self._check(routing)
        except RoutingError as error:
            says = f"the profile {name} cannot be used, {links.routing.name} goes on: {error}"
            self._log.warning("not_switched", says=says, profile=name, reason=str(error))
            raise RefusedError(says) from None
        await links.change(routing, self.settled)
        self._remember()
        destination = self._destination()
        facts = {"profile": routing.name, "destination": destination}
        says = f"switched to {_to(routing.name, destination)}"
        self._log.info("switched", says=says, profile=routing.name, destination=destination)
        return Done(says, facts)

    def profiles(self) -> list[Known]:
        """Return the profiles that `use` finds by their names, as they are written now."""
        return [_known(entry) for entry in self._library.profiles()]

    async def track(self, word: str) -> Done:
        """Send everything to the track `word`, "1" to "16" or "auto"; raises RefusedError, EngineError."""
        links = self._links
        try:
            routing = links.routing.on_track(word)
            routing.check(links.box)
        except RoutingError as error:
            track = "the auto channel" if word == "auto" else f"track {word}"
            says = f"{track} cannot be used, everything goes on as before: {error}"
            self._log.warning("no_track", says=says, track=word, reason=str(error))
            raise RefusedError(says) from None
        await links.change(routing, self.settled)
        self._remember()
        destination = self._destination()
        facts = {"track": word, "profile": routing.name, "destination": destination}
        says = f"{routing.name}, now to {destination}"
        self._log.info("track", says=says, track=word, profile=routing.name, destination=destination)
        return Done(says, facts)

    async def panic(self) -> Done:
        """Silence every channel, one by one: each takes an eighth of a second. Raises RefusedError, EngineError."""
        links = self._links
        channels = links.routing.panic_channels(links.route, links.box) if links.output else []
        if not channels:
            says = "panic: no box is linked"
            self._log.info("panic", says=says, channels=channels)
            raise RefusedError(says)
        what = numbered("channel", sorted(channels))
        self._log.info("panic", says=f"panic: ending every note on {what}", channels=channels)
        for channel in channels:
            if self._stopping():
                raise RefusedError("the bridge is stopping, and ends every note that sounds")
            await self._call(Panic(channel))
        return Done(f"every note on {what} is ended", {"channels": channels})

    async def reload(self) -> Done:
        """Read the settings and the profile again; raises RefusedError, EngineError."""
        links = self._links
        try:
            routing = links.routing.again(self._library)
            self._check(routing)
        except RoutingError as error:
            self.trouble = error
            says = f"{links.routing.name} goes on as it was: {error}"
            self._log.warning("not_reloaded", says=says, profile=links.routing.name, reason=str(error))
            raise RefusedError(says) from None
        self.trouble = None
        self._log.set_level(routing.settings.logging.level)
        await links.change(routing, self.settled)
        destination = self._destination()
        facts = {"profile": routing.name, "destination": destination}
        says = f"read again: {_to(routing.name, destination)}"
        self._log.info("reloaded", says=says, profile=routing.name, destination=destination)
        return Done(says, facts)

    async def hush(self, *, on: bool) -> Done:
        """Let nothing that is played pass, until as many as asked for that have ended it; raises EngineError."""
        before, self._hushing = self._hushing, self._hushing + (1 if on else -1)
        await self._links.hush(on=self._hushing > 0)
        if on and not before:
            self._log.info("hushed", says="nothing that is played passes: somebody sets up by playing")
        elif not self._hushing:
            self._log.info("hush_over", says="what is played passes again")
        return Done("nothing that is played passes, as long as this connection lasts and asks for it")

    def _check(self, routing: Routing) -> None:
        try:
            routing.wanted()
        except ValueError as error:
            raise RoutingError(str(error)) from None
        routing.check(self._links.box_for(routing, self.settled))

    def _destination(self) -> str:
        links = self._links
        return links.routing.destination(links.route) if links.route else ""

    def _remember(self) -> None:
        routing = self._links.routing
        named = routing.name
        if routing.text is None and routing.file and routing.file.parent not in self._library.profile_folders:
            named = str(routing.file)
        default = self._beginning.default_of(routing.settings)
        try:
            self._memory.remember_chosen(Chosen(named, routing.text or "", routing.track_word, default))
        except OSError as failure:
            says = f"the profile cannot be remembered: {failure}"
            self._log.warning("not_remembered", says=says, reason=str(failure))


def _known(entry: Entry) -> Known:
    try:
        return Known(entry.name, read(entry.file, Profile).description, "")
    except FileErrors as errors:
        return Known(entry.name, "", str(errors.errors[0]))


def _to(profile: str, destination: str) -> str:
    return f"{profile}, {destination}" if destination else profile
