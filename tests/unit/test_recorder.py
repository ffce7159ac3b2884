"""What a callback noted, as it shows in the page; and which event was late, by the transport's own clock."""

import threading
from collections.abc import Iterable
from itertools import accumulate

import pytest
from desk import bytes_of, memory_page

from a4bridge.core.outcomes import Outcome
from a4bridge.engine.page import Page, RingEvent, percentile
from a4bridge.engine.recorder import Recorder

pytestmark = pytest.mark.stdlib

US = 1_000
MS = 1_000_000
SECOND = 1_000_000_000
TOOK = 50 * US
NEARLY_ON_TIME = 10 * US  # of a late event: the zero of lateness creeps while it is late


class Stream:
    """One input's events as a transport gives them: stamped when they arrived, handed over when it could.

    skew: by which part the transport's clock runs fast.
    """

    def __init__(self, recorder: Recorder, slot: int = 0, skew: float = 0.0) -> None:
        recorder.start_input(slot)
        self._note = recorder.note
        self._slot = slot
        self._skew = skew
        self._last: int | None = None

    def event(self, arrived: int, entered: int | None = None, note: int = 60) -> None:
        """Note what arrived at that time (ns) and was handed over at once, or later."""
        entered = arrived if entered is None else entered
        delta = 0.0 if self._last is None else (arrived - self._last) * (1 + self._skew) / SECOND
        self._last = arrived
        self._note((self._slot, ([0x90, note, 100], delta), entered, entered + TOOK, [0x98, note, 100]))


def folded(page: Page, recorder: Recorder) -> list[RingEvent]:
    recorder.fold()
    return list(page.recent())


def latenesses(page: Page, recorder: Recorder) -> list[int]:
    return [record.lateness for record in folded(page, recorder)]


# Counts, histograms and the ring.


@pytest.mark.parametrize(
    ("received", "result", "outcome", "shown_received", "sent"),
    [
        pytest.param("93 3C 64", "98 3C 64", Outcome.FORWARDED, "93 3C 64", "98 3C 64", id="forwarded"),
        pytest.param("90 3C 00", "88 3C 40", Outcome.FORWARDED, "90 3C 00", "88 3C 40", id="velocity 0"),
        pytest.param("D3 40", "D8 40", Outcome.FORWARDED, "D3 40", "D8 40", id="two bytes"),
        pytest.param("F8", Outcome.CLOCK, Outcome.CLOCK, "F8", "", id="dropped, one byte"),
        pytest.param("B0 40 7F", Outcome.PEDAL_MOVED, Outcome.PEDAL_MOVED, "B0 40 7F", "", id="used by the bridge"),
        pytest.param("F0 00 20 3C" + " 01" * 20 + " F7", Outcome.SYSEX, Outcome.SYSEX, "F0 00 20", "", id="long"),
        pytest.param("90", Outcome.FAILED, Outcome.FAILED, "90", "", id="cut short"),
    ],
)
def test_an_event_shows_what_came_what_went_and_what_became_of_it(
    received: str, result: str | Outcome, outcome: Outcome, shown_received: str, sent: str
) -> None:
    page = memory_page()
    recorder = Recorder(page)
    recorder.start_input(7)
    noted = result if isinstance(result, Outcome) else list(bytes_of(result))

    recorder.note((7, (list(bytes_of(received)), 0.0), SECOND, SECOND + TOOK, noted))

    assert folded(page, recorder) == [
        RingEvent(0, SECOND, 0, TOOK, 7, outcome, bytes_of(shown_received), bytes_of(sent)),
    ]
    assert page.outcomes() == {outcome: 1}
    assert {bucket: count for bucket, count in enumerate(page.took) if count} == {TOOK >> 10: 1}
    assert {bucket: count for bucket, count in enumerate(page.late) if count} == {0: 1}


def test_nothing_shows_before_it_is_folded_and_nothing_twice() -> None:
    page = memory_page()
    recorder = Recorder(page)
    stream = Stream(recorder)
    stream.event(SECOND)
    assert page.events() == 0

    recorder.fold()
    recorder.fold()

    assert page.events() == page.head[0] == sum(page.took) == sum(page.late) == 1


def test_events_are_folded_in_the_order_in_which_they_were_noted() -> None:
    page = memory_page()
    recorder = Recorder(page)
    streams = Stream(recorder, 0), Stream(recorder, 1)
    notes = list(range(100))

    for note in notes:
        streams[note % 3 % 2].event(SECOND + note * MS, note=note)
        if note in {30, 31}:
            recorder.fold()

    records = folded(page, recorder)
    assert [record.received[1] for record in records] == notes
    assert [record.number for record in records] == notes
    assert [record.input for record in records] == [note % 3 % 2 for note in notes]


def test_what_took_longer_than_the_ring_can_say_shows_as_the_longest_it_can() -> None:
    page = memory_page()
    recorder = Recorder(page)
    recorder.start_input(0)
    recorder.note((0, ([0xF8], 0.0), 0, 0, Outcome.CLOCK))
    recorder.note((0, ([0xF8], 0.0), 5 * SECOND, 10 * SECOND, Outcome.CLOCK))

    record = folded(page, recorder)[-1]

    assert (record.lateness, record.took) == (2**32 - 1, 2**32 - 1)
    assert percentile(page.took, 1.0) == percentile(page.late, 1.0) == 2**33


def test_more_notes_than_there_is_room_for_lose_the_oldest() -> None:
    page = memory_page()
    recorder = Recorder(page)
    recorder.start_input(0)
    room = 1 << 15
    for number in range(room + 10):
        result = Outcome.CLOCK if number < 10 else Outcome.ACTIVE_SENSING
        recorder.note((0, ([0xF8], 0.0), SECOND, SECOND, result))

    recorder.fold()

    assert page.outcomes() == {Outcome.ACTIVE_SENSING: room}


def test_what_went_uncounted_makes_nothing_later_look_late() -> None:
    page = memory_page()
    recorder = Recorder(page)
    recorder.start_input(0)
    for number in range((1 << 15) + 1000):
        at = SECOND + number * 1_000_000
        recorder.note((0, ([0xF8], 0.001), at, at, Outcome.CLOCK))

    recorder.fold()
    at = SECOND + ((1 << 15) + 1000) * 1_000_000
    recorder.note((0, ([0xF8], 0.001), at, at, Outcome.CLOCK))
    recorder.fold()

    assert list(page.recent())[-1].lateness < 1_000_000


def test_what_is_noted_while_another_thread_folds_is_counted_once() -> None:
    page = memory_page()
    recorder = Recorder(page)
    stream = Stream(recorder)

    def play() -> None:
        for each in range(10_000):
            stream.event(SECOND + each)

    playing = threading.Thread(target=play)
    playing.start()
    while playing.is_alive():
        recorder.fold()
    playing.join()
    recorder.fold()

    assert page.outcomes() == {Outcome.FORWARDED: 10_000}
    numbers = [record.number for record in page.recent()]
    assert numbers == list(range(numbers[0], 10_000))


# Lateness.


def times(gaps: Iterable[int]) -> list[int]:
    return list(accumulate(gaps, initial=1000 * SECOND))


def test_events_that_are_handed_over_as_they_arrive_are_not_late() -> None:
    page = memory_page()
    recorder = Recorder(page)
    stream = Stream(recorder)

    for arrived in times([MS, 333 * US, 20 * MS, 7 * SECOND, MS, 600 * SECOND, 10 * US, MS]):
        stream.event(arrived, arrived + 80 * US)

    assert latenesses(page, recorder) == [0] * 9


def test_a_stalled_interpreter_shows_as_lateness_and_not_as_time_that_the_events_took() -> None:
    page = memory_page()
    recorder = Recorder(page)
    stream = Stream(recorder)
    arrivals = times([MS] * 60)
    stall_begins, stall_ends = arrivals[20], arrivals[20] + 30 * MS
    stalled = [arrived for arrived in arrivals if stall_begins <= arrived < stall_ends]

    for arrived in arrivals:
        stream.event(arrived, stall_ends if arrived in stalled else arrived)

    shown = latenesses(page, recorder)
    due = [stall_ends - arrived if arrived in stalled else 0 for arrived in arrivals]
    assert max(due) == 30 * MS
    assert shown == pytest.approx(due, abs=NEARLY_ON_TIME)
    assert [late for late, expected in zip(shown, due, strict=True) if not expected] == [0] * 31
    assert {record.took for record in page.recent()} == {TOOK}
    assert percentile(page.took, 1.0) <= TOOK + 1024
    assert percentile(page.late, 31 / 61) == 1024
    assert percentile(page.late, 1.0) >= 29 * MS


def test_an_input_whose_first_event_was_late_is_judged_by_the_first_that_was_not() -> None:
    page = memory_page()
    recorder = Recorder(page)
    stream = Stream(recorder)
    arrivals = times([MS] * 3)

    stream.event(arrivals[0], arrivals[0] + 5 * MS)
    stream.event(arrivals[1])
    stream.event(arrivals[2], arrivals[2] + 5 * MS)

    assert latenesses(page, recorder) == [0, 0, pytest.approx(5 * MS, abs=NEARLY_ON_TIME)]


@pytest.mark.parametrize("skew", [50e-6, -50e-6], ids=["fast", "slow"])
def test_a_transports_clock_that_drifts_for_an_hour_makes_no_event_late_and_hides_none(skew: float) -> None:
    page = memory_page()
    recorder = Recorder(page)
    stream = Stream(recorder, skew=skew)
    arrivals = times([SECOND] * 3600)

    for arrived in arrivals:
        stream.event(arrived)
    recorder.fold()
    assert percentile(page.late, 1.0) == 1024
    assert {record.lateness for record in page.recent()} == {0}

    stream.event(arrivals[-1] + MS, arrivals[-1] + 6 * MS)
    assert latenesses(page, recorder)[-1] == pytest.approx(5 * MS, abs=NEARLY_ON_TIME)


def test_each_input_has_its_own_clock() -> None:
    page = memory_page()
    recorder = Recorder(page)
    keys, pads = Stream(recorder, 0), Stream(recorder, 1)
    arrivals = times([MS] * 5)

    keys.event(arrivals[0])
    pads.event(arrivals[1], arrivals[1] + 3 * MS)
    keys.event(arrivals[2], arrivals[2] + 2 * MS)
    pads.event(arrivals[3], arrivals[3] + 3 * MS)
    keys.event(arrivals[4])

    assert latenesses(page, recorder) == [0, 0, pytest.approx(2 * MS, abs=NEARLY_ON_TIME), 0, 0]


def test_an_input_that_is_opened_again_is_not_late_for_the_time_it_was_away() -> None:
    page = memory_page()
    recorder = Recorder(page)
    before, after = times([MS, 10 * SECOND])[1:]
    Stream(recorder).event(before)

    again = Stream(recorder)
    again.event(after)
    again.event(after + MS)

    assert latenesses(page, recorder) == [0, 0, 0]


def test_what_was_noted_before_an_input_was_opened_again_is_judged_by_its_old_clock() -> None:
    page = memory_page()
    recorder = Recorder(page)
    stream = Stream(recorder)
    on_time, late = times([MS])
    stream.event(on_time)
    stream.event(late, late + 5 * MS)

    recorder.start_input(0)

    assert [record.lateness for record in page.recent()][-1] == pytest.approx(5 * MS, abs=NEARLY_ON_TIME)
