"""What the page knows of a bridge: over a real control socket, in front of a service that has nothing to do."""

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pytest
import uvloop

from a4bridge.control.client import Connection, ControlError, Place, RefusedError
from a4bridge.control.wire import Panic, Track, Use
from a4bridge.core.outcomes import Outcome
from a4bridge.engine.page import Page
from a4bridge.engine.recorder import Recorder
from a4bridge.service.actions import Done, Known
from a4bridge.service.actions import RefusedError as NotDoneError
from a4bridge.service.control import ControlServer
from a4bridge.service.log import make_log
from a4bridge.service.status import Link, LinkState, Snapshot, Trouble
from a4bridge.service.zoning import Zoning
from a4bridge.web.bridge import Bridge, _opened
from a4bridge.web.feed import LOG_LINES, SHOWN, Feed, News

PATIENCE: Final = 30.0


class Service:
    """Switches what it is said to switch."""

    def __init__(self) -> None:
        self.profile = "liverec"

    async def use(self, name: str, text: str | None = None) -> Done:  # noqa: ARG002 - the protocol has it
        self.profile = name
        return Done(f"switched to {name}")

    async def track(self, word: str) -> Done:
        raise NotDoneError(f"track {word} cannot be used")

    async def panic(self) -> Done:
        return Done("silence")

    async def reload(self) -> Done:
        return Done("read again")

    async def take(self, since: int) -> Done:
        return Done("nothing", {"since": since})

    async def hush(self, *, on: bool) -> Done:
        return Done(f"hushed: {on}")

    def profiles(self) -> list[Known]:
        return [Known(self.profile, "one", "")]

    def zoning(self) -> Zoning:
        return Zoning(None, (), {})

    def snapshot(self) -> Snapshot:
        opened = Link("Keystation:Keystation MIDI 1", LinkState.OPEN)
        return Snapshot(
            profile=self.profile,
            file="/etc/a4bridge/profiles/liverec.toml",
            sent=False,
            track="",
            destination="auto channel 9",
            inputs=[opened],
            output=opened,
            box="Analog Four",
            waiting_for=((), ()),
            engine_pid=None,
            fifo="",
            memory="",
            threads={},
            usage=None,
            trouble=Trouble("mine.toml:3: keyz: is not a key", "/etc/a4bridge/profiles/mine.toml", 3, "keyz"),
            backend="loopback",
            uptime=1.0,
            middle_c=5,
            channels={9: "auto channel"},
        )


class Here:
    """A place for a bridge, one that may be there, and what the page knows of it."""

    def __init__(self, directory: Path) -> None:
        self.page = directory / "page"
        self.socket = directory / "control"
        self.service = Service()
        self.log = make_log(stream=io.StringIO(), environment={})
        self.feed = Feed(Bridge(lambda: [Place("the bridge", self.socket)]))
        self.server: ControlServer | None = None

    async def begin(self) -> None:
        self.server = await ControlServer.start(self.socket, self.service, self.page, self.log)

    async def end(self) -> None:
        if self.server:
            await self.server.close()
        self.server = None

    @property
    def connections(self) -> int:
        assert self.server
        return len(self.server._connections)


@asynccontextmanager
async def here_with_a_bridge(directory: Path) -> AsyncIterator[Here]:
    here = Here(directory)
    await here.begin()
    here.feed.start()
    try:
        yield here
    finally:
        await here.feed.close()
        await here.end()
        here.log.close()


async def until(news: News, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Take what is told until it is as wanted; return all facts by then, and the last message's other parts."""
    facts: dict[str, Any] = {}
    while True:
        await news.anything.wait()
        message = news.take()
        facts |= message.pop("facts", {})
        if seen(facts | message):
            return facts | message


def play(test: Coroutine[Any, Any, None]) -> None:
    # As the service does: asyncio's own loop forgets to close what it accepts while its server is being closed.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test, PATIENCE))


def is_here(facts: dict[str, Any]) -> bool:
    return bool(facts.get("bridge", {}).get("here"))


def test_one_who_looks_is_told_everything_that_is_shown_and_nothing_else(tmp_path: Path) -> None:
    async def test() -> None:
        async with here_with_a_bridge(tmp_path) as here:
            facts = await until(here.feed.add(), is_here)

            assert set(facts) == {*SHOWN, "bridge", "profiles"}
            assert facts["linked"] is True
            assert "/etc/" not in json.dumps(facts)  # where files lie is nobody's business
            assert facts["trouble"]["says"] == "mine.toml:3: keyz: is not a key"
            assert facts["profiles"] == [{"name": "liverec", "description": "one", "error": ""}]

    play(test())


def test_however_many_look_the_bridge_is_asked_by_one(tmp_path: Path) -> None:
    async def test() -> None:
        async with here_with_a_bridge(tmp_path) as here:
            lookers = [here.feed.add() for _ in range(10)]
            for looker in lookers:
                await until(looker, is_here)
            # The log, what is played, how things are; and what was said before, which is asked for once.
            while not here.log._listeners or here.connections != 3:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)

            for looker in lookers:
                here.feed.discard(looker)
            while here.connections != 1:  # noqa: ASYNC110 - only the log is followed any more, which nobody tells
                await asyncio.sleep(0.001)

    play(test())


def test_who_comes_later_gets_what_was_said_before(tmp_path: Path) -> None:
    async def test() -> None:
        async with here_with_a_bridge(tmp_path) as here:
            while not here.log._listeners:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)
            for number in range(LOG_LINES + 5):
                here.log.warning("waiting", says=f"line {number}")
            told = await lines(here.feed, LOG_LINES)

            assert told[-1] == {"at": told[-1]["at"], "level": "warning", "says": f"line {LOG_LINES + 4}"}

    play(test())


def test_what_was_said_before_the_page_began_is_told_once(tmp_path: Path) -> None:
    async def test() -> None:
        here = Here(tmp_path)
        here.log.info("waiting", says="before")
        await here.begin()
        here.feed.start()
        await lines(here.feed, 1)

        await here.end()  # the connection is lost, and the service lives on
        await here.begin()
        while not here.log._listeners:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)
        here.log.info("waiting", says="after")

        assert [line["says"] for line in await lines(here.feed, 2)] == ["before", "after"]
        await here.feed.close()
        await here.end()

    play(test())


@pytest.mark.parametrize("clock", [[7.0], [7.0, 3.0]], ids=["in the same millisecond", "before the clock was set back"])
def test_of_what_was_said_nothing_is_left_out_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    async def test() -> None:
        here = Here(tmp_path)
        told = cycle(clock)
        with monkeypatch.context() as patched:
            patched.setattr("a4bridge.service.log.time.time", lambda: next(told))
            for what in ("keyboard", "box", "box", "all"):
                here.log.warning("lost", says=f"{what} unplugged")
        await here.begin()
        here.feed.start()
        try:
            async with asyncio.timeout(PATIENCE / 3):
                said = [line["says"] for line in await lines(here.feed, 4)]
            assert said == ["keyboard unplugged", "box unplugged", "box unplugged", "all unplugged"]
        finally:
            await here.feed.close()
            await here.end()

    play(test())


async def lines(feed: Feed, number: int) -> list[dict[str, Any]]:
    """Return what one who comes now is told of the log, as soon as it is so many lines."""
    looker = feed.add()
    told: list[dict[str, Any]] = []
    while len(told) < number:
        await looker.anything.wait()
        told += looker.take().get("log", [])
    feed.discard(looker)
    return told


def test_what_is_switched_is_seen_by_another(tmp_path: Path) -> None:
    async def test() -> None:
        async with here_with_a_bridge(tmp_path) as here:
            one, two = here.feed.add(), here.feed.add()
            for looker in (one, two):
                await until(looker, is_here)

            assert await here.feed.ask(Use("gridrec")) == "switched to gridrec"

            for looker in (one, two):
                facts = await until(looker, lambda facts: facts.get("profile", {}).get("name") == "gridrec")
                assert "linked" not in facts  # only what is new

    play(test())


def test_a_refusal_is_the_bridges_own_sentence(tmp_path: Path) -> None:
    async def test() -> None:
        async with here_with_a_bridge(tmp_path) as here:
            with pytest.raises(RefusedError, match="track 7 cannot be used"):
                await here.feed.ask(Track("7"))

    play(test())


def test_a_note_that_was_let_go_before_anybody_looked_is_told(tmp_path: Path) -> None:
    async def test() -> None:
        Page.prepare(tmp_path / "page")
        page = Page.open(tmp_path / "page", writable=True)
        recorder = Recorder(page)
        recorder.start_input(0)
        async with here_with_a_bridge(tmp_path) as here:
            looker = here.feed.add()
            await until(looker, is_here)
            for sent in ([0x98, 60, 100], [0x88, 60, 64], [0x98, 60, 0], Outcome.CLOCK):
                recorder.note((0, ([0x90, 60, 100], 0.0), 1_000, 31_000, sent))
            recorder.fold()

            assert (await until(looker, lambda told: "struck" in told))["struck"] == [(9, 60)]

    play(test())


def test_a_bridge_that_goes_is_told_and_found_again(tmp_path: Path) -> None:
    async def test() -> None:
        async with here_with_a_bridge(tmp_path) as here:
            looker = here.feed.add()
            await until(looker, is_here)

            await here.end()
            gone = await until(looker, lambda facts: facts.get("bridge", {}).get("here") is False)
            assert "bridge" in gone["bridge"]["says"]
            assert gone["sounding"] is gone["linked"] is None
            with pytest.raises(ControlError, match="no bridge is running"):
                await here.feed.ask(Panic())

            await here.begin()
            assert (await until(looker, is_here))["linked"] is True

    play(test())


def test_where_there_is_none_it_is_waited_for(tmp_path: Path) -> None:
    async def test() -> None:
        here = Here(tmp_path)
        here.feed.start()
        looker = here.feed.add()
        told = await until(looker, lambda facts: "bridge" in facts)
        assert told["bridge"]["says"].startswith("no bridge is running")

        await here.begin()
        await until(looker, is_here)
        await here.feed.close()
        await here.end()

    play(test())


def test_what_waits_for_one_who_does_not_read_stays_small(tmp_path: Path) -> None:
    async def test() -> None:
        feed = Feed(Bridge(lambda: [Place("the bridge", tmp_path / "none")]))
        looker = feed.add()
        for number in range(1_000):
            feed.tell({"forwarded": number})
            feed._hear({"event": "waiting", "level": "info", "says": str(number)})
        message = looker.take()

        assert message["facts"]["forwarded"] == 999
        assert [line["says"] for line in message["log"]] == [str(number) for number in range(1_000 - LOG_LINES, 1_000)]
        assert looker.take() == {}
        await feed.close()

    play(test())


def test_who_gives_up_while_it_connects_leaves_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, may_go_on = threading.Event(), threading.Event()
    made: list[Connection] = []

    def slowly(where: list[Place]) -> Connection:
        connection = connect(where)
        made.append(connection)
        reached.set()
        assert may_go_on.wait(PATIENCE)
        return connection

    async def test() -> None:
        here = Here(tmp_path)
        await here.begin()
        asking = asyncio.create_task(talk(here))
        await asyncio.to_thread(reached.wait, PATIENCE)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        may_go_on.set()
        await here.end()
        here.log.close()

    async def talk(here: Here) -> None:
        async with Bridge(lambda: [Place("the bridge", here.socket)]).talk():
            raise AssertionError("it gave up before")

    connect = Connection.to_first
    monkeypatch.setattr(Connection, "to_first", slowly)
    play(test())

    assert [connection.fileno() for connection in made] == [-1]


@pytest.mark.parametrize("turns", range(1, 4))
def test_who_gives_up_while_the_loop_takes_it_over_leaves_no_socket(tmp_path: Path, turns: int) -> None:
    async def test() -> None:
        here = Here(tmp_path)
        await here.begin()
        connection = Connection.to_first([Place("the bridge", here.socket)])
        taking = asyncio.create_task(_opened(connection))
        for _ in range(turns):
            await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait([taking])
        if not taking.cancelled():  # it was quicker
            taking.result()[1].close()
        for _ in range(100):  # a loop closes what it has in later turns
            await asyncio.sleep(0)
        left = connection.fileno()
        await here.end()
        here.log.close()
        assert left == -1

    play(test())
