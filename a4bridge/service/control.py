"""The control socket's server: answers requests, and streams what happens to whoever watches (docs/control.md).

It runs in the service's loop and waits for nobody: whoever does not read, does not ask or asks nonsense costs a few
hundred KiB at most, and is cut off after a while. No note passes through this process.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol, Self

from a4bridge.control.wire import (
    MAX_LINE,
    Feed,
    Hush,
    Log,
    Panic,
    Profiles,
    Reload,
    Request,
    RequestError,
    Status,
    Take,
    Track,
    Use,
    Watch,
    decode_request,
    encode,
    encode_done,
    encode_refusal,
)
from a4bridge.core.words import listed
from a4bridge.service.actions import Done, Known, RefusedError
from a4bridge.service.endpoint import Endpoint
from a4bridge.service.log import ServiceLog, counted
from a4bridge.service.status import Snapshot, report
from a4bridge.service.watching import Limits, Played, Watcher, opened, send
from a4bridge.service.zoning import Zoning

LAST_SECONDS: Final = 0.1
"""How long the end waits until those who watch have taken the last lines."""

_GONE: Final = (OSError, TimeoutError)
"""How a connection ends that has gone away, or is not read for too long."""


class Commands(Protocol):
    """What carries out the requests, one after the other; it raises RefusedError for what cannot be done."""

    async def use(self, name: str, text: str | None = None) -> Done:
        """Go by the profile `name` or, if there is one, by `text`."""

    async def track(self, word: str) -> Done:
        """Send everything to the track `word`: "1" to "16" or "auto"."""

    async def panic(self) -> Done:
        """End every note."""

    async def reload(self) -> Done:
        """Read settings and profile again."""

    async def take(self, since: int) -> Done:
        """Tell what was played in the last minutes, from event number `since` on."""

    async def hush(self, *, on: bool) -> Done:
        """Let nothing that is played pass; each who asks for that ends it once."""

    def profiles(self) -> Sequence[Known]:
        """Tell which profiles `use` finds."""

    def snapshot(self) -> Snapshot:
        """Tell how things are."""

    def zoning(self) -> Zoning:
        """Tell by which zones the engine goes."""


class ControlServer:
    """Listens at one socket from `start` to `close`."""

    def __init__(self, endpoint: Endpoint, commands: Commands, page: Path, log: ServiceLog, limits: Limits) -> None:
        self._commands = commands
        self._log = log
        self._page = page
        self._limits = limits
        self._endpoint = endpoint
        self._server: asyncio.Server
        self._connections: set[asyncio.Task[None]] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._watching: dict[Watcher, asyncio.Task[None]] = {}
        self._played = Played(page, commands.zoning)

    @classmethod
    async def start(
        cls, path: Path, commands: Commands, page: Path, log: ServiceLog, limits: Limits | None = None
    ) -> Self:
        """Listen at `path`; raises PlaceError. What an earlier bridge left there is replaced.

        page: the shared page's file.
        """
        endpoint = Endpoint(path)
        server = cls(endpoint, commands, page, log, limits or Limits())
        server._server = await asyncio.start_unix_server(server._accept, sock=endpoint.listener, limit=MAX_LINE)
        return server

    async def close(self) -> None:
        """Hang up on everybody, once who watches was told the last, and remove the socket."""
        self._server.close()
        for watcher in self._watching:
            watcher.end()
        if self._watching:
            await asyncio.wait(self._watching.values(), timeout=LAST_SECONDS)
        tasks = self._connections | self._leaving
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._endpoint.remove()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._server.is_serving():  # it came in while we closed
            writer.transport.abort()
            return
        full = len(self._connections) >= self._limits.connections
        serving = self._turn_away(writer) if full else self._serve(reader, writer)
        task = asyncio.create_task(serving, name="control.connection")
        (self._leaving if full else self._connections).add(task)
        task.add_done_callback(self._connections.discard)
        task.add_done_callback(self._leaving.discard)
        task.add_done_callback(lambda _task: writer.transport.abort())  # also if it is cancelled before it begins

    async def _turn_away(self, writer: asyncio.StreamWriter) -> None:
        most = counted(self._limits.connections, "client")
        with suppress(*_GONE):
            send(writer, encode_refusal(f"{most} are connected, which is the most; try again later"))
            await self._flush(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*_GONE):
            await self._answer_all(reader, writer)
            await self._flush(writer)

    async def _flush(self, writer: asyncio.StreamWriter) -> None:
        """Close, but not before the last line was sent; raises TimeoutError if it is not read."""
        writer.close()
        async with asyncio.timeout(self._limits.cut):
            await writer.wait_closed()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(self._limits.idle):
                    line = await _line(reader)
            except TimeoutError:
                send(writer, encode_refusal(f"nothing was asked for {self._limits.idle:g} s"))
                return
            except RequestError as error:  # where the next request would begin, nobody knows
                send(writer, encode_refusal(str(error)))
                return
            if not line:
                return
            try:
                request = decode_request(line)
            except RequestError as error:
                answer = encode_refusal(str(error))
            else:
                if isinstance(request, Watch):
                    await self._watch(request, reader, writer)
                    return
                if isinstance(request, Hush):
                    await self._hush(reader, writer)
                    return
                answer = await self._answer(request)
            await self._say(writer, answer)

    async def _say(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        send(writer, answer)
        async with asyncio.timeout(self._limits.cut):
            await writer.drain()
        await asyncio.sleep(0)  # who has sent a thousand requests at once must not keep the loop from the engine

    async def _answer(self, request: Request) -> bytes:
        try:
            if (told := self._told(request)) is not None:
                return encode({"ok": True, **told})
            done = await self._done(request)
        except RefusedError as error:
            return encode_refusal(str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours: whoever asked is told, and the music goes on
            reason = f"{type(error).__name__}: {error}"
            says = f"a4bridge has a fault: {request.do} ended with {reason}"
            self._log.error("request_failed", says=says, do=request.do, reason=reason)
            return encode_refusal(says)
        return encode_done(done.says, done.facts)

    def _told(self, request: Request) -> dict[str, Any] | None:
        """Return what a request asks for that changes nothing; None for any other."""
        match request:
            case Status():
                return report(self._commands.snapshot(), opened(self._page))
            case Profiles():
                return {"profiles": [asdict(known) for known in self._commands.profiles()]}
            case Log():
                return {"log": self._log.recent()}
        return None

    async def _done(self, request: Request) -> Done:
        match request:
            case Use(profile, text):
                return await self._commands.use(profile, text)
            case Track(word):
                return await self._commands.track(word)
            case Panic():
                return await self._commands.panic()
            case Reload():
                return await self._commands.reload()
            case Take(since):
                return await self._commands.take(since)
        raise AssertionError(request)

    async def _watch(self, request: Watch, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        send(writer, encode_done(f"watching {listed(request.what)}", {"what": request.what}))
        watcher = Watcher(self._limits)
        if Feed.LOG in request.what:
            self._log.listen(watcher.take_event)
        if Feed.PLAYED in request.what:
            self._played.add(watcher)
        sending = asyncio.create_task(watcher.send(writer), name="control.watch")
        asking = asyncio.create_task(reader.read(1), name="control.watch.end")
        task = asyncio.current_task()
        assert task
        self._watching[watcher] = task
        try:
            await asyncio.wait({sending, asking}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                await sending  # which raises what stopped it
            elif asking.result():
                send(writer, encode_refusal("a connection that watches takes no other request"))
        finally:
            del self._watching[watcher]
            if Feed.LOG in request.what:
                self._log.unlisten(watcher.take_event)
            self._played.discard(watcher)
            sending.cancel()
            asking.cancel()
            await asyncio.gather(sending, asking, return_exceptions=True)

    async def _hush(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hush for as long as it is asked for again in time: a client that is frozen must leave no bridge mute."""
        try:
            done = await self._commands.hush(on=True)
            await self._say(writer, encode_done(done.says, done.facts))
            while await self._hushes_on(reader):
                await self._say(writer, encode_done(done.says, done.facts))
        except (RefusedError, RequestError) as error:
            send(writer, encode_refusal(str(error)))
        finally:
            # Also where it was refused: it counts all the same if it was the engine that ended meanwhile.
            with suppress(RefusedError):
                await self._commands.hush(on=False)

    async def _hushes_on(self, reader: asyncio.StreamReader) -> bool:
        """Wait until it is asked for again, or the client goes; raises RequestError for what ends it otherwise."""
        try:
            async with asyncio.timeout(self._limits.hush):
                line = await _line(reader)
        except TimeoutError:
            raise RequestError(f"the hush is over: it was not asked for again for {self._limits.hush:g} s") from None
        if line and not isinstance(decode_request(line), Hush):
            raise RequestError("a connection that hushes takes no other request")
        return bool(line)


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Return the next line, or nothing at the end; raises RequestError for one that is too long."""
    try:
        return await reader.readuntil()
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        raise RequestError(f"this line is longer than {MAX_LINE // 1024} KiB") from None
