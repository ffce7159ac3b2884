"""A desk on which time passes, with cables that lead from the box back to keyboards."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from unittest import mock

from desk import LIVEREC, Clock, Desk, bytes_of, text_of

from a4bridge.backend.base import Receive
from a4bridge.core import midi
from a4bridge.core.route import Route
from a4bridge.engine import thinning
from a4bridge.engine.loops import PROBE_NOTES
from a4bridge.engine.protocol import Doubled, Looped

MS = 1_000_000
EVENT_MS = 0.05
"""What an event takes the engine."""
PING_MS = 125
"""How often the engine's main thread looks."""

Score = Iterable[tuple[float, str, str]]
"""When (ms), on which keyboard, which message."""


def is_probe(text: str) -> bool:
    """Tell whether a message is a probe; no score plays such notes and lets go of them at another speed than 64."""
    message = bytes_of(text)
    return message[0] < midi.NOTE_ON and message[1] in PROBE_NOTES and message[2] != midi.RELEASE_VELOCITY


@dataclass
class Cable:
    """Leads from the box to a keyboard's port.

    changes: what the far side makes of a message, None if nothing. carried: messages that came back, probes left out.
    """

    delay_ms: float
    changes: Callable[[list[int]], list[int] | None] = lambda message: message
    plugged: bool = True
    carried: int = 0


class CableDesk(Desk):
    """Plays scores in time.

    starved: whether the main thread gets nowhere as long as there is an event to handle.
    found: what the forwarder found, and when (ms).
    """

    def __init__(
        self,
        route: Route = LIVEREC,
        keyboards: str = "AB",
        cables: Mapping[str, Cable] | None = None,
        *,
        starved: bool = False,
    ) -> None:
        self.cables = dict(cables or {})
        self.found: list[tuple[float, Looped | Doubled]] = []
        self._starved = starved
        self._agenda: list[tuple[int, int, str, list[int]]] = []
        self._scheduled = 0
        self._sysex: dict[str, Receive] = {}
        super().__init__(route, keyboards)
        self._began = self.clock.now
        self._ping_at: float = self.clock.now
        self._flush_at = math.inf

    @property
    def ms(self) -> float:
        """How long it has been there."""
        return (self.clock.now - self._began) / MS

    @property
    def findings(self) -> list[Looped | Doubled]:
        """What the forwarder found."""
        return [finding for _, finding in self.found]

    @property
    def probes(self) -> int:
        """How many note-offs of probes the box has heard."""
        return sum(map(is_probe, self.heard))

    @property
    def heard_without_probes(self) -> list[str]:
        """What the box has heard of what was played."""
        return [text for text in self.heard if not is_probe(text)]

    def accept_sysex(self) -> None:
        """Open the inputs for SysEx."""
        self._sysex = {name: self.forwarder.sysex_receiver(self._slot(name)) for name in self._receive}

    def hear(self, message: list[int]) -> None:
        """Be the box, and the cables behind it."""
        text = text_of(message)
        if is_probe(text):
            self.heard.append(text)
        else:
            super().hear(message)
        for keyboard, cable in self.cables.items():
            back = cable.changes(list(message)) if cable.plugged else None
            if back is not None:
                cable.carried += not is_probe(text_of(back))
                self._schedule(self.clock.now + int(cable.delay_ms * MS), keyboard, back)

    def receive(self, keyboard: str, message: list[int]) -> None:
        """Be the transport's thread."""
        self.clock.advance(EVENT_MS)
        receive = self._sysex if message[0] == midi.SYSEX else self._receive
        receive[keyboard]((message, 0.001), None)

    def unplug(self, name: str) -> None:
        """Take keyboard `name` away, and its cable."""
        super().unplug(name)
        self.cables.pop(name, None)

    def play_score(self, score: Score, for_ms: float) -> None:
        """Play, and let `for_ms` pass; the score's times count from now."""
        now = self.clock.now
        for ms, keyboard, text in score:
            self._schedule(now + int(ms * MS), keyboard, list(bytes_of(text)))
        until = now + int(for_ms * MS)
        while (step := self._next(until)) is not None:
            step()
            while self.forwarder.findings:
                self.found.append((self.ms, self.forwarder.findings.popleft()))
        self.clock.now = max(self.clock.now, until)

    def _schedule(self, at: int, keyboard: str, message: list[int]) -> None:
        self._scheduled += 1
        heapq.heappush(self._agenda, (at, self._scheduled, keyboard, message))

    def _next(self, until: int) -> Callable[[], None] | None:
        """Let time pass until something is to be done; returns it, None if that is later than `until`."""
        event_at = self._agenda[0][0] if self._agenda else math.inf
        main_at = min(self._ping_at, self._flush_at)
        at = max(min(event_at, main_at), self.clock.now)
        if at >= until:
            return None
        self.clock.now = int(at)
        is_event = event_at <= at and (self._starved or event_at <= main_at)
        return self._handle_event if is_event else self._be_the_main_thread

    def _handle_event(self) -> None:
        _at, _number, keyboard, message = heapq.heappop(self._agenda)
        if keyboard in self._receive:
            self.receive(keyboard, message)
        if not self._starved:
            self._flush()

    def _be_the_main_thread(self) -> None:
        self._flush()
        if self.clock.now >= self._ping_at:
            self.forwarder.fold()
            self._ping_at = self.clock.now + PING_MS * MS

    def _flush(self) -> None:
        wait_s = self.forwarder.flush_late()
        self._flush_at = math.inf if wait_s is None else self.clock.now + math.ceil(wait_s * 1e9)


@contextmanager
def thinning_by(desks_clock: Callable[[], Clock]) -> Iterator[None]:
    """Let what was not handed a clock go by a desk's: whoever makes handlers asks for it."""
    module = SimpleNamespace(monotonic_ns=lambda: desks_clock()())
    with mock.patch.object(thinning, "time", module):
        yield
