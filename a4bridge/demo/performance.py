"""A take: a simulated keyboard plays a phrase through a real engine process into a simulated Analog Four.

Nothing depends on how fast this machine is: the box is told the phrase's own time of each event, and the next event is
played when the engine has dealt with the last.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from a4bridge.backend.choice import LOOPBACK
from a4bridge.backend.loopback import DevicePort, Hub
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route
from a4bridge.engine.page import Page
from a4bridge.engine.protocol import OpenInput, OpenOutput, Ping, SetRoute
from a4bridge.service.engine import EngineError, EngineProcess
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.keyboard import CHANNEL, GRID_PHRASE, LIVE_PHRASE, Event
from a4bridge.sim.pattern import Trig

KEYBOARD: Final = DevicePort("Keystation 49 MK3", "Keystation 49 MK3 MIDI 1", "20:0", card=1, usb_id="0763:0199")
ANALOG_FOUR: Final = DevicePort(
    "Elektron Analog Four", "Elektron Analog Four MIDI 1", "24:0", card=2, usb_id="1935:0003"
)

_PATIENCE_SECONDS: Final = 10.0

Play = Callable[[bytes, float], Awaitable[None]]
"""Plays one message at a time in milliseconds, and returns when the box has heard what comes of it."""


@dataclass
class Take:
    """What was played and what came of it.

    played: notes struck on the keyboard. arrived: the messages that reached the box. outcomes: events by what became
    of them in the bridge; empty where there was none.
    """

    title: str
    recording: Recording
    box: AnalogFour
    played: int = 0
    arrived: list[bytes] = field(default_factory=list)
    outcomes: dict[Outcome, int] = field(default_factory=dict)

    @property
    def trigs(self) -> tuple[Trig, ...]:
        """What the box has recorded."""
        return self.box.pattern.trigs


async def take_through_bridge(route: Route, recording: Recording) -> Take:
    """Play the phrase that suits `recording` through an engine with `route`; raises EngineError."""
    box = AnalogFour()
    take = Take(route.profile, recording, box)
    now_ms = 0.0

    def hear(message: bytes) -> None:
        take.arrived.append(message)
        box.receive(message, now_ms)

    with tempfile.TemporaryDirectory(prefix="a4bridge-demo-") as directory, Hub() as hub:
        keyboard = hub.plug(KEYBOARD)
        hub.plug(ANALOG_FOUR, hear)
        path = Path(directory) / "page"
        Page.prepare(path)
        page = Page.open(path)
        complaints: list[str] = []
        engine, _ = await EngineProcess.start(path, LOOPBACK + hub.address, complaints.append)
        try:
            for command in (
                SetRoute(route.to_data()),
                OpenOutput(ANALOG_FOUR.full_name),
                OpenInput(0, KEYBOARD.full_name),
            ):
                if error := (await engine.call(command)).error:
                    raise EngineError(error)
            events = 0

            async def play(message: bytes, at_ms: float) -> None:
                nonlocal events, now_ms
                now_ms = at_ms
                keyboard.play(message)
                events += 1
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    while page.events() < events:
                        await engine.call(Ping())

            await _perform(take, play)
            take.outcomes = page.outcomes()
        except TimeoutError:
            raise EngineError(f"the engine did not take an event within {_PATIENCE_SECONDS:.0f} s") from None
        finally:
            await engine.stop()
    return take


async def take_without_bridge(recording: Recording) -> Take:
    """Play the same phrase into the box as the keyboard alone sends it."""
    box = AnalogFour()
    take = Take(f"the keyboard alone, on channel {CHANNEL}", recording, box)

    async def play(message: bytes, at_ms: float) -> None:
        take.arrived.append(message)
        box.receive(message, at_ms)

    await _perform(take, play)
    return take


async def _perform(take: Take, play: Play) -> None:
    if take.recording is Recording.LIVE:
        take.box.record_live(at_ms=0)
        await _play_all(take, play, LIVE_PHRASE)
        return
    take.box.recording = take.recording
    at_ms = 0.0
    for held in GRID_PHRASE:
        take.box.held_trig = held.step
        on, off = midi.status(midi.NOTE_ON, CHANNEL), midi.status(midi.NOTE_OFF, CHANNEL)
        struck = [Event(at_ms, bytes([on, note, 100])) for note in held.notes]
        let_go = [Event(at_ms + 200, bytes([off, note, midi.RELEASE_VELOCITY])) for note in held.notes]
        await _play_all(take, play, [*struck, *let_go])
        at_ms += 500
    take.box.held_trig = None


async def _play_all(take: Take, play: Play, events: Iterable[Event]) -> None:
    for event in events:
        take.played += event.data[0] & 0xF0 == midi.NOTE_ON and event.data[2] > 0
        await play(event.data, event.at_ms)
