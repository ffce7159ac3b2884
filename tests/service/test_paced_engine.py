"""A real engine process whose box is at the end of a cable, over the loopback transport."""

import asyncio
import queue
from pathlib import Path

from a4bridge.backend.choice import LOOPBACK
from a4bridge.backend.loopback import DevicePort, Hub
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Zone
from a4bridge.engine.page import Page
from a4bridge.engine.protocol import OpenInput, OpenOutput, Ping, SetRoute
from a4bridge.service.engine import EngineProcess

KEYS = DevicePort("Keys", "Keys MIDI 1", "20:0")
BOX = DevicePort("Box", "Box MIDI 1", "28:0")
NOTES = range(50)


def test_what_a_slow_cable_has_no_room_for_is_left_out_and_said_and_no_note_off_is(tmp_path: Path) -> None:
    page = tmp_path / "page"
    Page.prepare(page)
    arrived: queue.Queue[bytes] = queue.Queue()
    troubles: list[str] = []

    async def scene(hub: Hub) -> None:
        keyboard = hub.plug(KEYS)
        hub.plug(BOX, arrived.put)
        engine, _ = await EngineProcess.start(page, LOOPBACK + hub.address, troubles.append)
        try:
            await engine.call(SetRoute(Route("plain", (Zone((9,)),)).to_data()))
            await engine.call(OpenOutput(BOX.full_name, bytes_per_second=30))  # a note each tenth of a second
            await engine.call(OpenInput(0, KEYS.full_name))
            for kind in (0x90, 0x80):
                for note in NOTES:
                    keyboard.play(bytes([kind, note, 100]))
            while Page.open(page).events() < 2 * len(NOTES):
                await engine.call(Ping())
            await engine.call(Ping())
        finally:
            await engine.kill()

    with Hub() as hub:
        asyncio.run(asyncio.wait_for(scene(hub), 60))
    outcomes = Page.open(page).outcomes()
    heard = [arrived.get_nowait() for _ in range(arrived.qsize())]

    left_out = outcomes[Outcome.OVERLOAD]
    assert left_out
    assert outcomes[Outcome.NOT_SOUNDING] == left_out  # and so are their note-offs
    assert len(heard) == outcomes[Outcome.FORWARDED] == 2 * (len(NOTES) - left_out)
    assert {message[1] for message in heard if message[0] == 0x98} == {
        message[1] for message in heard if message[0] == 0x88
    }
    assert Page.open(page).sounding() == []
    assert troubles
    assert "the MIDI cable to the box is full" in troubles[0]
