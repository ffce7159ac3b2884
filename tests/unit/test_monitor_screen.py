"""The whole screen, as it is on terminals of all sizes."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import ENTRIES, STANDINGS, event

from a4bridge.monitor.events import Entry, Missed, Naming, Said, Standing
from a4bridge.monitor.filtering import Filter
from a4bridge.monitor.following import Lost
from a4bridge.monitor.screen import ASCII, UNICODE, Signs, screen, short_name
from a4bridge.monitor.state import State
from a4bridge.monitor.words import clock

A4: Final = Naming(5, {1: "track 1", 2: "track 2", 3: "track 3", 4: "track 4", 5: "FX track", 9: "auto channel"})
LINKED: Final = Standing(
    pid=1,
    profile="liverec",
    destination="auto channel 9",
    inputs=(("Keystation 49 MK3:Keystation 49 MK3 MIDI 1", "open"), ("Minilab3:Minilab3 MIDI", "lost")),
    output=("Elektron Analog Four:Elektron Analog Four MIDI 1", "open"),
    sounding=((9, 60), (2, 54)),
    took={"p50": 25.1, "p99": 27.2, "max": 1018.0},
    late={"p50": 8.0, "p99": 40.0, "max": 90.0},
    naming=A4,
)
NOW: Final = clock(1767225600.125)


def shown() -> State:
    """Return what is shown after some events."""
    state = State(Filter(), raw=False)
    state.take(LINKED, 0)
    state.advance(100)
    state.take(Said(0, "warning", "a cable is loose"), 0)
    state.take(event(zones=["lead"], took_us=40), 0)
    state.take(event(**{"in": "90367f", "out": "91367f"}, zones=["bass"], late_us=1200), 0)
    state.advance(101)
    says = "control change, filtered: it would turn a knob of the sound"
    state.take(event(**{"in": "b00750", "out": ""}, outcome="control_change", says=says), 0)
    state.take(Missed(0, 812, 0), 0)
    return state


def lines(state: State, width: int, height: int, signs: Signs = UNICODE) -> list[str]:
    return [text.plain.rstrip() for text in screen(state, width, height, signs)]


def test_on_eighty_columns() -> None:
    assert lines(shown(), 80, 20) == [
        "a4bridge monitor  liverec → auto channel 9                                  live",
        "Keystation 49 MK3 + Minilab3 (lost) → Elektron Analog Four",
        "   █ █  █ █ █  █ █  2 █ █  █ █  █ █ █  █ █  █ █ █  █ █  █ █ █  █ █  █ █ █",
        "  _ _ __ _ _ __ _ __ _ _ _A _ __ _ _ __ _ __ _ _ __ _ __ _ _ __ _ __ _ _ _",
        "  C3          C4          C5          C6          C7          C8",
        "took                                             ▂▁ p50 25  p99 27  max 1,018 us",
        "late                                             ▇▁     p50 8  p99 40  max 90 us",
        "T1                  T2              ▁   T3                  T4",
        "auto            ▁",
        "time     came                   went                   zone or reason       late",
        "warning: a cable is loose",
        f"{NOW[:8]} ch 1 on C5(60) v100    ch 9 on C5(60) v100    auto lead            8 us",
        f"{NOW[:8]} ch 1 on F#4(54) v127   ch 2 on F#4(54) v127   T2 bass           1200 us",
        f"{NOW[:8]} ch 1 CC 7 = 80         control change, filtered: it would turn…    8 us",
        "missed 812 of what was played",
        *[""] * 4,
        "space pause  f kind  q quit  / find  r raw  arrows look back  esc all",
    ]


def test_on_forty_columns_what_came_and_went_is_still_read() -> None:
    seen = lines(shown(), 40, 24)

    assert seen[:2] == ["a4bridge monitor  liverec → auto c… live", "Keystation 49 MK3 + Minilab3 (lost) → E…"]
    assert seen[5:7] == ["took                        ▂▁ p99 27 us", "late                        ▇▁ p99 40 us"]
    assert "came              went or reason" in seen
    assert "1 on F#4(54) v127 → 2 on F#4(54) v127" in seen
    assert "1 CC 7 = 80       control change, filte…" in seen


@pytest.mark.parametrize("width", [64, 65, 67, 70])
def test_between_forty_and_eighty_each_column_is_there(width: int) -> None:
    seen = lines(shown(), width, 20)

    assert any(line.startswith("time ") and line.endswith(" late") for line in seen)
    assert any("ch 1 on C5(60) v100 " in line and " auto" in line and line.endswith(" 8 us") for line in seen)
    assert any(line.endswith(" 1200 us") for line in seen)


def test_on_many_columns_more_is_told() -> None:
    assert lines(shown(), 120, 40)[10] == (
        f"{NOW} Keystation 49 MK3  ch 1 on C5(60) v100    ch 9 on C5(60) v100    "
        "auto lead                   40 us     8 us"
    )


def test_a_terminal_without_such_signs_gets_others() -> None:
    assert all(line.isascii() for line in lines(shown(), 80, 24, ASCII))


def test_raw_is_bytes() -> None:
    state = shown()
    state.type("r")

    assert f"{NOW[:8]} 90 36 7f               91 36 7f               T2 bass           1200 us" in lines(state, 80, 24)


def test_a_pause_a_filter_and_a_lost_bridge_are_told() -> None:
    state = shown()
    for key in " ff":
        state.type(key)
    state.take(Lost("the user's bridge has hung up; looking for it"), 0)
    head, second, *_, foot = lines(state, 80, 24)
    assert head.endswith(" PAUSED, 1 more")
    assert second == "the user's bridge has hung up; looking for it"
    assert foot.startswith("showing forwarded  space pause")

    for key in " /x":
        state.type(key)
    head, *_, foot = lines(state, 80, 24)
    assert head.endswith(" NO BRIDGE")
    assert foot == "find: x_  enter: keep, esc: all"


def test_what_is_waited_for_is_told() -> None:
    state = State(Filter(), raw=False)
    state.take(Standing(waiting=("waiting for a keyboard", "waiting for a box")), 0)

    assert lines(state, 80, 24)[1] == "waiting for a keyboard; waiting for a box"


def test_on_few_lines_the_events_stay() -> None:
    assert [line[9:28] for line in lines(shown(), 80, 6)[1:3]] == ["ch 1 on C5(60) v100", "ch 1 on F#4(54) v12"]


@pytest.mark.parametrize(("channel", "name"), [(1, "T1"), (5, "FX"), (9, "auto"), (12, "ch 12")])
def test_a_channel_has_a_short_name(channel: int, name: str) -> None:
    assert short_name(channel, A4) == name


@given(
    STANDINGS,
    st.lists(ENTRIES | st.just(Lost("it has hung up" * 9)), max_size=12),
    st.text("q fr/x", max_size=8),
    st.integers(1, 200),
    st.integers(1, 60),
    st.sampled_from([UNICODE, ASCII]),
)
def test_whatever_is_shown_it_fits_and_nothing_in_it_gets_at_the_terminal(
    standing: Standing, came: list[Entry | Lost], typed: str, width: int, height: int, signs: Signs
) -> None:
    state = State(Filter(), raw=False)
    state.take(standing, 0)
    for each in came:
        state.take(each, 0)
    for key in typed:
        state.type(key)

    texts = screen(state, width, height, signs)

    assert len(texts) == height
    assert all(text.cell_len <= width for text in texts)
    assert all(char.isprintable() for text in texts for char in text.plain)
