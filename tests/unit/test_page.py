"""The shared page as a file: what is kept of an old one, and what a reader sees while the engine writes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from desk import memory_page
from hypothesis import example, given
from hypothesis import strategies as st

from a4bridge.core.outcomes import Outcome
from a4bridge.engine.page import (
    BUCKETS,
    LEDGER_SIZE,
    LINEAR_BUCKETS,
    RING_EVENTS,
    RING_RECORD,
    SIZE,
    SLOTS,
    VERSION,
    Page,
    bucket_limit,
    percentile,
    wide_bucket,
)
from a4bridge.engine.recorder import Recorder

pytestmark = pytest.mark.stdlib

Spoil = Callable[[bytearray], bytes]


def page_at(path: Path) -> Page:
    Page.prepare(path)
    return Page.open(path, writable=True)


def write_events(page: Page, count: int, note: int = 60) -> None:
    """Be the engine."""
    recorder = Recorder(page)
    recorder.start_input(0)
    for _ in range(count):
        recorder.note((0, ([0x90, note, 100], 0.0), 1, 2, [0x98, note, 100]))
    recorder.fold()


# The file.


def test_a_new_page_is_empty(tmp_path: Path) -> None:
    Page.prepare(tmp_path / "page")

    page = Page.open(tmp_path / "page")

    assert page.outcomes() == {}
    assert page.events() == 0
    assert page.sounding() == []
    assert list(page.recent()) == []
    assert [page.slot_name(slot) for slot in range(SLOTS + 1)] == [""] * (SLOTS + 1)


def test_of_an_engine_that_died_only_the_ledger_is_kept(tmp_path: Path) -> None:
    died = page_at(tmp_path / "page")
    died.ledger[:] = ledger = bytes(index % 256 for index in range(LEDGER_SIZE))
    died.name_slot(0, "Keys")
    write_events(died, 3)

    page = page_at(tmp_path / "page")

    assert bytes(page.ledger) == ledger
    assert page.events() == sum(page.took) == sum(page.late) == 0
    assert list(page.recent()) == []
    assert bytes(page.ring) == bytes(len(page.ring))
    assert page.slot_name(0) == ""


def marked_page(path: Path) -> bytearray:
    """Make a page whose ledger marks everything."""
    page_at(path).ledger[:] = b"\1" * LEDGER_SIZE
    return bytearray(path.read_bytes())


def of_another_version(page: bytearray) -> bytes:
    at = bytes(page).index(VERSION.to_bytes(4, "little"))
    return bytes(page[:at]) + (VERSION + 1).to_bytes(4, "little") + bytes(page[at + 4 :])


NO_PAGES = [
    pytest.param(lambda _page: b"", id="nothing"),
    pytest.param(lambda _page: b"\1" * SIZE, id="other bytes"),
    pytest.param(lambda page: b"A" + page[1:], id="another name"),
    pytest.param(of_another_version, id="another version's page"),
    pytest.param(lambda page: page[:-1], id="a page cut short"),
    pytest.param(lambda page: page[:9], id="a header cut short"),
]


@pytest.mark.parametrize("spoil", NO_PAGES)
def test_what_is_no_page_of_this_version_is_thrown_away(tmp_path: Path, spoil: Spoil) -> None:
    path = tmp_path / "page"
    path.write_bytes(spoil(marked_page(path)))

    assert page_at(path).sounding() == []
    assert path.stat().st_size == SIZE


@pytest.mark.parametrize("spoil", [*NO_PAGES, pytest.param(lambda page: page + b"\0", id="a page that goes on")])
@pytest.mark.parametrize("writable", [False, True], ids=["to read", "to write"])
def test_what_is_no_page_of_this_version_is_not_opened(tmp_path: Path, spoil: Spoil, writable: bool) -> None:
    path = tmp_path / "page"
    path.write_bytes(spoil(marked_page(path)))

    with pytest.raises(ValueError, match=r"page is not a page of this version of a4bridge"):
        Page.open(path, writable=writable)


def test_a_page_that_goes_on_is_cut_to_size(tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_bytes(marked_page(path) + b"\0")

    page_at(path)

    assert path.stat().st_size == SIZE


def test_a_page_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Page.open(tmp_path / "page")


def test_a_page_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        Page.prepare(tmp_path)


def test_a_link_that_lies_where_the_page_belongs_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "page").symlink_to(tmp_path / "precious")

    with pytest.raises(OSError, match="page"):
        Page.prepare(tmp_path / "page")

    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_who_reads_the_page_goes_on_reading_after_it_was_prepared_again(tmp_path: Path) -> None:
    write_events(page_at(tmp_path / "page"), 3)
    reader = Page.open(tmp_path / "page")
    assert reader.events() == 3

    write_events(page_at(tmp_path / "page"), 1)

    assert reader.events() == 1


def test_a_page_opened_to_read_cannot_be_written(tmp_path: Path) -> None:
    page_at(tmp_path / "page")

    with pytest.raises(TypeError, match="read-only"):
        Page.open(tmp_path / "page").ledger[0] = 1


# What it says.


@pytest.mark.parametrize(
    ("name", "noted"),
    [
        ("Keys:Keys MIDI 1 20:0", "Keys:Keys MIDI 1 20:0"),
        ("Größe 鍵盤", "Größe 鍵盤"),
        ("", ""),
        ("k" * 127, "k" * 127),
        ("k" * 1000, "k" * 127),
        ("鍵" * 1000, "鍵" * 42),
        ("Keys \udcff", "Keys ?"),
    ],
    ids=["plain", "not ASCII", "empty", "as long as can be", "too long", "cut inside a letter", "no text at all"],
)
@pytest.mark.parametrize("slot", [0, SLOTS - 1, SLOTS], ids=["first input", "last input", "output"])
def test_a_slots_name_is_noted(tmp_path: Path, slot: int, name: str, noted: str) -> None:
    page = page_at(tmp_path / "page")
    for other in range(SLOTS + 1):
        page.name_slot(other, f"other {other}")
    page.name_slot(slot, "a longer name that was there before")

    page.name_slot(slot, name)

    names = [Page.open(tmp_path / "page").slot_name(each) for each in range(SLOTS + 1)]
    assert names == [noted if each == slot else f"other {each}" for each in range(SLOTS + 1)]
    assert page.sounding() == []


def test_it_says_what_sounds_by_channel_and_note() -> None:
    page = memory_page()
    for channel, note in [(1, 0), (1, 127), (2, 0), (9, 60), (16, 127)]:
        page.ledger[(channel - 1) * 128 + note] = 2

    assert page.sounding() == [(1, 0), (1, 127), (2, 0), (9, 60), (16, 127)]


def test_it_says_which_outcomes_occurred_and_how_often() -> None:
    page = memory_page()
    page.counts[Outcome.FORWARDED] = 2**40
    page.counts[Outcome.FAILED] = 1

    assert page.outcomes() == {Outcome.FORWARDED: 2**40, Outcome.FAILED: 1}
    assert page.count(Outcome.FORWARDED) == 2**40
    assert page.count(Outcome.CLOCK) == 0
    assert page.events() == 2**40 + 1


# The ring.


def test_recent_events_come_oldest_first() -> None:
    page = memory_page()
    for note in (60, 64, 67):
        write_events(page, 1, note)

    assert [(record.number, record.received[1]) for record in page.recent()] == [(0, 60), (1, 64), (2, 67)]


@pytest.mark.parametrize("count", [RING_EVENTS - 1, RING_EVENTS, RING_EVENTS + 1, 2 * RING_EVENTS + 100])
def test_of_many_events_the_last_are_kept(count: int) -> None:
    page = memory_page()
    write_events(page, count)

    numbers = [record.number for record in page.recent()]

    # The oldest of a full ring is the one that may be half overwritten.
    assert numbers == list(range(max(0, count - RING_EVENTS + 1), count))


def test_event_numbers_go_on_beyond_32_bits() -> None:
    page = memory_page()
    page.head[0] = 2**32 - 2
    write_events(page, 4)

    assert [record.number for record in page.recent()] == [2**32 - 2, 2**32 - 1, 2**32, 2**32 + 1]


def test_a_record_that_is_being_overwritten_is_left_out() -> None:
    page = memory_page()
    write_events(page, RING_EVENTS + 5)
    half_written = slice(5 * RING_RECORD.size, 6 * RING_RECORD.size)
    stored_number = bytes(page.ring[half_written])[8:12]
    page.ring[half_written] = b"\xff" * 8 + stored_number + b"\xff" * (RING_RECORD.size - 12)

    assert [record.number for record in page.recent()] == list(range(6, RING_EVENTS + 5))


def test_a_record_with_an_outcome_that_nobody_knows_is_left_out() -> None:
    page = memory_page()
    write_events(page, 3)
    outcome_of_the_second = RING_RECORD.size + 21
    page.ring[outcome_of_the_second] = 207

    assert [record.number for record in page.recent()] == [0, 2]


def test_records_that_are_overwritten_while_somebody_reads_are_left_out() -> None:
    page = memory_page()
    write_events(page, 10)
    reading = page.recent()
    assert next(reading).number == 0

    write_events(page, RING_EVENTS - 5, note=72)

    assert [(record.number, record.received[1]) for record in reading] == [(number, 60) for number in range(6, 10)]


def test_a_record_that_has_not_yet_reached_the_reader_is_left_out() -> None:
    page = memory_page()
    write_events(page, 3)
    page.head[0] = 5

    assert [record.number for record in page.recent()] == [0, 1, 2]


# The histograms.


def bucket_of(nanoseconds: int) -> int:
    """Return the bucket that the recorder counts a latency in."""
    page = memory_page()
    recorder = Recorder(page)
    recorder.start_input(0)
    recorder.note((0, ([0xF8], 0.0), 0, nanoseconds, Outcome.CLOCK))
    recorder.fold()
    (bucket,) = (bucket for bucket, count in enumerate(page.took) if count)
    return bucket


EDGES = [0, 1, 1023, 1024, 2**20 - 1, 2**20, 2**21 - 1, 2**21, 2**32, 2**52 - 1]


@given(st.integers(0, 52).flatmap(lambda bits: st.integers(0, 2**bits - 1)) | st.sampled_from(EDGES))
@example(2**20 - 1)
@example(2**20)
def test_every_latency_lies_below_its_buckets_limit_and_not_below_the_one_beneath(nanoseconds: int) -> None:
    bucket = bucket_of(nanoseconds)

    assert nanoseconds < bucket_limit(bucket)
    assert bucket == 0 or nanoseconds >= bucket_limit(bucket - 1)


@given(st.integers(2**52, 2**63))
def test_what_took_longer_than_anybody_waits_is_in_the_last_bucket(nanoseconds: int) -> None:
    assert wide_bucket(nanoseconds) == BUCKETS - 1


def test_bucket_limits_rise() -> None:
    limits = [bucket_limit(bucket) for bucket in range(BUCKETS)]

    assert limits == sorted(set(limits))
    assert limits[LINEAR_BUCKETS - 1] == 2**20


@pytest.mark.parametrize(
    ("share", "limit"),
    [
        pytest.param(0.0, 1024, id="the fastest"),
        pytest.param(0.5, 1024, id="half"),
        pytest.param(0.51, 3 * 1024, id="more than half"),
        pytest.param(0.9, 3 * 1024, id="nine in ten"),
        pytest.param(0.99, 2**22, id="all but one in a hundred"),
        pytest.param(1.0, 2**22, id="the slowest"),
    ],
)
def test_a_percentile_is_the_limit_that_this_share_stayed_below(share: float, limit: int) -> None:
    page = memory_page()
    page.took[0] = 50
    page.took[2] = 40
    page.took[wide_bucket(3_000_000)] = 10

    assert percentile(page.took, share) == limit


def test_without_events_every_percentile_is_zero() -> None:
    assert percentile(memory_page().took, 0.99) == 0
