"""The supervisor: keeps what is linked in line with what is plugged in, and an engine alive to forward through it."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from a4bridge.backend.base import BackendError
from a4bridge.core.boxes import box_of
from a4bridge.core.compile import CompileError
from a4bridge.core.route import Route
from a4bridge.engine.page import SLOTS, Page
from a4bridge.engine.protocol import CloseInput, CloseOutput, Command, OpenInput, OpenOutput, SetRoute
from a4bridge.ports.choose import Choice, Wanted, choose
from a4bridge.ports.listing import Enumerator, Listing, Port
from a4bridge.service import places
from a4bridge.service.engine import EngineError, EngineProcess
from a4bridge.service.log import Log
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Routing

SCAN_SECONDS: Final = 0.25
"""How often the listing is read. A port must look the same twice before it is opened: a name appears before it is
final (users of Pure Data and of amidiminder saw it)."""

_RESTART_SECONDS: Final = (0.0, 0.1, 0.5, 2.0, 5.0)
"""Pauses before the first, second, ... new engine in a row that dies before it linked anything."""


class Supervisor:
    """One bridge: one profile, the ports it wants, one engine at a time."""

    def __init__(
        self,
        enumerator: Enumerator,
        routing: Routing,
        wanted: Wanted,
        page: Path,
        backend: str,
        memory: Memory,
        log: Log,
    ) -> None:
        self._enumerator = enumerator
        self._routing = routing
        self._wanted = wanted
        self._page = page
        self._backend = backend
        self._memory = memory
        self._log = log
        self._engine: EngineProcess | None = None
        self._inputs: dict[int, Port] = {}
        self._output: Port | None = None
        self._linked_before: Port | None = None
        self._listing = Listing()
        self._said: tuple[str, ...] = ()
        self._refusals: dict[str, str] = {}
        self._early_deaths = 0
        self._attention = asyncio.Event()  # ends a pause early: the engine is gone, or it is time to stop

    async def run(self, stop: asyncio.Event) -> None:
        """Bridge until `stop` is set, then release everything; raises EngineError if no first engine starts."""
        await self._start_engine()
        self._listing = self._enumerator.scan()
        stopping = asyncio.create_task(self._attend_to(stop), name="supervisor.stop")
        try:
            while not stop.is_set():
                try:
                    await self._follow()
                except EngineError:
                    await self._replace_engine(stop)
                    continue
                await self._pause(SCAN_SECONDS)
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
        engine, ready = await EngineProcess.start(self._page, self._backend, self._on_trouble, self._attention.set)
        self._engine = engine
        self._log.debug("engine_started", says=f"the engine is process {engine.pid}", pid=engine.pid)
        for what, refusal in (("real-time scheduling", ready.fifo), ("locked memory", ready.memory)):
            if refusal:
                self._log.info("not_real_time", says=f"without {what}: {refusal}", what=what, reason=refusal)
        with suppress(CompileError):  # it may suit the box that comes; the link will say if not
            await self._call(SetRoute(self._routing.route_for(None).to_data()))
        return engine

    async def _replace_engine(self, stop: asyncio.Event) -> None:
        """Start another engine after one died; what sounded is in the page and is ended when the output opens."""
        assert self._engine
        reason = await self._engine.ended()
        self._early_deaths = 0 if self._inputs or self._output else self._early_deaths + 1
        self._inputs.clear()
        self._output = None
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
            await self._close_lost()
        released = await self._engine.stop()
        if self._sounding():
            with suppress(EngineError):
                released += await self._release_by_another()
        says = f"stopped; {_notes(released, 'sounding note')} released"
        if left := self._sounding():
            says += f"; {_notes(left, 'note')} may still sound on a box that could not be told, until the next run"
        self._log.info("stopped", says=says, released=released, left=left)

    async def _release_by_another(self) -> int:
        if (port := self._choose(self._listing).output) is None:
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

    async def _call(self, command: Command) -> tuple[str, int]:
        assert self._engine
        answer = await self._engine.call(command)
        return answer.error, answer.released

    def _on_trouble(self, text: str) -> None:
        self._log.warning("engine_trouble", says=f"the engine says: {text}", text=text)

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

    # The links.

    async def _follow(self) -> None:
        """Look at what is plugged in, close what is gone, open what is wanted; raises EngineError."""
        assert self._engine
        if self._engine.gone:
            raise EngineError("the engine is gone")
        before, self._listing = self._listing, self._enumerator.scan()
        settled = Listing(
            tuple(port for port in self._listing.ports if port in before.ports),
            tuple(box for box in self._listing.silent_boxes if box in before.silent_boxes),
        )
        await self._close_lost()
        choice = self._choose(settled)
        changed = await self._open_output(choice.output)
        changed |= await self._open_inputs(choice.inputs)
        self._say(choice, changed=changed)

    def _choose(self, listing: Listing) -> Choice:
        return choose(listing, self._wanted, self._memory.last_output, self._linked_before)

    async def _close_lost(self) -> None:
        """Close what is linked and not there: unplugged, replaced by its like within a scan, or cut by a program."""
        there = {port for port in self._listing.ports if port.held is not False}
        for slot, port in list(self._inputs.items()):
            if port not in there:
                del self._inputs[slot]
                self._log.warning("input_lost", says=f"{port.client} is unplugged", input=port.title)
                await self._call(CloseInput(slot))
        if self._output and self._output not in there:
            lost, self._output = self._output, None
            self._log.warning("output_lost", says=f"{lost.client} is unplugged", output=lost.title)
            await self._call(CloseOutput(lost=True))

    async def _open_output(self, port: Port | None) -> bool:
        if port == self._output:
            return False
        if self._output:
            await self._call(CloseOutput(lost=False))
            self._output = None
        if port is None:
            return True
        try:
            route = self._route_to(port)
        except CompileError as failure:
            return not self._refused(port, f"{self._routing.name} does not suit {port.client}: {failure}")
        await self._call(SetRoute(route.to_data()))
        error, released = await self._call(OpenOutput(port.rtmidi_name))
        if self._refused(port, error):
            return False
        self._output = self._linked_before = port
        if released:
            says = f"{_notes(released, 'note')} released that {'was' if released == 1 else 'were'} left sounding"
            self._log.info("released", says=says, released=released)
        try:
            self._memory.remember_output(port.title)
        except OSError as failure:
            self._log.warning("not_remembered", says=f"the output cannot be remembered: {failure}", reason=str(failure))
        return True

    async def _open_inputs(self, ports: tuple[Port, ...]) -> bool:
        changed = False
        for slot, port in list(self._inputs.items()):
            if port not in ports:
                del self._inputs[slot]
                await self._call(CloseInput(slot))
                changed = True
        for port in ports:
            free = [slot for slot in range(SLOTS) if slot not in self._inputs]
            if port in self._inputs.values() or not free:
                continue
            error, _ = await self._call(OpenInput(free[0], port.rtmidi_name))
            if not self._refused(port, error):
                self._inputs[free[0]] = port
                changed = True
        return changed

    def _refused(self, port: Port, error: str) -> bool:
        """Say once why a port could not be opened; it is tried again at every scan."""
        if error and self._refusals.get(port.title) != error:
            self._log.warning("port_refused", says=error, port=port.title)
        self._refusals[port.title] = error
        return bool(error)

    def _route_to(self, port: Port | None) -> Route:
        return self._routing.route_for(box_of(port.client, port.usb_id) if port else None)

    def _say(self, choice: Choice, *, changed: bool) -> None:
        if changed and self._inputs and self._output:
            keyboards = " + ".join(port.client for port in self._inputs.values())
            destination = self._routing.destination(self._route_to(self._output))
            self._log.info(
                "linked",
                says=f"{keyboards} -> {self._output.client}, {destination}",
                profile=self._routing.name,
                inputs=[port.title for port in self._inputs.values()],
                output=self._output.title,
                destination=destination,
            )
        if choice.waiting != self._said:
            for sentence in choice.waiting:
                if sentence not in self._said:
                    self._log.info("waiting", says=sentence)
            self._said = choice.waiting


def _notes(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
