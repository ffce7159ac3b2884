"""The control socket's server over real sockets, in front of a service that only takes note of what it is asked."""

import asyncio
import gc
import grp
import io
import json
import os
import socket
import stat
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest
import uvloop

from a4bridge.control.wire import (
    MAX_LINE,
    Feed,
    Hush,
    Log,
    Panic,
    Profiles,
    Request,
    Status,
    Track,
    Use,
    Watch,
    encode,
    encode_request,
)
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Zone
from a4bridge.engine.page import Page
from a4bridge.engine.recorder import Recorder
from a4bridge.service.actions import Done, Known, RefusedError
from a4bridge.service.control import ControlServer
from a4bridge.service.log import RECENT, ServiceLog, make_log
from a4bridge.service.places import PlaceError
from a4bridge.service.status import Link, LinkState, Snapshot
from a4bridge.service.watching import Limits
from a4bridge.service.zoning import Zoning

PATIENCE: Final = 30.0
STATUS: Final = encode_request(Status())
SNAPSHOT: Final = Snapshot(
    profile="liverec",
    file="/etc/a4bridge/profiles/liverec.toml",
    sent=False,
    track="",
    destination="auto channel 9",
    inputs=[Link("Keystation:Keystation MIDI 1", LinkState.OPEN)],
    output=Link("Analog Four:Analog Four MIDI 1", LinkState.OPEN),
    box="Analog Four",
    waiting_for=((), ()),
    engine_pid=7,
    fifo="",
    memory="",
    threads={},
    usage=None,
    trouble=None,
    backend="loopback",
    uptime=1.0,
    middle_c=5,
    channels={1: "track 1", 9: "auto channel"},
)


class Service:
    """Does nothing that it is asked, and takes note of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, ...]] = []
        self.zones = Zoning()

    async def use(self, name: str, text: str | None = None) -> Done:
        self.asked.append(("use", name, text))
        if name == "broken":
            raise RefusedError("broken.toml:3: is broken")
        return Done(f"switched to {name}", {"profile": name})

    async def track(self, word: str) -> Done:
        self.asked.append(("track", word))
        raise ZeroDivisionError("of ours")

    async def panic(self) -> Done:
        self.asked.append(("panic",))
        return Done("silence")

    async def reload(self) -> Done:
        self.asked.append(("reload",))
        return Done("read again")

    async def take(self, since: int) -> Done:
        self.asked.append(("take", str(since)))
        return Done("taken", {"first": since})

    async def hush(self, *, on: bool) -> Done:
        self.asked.append(("hush", str(on)))
        return Done("hushed")

    def profiles(self) -> list[Known]:
        return [Known("liverec", "Play and record", ""), Known("mine", "", "mine.toml:1: is broken")]

    def snapshot(self) -> Snapshot:
        return SNAPSHOT

    def zoning(self) -> Zoning:
        return self.zones


class Client:
    """One connection; what it is told, as objects."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, sent: bytes) -> None:
        self.writer.write(sent)

    async def told(self) -> Any:
        return json.loads(await self.reader.readuntil())

    async def asks(self, request: Request) -> Any:
        self.send(encode_request(request))
        return await self.told()

    async def error(self) -> str:
        answer = await self.told()
        assert (answer["version"], answer["ok"]) == (1, False)
        return str(answer["error"])

    async def is_hung_up_on(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:  # what it sent was not read to the end
            return True


class Here:
    """A server, and what is around it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "control"
        self.page = directory / "page"
        self.output = io.StringIO()
        self.log: ServiceLog = make_log(stream=self.output, environment={})
        self.service = Service()
        self.server: ControlServer
        self.clients: list[Client] = []

    async def connect(self, limit: int = MAX_LINE) -> Client:
        client = Client(*await asyncio.open_unix_connection(self.path, limit=limit))
        self.clients.append(client)
        return client

    async def nobody_is_connected(self) -> None:
        await self.connections_are(0)

    async def connections_are(self, number: int) -> None:
        while len(self.server._connections) != number:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.001)


@asynccontextmanager
async def serving(directory: Path, limits: Limits | None = None) -> AsyncIterator[Here]:
    here = Here(directory)
    here.server = await ControlServer.start(here.path, here.service, here.page, here.log, limits)
    try:
        yield here
    finally:
        await here.server.close()
        here.log.close()
        for client in here.clients:
            client.writer.transport.abort()


Play = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def play(request: pytest.FixtureRequest) -> Play:
    """Return what runs a test on each of the loops that the service may have."""

    def run(test: Coroutine[Any, Any, None]) -> None:
        async def patiently() -> None:
            async with asyncio.timeout(PATIENCE):  # pytest's own has no way into uvloop
                await test

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(patiently())

    return run


def test_requests_are_carried_out_and_answered_in_turn(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            client.send(encode_request(Use("gridrec")) + encode_request(Use("broken", "text = 1")) + STATUS)

            assert await client.told() == {
                "version": 1,
                "ok": True,
                "says": "switched to gridrec",
                "profile": "gridrec",
            }
            assert await client.error() == "broken.toml:3: is broken"
            status = await client.told()
            assert (status["ok"], status["linked"], status["profile"]["name"]) == (True, True, "liverec")
            assert here.service.asked == [("use", "gridrec", None), ("use", "broken", "text = 1")]

    play(test())


def test_the_profiles_that_can_be_used_are_told_with_what_is_wrong(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()

            assert await client.asks(Profiles()) == {
                "version": 1,
                "ok": True,
                "profiles": [
                    {"name": "liverec", "description": "Play and record", "error": ""},
                    {"name": "mine", "description": "", "error": "mine.toml:1: is broken"},
                ],
            }

    play(test())


def test_the_last_events_of_the_log_are_told(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            for number in range(RECENT + 1):
                here.log.info("waiting", says=f"line {number}", keyboard=number)

            told = (await client.asks(Log()))["log"]

            assert [event["keyboard"] for event in told] == list(range(1, RECENT + 1))
            assert [event["number"] for event in told] == list(range(2, RECENT + 2))
            assert {*told[-1]} == {"at", "number", "level", "event", "says", "keyboard"}
            assert told[0]["at"] <= told[-1]["at"]

    play(test())


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"hello\n", "this is not JSON"),
        (b"\xff\xfe\n", "this is not UTF-8 text"),
        (b"[" * 100_000 + b"\n", "this is nested too deeply"),
        (encode({"do": "pannic"}), 'did you mean "panic"?'),
        (b'{"version":9,"do":"panic"}\n', '"version" must be 1'),
    ],
)
def test_nonsense_gets_a_sentence_and_the_next_request_its_answer(
    play: Play, tmp_path: Path, sent: bytes, sentence: str
) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            client.send(sent)

            assert sentence in await client.error()
            assert (await client.asks(Status()))["ok"]
            assert here.service.asked == []

    play(test())


def test_a_line_without_an_end_gets_a_sentence_and_is_hung_up_on(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client, other = await here.connect(), await here.connect()
            client.send(b"x" * (MAX_LINE + 100_000))

            assert await client.error() == "this line is longer than 256 KiB"
            assert await client.is_hung_up_on()
            assert (await other.asks(Status()))["ok"]

    play(test())


def test_who_has_said_all_still_gets_the_answer(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            client.send(STATUS.rstrip())
            client.writer.write_eof()

            assert (await client.told())["ok"]
            assert await client.is_hung_up_on()

    play(test())


def test_half_a_request_is_not_carried_out(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            client.send(b'{"version":1,"do":"panic"')
            client.writer.write_eof()

            assert "this is not JSON" in await client.error()
            assert here.service.asked == []

    play(test())


def test_who_asks_nothing_is_hung_up_on(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, Limits(idle=0.01)) as here:
            silent, half = await here.connect(), await here.connect()
            half.send(b'{"version":')

            for client in silent, half:
                assert await client.error() == "nothing was asked for 0.01 s"
                assert await client.is_hung_up_on()
            await here.nobody_is_connected()

    play(test())


def test_a_thousand_requests_at_once_leave_the_loop_its_turns(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        turns = 0

        async def turning() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        async with serving(tmp_path) as here:
            client = await here.connect()
            beside = asyncio.create_task(turning())
            client.send(STATUS * 1000)

            answers = [await client.told() for _ in range(1000)]

            beside.cancel()
            assert all(answer["ok"] for answer in answers)
            assert turns > 900

    play(test())


def test_who_asks_and_does_not_read_is_hung_up_on_and_keeps_nobody_waiting(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, Limits(cut=0.05)) as here:
            deaf = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            deaf.setblocking(False)
            deaf.connect(str(here.path))
            other = await here.connect()
            loop = asyncio.get_running_loop()

            async def ask_and_ask() -> None:
                while True:
                    await loop.sock_sendall(deaf, STATUS * 100)
                    assert (await other.asks(Status()))["ok"]

            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                await ask_and_ask()
            deaf.close()

    play(test())


def test_a_fault_of_ours_is_told_and_the_next_request_is_answered(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()

            client.send(encode_request(Track("2")))
            error = await client.error()

            assert error == "a4bridge has a fault: track ended with ZeroDivisionError: of ours"
            assert (await client.asks(Status()))["ok"]
            here.log.close()
            assert here.output.getvalue() == f"error: {error}\n"

    play(test())


def test_one_client_too_many_is_told_so(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            clients = [await here.connect() for _ in range(32)]
            for client in clients:
                assert (await client.asks(Status()))["ok"]

            one_more = await here.connect()
            assert await one_more.error() == "32 clients are connected, which is the most; try again later"
            assert await one_more.is_hung_up_on()
            clients.pop().writer.close()
            await here.connections_are(31)
            assert (await (await here.connect()).asks(Status()))["ok"]

    play(test())


# Who watches.


def test_who_watches_the_log_is_told_each_event(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            assert await client.asks(Watch((Feed.LOG,))) == {
                "version": 1,
                "ok": True,
                "says": "watching log",
                "what": ["log"],
            }

            here.log.warning("input_lost", says="Keystation is unplugged", input="Keystation")
            here.log.debug("engine_started", says="less important than what is asked for")
            here.log.info("waiting")

            lost = {"event": "input_lost", "says": "Keystation is unplugged", "input": "Keystation", "level": "warning"}
            told = [(await client.told())["log"] for _ in range(2)]
            assert told == (await (await here.connect()).asks(Log()))["log"]
            times = [event.pop("at") for event in told]
            assert times == sorted(times)
            assert told == [lost | {"number": 1}, {"event": "waiting", "level": "info", "number": 2}]

    play(test())


def test_what_a_slow_reader_has_no_room_for_is_counted_and_told(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, Limits(waiting=2_000)) as here:
            slow, quick = await here.connect(), await here.connect()
            await slow.asks(Watch((Feed.LOG,)))

            for number in range(1000):  # without a pause in which anything could be sent
                here.log.info("switched", number=number)

            assert (await quick.asks(Status()))["ok"]
            numbers = []
            while "log" in (told := await slow.told()):
                numbers.append(told["log"]["number"])
            assert numbers == list(range(len(numbers)))
            assert 10 < len(numbers) < 100
            assert told == {"version": 1, "missed": {"log": 1000 - len(numbers)}}
            here.log.info("switched", number=1000)
            assert (await slow.told())["log"]["number"] == 1000

    play(test())


def test_a_dead_reader_is_cut_off_and_keeps_nobody_waiting(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, Limits(cut=0.05)) as here:
            dead, other = await here.connect(limit=1), await here.connect()
            dead.send(encode_request(Watch((Feed.LOG,))))
            await other.asks(Status())

            while len(here.server._connections) == 2:
                here.log.info("switched", says="x" * 10_000)
                assert (await other.asks(Status()))["ok"]
            assert here.log._listeners == []

    play(test())


def test_who_stops_watching_is_let_go(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            for request in Watch((Feed.LOG,)), Watch((Feed.PLAYED,)):
                client = await here.connect()
                await client.asks(request)
                client.writer.close()
                await here.nobody_is_connected()
            assert here.log._listeners == []
            assert here.server._played._task is None

    play(test())


def test_who_watches_may_ask_nothing_else(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            await client.asks(Watch((Feed.LOG,)))
            client.send(STATUS)

            assert await client.error() == "a connection that watches takes no other request"
            assert await client.is_hung_up_on()

    play(test())


def test_who_hushes_may_ask_nothing_else_and_it_is_over_with_the_connection(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client, other = await here.connect(), await here.connect()
            assert (await client.asks(Hush()))["says"] == "hushed"
            await other.asks(Hush())
            client.send(STATUS)

            assert await client.error() == "a connection that hushes takes no other request"
            assert await client.is_hung_up_on()
            other.writer.close()
            await here.nobody_is_connected()
            assert here.service.asked == [("hush", "True"), ("hush", "True"), ("hush", "False"), ("hush", "False")]

    play(test())


def test_to_ask_again_is_answered_and_counts_as_one(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            for _ in range(3):
                assert (await client.asks(Hush()))["says"] == "hushed"

            client.writer.close()
            await here.nobody_is_connected()
            assert here.service.asked == [("hush", "True"), ("hush", "False")]

    play(test())


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time goes on when a test says so."""

    now = 0.0

    def time(self) -> float:
        return self.now


def test_a_hush_that_is_not_asked_for_again_in_time_is_over(tmp_path: Path) -> None:
    loop = Clock()

    async def test() -> None:
        async with serving(tmp_path) as here:
            client, half = await here.connect(), await here.connect()
            for _ in range(3):
                await client.asks(Hush())
                loop.now += 4.9
            assert (await client.asks(Hush()))["ok"]
            await half.asks(Hush())
            half.send(encode_request(Hush())[:-1])
            loop.now += 5.1

            for each in (client, half):
                assert await each.error() == "the hush is over: it was not asked for again for 5 s"
                assert await each.is_hung_up_on()
            await here.nobody_is_connected()
            assert here.service.asked == [("hush", "True"), ("hush", "True"), ("hush", "False"), ("hush", "False")]

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(test())


def test_who_watches_what_is_played_is_told_each_event(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            recorder = recorder_at(here.page)
            note(recorder, b"\x90\x3c\x64", [0x98, 0x3C, 0x64])
            client = await here.connect()
            await client.asks(Watch((Feed.PLAYED,)))  # what came before is not shown

            note(recorder, b"\x90\x40\x64", [0x98, 0x40, 0x64])
            note(recorder, b"\xc0\x05", Outcome.PROGRAM_CHANGE)

            first, second = (await client.told())["played"]
            assert abs(first.pop("at") - time.time()) < time.monotonic() + 60  # the recorder's clock began at the boot
            assert first == {
                "number": 1,
                "input": "Keystation",
                "in": "904064",
                "out": "984064",
                "outcome": "forwarded",
                "says": "forwarded",
                "zones": [],
                "took_us": 30.0,
                "late_us": 0.0,
            }
            assert (second["in"], second["out"], second["outcome"]) == ("c005", "", "program_change")
            assert second["says"] == "program change, filtered: it would change the pattern"

    play(test())


def test_who_watches_is_told_the_zones(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            here.service.zones = Zoning(Route("split", (Zone((2,), high=59), Zone((1,), low=60))), ("bass", "zone 2"))
            recorder = recorder_at(here.page)
            client = await here.connect()
            await client.asks(Watch((Feed.PLAYED,)))

            note(recorder, b"\x90\x3b\x64", [0x91, 0x3B, 0x64])
            note(recorder, b"\x90\x3c\x64", [0x90, 0x3C, 0x64])
            note(recorder, b"\xc0\x05", Outcome.PROGRAM_CHANGE)

            assert [event["zones"] for event in (await client.told())["played"]] == [["bass"], ["zone 2"], []]

    play(test())


def test_what_the_ring_has_lost_is_counted_and_told(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            recorder = recorder_at(here.page)
            client = await here.connect()
            await client.asks(Watch((Feed.PLAYED,)))

            Page.open(here.page, writable=True).head[0] = 5_000  # the ring went round in between
            note(recorder, b"\x90\x40\x64", [0x98, 0x40, 0x64], times=2)

            assert [event["number"] for event in (await client.told())["played"]] == [5_000, 5_001]
            assert await client.told() == {"version": 1, "missed": {"played": 5_000}}

    play(test())


def test_a_page_that_is_made_anew_is_watched_from_its_beginning(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            recorder = recorder_at(here.page)
            note(recorder, b"\x90\x40\x64", [0x98, 0x40, 0x64], times=2)
            client = await here.connect()
            await client.asks(Watch((Feed.PLAYED,)))

            here.page.unlink()
            note(recorder_at(here.page), b"\xc0\x05", Outcome.PROGRAM_CHANGE)

            assert [event["number"] for event in (await client.told())["played"]] == [0]

    play(test())


def recorder_at(path: Path) -> Recorder:
    Page.prepare(path)
    page = Page.open(path, writable=True)
    page.name_slot(0, "Keystation")
    recorder = Recorder(page)
    recorder.start_input(0)
    return recorder


def note(recorder: Recorder, received: bytes, result: list[int] | Outcome, times: int = 1) -> None:
    for _ in range(times):
        recorder.note((0, (list(received), 0.0), 1_000, 31_000, result))
    recorder.fold()


# The socket.


def test_the_socket_is_for_its_user_and_the_group_audio_whatever_the_umask(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        before = os.umask(0)
        try:
            async with serving(tmp_path) as here:
                status = here.path.stat()
                assert os.umask(0) == 0
        finally:
            os.umask(before)
        audio = grp.getgrnam("audio").gr_gid
        may = os.geteuid() == 0 or audio in os.getgroups()
        assert stat.S_IMODE(status.st_mode) == 0o660
        assert status.st_gid == (audio if may else os.getegid())

    play(test())


def test_a_socket_that_was_left_is_replaced_and_removed_at_the_end(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(tmp_path / "control"))
        async with serving(tmp_path) as here:
            assert (await (await here.connect()).asks(Status()))["ok"]
        assert not here.path.exists()

    play(test())


def test_what_is_no_socket_is_left_alone(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        with pytest.raises(PlaceError, match="control is not a socket; remove it"):
            async with serving(tmp_path):
                pass
        assert (tmp_path / "control").read_text() == "mine"

    (tmp_path / "control").write_text("mine")
    play(test())


def test_a_path_that_no_socket_can_have_gets_a_sentence(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        with pytest.raises(PlaceError, match="cannot be made: AF_UNIX path too long"):
            async with serving(tmp_path / ("x" * 110)):
                pass

    play(test())


def test_who_watches_is_told_the_last_before_the_end_if_it_reads(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, Limits(waiting=1 << 20)) as here:
            client, deaf = await here.connect(limit=1 << 20), await here.connect(limit=1)
            await client.asks(Watch((Feed.LOG,)))
            deaf.send(encode_request(Watch((Feed.LOG,))))
            while len(here.log._listeners) < 2:  # noqa: ASYNC110 - the log tells nobody
                await asyncio.sleep(0)
            here.log.info("switched", says="x" * 700_000)  # more than a socket holds
            here.log.info("stopped", says="the end")
        await client.told()
        assert (await client.told())["log"]["says"] == "the end"
        assert await client.is_hung_up_on()

    play(test())


def test_the_end_hangs_up_on_everybody_and_takes_no_other_socket_away(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            idle, watching = await here.connect(), await here.connect()
            await watching.asks(Watch((Feed.LOG, Feed.PLAYED)))
            here.path.unlink()
            with socket.socket(socket.AF_UNIX) as other:
                other.bind(str(here.path))
        assert await idle.is_hung_up_on()
        assert await watching.is_hung_up_on()
        assert here.path.is_socket()

    play(test())


class Slow(Service):
    """Ends a panic when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_end = asyncio.Event()

    async def panic(self) -> Done:
        self.asked.append(("panic",))
        await self.may_end.wait()
        return Done("silence")


def test_who_vanishes_before_the_answer_is_no_fault(play: Play, tmp_path: Path) -> None:
    faults: list[Any] = []

    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))
        async with serving(tmp_path) as here:
            here.server._commands = slow = Slow()
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.connect(str(here.path))
                client.sendall(STATUS + encode_request(Panic()))
                while not slow.asked:  # noqa: ASYNC110 - the service tells nobody
                    await asyncio.sleep(0.001)
            # What it has not read makes this an end that shows at once.
            assert (await (await here.connect()).asks(Status()))["ok"]  # by then the loop has seen it go
            slow.may_end.set()
            await here.connections_are(1)
        gc.collect()  # which tells of what nobody asked a task for

    play(test())

    assert faults == []


def test_for_who_vanishes_before_the_watch_begins_nothing_is_watched(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path) as here:
            client = await here.connect()
            await client.asks(Status())
            client.writer.transport.abort()
            with pytest.raises(BrokenPipeError):
                await here.server._watch(Watch((Feed.LOG, Feed.PLAYED)), client.reader, client.writer)

            assert here.log._listeners == []
            assert here.server._played._task is None

    play(test())


# Python's own loop does not close such a connection itself where it has accepted it and not begun with it.
@pytest.mark.parametrize("play", [uvloop.new_event_loop], ids=["uvloop"], indirect=True)
def test_who_comes_in_while_the_server_closes_is_hung_up_on(play: Play, tmp_path: Path) -> None:
    async def test() -> None:
        for turns in range(6):  # of the loop, in which a connection comes to its task
            async with serving(tmp_path) as here:
                late = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                late.connect(str(here.path))
                for _ in range(turns):
                    await asyncio.sleep(0)
            for _ in range(6):
                await asyncio.sleep(0)
            with late, suppress(ConnectionResetError):  # it was never taken in
                late.setblocking(False)
                assert late.recv(1) == b""
            assert [task for task in asyncio.all_tasks() if task.get_name() == "control.connection"] == []

    play(test())
