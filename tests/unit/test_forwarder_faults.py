"""Whatever fails inside the bridge, and at whatever instant it dies: no note hangs, and the keyboard goes on.

A forwarder's work is a row of steps: each look into the ledger, each change of it, each message that is being sent.
The tests fail, or look, at every one of them.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import pytest
from desk import Desk, memory_page, sounding_on

from a4bridge.core.outcomes import Outcome

pytestmark = pytest.mark.stdlib

SCORES = {
    "a note": "A 90 3C 64, A 80 3C 40",
    "velocity 0": "A 90 3C 64, A 90 3C 00",
    "two note-ons": "A 90 3C 64, A 90 3C 64, A 80 3C 40",
    "two note-ons under the pedal": "A B0 40 7F, A 90 3C 64, A 90 3C 64, A 80 3C 40, A B0 40 00",
    "a chord": "A 90 3C 64, A 90 40 64, A 90 43 64, A 80 40 40, A 80 3C 40, A 80 43 40",
    "two keyboards": "A 90 3C 64, B 90 3C 64, A 80 3C 40, B 80 3C 40",
    "a chord under the pedal": (
        "A B0 40 7F, A 90 3C 64, A 90 40 64, A 90 43 64, A 80 3C 40, A 80 40 40, A 80 43 40, A B0 40 00"
    ),
    "struck again under the pedal": ("A B0 40 7F, A 90 3C 64, A 80 3C 40, A 90 3C 64, A 80 3C 40, A B0 40 00"),
    "struck again under the pedal while another holds it": (
        "A B0 40 7F, A 90 3C 64, B 90 3C 64, A 80 3C 40, A 90 3C 64, A 80 3C 40, A B0 40 00, B 80 3C 40"
    ),
    "all notes off": "A 90 3C 64, A 90 40 64, B 90 40 64, A B0 7B 00, B 80 40 40",
    "reset under the pedal": "A B0 40 7F, A 90 3C 64, A 90 40 64, A 80 3C 40, A 80 40 40, A B0 79 00, A B0 40 00",
    "wheels": "A E0 00 50, A 90 3C 64, A D0 40, A B0 01 40, A 80 3C 40, A E0 00 40",
}


class WatchedLedger:
    """A page's ledger that says so before each access."""

    def __init__(self, memory: memoryview, step: Callable[[], None]) -> None:
        self._memory = memory
        self._step = step

    def __getitem__(self, index: int) -> int:
        self._step()
        return self._memory[index]

    def __setitem__(self, index: int, count: int) -> None:
        self._step()
        self._memory[index] = count


class WatchedDesk(Desk):
    """Calls `watch` between any two steps of its forwarder."""

    def __init__(self) -> None:
        self.watch: Callable[[], None] = lambda: None
        page = memory_page()
        page.ledger = cast("memoryview", WatchedLedger(page.ledger, lambda: self.watch()))
        super().__init__(page=page)
        self.before_hearing = self.after_hearing = lambda: self.watch()

    def marked(self) -> set[tuple[int, int]]:
        """Return what the ledger says may sound."""
        watch, self.watch = self.watch, lambda: None
        marked = set(self.page.sounding())
        self.watch = watch
        return marked


@dataclass
class Fault:
    """Fails once, at the step of that number, counted from 0."""

    number: int
    error: BaseException
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.number + 1:
            raise self.error

    @property
    def happened(self) -> bool:
        return self.steps > self.number


def assert_a_fault_at_any_step_costs_one_event(score: str, error: BaseException) -> None:
    for number in itertools.count():
        desk, fault = WatchedDesk(), Fault(number, error)
        desk.watch = fault.step

        outcomes = desk.play_all(score)

        if not fault.happened:
            assert number >= 4, "there was nothing to fail at"
            return
        where = f"step {number} of {desk.heard}"
        assert outcomes.count(Outcome.FAILED) == 1, where
        assert len(desk.forwarder.troubles) == 1, where
        assert desk.a4.hanging() == {}, where
        assert desk.marked() == set(), where
        assert desk.play_all("A 90 30 64, A 80 30 40") == [Outcome.FORWARDED] * 2, where


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_an_exception_at_any_step_costs_one_event_and_leaves_nothing_sounding(score: str) -> None:
    assert_a_fault_at_any_step_costs_one_event(score, RuntimeError("broken"))


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt(), SystemExit(1)], ids=repr)
def test_so_does_one_that_is_no_common_exception(error: BaseException) -> None:
    assert_a_fault_at_any_step_costs_one_event(SCORES["a note"], error)


def test_what_failed_is_told_with_the_event() -> None:
    desk = WatchedDesk()
    desk.watch = Fault(0, RuntimeError("broken")).step

    desk.play("93 3C 64")

    assert list(desk.forwarder.troubles) == ["RuntimeError: broken (event 93 3c 64)"]


@pytest.mark.parametrize("moment", ["before_hearing", "after_hearing"])
def test_the_note_of_a_failed_event_is_ended_at_once(moment: str) -> None:
    desk = Desk()
    setattr(desk, moment, Fault(0, RuntimeError("broken")).step)

    assert desk.play("90 3C 64") is Outcome.FAILED
    assert desk.heard[-1] == "88 3C 40"
    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []
    assert desk.play("80 3C 40") is Outcome.NOT_SOUNDING


def test_an_event_that_is_cut_short_fails_and_ends_no_other_note() -> None:
    desk = Desk()
    desk.play("90 3C 64")

    assert desk.play_all("A 90, A 90 40, A 80, A B0, A B0 40, A 80 3C 40") == [
        *[Outcome.FAILED] * 5,
        Outcome.FORWARDED,
    ]


def test_a_failed_event_without_a_destination_forgets_nothing_that_may_sound_there() -> None:
    desk = Desk()
    desk.play("90 3C 64")
    desk.forwarder.lose()

    assert desk.play("90 40") is Outcome.FAILED
    assert desk.page.sounding() == [(9, 0x3C)]


def test_a_destination_that_only_fails_keeps_its_notes_in_the_ledger_until_there_is_another() -> None:
    desk = Desk()
    desk.play_all("A 90 3C 64, A 90 40 64")

    def fail() -> None:
        raise OSError("gone")

    desk.before_hearing = fail
    outcomes = desk.play_all("A 80 3C 40, A 90 43 64, B 90 47 64, A E0 00 40, A B0 7B 00")

    assert outcomes == [Outcome.FAILED] * 5
    assert {(9, 0x3C), (9, 0x40)} <= set(desk.page.sounding())

    desk.forwarder.lose()
    desk.before_hearing = lambda: None
    desk.connect()
    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []


def test_a_note_that_could_not_be_ended_is_ended_as_soon_as_the_destination_takes_it() -> None:
    desk = Desk()
    desk.play("90 3C 64")
    failures = iter(range(2))  # its note-off, and the one that should make up for it

    def fail() -> None:
        if next(failures, None) is not None:
            raise OSError("busy")

    desk.before_hearing = fail
    desk.receive("A", [0x80, 0x3C, 0x40])
    assert desk.a4.hanging() != {}

    desk.forwarder.fold()

    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []
    desk.play_all("A 90 3C 64, A 80 3C 40")
    assert desk.heard == ["98 3C 64", "88 3C 40", "98 3C 64", "88 3C 40"]


def test_more_keys_on_one_note_than_the_ledger_can_count_fail_and_hang_nothing() -> None:
    keyboards = "".join(chr(ord("A") + slot) for slot in range(17))
    desk = Desk(keyboards=keyboards)
    keys = [(keyboard, channel) for keyboard in keyboards for channel in range(16)]

    struck = [desk.play_bytes(bytes([0x90 | channel, 60, 100]), keyboard) for keyboard, channel in keys]
    assert struck == [Outcome.FORWARDED] * 255 + [Outcome.FAILED] * 17

    for keyboard, channel in keys:
        desk.play_bytes(bytes([0x80 | channel, 60, 64]), keyboard)
    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_at_every_instant_the_ledger_marks_all_that_sounds(score: str) -> None:
    desk = WatchedDesk()
    instants: list[tuple[set[tuple[int, int]], set[tuple[int, int]]]] = []
    desk.watch = lambda: instants.append((sounding_on(desk.a4), desk.marked()))

    desk.play_all(score)

    assert len(instants) >= 4
    assert [(sounding, marked) for sounding, marked in instants if not sounding <= marked] == []
