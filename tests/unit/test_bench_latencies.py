"""What is made of the times that were measured: percentiles, and a histogram that fits a terminal."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.bench.latencies import Bar, Latencies


def latencies(*microseconds: float | None) -> Latencies:
    return Latencies(tuple(None if us is None else round(us * 1000) for us in microseconds))


def test_the_first_note_and_lost_ones_are_told_apart() -> None:
    measured = latencies(90, 20, None, 10, 30)

    assert (measured.played, measured.lost, measured.first_us) == (5, 1, 90)
    assert measured.sorted_us == [10, 20, 30]
    assert measured.percentiles() == {"p50": 20, "p99": 30, "p99_9": 30, "max": 30}


def test_a_percentile_is_what_so_many_arrived_within() -> None:
    measured = latencies(0, *range(1, 1001))

    assert measured.percentiles() == {"p50": 500, "p99": 990, "p99_9": 999, "max": 1000}


@pytest.mark.parametrize("measured", [latencies(), latencies(5), latencies(None, None)])
def test_of_no_other_note_there_is_nothing_to_tell(measured: Latencies) -> None:
    assert set(measured.percentiles().values()) == {None}
    assert measured.histogram(10) == []


def test_most_notes_are_in_bars_of_one_width_and_the_slowest_in_doubling_ones() -> None:
    measured = latencies(0, *[20.5] * 60, *[21.5] * 35, 23, 24.2, 26, 44, 900)

    assert measured.histogram(10) == [
        Bar(20, 21, 60),
        Bar(21, 22, 35),
        Bar(22, 24, 1),
        Bar(24, 28, 2),
        Bar(28, 36, 0),
        Bar(36, None, 2),
    ]


def test_without_slow_ones_no_bar_is_open() -> None:
    assert latencies(0, 100, 149, 151).histogram(14) == [
        *(Bar(100 + 10 * at, 110 + 10 * at, notes) for at, notes in enumerate([1, 0, 0, 0, 1, 1])),
    ]


@given(st.lists(st.floats(0.001, 1e7), min_size=2), st.integers(6, 20))
def test_every_note_is_in_one_bar_and_the_bars_are_few_and_side_by_side(times: list[float], most: int) -> None:
    measured = latencies(*times)

    bars = measured.histogram(most)

    assert len(bars) <= most
    assert all(one.high == other.low for one, other in pairwise(bars))
    for bar in bars:
        high = float("inf") if bar.high is None else bar.high
        assert bar.notes == len([us for us in measured.sorted_us if bar.low <= us < high])
    assert sum(bar.notes for bar in bars) == len(times) - 1
