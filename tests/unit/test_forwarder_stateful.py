"""Eight keyboards play at once while routes change, cables are pulled and engines are killed; nothing may hang.

Each keyboard has a thread of its own, as the transport gives it one, and the interpreter changes threads every
microsecond.
"""

import queue
import random
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import LIVEREC, rich_routes, sounding_on
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from a4bridge.backend.base import Event, Receive
from a4bridge.core import midi
from a4bridge.core.route import Route
from a4bridge.engine.forwarder import Forwarder
from a4bridge.engine.loops import PROBE_NOTES
from a4bridge.engine.page import Page
from a4bridge.sim.analog_four import AnalogFour

pytestmark = pytest.mark.stdlib

KEYBOARDS = range(8)
CHANNELS = (1, 2)  # the box hears what is kept there as tracks 2 and 3
SHARED_NOTES = (60, 61)
SOURCES = {slot: frozenset({slot % 3}) for slot in KEYBOARDS}

ROUTES = rich_routes()
PIECES = st.integers(0, 2**32)
"""What is played while something happens: a number that `improvise` makes into events, far more than could be drawn."""


def notes_of(slot: int) -> tuple[int, ...]:
    """Return the notes that keyboard `slot` plays: two that all play, and two of its own."""
    return *SHARED_NOTES, 64 + 2 * slot, 65 + 2 * slot


def improvise(piece: int, slot: int) -> list[list[int]]:
    """Return the events that keyboard `slot` plays in `piece`."""
    dice = random.Random(f"{piece} {slot}")
    score = []
    for _ in range(dice.choice([0, 3, 12])):
        channel, note = dice.choice(CHANNELS), dice.choice(notes_of(slot))
        score.append(
            dice.choices(
                (
                    [midi.NOTE_ON | channel, note, 100],
                    [midi.NOTE_OFF | channel, note, 64],
                    [midi.NOTE_ON | channel, note, 0],
                    [midi.CONTROL_CHANGE | channel, midi.CC_SUSTAIN, dice.choice([0, 127])],
                    [midi.CONTROL_CHANGE | channel, dice.choice([1, 120, 121, 123]), 0],
                ),
                weights=(10, 6, 2, 3, 1),
            )[0]
        )
    return score


class Clock:
    """Stands in for the module time: seconds pass only where a rule says so."""

    seconds = 1000

    def monotonic_ns(self) -> int:
        return self.seconds * 1_000_000_000


CLOCK = Clock()


class Box:
    """A simulated Analog Four, and a cable to it that can be pulled."""

    def __init__(self) -> None:
        self.a4 = AnalogFour()
        self.plugged = True
        self.lock = threading.Lock()
        """Held while a message comes through, so that a test can look between two of them."""
        self.wrong: list[str] = []

    def hear(self, message: list[int]) -> None:
        # So much at once looks like a loop; the keyboards themselves let go of every key at the same speed.
        is_probe = message[0] < midi.NOTE_ON and message[1] in PROBE_NOTES and message[2] != midi.RELEASE_VELOCITY
        if self.plugged and not is_probe:
            self.a4.receive(bytes(message), 0)

    def judge(self, ledger: memoryview, *, released: bool) -> None:
        """Look whether the ledger marks what sounds, and whether each note-off that is no release had its note-on."""
        if self.plugged:
            for channel, note in sounding_on(self.a4):
                if not ledger[(channel - 1) * midi.NOTES + note]:
                    self.wrong.append(f"note {note} sounds on channel {channel} and is not in the ledger")
            if not released:
                self.wrong += [f"a stray note-off of note {note}" for _, note in self.a4.stray_note_offs]
            self.a4.stray_note_offs.clear()


def deaf(_event: Event, _unused: object) -> None:
    """Listen to nothing, until there is an engine."""


class KilledError(BaseException):
    """Ends a callback whose process is gone."""


class Engine:
    """A forwarder on a page in a file, as an engine has it, that can be killed at any instant."""

    def __init__(self, path: Path, box: Box) -> None:
        self.page = Page.open(path, writable=True)
        self.forwarder = Forwarder(self.page, clock=CLOCK.monotonic_ns)
        self.messages_to_live: int | None = None
        self.last_is_heard = False
        self.left: bytes | None = None
        """What is in the file once the engine is killed; whatever its threads still do comes to nothing."""
        self._box = box
        self._connecting = False

    def connect(self) -> None:
        self._connecting = True
        self.forwarder.connect(self._send)
        self._connecting = False

    def marked(self) -> set[tuple[int, int]]:
        return set(self.page.sounding())

    def kill(self) -> None:
        with self._box.lock:
            self._die()

    def _die(self) -> None:
        if self.left is None:
            self.left = self.page._memory[:]

    def _send(self, message: list[int]) -> None:
        with self._box.lock:
            if self.left is not None:
                raise KilledError
            if self.messages_to_live is not None:
                self.messages_to_live -= 1
            if self.messages_to_live != 0 or self.last_is_heard:
                self._box.hear(message)
            if self.messages_to_live == 0:
                self._die()
                raise KilledError
            # A new link ends all that may sound, on the main thread; the other threads play on.
            on_main_thread = threading.current_thread() is threading.main_thread()
            self._box.judge(self.page.ledger, released=self._connecting and on_main_thread)


class Keyboard:
    """Plays on a thread of its own."""

    def __init__(self) -> None:
        self._scores: queue.Queue[tuple[Receive, list[list[int]]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def play(self, score: list[list[int]], listener: Receive) -> None:
        """Play `score` as soon as what is still to be played has been; return at once."""
        self._scores.put((listener, score))

    def wait_for_the_end(self) -> None:
        self._scores.join()

    def put_away(self) -> None:
        self._scores.put(None)
        self._thread.join()

    def _play(self) -> None:
        while (order := self._scores.get()) is not None:
            listener, score = order
            for message in score:
                listener((message, 0.001), None)
            self._scores.task_done()


class Bridge(RuleBasedStateMachine):
    """What happens to a bridge on stage, while a piece is played."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="a4bridge-test-"))
        self.page = self.directory / "page"
        Page.prepare(self.page)
        self.box = Box()
        self.linked = True
        self.route = LIVEREC
        self.keyboards = {slot: Keyboard() for slot in KEYBOARDS}
        self.listeners: dict[int, Receive] = dict.fromkeys(KEYBOARDS, deaf)
        self.start_engine()

    # What a service does.

    def start_engine(self) -> None:
        self.engine = Engine(self.page, self.box)
        self.engine.forwarder.set_route(self.route, SOURCES)
        if self.linked:
            self.link()
        for slot in self.listeners:
            self.listeners[slot] = self.engine.forwarder.add_input(slot, sources=SOURCES[slot])

    def link(self) -> None:
        self.engine.connect()
        self.linked = True
        CLOCK.seconds += 60  # what ended up to now is beyond doubt

    def replace_engine(self, *, with_service: bool) -> None:
        self.engine.kill()
        assert self.engine.left
        # Another file: threads of the killed engine may still write into the old one.
        self.page = self.page.with_name(f"{self.page.name}+")
        self.page.write_bytes(self.engine.left)
        if with_service:
            Page.prepare(self.page)
        self.start_engine()

    # What players do.

    def perform(self, piece: int) -> None:
        """Begin to play."""
        for slot, listener in self.listeners.items():
            self.keyboards[slot].play(improvise(piece, slot), listener)

    def wait_for_quiet(self) -> None:
        for keyboard in self.keyboards.values():
            keyboard.wait_for_the_end()

    @rule(piece=PIECES)
    def play_to_the_end(self, piece: int) -> None:
        self.perform(piece)
        self.check_when_quiet()

    @precondition(lambda self: self.linked)
    @rule(piece=PIECES)
    def let_everything_go(self, piece: int) -> None:
        self.perform(piece)
        for slot, listener in self.listeners.items():
            for channel in CHANNELS:
                pedal_up = [midi.CONTROL_CHANGE | channel, midi.CC_SUSTAIN, 0]
                keys_up = [[midi.NOTE_OFF | channel, note, 64] for note in notes_of(slot)]
                self.keyboards[slot].play([pedal_up, *keys_up], listener)
        self.check_when_quiet()
        self.check_silence()

    def check_when_quiet(self) -> None:
        self.wait_for_quiet()
        assert list(self.engine.forwarder.troubles) == []
        if self.linked:
            assert sounding_on(self.box.a4) == self.engine.marked()
        else:
            assert sounding_on(self.box.a4) <= self.engine.marked()

    def check_silence(self) -> None:
        assert self.box.a4.hanging() == {}
        assert self.engine.marked() == set()

    @invariant()
    def nothing_went_wrong(self) -> None:
        assert self.box.wrong == []

    # What happens meanwhile.

    @rule(piece=PIECES, route=ROUTES)
    def choose_a_route(self, piece: int, route: Route) -> None:
        self.route = route
        self.perform(piece)
        self.engine.forwarder.set_route(route, SOURCES)

    @rule(piece=PIECES, slot=st.sampled_from(KEYBOARDS))
    def unplug_or_replug_a_keyboard(self, piece: int, slot: int) -> None:
        self.perform(piece)
        if slot in self.listeners:
            del self.listeners[slot]
            self.engine.forwarder.remove_input(slot)
        else:
            self.listeners[slot] = self.engine.forwarder.add_input(slot, sources=SOURCES[slot])

    @rule(piece=PIECES)
    def bring_the_page_up_to_date(self, piece: int) -> None:
        self.perform(piece)
        self.engine.forwarder.fold()

    @precondition(lambda self: self.linked)
    @rule(before=PIECES, unnoticed=PIECES, after=PIECES, for_long=st.booleans())
    def lose_the_box(self, before: int, unnoticed: int, after: int, for_long: bool) -> None:
        self.perform(before)
        with self.box.lock:
            self.box.plugged = False
        self.perform(unnoticed)
        self.engine.forwarder.lose()
        self.linked = False
        if not for_long:
            self.regain_the_box(after)

    @precondition(lambda self: self.linked)
    @rule(before=PIECES, after=PIECES, for_long=st.booleans())
    def give_the_box_up(self, before: int, after: int, for_long: bool) -> None:
        self.perform(before)
        self.engine.forwarder.disconnect()
        self.linked = False
        self.check_silence()
        if not for_long:
            self.regain_the_box(after)

    @precondition(lambda self: not self.linked)
    @rule(piece=PIECES)
    def regain_the_box(self, piece: int) -> None:
        self.box.plugged = True
        self.perform(piece)
        self.link()

    @rule(piece=PIECES, with_service=st.booleans())
    def kill_the_engine(self, piece: int, with_service: bool) -> None:
        self.perform(piece)
        self.replace_engine(with_service=with_service)

    @precondition(lambda self: self.linked)
    @rule(piece=PIECES, messages=st.integers(1, 12), last_is_heard=st.booleans())
    def kill_the_engine_in_the_middle_of_a_message(self, piece: int, messages: int, last_is_heard: bool) -> None:
        self.engine.last_is_heard = last_is_heard
        self.engine.messages_to_live = messages
        self.perform(piece)
        self.wait_for_quiet()
        self.replace_engine(with_service=False)

    @precondition(lambda self: self.linked)
    @rule(piece=PIECES)
    def stop_and_start(self, piece: int) -> None:
        self.perform(piece)
        self.engine.forwarder.stop()
        self.check_silence()
        self.replace_engine(with_service=True)

    def teardown(self) -> None:
        try:
            if not self.linked:
                self.regain_the_box(piece=0)
            self.let_everything_go(piece=0)
        finally:
            for keyboard in self.keyboards.values():
                keyboard.put_away()
            shutil.rmtree(self.directory)


@pytest.fixture
def busy_interpreter() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.timeout(600)  # threads that switch every microsecond, on a computer that may have other things to do
@pytest.mark.usefixtures("busy_interpreter")
def test_whatever_happens_on_stage_nothing_hangs() -> None:
    # Without shrinking: threads do not do the same again.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    run_state_machine_as_test(Bridge, settings=settings(max_examples=12, stateful_step_count=30, phases=phases))
