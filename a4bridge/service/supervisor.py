"""The supervisor: keeps what is linked in line with what is plugged in, and an engine alive to forward through it."""

import asyncio
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

from a4bridge.backend.base import BackendError
from a4bridge.core.library import Library
from a4bridge.core.route import Action
from a4bridge.core.spans import numbered
from a4bridge.engine.page import Page
from a4bridge.engine.protocol import Answer, Bound, Command, OpenOutput, Panic
from a4bridge.ports.listing import Enumerator, Listing
from a4bridge.service import places
from a4bridge.service.engine import EngineError, EngineProcess
from a4bridge.service.links import Links
from a4bridge.service.log import Log, counted
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Routing, RoutingError

SCAN_SECONDS: Final = 0.25
"""How often the listing is read. A port must look the same twice before it is opened: a name appears before it is
final (users of Pure Data and of amidiminder saw it)."""

_RESTART_SECONDS: Final = (0.0, 0.1, 0.5, 2.0, 5.0)
"""Pauses before the first, second, ... new engine in a row that dies before it linked anything."""


class Supervisor:
    """One bridge: one profile at a time, the ports it wants, one engine at a time.

    library: where a profile is looked for that somebody switches to while the bridge runs.
    """

    def __init__(
        self,
        enumerator: Enumerator,
        routing: Routing,
        library: Library,
        page: Path,
        backend: str,
        memory: Memory,
        log: Log,
    ) -> None:
        self._enumerator = enumerator
        self._library = library
        self._page = page
        self._backend = backend
        self._log = log
        self._engine: EngineProcess | None = None
        self._links = Links(self._call, routing, memory, log)
        self._listing = Listing()
        self._settled = Listing()
        self._bound: deque[Bound] = deque()
        self._early_deaths = 0
        # Ends a pause early: the engine is gone or says something, or it is time to stop.
        self._attention = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Bridge until `stop` is set, then release everything; raises EngineError if no first engine starts."""
        await self._start_engine()
        self._listing = self._enumerator.scan()
        stopping = asyncio.create_task(self._attend_to(stop), name="supervisor.stop")
        try:
            while not stop.is_set():
                try:
                    await self._follow()
                    await self._act_until_next_scan(stop)
                except EngineError:
                    await self._replace_engine(stop)
        finally:
            stopping.cancel()
            await self._stop_engine()

    # The engine.

    async def _start_engine(self) -> EngineProcess:
        if not self._page.exists():  # something tidied up meanwhile
            try:
                places.prepare(self._page.parent)
                places.make_page(self._page)
            except places.PlaceError as error:
                raise EngineError(str(error)) from error
        engine, ready = await EngineProcess.start(
            self._page, self._backend, self._on_trouble, self._attention.set, self._on_bound
        )
        self._engine = engine
        self._log.debug("engine_started", says=f"the engine is process {engine.pid}", pid=engine.pid)
        for what, refusal in (("real-time scheduling", ready.fifo), ("locked memory", ready.memory)):
            if refusal:
                self._log.info("not_real_time", says=f"without {what}: {refusal}", what=what, reason=refusal)
        await self._links.begin()
        return engine

    async def _replace_engine(self, stop: asyncio.Event) -> None:
        """Start another engine after one died; what sounded is in the page and is ended when the output opens."""
        assert self._engine
        reason = await self._engine.ended()
        self._early_deaths = 0 if self._links else self._early_deaths + 1
        self._links.forget()
        if stop.is_set():
            return
        self._log.error("engine_lost", says=f"the engine ended ({reason}); starting another", reason=reason)
        await self._engine.kill()
        while not stop.is_set():
            pause = _RESTART_SECONDS[min(self._early_deaths, len(_RESTART_SECONDS) - 1)]
            await self._pause(pause)
            try:
                await self._start_engine()
            except EngineError as error:
                self._early_deaths += 1
                self._log.error("engine_failed", says=f"no engine: {error}", reason=str(error))
            else:
                return

    async def _stop_engine(self) -> None:
        """Release everything: by the engine that runs or, if it is dead or hung, by one that is started for it."""
        assert self._engine
        # A box that was pulled since the last scan hears no note-offs: the ledger must keep what sounds there.
        with suppress(EngineError, BackendError):
            self._listing = self._enumerator.scan()
            await self._links.close_lost(self._listing)
        released = await self._engine.stop()
        if self._sounding():
            with suppress(EngineError):
                released += await self._release_by_another()
        says = f"stopped; {counted(released, 'sounding note')} released"
        if left := self._sounding():
            says += f"; {counted(left, 'note')} may still sound on a box that could not be told, until the next run"
        self._log.info("stopped", says=says, released=released, left=left)

    async def _release_by_another(self) -> int:
        if (port := self._links.choose(self._listing).output) is None:
            return 0
        engine = await self._start_engine()
        released = (await engine.call(OpenOutput(port.rtmidi_name))).released
        await engine.stop()
        return released

    def _sounding(self) -> int:
        """Return how many notes may sound at the destination, as the page has it; without a page none is known."""
        try:
            return len(Page.open(self._page).sounding())
        except (OSError, ValueError):
            return 0

    async def _call(self, command: Command) -> Answer:
        assert self._engine
        return await self._engine.call(command)

    def _on_trouble(self, text: str) -> None:
        self._log.warning("engine_trouble", says=f"the engine says: {text}", text=text)

    def _on_bound(self, bound: Bound) -> None:
        if bound not in list(self._bound)[-1:]:  # who hammers on a pad wants no more than one
            self._bound.append(bound)
        self._attention.set()

    async def _attend_to(self, event: asyncio.Event) -> None:
        await event.wait()
        self._attention.set()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._attention.wait()
        except TimeoutError:
            pass
        self._attention.clear()

    async def _follow(self) -> None:
        """Look at what is plugged in, close what is gone, open what is wanted; raises EngineError."""
        assert self._engine
        if self._engine.gone:
            raise EngineError("the engine is gone")
        before, self._listing = self._listing, self._enumerator.scan()
        self._settled = Listing(
            tuple(port for port in self._listing.ports if port in before.ports),
            tuple(box for box in self._listing.silent_boxes if box in before.silent_boxes),
        )
        await self._links.close_lost(self._listing)
        await self._links.link(self._settled)

    # What is played and bound to an action.

    async def _act_until_next_scan(self, stop: asyncio.Event) -> None:
        """Carry out what is played meanwhile; raises EngineError."""
        assert self._engine
        loop = asyncio.get_running_loop()
        end = loop.time() + SCAN_SECONDS
        while not stop.is_set() and not self._engine.gone:
            while self._bound and not stop.is_set():
                await self._act(self._bound.popleft(), stop)
            if (left := end - loop.time()) <= 0:
                return
            await self._pause(left)

    async def _act(self, bound: Bound, stop: asyncio.Event) -> None:
        match bound.action:
            case Action.USE:
                await self._use(bound.argument)
            case Action.TRACK:
                await self._send_to_track(bound.argument)
            case Action.PANIC:
                await self._panic(stop)

    async def _use(self, name: str) -> None:
        links = self._links
        try:
            routing = links.routing.using(name, self._library)
            routing.check(links.box_for(routing, self._settled))
        except RoutingError as error:
            says = f"the profile {name} cannot be used, {links.routing.name} goes on: {error}"
            self._log.warning("not_switched", says=says, profile=name, reason=str(error))
            return
        await links.change(routing, self._settled)
        destination = self._destination()
        self._log.info(
            "switched", says=f"switched to {routing.name}, {destination}", profile=routing.name, destination=destination
        )

    async def _send_to_track(self, word: str) -> None:
        links = self._links
        try:
            routing = links.routing.on_track(word)
            routing.check(links.box)
        except RoutingError as error:
            track = "the auto channel" if word == "auto" else f"track {word}"
            says = f"{track} cannot be used, everything goes on as before: {error}"
            self._log.warning("no_track", says=says, track=word, reason=str(error))
            return
        await links.change(routing, self._settled)
        destination = self._destination()
        says = f"{routing.name}, now to {destination}"
        self._log.info("track", says=says, track=word, profile=routing.name, destination=destination)

    def _destination(self) -> str:
        links = self._links
        return links.routing.destination(links.route) if links.route else ""

    async def _panic(self, stop: asyncio.Event) -> None:
        """Have every channel silenced, one by one: each takes an eighth of a second, and then the engine answers."""
        links = self._links
        channels = links.routing.panic_channels(links.route, links.box) if links.output else []
        what = f"ending every note on {numbered('channel', sorted(channels))}" if channels else "no box is linked"
        self._log.info("panic", says=f"panic: {what}", channels=channels)
        for channel in channels:
            if stop.is_set():
                return
            await self._call(Panic(channel))
