"""What a key does, and what is kept of what came."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from told import ENTRIES, event

from a4bridge.monitor import keys
from a4bridge.monitor.events import Said, Standing
from a4bridge.monitor.filtering import Filter, Only
from a4bridge.monitor.following import Found, Lost
from a4bridge.monitor.state import KEPT, SECONDS, State

KEYS: Final = [
    *("q", " ", "p", "f", "/", "r", "x", "é"),
    *(keys.UP, keys.DOWN, keys.PAGE_UP, keys.PAGE_DOWN, keys.END, keys.ESCAPE, keys.ENTER, keys.BACKSPACE, keys.CLEAR),
]


def after(count: int) -> State:
    """Return a state in which so many sentences were said: "0", "1", ..."""
    state = State(Filter(), raw=False)
    for number in range(count):
        state.take(Said(0, "info", str(number)), 0)
    return state


def newest(state: State) -> str:
    entry = next(state.newest())
    assert isinstance(entry, Said)
    return entry.text


def typed(state: State, *typed: str) -> State:
    for key in typed:
        state.type(key)
    return state


def test_a_pause_holds_the_lines_and_what_comes_is_counted() -> None:
    state = typed(after(3), " ")
    state.take(Said(0, "info", "3"), 0)
    state.take(Found("found"), 0)

    assert (state.paused, state.newer, newest(state)) == (True, 2, "2")
    typed(state, " ")
    assert (state.paused, state.newer, newest(state)) == (False, 0, "found")


def test_one_can_look_back_and_forth_to_the_end() -> None:
    state = after(30)
    state.page = 10

    assert newest(typed(state, keys.UP)) == "28"
    assert newest(typed(state, keys.PAGE_UP)) == "18"
    assert newest(typed(state, keys.PAGE_UP, keys.PAGE_UP, keys.PAGE_UP)) == "0"
    assert newest(typed(state, keys.PAGE_DOWN, keys.DOWN)) == "11"
    assert not typed(state, keys.PAGE_DOWN, keys.PAGE_DOWN).paused
    assert not typed(state, keys.PAGE_UP, keys.END).paused


def test_what_is_kept_is_bounded_and_a_pause_goes_along_with_what_is_left() -> None:
    state = typed(after(1), " ")
    for number in range(KEPT + 10):
        state.take(Said(0, "info", str(number)), 0)

    assert state.newer == KEPT
    assert list(state.newest()) == []
    assert len(list(typed(state, keys.END).newest())) == KEPT


def test_a_text_is_found_while_it_is_typed() -> None:
    state = typed(after(30), "/", "1", "2")
    assert list(state.newest()) == [Said(0, "info", "12")]
    assert (state.typing, state.filter.text) == ("12", "12")

    typed(state, keys.BACKSPACE, keys.ENTER, "q")

    assert (state.typing, state.filter.text, state.ended) == (None, "1", True)


def test_ctrl_u_begins_the_text_anew() -> None:
    state = typed(after(30), "/", "x", "y", *keys.KeyReader().read(b"\x15"), "7")

    assert (state.typing, state.filter.text) == ("7", "7")


def test_a_wide_picture_moves_no_later_narrow_one_to_where_nobody_plays() -> None:
    state = State(Filter(), raw=False)
    state.take(Standing(sounding=((9, 84),)), 0)
    assert state.look_at_keys(40) == 5
    state.take(Standing(), 0)

    assert [state.look_at_keys(width) for width in (200, 40)] == [0, 5]


def test_while_a_text_is_typed_no_letter_is_a_command() -> None:
    state = typed(after(1), "/", "q", " ", "f", "r")

    assert (state.typing, state.ended, state.paused, state.raw) == ("q fr", False, False, False)
    assert typed(state, keys.ESCAPE).filter == Filter()


def test_kinds_go_round_and_escape_shows_all() -> None:
    state = typed(after(1), "f")
    assert state.filter.only is Only.NOTES

    assert typed(state, "f", "/", "x", keys.ENTER, keys.ESCAPE).filter == Filter()


def test_a_bridge_that_is_gone_has_nothing_sounding_and_one_that_is_found_is_not_gone() -> None:
    state = after(0)
    state.take(Standing(pid=1, sounding=((9, 60),)), 0)

    state.take(Lost("it has hung up"), 5)
    assert (state.lost, state.standing.sounding) == ("it has hung up", ())
    assert list(state.newest()) == [Said(5, "warning", "it has hung up")]

    state.take(Found("watching again"), 6)
    assert state.lost == ""


def test_events_and_the_longest_times_are_kept_by_the_second() -> None:
    state = after(0)
    assert not state.advance(100.9)
    state.take(event(took_us=30, late_us=1), 0)
    state.take(event(took_us=20, late_us=2, out="913c64"), 0)
    state.take(event(out=""), 0)
    assert state.advance(103.0)
    state.take(event(), 0)

    first, second, third, fourth = state.seconds[-4:]
    assert (first.events, first.took, first.late) == ({9: 1, 2: 1}, 31.2, 8.4)
    assert (second.events, second.took) == (third.events, third.took) == ({}, None)
    assert fourth.events == {9: 1}
    assert state.seen_channels == {9: 2, 2: 1}

    state.advance(10_000.0)
    assert len(state.seconds) == SECONDS
    assert all(not second.events for second in state.seconds)


@given(st.lists(st.sampled_from(KEYS) | ENTRIES | st.just(Lost("gone")), max_size=60))
def test_whatever_is_typed_and_comes_the_lines_stand_somewhere(steps: list[str | Lost]) -> None:
    state = State(Filter(), raw=False)
    came = 0
    for step in steps:
        if isinstance(step, str):
            state.type(step)
        else:
            state.take(step, 0)
            came += 1
        assert 0 <= state.newer <= came
        list(state.newest())
