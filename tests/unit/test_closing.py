"""Inputs that go: what runs on their thread at last, and the steps in which they are closed."""

import os
from collections.abc import Iterator

import pytest
from desk import Clock, Desk

from a4bridge.core.outcomes import Outcome
from a4bridge.engine.closing import Closing


def test_the_first_event_after_its_end_runs_what_an_inputs_thread_must_run_at_last() -> None:
    desk = Desk(keyboards="")
    ran: list[str] = []
    receive = desk.forwarder.add_input(0, lambda: ran.append("first"), last=lambda: ran.append("last"))
    receive(([0xFE], 0.0), None)
    receive(([0x90, 60, 100], 0.0), None)
    assert ran == ["first"]

    desk.forwarder.remove_input(0)
    assert ran == ["first"]
    for _ in range(3):
        receive(([0xFE], 0.0), None)

    assert ran == ["first", "last"]
    desk.forwarder.fold()
    assert desk.page.outcomes() == {Outcome.PRIMED: 2, Outcome.NO_DESTINATION: 2, Outcome.FORWARDED: 1}
    assert desk.heard == ["98 3C 64", "88 3C 40"]


@pytest.mark.parametrize("message", ["90 3C 64", "E0 00 40", "F8"])
def test_a_players_event_does_it_as_well_and_goes_nowhere(message: str) -> None:
    desk = Desk(keyboards="")
    ran: list[str] = []
    receive = desk.forwarder.add_input(0, lambda: None, last=lambda: ran.append("last"))
    receive(([0xFE], 0.0), None)
    desk.forwarder.remove_input(0)
    receive((list(bytes.fromhex(message)), 0.0), None)

    assert ran == ["last"]
    assert desk.heard == []


def test_a_thread_that_never_began_has_nothing_to_run_at_last() -> None:
    desk = Desk(keyboards="")
    ran: list[str] = []
    receive = desk.forwarder.add_input(0, lambda: ran.append("first"), last=lambda: ran.append("last"))
    desk.forwarder.remove_input(0)
    receive(([0xFE], 0.0), None)

    assert ran == []


class Going:
    """An input that takes three steps to close, 50 ms apart; `steps` counts."""

    def __init__(self) -> None:
        self.steps = 0

    def closing(self) -> Iterator[float]:
        for _ in range(2):
            self.steps += 1
            yield 0.05
        self.steps += 1


def test_a_step_leaves_the_main_threads_priority_as_it_was() -> None:
    before = os.sched_getscheduler(0), os.sched_getparam(0).sched_priority
    Closing().begin(Going())
    assert (os.sched_getscheduler(0), os.sched_getparam(0).sched_priority) == before


def test_inputs_are_closed_step_by_step_and_side_by_side() -> None:
    clock, one, other = Clock(), Going(), Going()
    closing = Closing(clock)
    closing.begin(one)
    clock.advance(30)
    closing.begin(other)
    assert (one.steps, other.steps) == (1, 1)
    assert closing.go_on() == pytest.approx(0.02)

    clock.advance(20)
    assert closing.go_on() == pytest.approx(0.03)
    assert (one.steps, other.steps) == (2, 1)
    clock.advance(30)
    assert closing.go_on() == pytest.approx(0.02)
    assert (one.steps, other.steps) == (2, 2)
    clock.advance(1000)
    assert closing.go_on() is None
    assert (one.steps, other.steps) == (3, 3)
    assert closing.go_on() is None
