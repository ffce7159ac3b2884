"""Notes one at a time: which are played, when one has arrived, and that none is left sounding."""

import asyncio
from collections.abc import Callable

import pytest

from a4bridge.bench.latencies import Latencies
from a4bridge.bench.playing import Keys, Listener, Note, keys_for, play
from a4bridge.core.route import Action, Binding, Route, Trigger, Zone

NOTES = [Note(1, key) for key in (60, 61, 62, 63)]
Between = Callable[[Listener, list[int]], object]


def played(between: Between, *, same_keys: bool = False) -> tuple[Latencies, Listener]:
    """Play NOTES; `between` gets each message as it is sent, and makes the listener receive what it will."""
    listener = Listener(patience=0.01)
    stopping = asyncio.Event()
    done = play(lambda message: between(listener, message), listener, NOTES, stopping, same_keys=same_keys)
    return asyncio.run(done), listener


def echo(listener: Listener, message: list[int]) -> None:
    listener.receive((message, 0.0), None)


def test_a_note_has_arrived_when_its_note_on_has() -> None:
    latencies, listener = played(echo)

    assert (latencies.played, latencies.lost, listener.others) == (4, 0, 0)


def test_nothing_else_is_a_note_and_after_three_lost_ones_no_more_are_played() -> None:
    def nearly(listener: Listener, message: list[int]) -> None:
        for other in ([0xF8], [0x80, *message[1:]], [0x90, message[1], 0], [0xB0, 1, 1]):
            echo(listener, other)

    latencies, listener = played(nearly)

    assert (latencies.played, latencies.lost, listener.others) == (3, 3, 0)


def test_a_note_that_gets_lost_now_and_then_does_not_end_it() -> None:
    def lose_odd_keys(listener: Listener, message: list[int]) -> None:
        if message[1] % 2 == 0:
            echo(listener, message)

    latencies, _ = played(lose_odd_keys)

    assert [took is None for took in latencies.took] == [False, True, False, True]


@pytest.mark.parametrize(("same_keys", "lost", "others"), [(False, 0, 3), (True, 1, 4)])
def test_another_key_counts_only_where_keys_may_change(same_keys: bool, lost: int, others: int) -> None:
    def transpose(listener: Listener, message: list[int]) -> None:
        echo(listener, [message[0], message[1] + 12, message[2]])
        if message[1] != 60:
            echo(listener, message)

    latencies, listener = played(transpose, same_keys=same_keys)

    assert (latencies.played, latencies.lost, listener.others) == (4, lost, others)


def test_a_note_that_comes_too_late_is_not_taken_for_the_next() -> None:
    listener = Listener(patience=0.01)
    listener.expect([60])
    assert listener.wait() is None
    echo(listener, NOTES[0].on)

    listener.expect([61])

    assert listener.wait() is None
    assert listener.others == 1


def test_what_must_run_first_and_last_on_the_transports_thread_runs_once() -> None:
    ran: list[str] = []
    listener = Listener(lambda: ran.append("first"), lambda: ran.append("last"))
    for _ in range(3):
        echo(listener, [0xFE])
    assert ran == ["first"]

    listener.retire()
    for _ in range(3):
        echo(listener, [0xFE])

    assert ran == ["first", "last"]


def test_without_a_first_event_nothing_runs_at_last() -> None:
    ran: list[str] = []
    listener = Listener(lambda: ran.append("first"), lambda: ran.append("last"))

    listener.retire()
    echo(listener, [0xFE])

    assert ran == []


def test_no_note_is_left_sounding_when_it_is_stopped_or_cannot_send() -> None:
    stopping = asyncio.Event()
    listener = Listener()
    sent: list[list[int]] = []

    def send(message: list[int]) -> None:
        sent.append(message)
        echo(listener, message)
        if message == NOTES[1].on:
            stopping.set()
        if message == NOTES[2].on:
            raise OSError

    latencies = asyncio.run(play(send, listener, NOTES, stopping, same_keys=True))
    with pytest.raises(OSError):  # noqa: PT011 - the one above
        asyncio.run(play(send, listener, NOTES[2:], asyncio.Event(), same_keys=True))

    assert latencies.played == 2
    assert sent == [message for note in NOTES[:3] for message in (note.on, note.off)]


def bound(number: int) -> Binding:
    return Binding(Trigger.NOTE, number, Action.PANIC)


@pytest.mark.parametrize(
    ("zones", "bindings", "found"),
    [
        pytest.param([Zone()], [], Keys([60, 59, 61, 58, 62, 57, 63, 56, 64, 55, 65, 54]), id="every key"),
        pytest.param([Zone(low=70, high=72)], [], Keys([70, 71, 72]), id="few keys"),
        pytest.param([Zone(low=59, high=62)], [bound(60), bound(62)], Keys([59, 61]), id="bound ones left out"),
        pytest.param([Zone(low=60, high=61, channel=5, source=1)], [], Keys([60, 61], 5, 1), id="where it listens"),
        pytest.param([Zone(low=60, high=61, transpose=67)], [], Keys([60]), id="not what becomes too high"),
        pytest.param([Zone(low=60, high=61, transpose=67, fold=True)], [], Keys([60, 61]), id="but what is folded"),
        pytest.param([Zone(notes=False), Zone(low=8, high=8)], [], Keys([8]), id="the first zone that passes notes"),
        pytest.param([Zone(notes=False)], [], None, id="none"),
    ],
)
def test_what_is_played_passes_the_route(zones: list[Zone], bindings: list[Binding], found: Keys | None) -> None:
    assert keys_for(Route("profile", tuple(zones), tuple(bindings))) == found


def test_keys_are_played_round_and_round() -> None:
    notes = list(Keys([60, 62], channel=10).first(3))

    assert [note.on for note in notes] == [[0x99, 60, 64], [0x99, 62, 64], [0x99, 60, 64]]
    assert notes[1].off == [0x89, 62, 64]
