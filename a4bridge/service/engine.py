"""The engine as the service has it: a child process that is told things, watched, and replaced."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, Self

from a4bridge.engine.protocol import (
    NO_TRANSPORT,
    PING,
    Answer,
    Bound,
    Command,
    Doubled,
    Looped,
    Message,
    ProtocolError,
    Ready,
    Stop,
    Trouble,
    decode,
    encode,
)
from a4bridge.service.adopted import AdoptedProcess
from a4bridge.service.child import Child, engine_command

START_SECONDS: Final = 20.0
"""How long an engine may take to be ready: a slow card and a cold cache."""

PING_SECONDS: Final = 0.125
SILENT_PINGS: Final = 4
"""An engine that says nothing for so many of the service's own turns is hung: 0.5 s."""

STOP_SECONDS: Final = 2.0
"""How long an engine may take to stop before it is killed. It takes 0.02 to 0.17 s; a machine that is too busy for that
must not be left with notes sounding."""


News = Bound | Looped | Doubled
"""What an engine says unasked."""


class EngineError(Exception):
    """The engine could not be started, or is gone; the text says why."""


class NoTransportError(EngineError):
    """The engine cannot be started, because there is no MIDI system that it could use."""


class _Writer(Protocol):
    def write(self, data: bytes, /) -> None: ...
    def close(self) -> None: ...


class _Process(Protocol):
    """What is needed of asyncio.subprocess.Process."""

    @property
    def pid(self) -> int: ...
    @property
    def stdin(self) -> _Writer | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    @property
    def stderr(self) -> asyncio.StreamReader | None: ...
    @property
    def returncode(self) -> int | None: ...
    def kill(self) -> None: ...
    async def wait(self) -> int: ...


class EngineProcess:
    """One engine, from its start to its end; a new one is a new object."""

    def __init__(
        self,
        process: _Process,
        on_trouble: Callable[[str], None],
        on_gone: Callable[[], None],
        on_news: Callable[[News], None],
    ) -> None:
        self._process = process
        self._on_trouble = on_trouble
        self._on_gone = on_gone
        self._on_news = on_news
        self.gone = False
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._number = 0
        self._quiet_pings = 0
        self._ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        self._complaint = ""
        self._tasks = [
            asyncio.create_task(self._read(), name="engine.read"),
            asyncio.create_task(self._read_complaints(), name="engine.complaints"),
        ]

    @classmethod
    async def start(
        cls,
        page: Path,
        backend: str,
        on_trouble: Callable[[str], None],
        on_gone: Callable[[], None] = lambda: None,
        on_news: Callable[[News], None] = lambda _news: None,
        output: str = "",
    ) -> tuple[Self, Ready]:
        """Start an engine on `page` and wait until it is ready; raises EngineError.

        on_trouble is called with a sentence for whatever goes wrong unasked, on_gone when it has ended, on_news when
        something was played that is bound to an action, or was found out about the inputs. output: where an earlier
        engine may have left notes sounding, as the transport calls it; they are ended before the engine is ready.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *engine_command(page, backend, output),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                # Out of the terminal's reach: Ctrl-C, Ctrl-Z or a closed window must not end it with notes sounding.
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(f"no process for the engine: {error.strerror}") from error
        engine = cls(process, on_trouble, on_gone, on_news)
        return engine, await engine._begin()

    @classmethod
    async def adopt(
        cls,
        child: Child,
        told: int,
        on_trouble: Callable[[str], None],
        on_gone: Callable[[], None],
        on_news: Callable[[News], None],
    ) -> tuple[Self, Ready]:
        """Look after an engine that runs, and has carried out so many commands; otherwise as `start`."""
        engine = cls(await AdoptedProcess.of(child), on_trouble, on_gone, on_news)
        engine._number = told
        return engine, await engine._begin()

    async def _begin(self) -> Ready:
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await self._ready
        except TimeoutError:
            await self.kill()
            raise EngineError(f"the engine was not ready within {START_SECONDS:.0f} s") from None
        self._tasks.append(asyncio.create_task(self._watch(), name="engine.watch"))
        return ready

    @property
    def pid(self) -> int:
        """The engine's process."""
        return self._process.pid

    async def call(self, command: Command) -> Answer:
        """Have `command` carried out; raises EngineError if the engine ends before it answered."""
        return await self._send(command)

    async def carry_out(self, commands: Iterable[Command]) -> None:
        """Have all of `commands` carried out; raises EngineError with its sentence for the first that cannot be."""
        for command in commands:
            if error := (await self.call(command)).error:
                raise EngineError(error)

    def _send(self, command: Command) -> asyncio.Future[Answer]:
        self._number += 1
        return self._write(self._number, encode(self._number, command))

    def _ping(self) -> asyncio.Future[Answer]:
        return self._write(0, PING)

    def _write(self, number: int, line: bytes) -> asyncio.Future[Answer]:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_look_at)
        if self.gone:
            answer.set_exception(_gone())
        else:
            assert self._process.stdin
            try:
                self._process.stdin.write(line)
            except (OSError, RuntimeError):  # uvloop's word for a pipe that broke, before `_read` has seen the end
                answer.set_exception(_gone())
            else:
                self._waiting[number] = answer
        return answer

    async def ended(self) -> str:
        """Wait until the engine is gone and return what it said about it."""
        await self._process.wait()
        await asyncio.gather(*self._tasks[:2], return_exceptions=True)
        return self._complaint or f"exit code {self._process.returncode}"

    async def stop(self) -> int:
        """Let the engine release everything and end, or end it; returns how many notes it released."""
        released = 0
        with suppress(EngineError, TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                released = (await self.call(Stop())).released
                await self._process.wait()
        await self.kill()
        return released

    async def kill(self) -> None:
        """End the engine at once; what sounds stays in the ledger."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        for task in self._tasks[2:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            self._quiet_pings = 0
            try:
                number, message = decode(line)
            except ProtocolError as error:
                self._on_trouble(str(error))
                continue
            self._take(number, message)
        self.gone = True
        self._on_gone()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(_gone())
        if not self._ready.done():
            await self._tasks[1]
            kind = NoTransportError if await self._process.wait() == NO_TRANSPORT else EngineError
            self._ready.set_exception(kind(self._complaint or "the engine ended before it was ready"))

    def _take(self, number: int, message: Message) -> None:
        match message:
            case Answer():
                answer = self._waiting.pop(number, None)  # none: a sign of life that nobody asked for
                if answer and not answer.done():
                    answer.set_result(message)
            case Ready():
                self._ready.set_result(message)
            case Trouble(text):
                self._on_trouble(text)
            case Bound() | Looped() | Doubled():
                self._on_news(message)

    async def _read_complaints(self) -> None:
        """Pass on what the engine or a library prints on standard error, and keep the last line."""
        assert self._process.stderr
        while line := await self._process.stderr.readline():
            if text := line.decode("utf-8", "replace").strip():
                self._complaint = text
                if self._ready.done():
                    self._on_trouble(text)

    async def _watch(self) -> None:
        """Kill an engine that is silent while this loop turned SILENT_PINGS times.

        Turns are counted, not seconds: a loop that was held up itself must not blame the engine.
        """
        ping = self._ping()
        while True:
            await asyncio.sleep(PING_SECONDS)
            self._quiet_pings += 1
            if self._quiet_pings >= SILENT_PINGS:
                self._on_trouble(f"the engine was silent for {SILENT_PINGS * PING_SECONDS} s and is killed")
                self._process.kill()
                return
            if ping.done():
                if ping.exception():
                    return
                ping = self._ping()


def _look_at(answer: asyncio.Future[Answer]) -> None:
    """Take note of a failure: asyncio would complain about a ping whose engine stopped before it answered."""
    if not answer.cancelled():
        answer.exception()


def _gone() -> EngineError:
    return EngineError("the engine is gone")
