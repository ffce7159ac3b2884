"""Eight keyboards play at once while routes change, cables are pulled and engines are killed; nothing may hang.

Each keyboard has a thread of its own, as the transport gives it one, and the interpreter changes threads every
microsecond.
"""

import queue
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import LIVEREC, TRACK_OF, sounding_on
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from a4bridge.backend.base import Receive
from a4bridge.core import midi
from a4bridge.core.route import Route, Sustain
from a4bridge.engine import forwarder, sounding
from a4bridge.engine.forwarder import Forwarder
from a4bridge.engine.page import Page
from a4bridge.sim.analog_four import AnalogFour

KEYBOARDS = range(8)
CHANNELS = range(2)
NOTES = range(60, 63)

EVENTS = st.one_of(
    st.builds(
        lambda kind, channel, note, velocity: [kind | channel, note, velocity],
        st.sampled_from([midi.NOTE_ON, midi.NOTE_ON, midi.NOTE_OFF]),
        st.sampled_from(CHANNELS),
        st.sampled_from(NOTES),
        st.sampled_from([0, 100, 100]),
    ),
    st.builds(
        lambda channel, value: [midi.CONTROL_CHANGE | channel, midi.CC_SUSTAIN, value],
        st.sampled_from(CHANNELS),
        st.sampled_from([0, 127]),
    ),
    st.builds(
        lambda channel, controller: [midi.CONTROL_CHANGE | channel, controller, 0],
        st.sampled_from(CHANNELS),
        st.sampled_from([1, midi.CC_ALL_SOUND_OFF, midi.CC_RESET_CONTROLLERS, midi.CC_ALL_NOTES_OFF]),
    ),
)
SCORES = st.lists(st.tuples(st.sampled_from(KEYBOARDS), EVENTS), min_size=1, max_size=40)
ROUTES = st.builds(
    Route,
    profile=st.just("any"),
    channel=st.sampled_from(sorted(TRACK_OF)),
    notes=st.sampled_from([True, True, True, False]),
    pitch_bend=st.just(True),
    channel_pressure=st.just(True),
    control_changes=st.sampled_from([(), (1,)]),
    sustain=st.sampled_from(Sustain),
)


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

    def hear(self, message: list[int]) -> None:
        if self.plugged:
            self.a4.receive(bytes(message), 0)


class KilledError(BaseException):
    """Ends a callback whose process is gone."""


class Engine:
    """A forwarder on a page in a file, as an engine has it, that can be killed at any instant."""

    def __init__(self, path: Path, box: Box) -> None:
        self.page = Page.open(path, writable=True)
        self.forwarder = Forwarder(self.page)
        self.dies_at_next_message = ""
        """When it is "unheard", or when it has been "heard"."""
        self.left: bytes | None = None
        """What is in the file once the engine is killed; whatever its threads still do comes to nothing."""
        self.unmarked: set[tuple[int, int]] = set()
        """Notes that sounded at an instant at which the ledger did not say so."""
        self._box = box

    def connect(self) -> None:
        self.forwarder.connect(self._send)

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
            if self.dies_at_next_message == "unheard":
                self._die()
            if self.left is not None:
                raise KilledError
            self._box.hear(message)
            if self.dies_at_next_message == "heard":
                self._die()
                raise KilledError
            if self._box.plugged:
                places = sounding_on(self._box.a4)
                self.unmarked |= {
                    (channel, note)
                    for channel, note in places
                    if not self.page.ledger[(channel - 1) * midi.NOTES + note]
                }


class Keyboard:
    """Plays what is put into its score, on a thread of its own, to whoever listens."""

    def __init__(self) -> None:
        self.listener: Receive | None = None
        self.score: queue.Queue[list[int] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def put_away(self) -> None:
        self.score.put(None)
        self._thread.join()

    def _play(self) -> None:
        while (message := self.score.get()) is not None:
            if listener := self.listener:
                listener((message, 0.001), None)
            self.score.task_done()


class Bridge(RuleBasedStateMachine):
    """The rules are what happens to a bridge on stage. None but those that say so waits for what is still played."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="a4bridge-test-"))
        self.page = self.directory / "page"
        Page.prepare(self.page)
        self.box = Box()
        self.linked = True
        self.route = LIVEREC
        self.explained: set[tuple[int, int]] = set()
        """Notes that were released because they might have sounded."""
        self.keyboards = {slot: Keyboard() for slot in KEYBOARDS}
        self.plugged = set(KEYBOARDS)
        self.start_engine()

    # What a service does.

    def start_engine(self) -> None:
        self.engine = Engine(self.page, self.box)
        self.engine.forwarder.set_route(self.route)
        if self.linked:
            self.link()
        for slot in self.plugged:
            self.keyboards[slot].listener = self.engine.forwarder.add_input(slot)

    def link(self) -> None:
        self.explained |= self.engine.marked()
        self.engine.connect()
        self.linked = True
        CLOCK.seconds += 60  # what ended up to now is beyond doubt

    def replace_engine(self, *, with_service: bool) -> None:
        assert self.engine.left is not None
        # Another file: threads of the killed engine may still write into the old one.
        self.page = self.page.with_name(f"{self.page.name}+")
        self.page.write_bytes(self.engine.left)
        if with_service:
            Page.prepare(self.page)
        self.start_engine()

    # What happens.

    @rule(score=SCORES)
    def play(self, score: list[tuple[int, list[int]]]) -> None:
        for slot, message in score:
            self.keyboards[slot].score.put(message)

    @rule(route=ROUTES)
    def choose_route(self, route: Route) -> None:
        self.route = route
        self.engine.forwarder.set_route(route)

    @rule(slot=st.sampled_from(KEYBOARDS))
    def unplug_or_replug_a_keyboard(self, slot: int) -> None:
        if slot in self.plugged:
            self.plugged.remove(slot)
            self.engine.forwarder.remove_input(slot)
            self.keyboards[slot].listener = None
        else:
            self.plugged.add(slot)
            self.keyboards[slot].listener = self.engine.forwarder.add_input(slot)

    @rule()
    def bring_the_page_up_to_date(self) -> None:
        self.engine.forwarder.fold()

    @precondition(lambda self: self.linked)
    @rule()
    def pull_the_boxs_cable_unnoticed(self) -> None:
        with self.box.lock:
            self.box.plugged = False

    @precondition(lambda self: self.linked)
    @rule()
    def lose_the_box(self) -> None:
        self.engine.forwarder.lose()
        self.linked = False

    @precondition(lambda self: self.linked and self.box.plugged)
    @rule()
    def give_the_box_up(self) -> None:
        self.engine.forwarder.disconnect()
        self.linked = False
        assert self.box.a4.hanging() == {}
        assert self.engine.marked() == set()

    @precondition(lambda self: not self.linked)
    @rule()
    def regain_the_box(self) -> None:
        self.box.plugged = True
        self.link()

    @precondition(lambda self: self.box.plugged)
    @rule(with_service=st.booleans())
    def kill(self, with_service: bool) -> None:
        self.engine.kill()
        self.replace_engine(with_service=with_service)

    @precondition(lambda self: self.box.plugged)
    @rule(
        slot=st.sampled_from(KEYBOARDS),
        note=st.sampled_from(NOTES),
        velocity=st.sampled_from([0, 100]),
        when=st.sampled_from(["heard", "unheard"]),
    )
    def die_in_the_middle_of_a_message(self, slot: int, note: int, velocity: int, when: str) -> None:
        self.engine.dies_at_next_message = when
        self.keyboards[slot].score.put([midi.NOTE_ON, note, velocity])
        self.wait_for_quiet()
        self.kill(with_service=False)

    @precondition(lambda self: self.linked and self.box.plugged)
    @rule()
    def stop_and_start(self) -> None:
        self.engine.forwarder.stop()
        assert self.box.a4.hanging() == {}
        assert self.engine.marked() == set()
        self.kill(with_service=True)

    @rule()
    def catch_breath(self) -> None:
        self.wait_for_quiet()
        assert list(self.engine.forwarder.troubles) == []
        assert self.engine.unmarked == set()
        if self.linked and self.box.plugged:
            assert sounding_on(self.box.a4) == self.engine.marked()
            assert set(self.box.a4.stray_note_offs) <= self.explained
            self.box.a4.stray_note_offs.clear()
            self.explained.clear()
        elif not self.linked:
            assert sounding_on(self.box.a4) <= self.engine.marked()

    def wait_for_quiet(self) -> None:
        for keyboard in self.keyboards.values():
            keyboard.score.join()

    def teardown(self) -> None:
        """Let everything go: nothing may sound any more."""
        if not self.box.plugged and self.linked:
            self.lose_the_box()
        if not self.linked:
            self.regain_the_box()
        for keyboard in self.keyboards.values():
            for channel in CHANNELS:
                keyboard.score.put([midi.CONTROL_CHANGE | channel, midi.CC_SUSTAIN, 0])
                for note in NOTES:
                    keyboard.score.put([midi.NOTE_OFF | channel, note, 64])
        try:
            self.catch_breath()
            assert self.box.a4.hanging() == {}
            assert self.engine.marked() == set()
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


@pytest.mark.usefixtures("busy_interpreter")
def test_whatever_happens_on_stage_nothing_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "time", CLOCK)
    monkeypatch.setattr(sounding, "time", CLOCK)

    run_state_machine_as_test(Bridge, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
