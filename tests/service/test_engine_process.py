"""A real engine process, as the service has it, over the loopback transport."""

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from a4bridge.backend.choice import LOOPBACK
from a4bridge.backend.loopback import DevicePort, Hub
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Sustain, Zone
from a4bridge.engine.page import Page
from a4bridge.engine.protocol import CloseInput, CloseOutput, OpenInput, OpenOutput, Ping, SetRoute
from a4bridge.service.engine import EngineError, EngineProcess, NoTransportError

LIVEREC: Final = Route(
    profile="liverec",
    zones=(Zone((9,), pitch_bend=True, channel_pressure=True, control_changes=(1, 2)),),
    sustain=Sustain.HOLD,
)
KEYS: Final = DevicePort("Keys", "Keys MIDI 1", "20:0")
OTHER: Final = DevicePort("Other", "Other MIDI 1", "24:0")
BOX: Final = DevicePort("Box", "Box MIDI 1", "28:0")
PATIENCE: Final = 30.0


class Desk:
    """A keyboard and a box on a hub, and an engine between them."""

    def __init__(self, hub: Hub, page: Path) -> None:
        self.hub = hub
        self.page = page
        self.arrived: queue.Queue[bytes] = queue.Queue()
        self.keyboard = hub.plug(KEYS)
        self.box = hub.plug(BOX, self.arrived.put)
        self.troubles: list[str] = []

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[EngineProcess]:
        engine, _ = await EngineProcess.start(self.page, LOOPBACK + self.hub.address, self.troubles.append)
        try:
            yield engine
        finally:
            await engine.kill()

    async def link(self, engine: EngineProcess) -> int:
        """Open everything and return how many notes that ended."""
        await engine.call(SetRoute(LIVEREC.to_data()))
        released = (await engine.call(OpenOutput(BOX.full_name))).released
        assert (await engine.call(OpenInput(0, KEYS.full_name))).error == ""
        return released

    async def next(self) -> bytes:
        """Return the next message that the box hears, while the engine's answers are still read."""
        return await asyncio.to_thread(self.arrived.get, timeout=PATIENCE)

    async def hold(self, *notes: int) -> None:
        for note in notes:
            self.keyboard.play(bytes([0x90, note, 100]))
            assert await self.next() == bytes([0x98, note, 100])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    page = tmp_path / "page"
    Page.prepare(page)
    with Hub() as hub:
        yield Desk(hub, page)


def run(scene: Coroutine[Any, Any, None]) -> None:
    async def with_patience() -> None:
        async with asyncio.timeout(2 * PATIENCE):
            await scene

    asyncio.run(with_patience())


def test_it_forwards_and_counts(desk: Desk) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            await desk.hold(60)
            desk.keyboard.play(b"\xb0\x07\x40")
            desk.keyboard.play(b"\x80\x3c\x40")
            assert await desk.next() == b"\x88\x3c\x40"
            page = Page.open(desk.page)
            while page.events() < 3:  # the box may have heard what the callback has yet to note
                await engine.call(Ping())
            assert page.outcomes() == {Outcome.FORWARDED: 2, Outcome.CONTROL_CHANGE: 1}
            assert [record.received for record in page.recent()] == [b"\x90\x3c\x64", b"\xb0\x07\x40", b"\x80\x3c\x40"]
            assert sum(page.took) == sum(page.late) == 3
            assert page.slot_name(0) == KEYS.full_name

    run(scene())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_what_a_terminal_sends_does_not_end_it(desk: Desk, number: signal.Signals) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            os.kill(engine.pid, number)
            await desk.hold(60)

    run(scene())


def terminate(engine: EngineProcess) -> None:
    os.kill(engine.pid, signal.SIGTERM)


def end_its_input(engine: EngineProcess) -> None:
    assert engine._process.stdin
    engine._process.stdin.close()


@pytest.mark.parametrize(
    "end", [pytest.param(terminate, id="SIGTERM"), pytest.param(end_its_input, id="its service is gone")]
)
def test_what_ends_it_waits_for_every_notes_end(desk: Desk, end: Callable[[EngineProcess], None]) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            await desk.hold(60, 64, 67)
            end(engine)
            assert {await desk.next() for _ in range(3)} == {bytes([0x88, note, 64]) for note in (60, 64, 67)}
            assert await engine.ended() == "exit code 0"
            assert Page.open(desk.page).sounding() == []

    run(scene())


def test_a_key_struck_while_a_box_is_given_up_does_not_begin_there(desk: Desk) -> None:
    heard: list[bytes] = []

    def hear(message: bytes) -> None:
        heard.append(message)
        if message == b"\x88\x3c\x40":
            desk.keyboard.play(b"\x90\x40\x64")

    desk.hub.plug(OTHER, hear)

    async def scene() -> None:
        async with desk.engine() as engine:
            await engine.call(SetRoute(LIVEREC.to_data()))
            await engine.call(OpenOutput(OTHER.full_name))
            await engine.call(OpenInput(0, KEYS.full_name))
            page = Page.open(desk.page)
            desk.keyboard.play(b"\x90\x3c\x64")
            while page.events() < 1:
                await engine.call(Ping())
            assert (await engine.call(CloseOutput(lost=False))).released == 1
            while page.events() < 2:
                await engine.call(Ping())
            assert heard == [b"\x98\x3c\x64", b"\x88\x3c\x40"]
            assert page.sounding() == []

    run(scene())


def test_a_dead_engines_chord_is_ended_by_the_next_one(desk: Desk) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            await desk.hold(60, 64, 67)
            os.kill(engine.pid, signal.SIGKILL)
            await engine.ended()
        assert desk.arrived.empty()
        assert Page.open(desk.page).sounding() == [(9, 60), (9, 64), (9, 67)]
        async with desk.engine() as engine:
            assert await desk.link(engine) == 3
            assert {await desk.next() for _ in range(3)} == {bytes([0x88, note, 64]) for note in (60, 64, 67)}
            assert desk.arrived.empty()

    run(scene())


def test_a_silent_engine_is_killed(desk: Desk) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            os.kill(engine.pid, signal.SIGSTOP)
            await engine.ended()
            assert any("silent" in trouble for trouble in desk.troubles)
            with pytest.raises(EngineError):
                await engine.call(Ping())

    run(scene())


def test_a_port_that_is_gone_is_refused_with_a_sentence_and_the_slot_is_free_again(desk: Desk) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            assert "gone" in (await engine.call(OpenInput(1, OTHER.full_name))).error
            desk.hub.plug(OTHER)
            assert (await engine.call(OpenInput(1, OTHER.full_name))).error == ""

    run(scene())


def test_a_box_that_was_lost_gets_the_note_offs_that_it_missed(desk: Desk) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            await desk.hold(60, 64)
            desk.hub.unplug(desk.box)
            desk.keyboard.play(b"\x80\x3c\x40")  # sent to a box that is gone: nobody hears it
            while Page.open(desk.page).events() < 3:
                await engine.call(Ping())
            await engine.call(CloseOutput(lost=True))
            back = replace(BOX, address="40:0")
            desk.hub.plug(back, desk.arrived.put)
            assert (await engine.call(OpenOutput(back.full_name))).released == 2
            assert {await desk.next(), await desk.next()} == {b"\x88\x3c\x40", b"\x88\x40\x40"}

    run(scene())


def test_inputs_come_and_go_a_hundred_times_and_another_loses_nothing(desk: Desk) -> None:
    other = desk.hub.plug(OTHER)

    async def scene() -> None:
        async with desk.engine() as engine:
            await desk.link(engine)
            descriptors = len(os.listdir(f"/proc/{engine.pid}/fd"))  # noqa: PTH208 - a count
            for count in range(100):
                await engine.call(OpenInput(1, OTHER.full_name))
                for note in range(8):
                    other.play(bytes([0x90, 100 + note, 1]))
                    desk.keyboard.play(bytes([0x90, count, 100]))
                    desk.keyboard.play(bytes([0x80, count, 64]))
                await engine.call(CloseInput(1))
            ours: list[bytes] = []
            while len(ours) < 1600:
                message = await desk.next()
                if message[1] < 100:
                    ours.append(message)
            page = Page.open(desk.page)
            assert ours == [
                bytes([kind, count, velocity])
                for count in range(100)
                for _ in range(8)
                for kind, velocity in ((0x98, 100), (0x88, 64))
            ]
            assert page.sounding() == []
            assert len(os.listdir(f"/proc/{engine.pid}/fd")) == descriptors  # noqa: PTH208

    run(scene())


def test_without_its_hub_it_is_refused_with_a_sentence(desk: Desk) -> None:
    async def scene() -> None:
        async with desk.engine() as engine:
            desk.hub.__exit__()
            assert "hub" in (await engine.call(OpenInput(0, KEYS.full_name))).error

    run(scene())


def test_an_unknown_transport_is_told_from_a_broken_engine(desk: Desk) -> None:
    async def scene() -> None:
        with pytest.raises(NoTransportError, match="no MIDI transport called 'tin can'"):
            await EngineProcess.start(desk.page, "tin can", desk.troubles.append)
        with pytest.raises(EngineError) as broken:
            await EngineProcess.start(desk.page.parent / "no page", LOOPBACK + desk.hub.address, desk.troubles.append)
        assert not isinstance(broken.value, NoTransportError)

    run(scene())


def test_a_live_engine_has_loaded_nothing_that_is_not_its_own(desk: Desk, tmp_path: Path) -> None:
    """The engine itself is asked: a file at its end says what it had loaded while it ran."""
    listing = tmp_path / "modules.json"
    wrapped = (
        "import json, os, sys\n"
        "end = os._exit\n"
        f"def tell(code): json.dump(sorted(sys.modules), open({str(listing)!r}, 'w')); end(code)\n"
        "os._exit = tell\n"
        "from a4bridge.engine.__main__ import run\n"
        "run()\n"
    )
    subprocess.run(
        [sys.executable, "-P", "-c", wrapped, str(desk.page), LOOPBACK + desk.hub.address],
        input=b"",  # end of file: it stops as soon as it is up
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=PATIENCE,
    )

    loaded = json.loads(listing.read_text())
    assert "a4bridge.engine.forwarder" in loaded
    assert not {"asyncio", "pydantic", "structlog", "click", "rich", "uvloop", "rtmidi", "tomllib"} & set(loaded)
    assert {name for name in loaded if name.startswith("a4bridge.core.")} == {
        "a4bridge.core.midi",
        "a4bridge.core.outcomes",
        "a4bridge.core.records",
        "a4bridge.core.route",
    }
