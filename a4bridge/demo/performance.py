"""A take: simulated keyboards play a phrase through a real engine process into a simulated Analog Four.

Nothing depends on how fast this machine is: the box is told the phrase's own time of each event, and the next event is
played when the engine has dealt with the last.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from a4bridge.backend.choice import LOOPBACK
from a4bridge.backend.loopback import DevicePort, Hub
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route
from a4bridge.demo.score import Score, score_for
from a4bridge.engine.page import Page
from a4bridge.engine.protocol import Command, OpenInput, OpenOutput, Ping, SetRoute
from a4bridge.service.engine import EngineError, EngineProcess
from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.keyboard import CHANNEL, GRID_PHRASE, LIVE_PHRASE, Event, chord, on_channel
from a4bridge.sim.menu import Menu
from a4bridge.sim.pattern import Trig

KEYBOARD: Final = DevicePort("Keystation 49 MK3", "Keystation 49 MK3 MIDI 1", "20:0", card=1, usb_id="0763:0199")
ANALOG_FOUR: Final = DevicePort(
    "Elektron Analog Four", "Elektron Analog Four MIDI 1", "24:0", card=2, usb_id="1935:0003"
)

_PATIENCE_SECONDS: Final = 10.0

Play = Callable[[int, Event], Awaitable[None]]
"""Plays one event on the keyboard of that number, and returns when the box has heard what comes of it."""


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
    score = score_for(route)
    take = _prepared(route, recording)
    now_ms = 0.0

    def hear(message: bytes) -> None:
        take.arrived.append(message)
        take.box.receive(message, now_ms)

    with tempfile.TemporaryDirectory(prefix="a4bridge-demo-") as directory, Hub() as hub:
        ports = [_keyboard(number) for number in range(len(score.sources))]
        keyboards = [hub.plug(port) for port in ports]
        hub.plug(ANALOG_FOUR, hear)
        path = Path(directory) / "page"
        Page.prepare(path)
        page = Page.open(path)
        complaints: list[str] = []
        engine, _ = await EngineProcess.start(path, LOOPBACK + hub.address, complaints.append)
        try:
            commands: list[Command] = [
                # Thinning counts real seconds, of which the phrase has none.
                SetRoute(replace(route, thinning=0).to_data()),
                OpenOutput(ANALOG_FOUR.full_name),
                *(OpenInput(at, ports[at].full_name, list(sources)) for at, sources in enumerate(score.sources)),
            ]
            await engine.carry_out(commands)
            events = 0

            async def play(keyboard: int, event: Event) -> None:
                nonlocal events, now_ms
                now_ms = event.at_ms
                keyboards[keyboard].play(event.data)
                events += 1
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    while page.events() < events:
                        await engine.call(Ping())

            await _perform(take, score, play)
            take.outcomes = page.outcomes()
        except TimeoutError:
            raise EngineError(f"the engine did not take an event within {_PATIENCE_SECONDS:.0f} s") from None
        finally:
            await engine.stop()
    return take


async def take_without_bridge(recording: Recording) -> Take:
    """Play a melody into the box as the keyboard alone sends it."""
    take = Take(f"the keyboard alone, on channel {CHANNEL}", recording, AnalogFour())

    async def play(_keyboard: int, event: Event) -> None:
        take.arrived.append(event.data)
        take.box.receive(event.data, event.at_ms)

    await _perform(take, Score.of(*LIVE_PHRASE), play)
    return take


def _keyboard(number: int) -> DevicePort:
    if number == 0:
        return KEYBOARD
    return DevicePort(f"Keyboard {number + 1}", f"Keyboard {number + 1} MIDI 1", f"{32 + number}:0", card=32 + number)


def _prepared(route: Route, recording: Recording) -> Take:
    """Return a take before its first note: on a box with the tick that the route wants, if it wants one."""
    menu = Menu()
    tracks = set(menu.track_channels)
    if any(zone.notes and (not zone.channels or tracks & set(zone.channels)) for zone in route.zones):
        ticked = replace(menu, live_rec_on_track_channel=True)
        return Take(f"{route.profile}, LIVE REC ON TRACK CHANNEL ticked", recording, AnalogFour(ticked))
    return Take(route.profile, recording, AnalogFour(menu))


async def _perform(take: Take, score: Score, play: Play) -> None:
    if take.recording is Recording.LIVE:
        take.box.record_live(at_ms=0)
        for keyboard, event in score:
            await _play(take, play, keyboard, event)
        return
    take.box.recording = take.recording
    at_ms = 0.0
    for held in GRID_PHRASE:
        take.box.held_trig = held.step
        for event in on_channel(score.channel, chord(held.notes, at_ms, length_ms=200)):
            await _play(take, play, 0, event)
        at_ms += 500
    take.box.held_trig = None


async def _play(take: Take, play: Play, keyboard: int, event: Event) -> None:
    take.played += event.data[0] & 0xF0 == midi.NOTE_ON and event.data[2] > 0
    await play(keyboard, event)
