"""What holds under every profile, whatever is played: every note-on has its note-off, and nothing fails."""

import pytest
from desk import Desk, rich_routes, sounding_on
from hypothesis import given, settings
from hypothesis import strategies as st

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route

pytestmark = pytest.mark.stdlib

KEYBOARDS = "AB"
CHANNELS = (1, 2)
"""Counted from 0: what is kept there the simulated box hears as tracks 2 and 3."""
NOTES = (0, 60, 61, 62, 127)

NOTE_EVENTS = st.builds(
    lambda kind, channel, note, velocity: bytes([kind | channel, note, velocity]),
    st.sampled_from([midi.NOTE_ON, midi.NOTE_ON, midi.NOTE_OFF]),
    st.sampled_from(CHANNELS),
    st.sampled_from(NOTES),
    st.sampled_from([0, 1, 100]),
)
CONTROLS = st.builds(
    lambda channel, number, value: bytes([midi.CONTROL_CHANGE | channel, number, value]),
    st.sampled_from(CHANNELS),
    st.sampled_from([64, 64, 64, 1, 20, 120, 121, 123, 6, 98, 99]),
    st.sampled_from([0, 127]),
)
EVENTS = st.tuples(st.sampled_from(KEYBOARDS), NOTE_EVENTS | NOTE_EVENTS | CONTROLS)
STEPS = st.lists(st.tuples(rich_routes(), st.lists(EVENTS, min_size=5, max_size=30)), min_size=1, max_size=4)


@settings(max_examples=80)
@given(STEPS)
def test_the_ledger_marks_what_sounds_and_all_that_began_ends(
    steps: list[tuple[Route, list[tuple[str, bytes]]]],
) -> None:
    desk = Desk(None, KEYBOARDS)
    struck = set()
    for route, events in steps:
        desk.use(route)
        for keyboard, message in events:
            assert desk.play_bytes(message, keyboard) is not Outcome.FAILED
            struck.add((keyboard, message[0] & 15, message[1]))
            assert sounding_on(desk.a4) == set(desk.page.sounding())

    for keyboard, channel, note in sorted(struck):
        desk.play_bytes(bytes([midi.NOTE_OFF | channel, note, 64]), keyboard)
    for keyboard in KEYBOARDS:
        for channel in CHANNELS:
            for reset in (midi.CC_SUSTAIN, midi.CC_RESET_CONTROLLERS):
                desk.play_bytes(bytes([midi.CONTROL_CHANGE | channel, reset, 0]), keyboard)

    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []
    assert desk.a4.stray_note_offs == []
