"""When to look at what is plugged in, and what of it may be used."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.boxes import UsbMode, box_of
from a4bridge.ports.listing import Kind, Listing, Port, SilentBox
from a4bridge.ports.settling import LOOKS, NET_SECONDS, POLL_SECONDS, SETTLE_SECONDS, Looks, Settling

KEYBOARD = Port("Keystation", "Keystation MIDI 1", "20:0", readable=True, writable=True, kind=Kind.HARDWARE)
BOX = Port("Analog Four", "Analog Four MIDI 1", "24:0", readable=True, writable=True, kind=Kind.HARDWARE)
LONG_ENOUGH = SETTLE_SECONDS + 0.01
SILENT = SilentBox("1935:0004", "Elektron Analog Four", box_of("Elektron Analog Four"), UsbMode.OVERBRIDGE)


def test_what_was_there_from_the_start_is_used_at_once() -> None:
    listing = Listing((KEYBOARD,), (SILENT,))

    assert Settling().settled(listing, 100.0) == listing


def test_what_comes_later_is_used_when_it_has_looked_the_same_for_a_while() -> None:
    settling = Settling()
    settling.settled(Listing((KEYBOARD,)), 100.0)
    both = Listing((KEYBOARD, BOX), (SILENT,))

    assert settling.settled(both, 101.0) == Listing((KEYBOARD,))
    assert settling.settled(both, 101.0 + SETTLE_SECONDS / 2) == Listing((KEYBOARD,))
    assert settling.settled(both, 101.0 + LONG_ENOUGH) == both


def test_a_name_that_changes_begins_anew() -> None:
    settling = Settling()
    settling.settled(Listing(), 100.0)
    early = replace(BOX, name="Analog Four MIDI")

    assert settling.settled(Listing((early,)), 101.0) == Listing()
    assert settling.settled(Listing((BOX,)), 101.0 + LONG_ENOUGH) == Listing()
    assert settling.settled(Listing((BOX,)), 101.0 + 2 * LONG_ENOUGH) == Listing((BOX,))


def test_a_port_that_was_away_for_one_look_begins_anew() -> None:
    settling = Settling()
    settling.settled(Listing((BOX,)), 100.0)
    settling.settled(Listing(), 101.0)

    assert settling.settled(Listing((BOX,)), 101.02) == Listing()


def test_a_port_that_is_only_connected_stays_settled() -> None:
    settling = Settling()
    settling.settled(Listing((BOX,)), 100.0)

    (port,) = settling.settled(Listing((replace(BOX, held=True),)), 100.01).ports

    assert port.held is True


def test_a_change_is_looked_at_at_once_then_less_and_less_often() -> None:
    looks = Looks(told=True)
    assert looks.after(10.0) == 10.0 + NET_SECONDS
    looks.change(10.5)

    times, now = [], 10.5
    for _ in LOOKS:
        times.append(now)
        now = looks.after(now)

    assert times == [10.5 + seconds for seconds in LOOKS]
    assert now == times[-1] + NET_SECONDS


def test_where_no_word_comes_it_looks_more_often() -> None:
    assert Looks(told=False).after(10.0) == 10.0 + POLL_SECONDS


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=20))
def test_the_next_look_is_never_in_the_past_nor_later_than_the_net(changes: list[float]) -> None:
    looks, now = Looks(told=True), 0.0
    for gap in changes:
        looks.change(now)
        now += gap
        assert now < looks.after(now) <= now + NET_SECONDS
