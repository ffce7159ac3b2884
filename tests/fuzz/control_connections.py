"""Whoever connects to the control socket: asks, babbles, breaks off, half closes, asks a hundred things at once."""

import asyncio
import io
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import uvloop
from dice import Dice
from scratch import scratch
from sentences import assert_sentence

from a4bridge.control import wire
from a4bridge.service.actions import Done, Known, RefusedError
from a4bridge.service.control import ControlServer
from a4bridge.service.log import ServiceLog, make_log
from a4bridge.service.status import Snapshot
from a4bridge.service.zoning import Zoning

_MOST_CLIENTS: Final = 4
_MOST_STEPS: Final = 24
_MOST_TURNS: Final = 8
"""Of the loop, in which a connection comes to its task."""

_PATIENCE: Final = 60.0
"""Seconds; a case takes milliseconds, and one that takes longer than this hangs."""

_REQUESTS: Final = tuple(
    wire.encode_request(request)
    for request in (
        *(wire.Status(), wire.Use("liverec"), wire.Use("mine", 'description = "x"'), wire.Track("auto"), wire.Panic()),
        *(
            wire.Reload(),
            wire.Use("refused"),
            wire.Use("fault"),
            wire.Take(7),
            wire.Watch((wire.Feed.LOG, wire.Feed.PLAYED)),
        ),
    )
)
_BABBLE: Final = (
    *(b"\n", b"{}\n", b"[]\n", b"\x00\xff\n", b'{"version":2,"do":"status"}\n', b"GET / HTTP/1.1\r\n\r\n", b"[" * 9000),
)
_TOO_LONG: Final = b"x" * (wire.MAX_LINE + 100_000)

_SNAPSHOT: Final = Snapshot(
    *("liverec", "", False, "", "auto channel 9", (), None, "Analog Four", (("waiting",), ()), None, "", ""),
    *({}, None, None, "rtmidi", 1.0, 5, {9: "auto channel"}),
)


class _Bridge:
    """What carries out the requests: at once, not at all, or with a fault."""

    async def use(self, name: str, text: str | None = None) -> Done:
        await asyncio.sleep(0)
        if name == "fault":
            raise KeyError(name)
        if name == "refused":
            raise RefusedError("it cannot be used")
        return Done("used", {"text": text})

    async def track(self, word: str) -> Done:
        return Done(word)

    async def panic(self) -> Done:
        await asyncio.sleep(0.0001)
        return Done("silent")

    async def reload(self) -> Done:
        return Done("read again")

    async def take(self, since: int) -> Done:
        return Done("nothing", {"first": since, "next": since, "end": since})

    async def hush(self, *, on: bool) -> Done:
        return Done("hushed" if on else "passes again")

    def profiles(self) -> list[Known]:
        return [Known("liverec", "Play and record", "")]

    def snapshot(self) -> Snapshot:
        return _SNAPSHOT

    def zoning(self) -> Zoning:
        return Zoning()


@dataclass
class _Client:
    """One who is connected: what it sent, and what it has heard."""

    writer: asyncio.StreamWriter
    hearing: asyncio.Task[bytes]
    sent: bytearray = field(default_factory=bytearray)
    silent: bool = False
    gone: bool = False

    @property
    def may_speak(self) -> bool:
        """Tell whether neither side has closed."""
        return not (self.silent or self.gone or self.writer.is_closing())

    @classmethod
    async def connect(cls) -> "_Client":
        reader, writer = await asyncio.open_unix_connection(scratch("control"), limit=1 << 24)
        return cls(writer, asyncio.create_task(_all_that_comes(reader)))

    def send(self, data: bytes) -> None:
        self.sent += data
        self.writer.write(data)

    def half_close(self) -> None:
        if self.may_speak:
            self.silent = True
            self.writer.write_eof()

    def vanish(self) -> None:
        self.gone = True
        self.writer.transport.abort()


async def _all_that_comes(reader: asyncio.StreamReader) -> bytes:
    heard = bytearray()
    try:
        while data := await reader.read(1 << 16):
            heard += data
    except OSError:  # what was sent after the other side had closed
        pass
    return bytes(heard)


def check(data: bytes) -> None:
    """Do what `data` says to a server: each line is answered once, and who asks properly afterwards is, too."""
    _runner().run(asyncio.wait_for(_case(Dice(data)), _PATIENCE))


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


@cache
def _log() -> ServiceLog:
    return make_log("error", "console", io.StringIO())


async def _case(dice: Dice) -> None:
    faults: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))
    server = await ControlServer.start(scratch("control"), _Bridge(), scratch("no-page"), _log())
    turns = dice.below(_MOST_TURNS)
    clients: list[_Client] = []
    for _ in range(_MOST_STEPS):
        if not dice.left:
            break
        which = dice.below(_MOST_CLIENTS)
        if which >= len(clients):
            clients.append(await _Client.connect())
        await _do_something(clients[which % len(clients)], dice)
    await _check_good_request()
    for client in clients:
        client.half_close()
    for client in clients:
        heard = await client.hearing
        client.writer.close()
        if not client.gone:
            _check_answers(bytes(client.sent), heard)
    await _check_close(server, turns)
    assert not faults, faults


async def _check_close(server: ControlServer, turns: int) -> None:
    """Close the server some turns of the loop after somebody came: nobody is forgotten, nothing is left."""
    with socket.socket(socket.AF_UNIX) as late:
        late.connect(str(scratch("control")))
        for _ in range(turns):
            await asyncio.sleep(0)
        await server.close()
        assert not scratch("control").exists()
        for _ in range(_MOST_TURNS):
            await asyncio.sleep(0)
        late.setblocking(False)
        with suppress(ConnectionResetError):  # it was never taken in
            assert late.recv(1) == b""
    left = [task for task in asyncio.all_tasks() if task.get_name().startswith("control.")]
    assert not left, left


async def _do_something(client: _Client, dice: Dice) -> None:
    step = dice.below(16)
    if step < 3:
        await asyncio.sleep(0)
    elif client.may_speak:
        match step:
            case 3:
                client.half_close()
            case 4:
                client.vanish()
            case _:
                client.send(_said(step, dice))


def _said(step: int, dice: Dice) -> bytes:
    match step:
        case 5:
            return _TOO_LONG
        case 6:
            return dice.one_of(_REQUESTS) * 40
        case 7 | 8:
            return dice.some(20)
        case 9:
            return dice.one_of(_BABBLE)
        case 10 | 11:
            request = dice.one_of(_REQUESTS)
            return request[: dice.below(len(request))]
    return dice.one_of(_REQUESTS)


async def _check_good_request() -> None:
    client = await _Client.connect()
    client.send(_REQUESTS[0])
    client.half_close()
    answer = wire.decode(await client.hearing)
    client.writer.close()
    assert answer["ok"]
    assert answer["running"]


def _check_answers(sent: bytes, heard: bytes) -> None:
    answers = [wire.decode(line) for line in heard.splitlines()]
    assert not heard or heard.endswith(b"\n")
    for answer in answers:
        assert answer["version"] == wire.VERSION
        if answer.get("ok") is False:
            assert_sentence(answer["error"])
    expected, watches = _expected(sent)
    if watches:
        assert len(answers) >= expected
    else:
        assert len(answers) == expected, f"{len(answers)} answers instead of {expected}"


def _expected(sent: bytes) -> tuple[int, bool]:
    """Return how many answers there are to what was sent, and whether anything may follow them."""
    *lines, rest = sent.split(b"\n")
    for number, line in enumerate([*lines, rest] if rest else lines, 1):
        if len(line) > wire.MAX_LINE:
            return number, False
        if _is_the_last(line):
            return number, True
    return len(lines) + bool(rest), False


def _is_the_last(line: bytes) -> Any:
    try:
        return isinstance(wire.decode_request(line), wire.Watch | wire.Hush)
    except wire.RequestError:
        return False
