"""A running bridge, asked from an event loop: the same client as the verbs', whose socket asyncio reads here."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from a4bridge.control.client import (
    ANSWER_SECONDS,
    PANIC_SECONDS,
    Connection,
    ControlError,
    NotRunningError,
    Place,
    carried_out,
)
from a4bridge.control.wire import Panic, Request, RequestError, Watch, decode, encode_request

_LONGEST: Final = 4_194_304
"""Bytes in a line of a bridge's; no line has a tenth of that."""


class Bridge:
    """The bridge at one of the places that `where` names at the time."""

    def __init__(self, where: Callable[[], list[Place]]) -> None:
        self._where = where

    @asynccontextmanager
    async def talk(self) -> AsyncIterator["Talk"]:
        """Talk to the first bridge that listens; raises ControlError."""
        connection = await _connected(self._where())
        reader, writer = await _opened(connection)
        try:
            yield Talk(connection.place, reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _connected(where: list[Place]) -> Connection:
    """Connect in a thread, for a bridge that is busy with others may let one wait; hang up if nobody waits any more."""
    made: list[Connection] = []
    abandoned = threading.Event()

    def connect() -> Connection:
        connection = Connection.to_first(where)
        made.append(connection)
        if abandoned.is_set():
            connection.close()
        return connection

    try:
        return await asyncio.to_thread(connect)
    except asyncio.CancelledError:
        abandoned.set()
        for connection in made:
            connection.close()
        raise


async def _opened(connection: Connection) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Read and write it here from now on, or close it.

    uvloop before 0.22, if it is cancelled within that, closes the descriptor and lets the socket close it once more.
    """
    connected = connection.give_away()
    connected.setblocking(False)
    opening = asyncio.create_task(asyncio.open_unix_connection(sock=connected, limit=_LONGEST))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        _reader, writer = await opening
        writer.close()
        raise


class Talk:
    """One connection, to the bridge at `place`."""

    def __init__(self, place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.place = place
        self._reader = reader
        self._writer = writer

    async def ask(self, request: Request) -> dict[str, Any]:
        """Have `request` carried out and return the answer; raises RefusedError, ControlError."""
        try:
            async with asyncio.timeout(PANIC_SECONDS if isinstance(request, Panic) else ANSWER_SECONDS):
                with suppress(OSError):  # if it does not want to read that, it has answered why
                    self._writer.write(encode_request(request))
                    await self._writer.drain()
                return carried_out(await self.next(), self.place)
        except TimeoutError:
            raise ControlError(f"{self.place}, does not answer") from None

    async def watch(self, request: Watch) -> None:
        """Have what happens told to `next`; raises ControlError."""
        await self.ask(request)

    async def next(self) -> dict[str, Any]:
        """Return the next line; raises ControlError, NotRunningError when the bridge ends."""
        try:
            return decode(await self._reader.readuntil())
        except (asyncio.IncompleteReadError, OSError):
            raise NotRunningError(f"{self.place}, has ended") from None
        except asyncio.LimitOverrunError:
            raise ControlError(f"{self.place}, sent a line without an end") from None
        except RequestError as error:
            raise ControlError(f"{self.place}, sent what cannot be understood: {error}") from None
