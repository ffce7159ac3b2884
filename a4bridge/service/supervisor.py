"""The supervisor: keeps what is linked in line with what is plugged in, and an engine alive to forward through it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from a4bridge.backend.base import BackendError
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Action
from a4bridge.engine.page import Page
from a4bridge.engine.protocol import Answer, Bound, Command, Doubled, Looped, Ping, Ready
from a4bridge.ports.listing import Enumerator, Listing
from a4bridge.ports.settling import Looks, Settling
from a4bridge.ports.verdict import box_at
from a4bridge.ports.watch import DeviceWatch
from a4bridge.service import places
from a4bridge.service.actions import Actions, Done, Known, RefusedError
from a4bridge.service.beginning import Beginning
from a4bridge.service.engine import EngineError, EngineProcess, News
from a4bridge.service.keeping import Keep
from a4bridge.service.links import Links, opening
from a4bridge.service.log import Log, counted, say_released
from a4bridge.service.memory import Memory
from a4bridge.service.notify import Notifier
from a4bridge.service.resuming import Resumed
from a4bridge.service.routing import Routing
from a4bridge.service.status import Snapshot, Trouble
from a4bridge.service.survey import survey_inputs, survey_output
from a4bridge.service.taking import Taking, sentence
from a4bridge.service.threads import UsageSinceLinked, threads_of
from a4bridge.service.watching import opened
from a4bridge.service.zoning import Zoning

_RESTART_SECONDS: Final = (0.0, 0.1, 0.5, 2.0, 5.0)
"""Pauses before the first, second, ... new engine in a row that dies before it linked anything."""


@dataclass(slots=True)
class _Request:
    """Something that is asked, and who waits for it; bound: what was played, if that is who asks."""

    action: Callable[[], Coroutine[Any, Any, Done]]
    answer: asyncio.Future[Done]
    bound: Bound | None = None


class Supervisor:
    """One bridge: one profile at a time, the ports it wants, one engine at a time.

    beginning: what its command line asks for. watch: the kernel's word of what comes and goes, where there is one.
    keep: called in a thread with what each routing linked first. resumed: an engine that forwards already.
    """

    def __init__(
        self,
        enumerator: Enumerator,
        watch: DeviceWatch | None,
        routing: Routing,
        beginning: Beginning,
        page: Path,
        backend: str,
        memory: Memory,
        notifier: Notifier,
        log: Log,
        keep: Keep,
        resumed: Resumed | None,
    ) -> None:
        self._enumerator = enumerator
        self._watch = watch
        self._page = page
        self._backend = backend
        self._notifier = notifier
        self._log = log
        self._engine: EngineProcess | None = None
        self._granted = Ready("", "")
        self._usage = UsageSinceLinked()
        self._links = Links(self._call, routing, memory, log)
        self._stop = asyncio.Event()
        self._actions = Actions(self._links, beginning, memory, self._call, log, self._stop.is_set)
        self._looks = Looks(told=watch is not None)
        self._settling = Settling()
        self._listing = Listing()
        self._blind = ""
        self._told = ""
        self._began = time.monotonic()
        self._keep = keep
        self._kept: Routing | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._counted = routing
        self._before: Mapping[Outcome, int] = {}
        """What the page had counted when `_counted` began; `routing` began with the page."""
        self._resumed = resumed
        self._requests: deque[_Request] = deque()
        self._early_deaths = 0
        self._taking = Taking(page, lambda: self._links.routing.settings.take.minutes, self._channel_titles)
        # Ends a pause early: the engine is gone or says something, something is asked or plugged, or it is to stop.
        self._attention = asyncio.Event()

    def stop(self) -> None:
        """End the bridge soon: `run` releases everything and returns."""
        self._stop.set()
        self._attention.set()

    async def run(self) -> None:
        """Bridge until told to stop, then release everything; raises EngineError if no first engine starts."""
        loop = asyncio.get_running_loop()
        await (self._adopt_engine(self._resumed) if self._resumed else self._start_engine())
        if self._watch:
            loop.add_reader(self._watch.fileno(), self._on_devices)
        beat = asyncio.create_task(self._beat(), name="supervisor.beat")
        taking = asyncio.create_task(self._follow(), name="supervisor.taking")
        try:
            while not self._stop.is_set():
                try:
                    await self._look()
                    self._tell()
                    self._keep_what_links()
                    await self._act_until_next_look()
                except EngineError:
                    await self._replace_engine()
        finally:
            self._notifier.stopping()
            if self._watch:
                loop.remove_reader(self._watch.fileno())
            while self._requests:
                _refuse(self._requests.popleft().answer, RefusedError("the bridge is stopping"))
            await self._stop_engine()
            if self._keeping:
                await self._keeping
            beat.cancel()
            taking.cancel()

    # What may be asked, in the order in which it is asked.

    async def use(self, name: str, text: str | None = None) -> Done:
        """Have everything go by another profile (see Actions.use); raises RefusedError."""
        return await self._ask(lambda: self._actions.use(name, text))

    async def track(self, word: str) -> Done:
        """Have everything sent to another track (see Actions.track); raises RefusedError."""
        return await self._ask(lambda: self._actions.track(word))

    async def panic(self) -> Done:
        """Have every channel silenced (see Actions.panic); raises RefusedError."""
        return await self._ask(self._actions.panic)

    async def reload(self) -> Done:
        """Have the files read again (see Actions.reload); raises RefusedError."""
        return await self._ask(self._actions.reload)

    async def take(self, since: int) -> Done:
        """Return what was played in the last minutes, from event number `since` on; raises RefusedError.

        The first piece is as new as it can be: the engine is asked for what it has not brought to the page yet.
        """
        if not self._links.routing.settings.take.minutes:
            raise RefusedError("nothing is kept of what is played: minutes is 0 in [take] of the settings")
        if since == 0 and self._engine:
            now = time.monotonic_ns()
            with suppress(EngineError):
                await self._engine.call(Ping())
            await self._taking.catch_up(now)
        facts = self._taking.piece(since)
        return Done(sentence(facts), facts)

    async def hush(self, *, on: bool) -> Done:
        """Have nothing that is played pass, or everything again (see Actions.hush); raises RefusedError."""
        return await self._ask(lambda: self._actions.hush(on=on))

    def profiles(self) -> Sequence[Known]:
        """Return the profiles that `use` finds."""
        return self._actions.profiles()

    def snapshot(self) -> Snapshot:
        """Return how things are."""
        links = self._links
        routing = links.routing
        trouble = self._actions.trouble
        at = trouble.at if trouble else None
        engine_pid = None if self._engine is None or self._engine.gone else self._engine.pid
        threads = threads_of(engine_pid) if engine_pid else {}
        return Snapshot(
            profile=routing.name,
            file="" if routing.text is not None or not routing.file else str(routing.file),
            sent=routing.text is not None,
            track=routing.track_word,
            destination=routing.destination(links.route) if links.route else "",
            inputs=survey_inputs(links, self._listing),
            output=survey_output(links, self._listing),
            box=links.box.name if links.box else "",
            waiting_for=links.waiting_for,
            refusals=links.refusals,
            effects=links.effects,
            engine_pid=engine_pid,
            fifo=self._granted.fifo,
            memory=self._granted.memory,
            threads=threads,
            usage=self._usage.read(threads),
            trouble=Trouble(str(trouble), str(at.file) if at else "", at.line if at else 0, at.key if at else "")
            if trouble
            else None,
            backend=self._backend,
            uptime=time.monotonic() - self._began,
            middle_c=routing.settings.middle_c,
            hushed=links.hushed,
            channels=routing.channels(links.box),
            tracks=routing.tracks(links.box),
            before=self._before,
        )

    def zoning(self) -> Zoning:
        """Return the zones that the engine goes by."""
        links = self._links
        return Zoning(links.route, links.routing.zone_names, links.sources)

    def _ask(self, action: Callable[[], Coroutine[Any, Any, Done]], bound: Bound | None = None) -> asyncio.Future[Done]:
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_look_at)
        if self._stop.is_set():
            answer.set_exception(RefusedError("the bridge is stopping"))
        else:
            self._requests.append(_Request(action, answer, bound))
            self._attention.set()
        return answer

    def _on_news(self, news: News) -> None:
        match news:
            case Bound():
                self._on_bound(news)
            case Looped(slot, cut):
                self._links.loops(slot, cut=cut)
            case Doubled(slot, other):
                self._links.doubles(slot, other)

    def _on_bound(self, bound: Bound) -> None:
        if self._requests and self._requests[-1].bound == bound:  # who hammers on a pad wants no more than one
            return
        match bound.action:
            case Action.USE:
                self._ask(lambda: self._actions.use(bound.argument), bound)
            case Action.TRACK:
                self._ask(lambda: self._actions.track(bound.argument), bound)
            case Action.PANIC:
                self._ask(self._actions.panic, bound)

    async def _act_until_next_look(self) -> None:
        """Carry out what is asked meanwhile; raises EngineError."""
        assert self._engine
        looked_at = time.monotonic()
        while not self._stop.is_set() and not self._engine.gone:
            while self._requests and not self._stop.is_set():
                await self._carry_out(self._requests.popleft())
            if (left := self._looks.after(looked_at) - time.monotonic()) <= 0:
                return
            await self._pause(left)

    async def _carry_out(self, request: _Request) -> None:
        try:
            done = await request.action()
            await self._count_anew()
        except RefusedError as refusal:
            _refuse(request.answer, refusal)
        except EngineError:
            _refuse(request.answer, RefusedError("the engine ended meanwhile; another is started"))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the music goes on
            reason = f"{type(error).__name__}: {error}"
            says = f"a4bridge has a fault: what was asked could not be done: {reason}"
            self._log.error("action_failed", says=says, reason=reason)
            _refuse(request.answer, RefusedError(says))
        else:
            if not request.answer.done():
                request.answer.set_result(done)
        self._tell()

    async def _count_anew(self) -> None:
        """Take note of the counts if this was a switch: what was dropped before says nothing of what is played now."""
        assert self._engine
        if self._links.routing is self._counted:
            return
        self._counted = self._links.routing
        with suppress(EngineError):
            await self._engine.call(Ping())  # brings to the page what was played by then
        if page := opened(self._page):
            self._before = page.outcomes()

    # What is plugged in.

    def _on_devices(self) -> None:
        assert self._watch
        if self._watch.drain():
            self._looks.change(time.monotonic())
            self._attention.set()

    async def _look(self) -> None:
        """Look at what is plugged in, close what is gone, open what is wanted; raises EngineError."""
        assert self._engine
        if self._engine.gone:
            raise EngineError("the engine is gone")
        try:
            self._listing = self._enumerator.scan()
        except BackendError as error:
            self._say_blind(str(error))
            return
        self._say_blind("")
        now = time.monotonic()
        self._actions.settled = self._settling.settled(self._listing, now)
        if self._resumed:
            self._links.adopt(self._resumed.commands, self._listing)
            self._resumed = None
        await self._links.close_lost(self._listing)
        if await self._links.link(self._actions.settled):
            self._looks.change(now)

    def _say_blind(self, reason: str) -> None:
        """Say once that nothing can be seen. What is linked stays so: that it is not seen does not mean it is gone."""
        if reason and reason != self._blind:
            self._log.warning("not_listed", says=f"{reason}; what is linked stays linked", reason=reason)
        self._blind = reason

    def _tell(self) -> None:
        """Tell who watches over the service what it does now, the first time also that it is ready."""
        if self._engine:
            self._usage.note(self._engine.pid, (self._links.inputs, self._links.output))
        if (sentence := self._links.sentence) == self._told:
            return
        if not self._told:
            self._notifier.ready()
        self._told = sentence
        self._notifier.status(sentence)

    def _keep_what_links(self) -> None:
        """Have what linked kept for the next start: once for each routing, for a card that is written to wears."""
        links = self._links
        if links.routing is self._kept:
            return
        # What has just come counts, for a start would not wait for it to settle.
        if (commands := links.commands()) and links.are_as_at_start(self._listing):
            self._kept = links.routing
            keeping = self._keep_after(self._keeping, links.routing, commands)
            self._keeping = asyncio.create_task(keeping, name="supervisor.keep")

    async def _keep_after(
        self, before: asyncio.Task[None] | None, routing: Routing, commands: Sequence[Command]
    ) -> None:
        """Have it kept by a thread, one at a time, for a disk may be slow; a fault ends that, and nothing else."""
        if before:
            await before
        try:
            await asyncio.to_thread(self._keep, routing, commands)
        except Exception as error:  # noqa: BLE001 - whatever it is, the music goes on
            reason = f"{type(error).__name__}: {error}"
            says = f"a4bridge has a fault: the next start will be an ordinary one: {reason}"
            self._log.error("keeping_failed", says=says, reason=reason)

    # The engine.

    async def _start_engine(self, output: str = "") -> EngineProcess:
        if not self._page.exists():  # something tidied up meanwhile
            try:
                places.prepare(self._page.parent)
                places.make_page(self._page)
            except places.PlaceError as error:
                raise EngineError(str(error)) from error
        engine, ready = await EngineProcess.start(
            self._page, self._backend, self._on_trouble, self._attention.set, self._on_news, output
        )
        self._welcome(engine, ready)
        await self._links.begin()
        return engine

    async def _adopt_engine(self, resumed: Resumed) -> None:
        commands = resumed.commands
        engine, ready = await EngineProcess.adopt(
            resumed.child, len(commands), self._on_trouble, self._attention.set, self._on_news
        )
        self._welcome(engine, ready)
        say_released(resumed.released, self._log)
        for command in commands:
            self._taking.heed(command, resumed.at)

    def _welcome(self, engine: EngineProcess, ready: Ready) -> None:
        self._engine = engine
        self._log.debug("engine_started", says=f"the engine is process {engine.pid}", pid=engine.pid)
        for what, refusal, before in (
            ("real-time scheduling", ready.fifo, self._granted.fifo),
            ("locked memory", ready.memory, self._granted.memory),
        ):
            if refusal and refusal != before:
                self._log.info("not_real_time", says=f"without {what}: {refusal}", what=what, reason=refusal)
        self._granted = ready
        say_released(ready.released, self._log)

    async def _replace_engine(self) -> None:
        """Start another engine after one died; what sounded is in the page and is ended when the output opens."""
        assert self._engine
        reason = await self._engine.ended()
        self._early_deaths = 0 if self._links else self._early_deaths + 1
        output = self._links.output.rtmidi_name if self._links.output else ""
        self._links.forget()
        self._resumed = None
        if self._stop.is_set():
            return
        self._log.error("engine_lost", says=f"the engine ended ({reason}); starting another", reason=reason)
        await self._engine.kill()
        while not self._stop.is_set():
            await self._pause(_RESTART_SECONDS[min(self._early_deaths, len(_RESTART_SECONDS) - 1)])
            try:
                await self._start_engine(output)
            except EngineError as error:
                self._early_deaths += 1
                self._log.error("engine_failed", says=f"no engine: {error}", reason=str(error))
            else:
                return

    async def _stop_engine(self) -> None:
        """Release everything: by the engine that runs or, if it is dead or hung, by one that is started for it."""
        assert self._engine
        # A box that was pulled since the last look hears no note-offs: the ledger must keep what sounds there.
        with suppress(EngineError, BackendError):
            self._listing = self._enumerator.scan()
            await self._links.close_lost(self._listing)
            self._keep_what_links()  # by what was switched to since the last look
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
        released = (await engine.call(opening(port))).released
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
        self._taking.heed(command)
        return await self._engine.call(command)

    def _channel_titles(self) -> list[str]:
        """Say what each channel of the box leads to that is linked, or is waited for."""
        return self._links.routing.channel_titles(box_at(self._links.output or self._links.missed_output))

    async def _follow(self) -> None:
        """Keep what is played; a fault of it ends that, and nothing else."""
        try:
            await self._taking.follow()
        except Exception as error:  # noqa: BLE001 - whatever it is, the music goes on
            reason = f"{type(error).__name__}: {error}"
            says = f"a4bridge has a fault: what is played is not kept any more: {reason}"
            self._log.error("take_failed", says=says, reason=reason)

    def _on_trouble(self, text: str) -> None:
        self._log.warning("engine_trouble", says=f"the engine says: {text}", text=text)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._attention.wait()
        self._attention.clear()

    async def _beat(self) -> None:
        """Let whoever watches over the service know that this loop turns."""
        while seconds := self._notifier.watchdog_seconds:
            self._notifier.watchdog()
            await asyncio.sleep(seconds)


def _refuse(answer: asyncio.Future[Done], refusal: RefusedError) -> None:
    if not answer.done():  # as it is where who asked is gone
        answer.set_exception(refusal)


def _look_at(answer: asyncio.Future[Done]) -> None:
    """Take note of a refusal: asyncio would complain about one that nobody waited for."""
    if not answer.cancelled():
        answer.exception()
