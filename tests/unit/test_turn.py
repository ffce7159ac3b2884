"""The turn between threads that the interpreter switches as often as it can."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from a4bridge.engine.turn import Turn

THREADS = 8
ROUNDS = 500


@pytest.fixture(autouse=True)
def _restless_interpreter() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Counter:
    """Counts wrongly as soon as two threads count at once."""

    def __init__(self) -> None:
        self.value = 0

    def count(self) -> None:
        seen = self.value
        for _ in range(200):  # each step lets another thread in
            pass
        self.value = seen + 1


def as_a_callback(turn: Turn, count: Callable[[], None]) -> None:
    try:
        token = turn.take()
    except IndexError:
        token = turn.wait()
    count()
    turn.give(token.following)


def as_a_command(turn: Turn, count: Callable[[], None]) -> None:
    with turn:
        count()


Way = Callable[[Turn, Callable[[], None]], None]


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param([as_a_callback] * THREADS, id="callbacks"),
        pytest.param([as_a_command] * THREADS, id="commands"),
        pytest.param([as_a_callback, as_a_command] * (THREADS // 2), id="callbacks and commands"),
    ],
)
def test_only_one_thread_at_a_time_has_the_turn(ways: list[Way]) -> None:
    turn, counter = Turn(), Counter()
    together = threading.Barrier(len(ways))

    def run(way: Way) -> None:
        together.wait()
        for _ in range(ROUNDS):
            way(turn, counter.count)

    threads = [threading.Thread(target=run, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counter.value == ROUNDS * len(ways)


def test_a_thread_waits_until_the_turn_is_given_back() -> None:
    turn = Turn()
    happened: list[str] = []
    tried = threading.Event()

    def second() -> None:
        try:
            token = turn.take()
        except IndexError:
            tried.set()
            token = turn.wait()
        happened.append("second")
        turn.give(token.following)

    thread = threading.Thread(target=second)
    with turn:
        thread.start()
        assert tried.wait(30)
        happened.append("first")
    thread.join()

    assert happened == ["first", "second"]


def test_the_turn_is_given_back_after_an_exception() -> None:
    turn = Turn()

    with pytest.raises(KeyboardInterrupt), turn:
        raise KeyboardInterrupt

    turn.take()
    with pytest.raises(IndexError):
        turn.take()
