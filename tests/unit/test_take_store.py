"""What is kept of what was played: as much as was promised, and no more memory than was promised."""

import tracemalloc
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from a4bridge.take.store import BLOCK_EVENTS, MOST_BYTES, MOST_EVENTS, Store

SECOND: Final = 10**9
MINUTE: Final = 60 * SECOND
NOTE_ON: Final = b"\x98\x3c\x64"


def played(store: Store) -> list[tuple[int, int, bytes]]:
    return store.piece(0, MOST_EVENTS).messages


def test_it_gives_back_what_it_was_given() -> None:
    store = Store(10)
    store.add(5, 8, NOTE_ON)
    store.add(6, 253, b"\xd8\x40")
    store.add_sysex(7)
    store.add_missing(8, 4096)

    piece = store.piece(0, 100)

    assert (piece.first, piece.end, store.end) == (0, 4, 4)
    assert piece.messages == [(5, 8, NOTE_ON), (6, 253, b"\xd8\x40")]
    assert piece.sysex == [7]
    assert piece.missing == [(8, 4096)]


def test_a_brimful_take_takes_what_was_promised_and_keeps_the_newest() -> None:
    tracemalloc.start()
    try:
        store = Store(60)
        for number in range(3 * MOST_EVENTS):
            store.add(number, 8, NOTE_ON)
        taken, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert store.bytes_held == MOST_BYTES == 786_432
    assert MOST_BYTES <= taken <= peak <= MOST_BYTES + 20_000
    assert [at for at, _, _ in played(store)] == [*range(2 * MOST_EVENTS, 3 * MOST_EVENTS)]


def test_nothing_is_set_aside_before_anything_is_played() -> None:
    store = Store(10)
    assert store.bytes_held == 0
    store.add(0, 8, NOTE_ON)
    assert store.bytes_held == MOST_BYTES // 16


def test_what_is_older_than_the_minutes_is_forgotten_and_its_memory_given_back() -> None:
    store = Store(1)
    for _ in range(2 * BLOCK_EVENTS):
        store.add(0, 8, NOTE_ON)
    store.add(MINUTE, 8, b"\x88\x3c\x40")
    assert len(played(store)) == 2 * BLOCK_EVENTS + 1

    store.add(MINUTE + 1, 8, NOTE_ON)

    assert [at for at, _, _ in played(store)] == [MINUTE, MINUTE + 1]
    store.forget_old()
    assert store.bytes_held == MOST_BYTES // 16
    assert [at for at, _, _ in played(store)] == [MINUTE, MINUTE + 1]


def test_while_nothing_is_played_nothing_is_forgotten() -> None:
    store = Store(1)
    store.add(0, 8, NOTE_ON)

    store.forget_old()

    assert len(played(store)) == 1


def test_no_event_gets_before_one_that_was_played_before_it() -> None:
    store = Store(1)
    store.add(100, 8, NOTE_ON)
    store.add(90, 8, b"\x88\x3c\x40")

    assert [at for at, _, _ in played(store)] == [100, 100]


@given(st.integers(0, 3 * BLOCK_EVENTS), st.integers(1, 5000), st.integers(0, 4 * BLOCK_EVENTS))
def test_pieces_follow_each_other(count: int, most: int, since: int) -> None:
    store = Store(10)
    for number in range(count):
        store.add(number, number % 254, NOTE_ON)

    piece = store.piece(since, most)

    assert piece.first == min(since, count)
    assert piece.end == min(piece.first + most, count)
    assert [at for at, _, _ in piece.messages] == [*range(piece.first, piece.end)]
