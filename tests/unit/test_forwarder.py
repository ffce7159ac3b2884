"""What the forwarder does with each event of one keyboard or several, whatever else happens meanwhile."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from desk import GRIDREC, LIVEREC, Desk, altered, memory_page

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Sustain
from a4bridge.engine.page import SLOTS

pytestmark = pytest.mark.stdlib

LIVEREC_ON_2 = altered(LIVEREC, channels=(2,))
PEDAL_PASSES = replace(LIVEREC, sustain=Sustain.PASS)
PEDAL_DROPS = replace(LIVEREC, sustain=Sustain.DROP)
NO_NOTES = altered(GRIDREC, notes=False)

# Every status byte.

CHANNEL_MESSAGES = {
    midi.NOTE_OFF: Outcome.NOT_SOUNDING,
    midi.NOTE_ON: Outcome.FORWARDED,
    midi.POLY_PRESSURE: Outcome.POLY_PRESSURE,
    midi.CONTROL_CHANGE: Outcome.CONTROL_CHANGE,
    midi.PROGRAM_CHANGE: Outcome.PROGRAM_CHANGE,
    midi.CHANNEL_PRESSURE: Outcome.FORWARDED,
    midi.PITCH_BEND: Outcome.FORWARDED,
}
UNDER_GRIDREC = CHANNEL_MESSAGES | {
    midi.CHANNEL_PRESSURE: Outcome.CHANNEL_PRESSURE,
    midi.PITCH_BEND: Outcome.PITCH_BEND,
}
UNDER_NO_NOTES = UNDER_GRIDREC | {midi.NOTE_ON: Outcome.NOTES_FILTERED}
UNCONNECTED = CHANNEL_MESSAGES | dict.fromkeys(
    (midi.NOTE_ON, midi.CHANNEL_PRESSURE, midi.PITCH_BEND), Outcome.NO_DESTINATION
)
SYSTEM_MESSAGES = {
    0xF0: Outcome.SYSEX,
    0xF1: Outcome.SYSTEM_COMMON,
    0xF2: Outcome.TRANSPORT,
    0xF3: Outcome.SYSTEM_COMMON,
    0xF4: Outcome.MALFORMED,
    0xF5: Outcome.MALFORMED,
    0xF6: Outcome.SYSTEM_COMMON,
    0xF7: Outcome.MALFORMED,
    0xF8: Outcome.CLOCK,
    0xF9: Outcome.MALFORMED,
    0xFA: Outcome.TRANSPORT,
    0xFB: Outcome.TRANSPORT,
    0xFC: Outcome.TRANSPORT,
    0xFD: Outcome.MALFORMED,
    0xFE: Outcome.ACTIVE_SENSING,
    0xFF: Outcome.SYSTEM_RESET,
}


@pytest.mark.parametrize(
    ("route", "connected", "channel_messages"),
    [
        pytest.param(LIVEREC, True, CHANNEL_MESSAGES, id="liverec"),
        pytest.param(GRIDREC, True, UNDER_GRIDREC, id="gridrec"),
        pytest.param(NO_NOTES, True, UNDER_NO_NOTES, id="no notes"),
        pytest.param(LIVEREC, False, UNCONNECTED, id="no destination"),
        pytest.param(None, True, dict.fromkeys(CHANNEL_MESSAGES, Outcome.NO_DESTINATION), id="no route yet"),
    ],
)
def test_every_status_byte_has_its_outcome_and_what_is_forwarded_keeps_its_data(
    route: Route | None, connected: bool, channel_messages: dict[int, Outcome]
) -> None:
    desk = Desk(route, connected=connected)
    system = SYSTEM_MESSAGES if route else dict.fromkeys(SYSTEM_MESSAGES, Outcome.NO_DESTINATION)
    statuses = range(midi.NOTE_OFF, 256)
    messages = [bytes([status, 7, 100][: midi.LENGTHS[status] or 1]) for status in statuses]

    outcomes = [desk.play_bytes(message) for message in messages]

    assert dict(zip(statuses, outcomes, strict=True)) == {
        **{kind | channel: outcome for kind, outcome in channel_messages.items() for channel in range(16)},
        **system,
    }
    assert desk.heard == [
        bytes([message[0] & 0xF0 | 8, *message[1:]]).hex(" ").upper()
        for message, outcome in zip(messages, outcomes, strict=True)
        if outcome is Outcome.FORWARDED
    ]


def test_a_data_byte_is_no_message() -> None:
    desk = Desk()

    assert {desk.play_bytes(bytes([byte])) for byte in range(midi.NOTE_OFF)} == {Outcome.MALFORMED}
    assert desk.heard == []


BRIDGES_OWN = {64: Outcome.PEDAL_MOVED, 120: Outcome.RELEASED, 121: Outcome.RELEASED, 123: Outcome.RELEASED}


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        pytest.param(LIVEREC, {**BRIDGES_OWN, 1: Outcome.FORWARDED, 2: Outcome.FORWARDED}, id="liverec"),
        pytest.param(GRIDREC, {**BRIDGES_OWN, 64: Outcome.PEDAL_FILTERED}, id="gridrec"),
        pytest.param(
            replace(altered(LIVEREC, control_changes=(0, 7, 119)), sustain=Sustain.PASS),
            {**BRIDGES_OWN, **dict.fromkeys((0, 7, 64, 119), Outcome.FORWARDED)},
            id="others, and the pedal passes",
        ),
    ],
)
def test_every_controller_has_its_outcome(route: Route, expected: dict[int, Outcome]) -> None:
    desk = Desk(route)

    outcomes = {number: desk.play_bytes(bytes([0xB4, number, 99])) for number in range(128)}

    assert outcomes == dict.fromkeys(range(128), Outcome.CONTROL_CHANGE) | expected
    assert desk.heard == [f"B8 {number:02X} 63" for number, outcome in outcomes.items() if outcome is Outcome.FORWARDED]


@pytest.mark.parametrize("controller", ["01", "40"])
def test_without_a_destination_a_controller_that_would_pass_is_dropped(controller: str) -> None:
    assert Desk(PEDAL_PASSES, connected=False).play(f"B0 {controller} 63") is Outcome.NO_DESTINATION


# What is heard of a score.

SCORES = [
    pytest.param("A 90 3C 64, A 80 3C 40", "98 3C 64, 88 3C 40", id="a note"),
    pytest.param("A 90 3C 64, A 80 3C 7F", "98 3C 64, 88 3C 7F", id="how fast a key is let go is kept"),
    pytest.param("A 90 3C 64, A 90 3C 00", "98 3C 64, 88 3C 40", id="velocity 0 is a note-off"),
    pytest.param("A 90 3C 00", "", id="velocity 0 without a note"),
    pytest.param("A 9F 00 01, A 8F 00 00", "98 00 01, 88 00 00", id="the ends of all ranges"),
    pytest.param("A 90 7F 7F, A 80 7F 7F", "98 7F 7F, 88 7F 7F", id="the other ends"),
    pytest.param("A 80 3C 40", "", id="a note-off without a note"),
    pytest.param("A 90 3C 64, A 80 3C 40, A 80 3C 40", "98 3C 64, 88 3C 40", id="a second note-off"),
    pytest.param("A 90 3C 64, A 81 3C 40", "98 3C 64", id="a note-off of another channel"),
    pytest.param("A 90 3C 64, B 80 3C 40", "98 3C 64", id="a note-off of another keyboard"),
    pytest.param("A 90 3C 64, A 90 3C 50, A 80 3C 40", "98 3C 64, 98 3C 50, 88 3C 40", id="two note-ons"),
    # One note held twice.
    pytest.param(
        "A 90 3C 64, B 90 3C 50, A 80 3C 40, B 80 3C 30",
        "98 3C 64, 98 3C 50, 88 3C 30",
        id="two keyboards hold a note",
    ),
    pytest.param(
        "A 90 3C 64, A 91 3C 50, A 80 3C 40, A 81 3C 30",
        "98 3C 64, 98 3C 50, 88 3C 30",
        id="two channels of a keyboard hold a note",
    ),
    pytest.param(
        "A 90 3C 64, B 90 3C 50, A 90 3C 51, A 80 3C 40, B 80 3C 30",
        "98 3C 64, 98 3C 50, 98 3C 51, 88 3C 30",
        id="two note-ons beside another keyboard's",
    ),
    # The pedal.
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 80 3C 22, A B0 40 00",
        "98 3C 64, 88 3C 40",
        id="the pedal holds a note",
    ),
    pytest.param("A B0 40 40, A 90 3C 64, A 80 3C 40", "98 3C 64", id="64 is down"),
    pytest.param("A B0 40 3F, A 90 3C 64, A 80 3C 40", "98 3C 64, 88 3C 40", id="63 is up"),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A B0 40 00, A 80 3C 22",
        "98 3C 64, 88 3C 22",
        id="a key that is down outlasts the pedal",
    ),
    pytest.param(
        "A 90 3C 64, A B0 40 7F, A 80 3C 40, A B0 40 00",
        "98 3C 64, 88 3C 40",
        id="the pedal catches a note",
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 90 3C 00, A 80 3C 40, A B0 40 7F, A B0 40 00, A B0 40 00",
        "98 3C 64, 88 3C 40",
        id="everything twice under the pedal",
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 80 3C 40, A 90 3C 50, A B0 40 00, A 80 3C 22",
        "98 3C 64, 88 3C 40, 98 3C 50, 88 3C 22",
        id="struck again under the pedal",
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 90 3C 50, A 80 3C 40, A B0 40 00",
        "98 3C 64, 98 3C 50, 88 3C 40",
        id="two note-ons under the pedal",
    ),
    pytest.param("A B1 40 7F, A 90 3C 64, A 80 3C 40", "98 3C 64, 88 3C 40", id="a pedal of another channel"),
    pytest.param("B B0 40 7F, A 90 3C 64, A 80 3C 40", "98 3C 64, 88 3C 40", id="a pedal of another keyboard"),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 80 3C 40, B 90 3C 50, B 80 3C 22, A B0 40 00",
        "98 3C 64, 98 3C 50, 88 3C 40",
        id="a pedal outlasts the other keyboard's key",
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 80 3C 40, B 90 3C 50, A B0 40 00, B 80 3C 22",
        "98 3C 64, 98 3C 50, 88 3C 22",
        id="the other keyboard's key outlasts a pedal",
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, B 90 3C 50, A 80 3C 40, A 90 3C 51, A 80 3C 40, A B0 40 00, B 80 3C 22",
        "98 3C 64, 98 3C 50, 88 3C 40, 98 3C 51, 88 3C 22",
        id="struck again under the pedal while another keyboard holds it",
    ),
    # All notes off.
    *(
        pytest.param(
            f"A 90 3C 64, A 91 40 64, B 90 43 64, A B5 {controller} 00, A 80 3C 40, B 80 43 22",
            "98 3C 64, 98 40 64, 98 43 64, 88 3C 40, 88 40 40, 88 43 22",
            id=f"CC {int(controller, 16)} ends what its keyboard holds, on every channel",
        )
        for controller in ("78", "7B")
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 80 3C 40, A B0 7B 00, A B0 40 00",
        "98 3C 64, 88 3C 40",
        id="CC 123 ends what the pedal holds",
    ),
    pytest.param(
        "A 90 3C 64, B 90 3C 50, A B0 7B 00, B 80 3C 22",
        "98 3C 64, 98 3C 50, 88 3C 22",
        id="CC 123 leaves a note that another keyboard holds",
    ),
    pytest.param(
        "A B0 40 7F, A B0 7B 00, A 90 3C 64, A 80 3C 40",
        "98 3C 64",
        id="CC 123 leaves the foot on the pedal",
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 80 3C 40, A 90 40 64, A B0 79 00, A 80 40 22",
        "98 3C 64, 98 40 64, 88 3C 40, 88 40 22",
        id="CC 121 lifts the pedal and no key",
    ),
    pytest.param(
        "A B0 40 7F, A 90 3C 64, A 80 3C 40, A B1 79 00",
        "98 3C 64",
        id="CC 121 of another channel",
    ),
    # What is no note.
    pytest.param(
        "A E3 11 22, A D3 33, A B3 01 44, B E0 00 40",
        "E8 11 22, D8 33, B8 01 44, E8 00 40",
        id="wheels and pressure",
    ),
]


@pytest.mark.parametrize(("score", "heard"), SCORES)
def test_of_a_score_is_heard(score: str, heard: str) -> None:
    desk = Desk()

    desk.play_all(score)

    assert ", ".join(desk.heard) == heard
    assert desk.a4.stray_note_offs == []


@pytest.mark.parametrize(("score", "heard"), SCORES)
def test_after_any_score_the_ledger_holds_what_sounds_and_once_all_is_let_go_nothing(score: str, heard: str) -> None:
    desk = Desk()
    desk.play_all(score)

    assert {(9, note) for note in desk.a4.hanging().get(1, [])} == set(desk.page.sounding())

    desk.lift_all(score)

    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []


PEDAL_SCORE = "A B0 40 7F, A 90 3C 64, A 80 3C 22, A B0 40 00"


@pytest.mark.parametrize(
    ("route", "outcomes", "heard"),
    [
        pytest.param(
            LIVEREC,
            [Outcome.PEDAL_MOVED, Outcome.FORWARDED, Outcome.HELD_BY_PEDAL, Outcome.PEDAL_MOVED],
            ["98 3C 64", "88 3C 40"],
            id="hold",
        ),
        pytest.param(
            PEDAL_DROPS,
            [Outcome.PEDAL_FILTERED, Outcome.FORWARDED, Outcome.FORWARDED, Outcome.PEDAL_FILTERED],
            ["98 3C 64", "88 3C 22"],
            id="drop",
        ),
        pytest.param(
            PEDAL_PASSES,
            [Outcome.FORWARDED] * 4,
            ["B8 40 7F", "98 3C 64", "88 3C 22", "B8 40 00"],
            id="pass",
        ),
    ],
)
def test_the_pedal_holds_or_is_dropped_or_passes(route: Route, outcomes: list[Outcome], heard: list[str]) -> None:
    desk = Desk(route)

    assert desk.play_all(PEDAL_SCORE) == outcomes
    assert desk.heard == heard


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        pytest.param("A 90 3C 64, B 90 3C 64, A 80 3C 40", Outcome.HELD_BY_OTHER_KEY, id="another key"),
        pytest.param("A B0 40 7F, A 90 3C 64, A 90 3C 00", Outcome.HELD_BY_PEDAL, id="the pedal"),
        pytest.param("A B0 40 7F, A 90 3C 64, A 90 3C 00, A 90 3C 00", Outcome.NOT_SOUNDING, id="a second time"),
    ],
)
def test_a_note_off_that_is_held_back_says_by_what(score: str, outcome: Outcome) -> None:
    assert Desk().play_all(score)[-1] is outcome


def test_an_event_is_left_as_it_came() -> None:
    desk = Desk()
    message = [0x93, 60, 100]

    desk.receive("A", message)

    assert message == [0x93, 60, 100]
    (record,) = desk.recent()
    assert (record.received, record.sent) == (b"\x93\x3c\x64", b"\x98\x3c\x64")


# Another route while notes are held.


@pytest.mark.parametrize(
    ("before", "after", "heard"),
    [
        pytest.param("A 90 3C 64", "A 80 3C 22", "88 3C 22", id="a note ends where it began"),
        pytest.param(
            "A 90 3C 64",
            "A 90 3C 50, A 80 3C 22",
            "88 3C 40, 91 3C 50, 81 3C 22",
            id="a second note-on elsewhere ends the first",
        ),
        pytest.param(
            "A 90 3C 64, B 90 3C 51",
            "A 90 3C 50, A 80 3C 22, B 80 3C 23",
            "91 3C 50, 81 3C 22, 88 3C 23",
            id="but not while another keyboard holds it",
        ),
        pytest.param(
            "A B0 40 7F, A 90 3C 64, A 80 3C 40",
            "A B0 40 00",
            "88 3C 40",
            id="what the pedal holds ends where it began",
        ),
        pytest.param(
            "A B0 40 7F, A 90 3C 64, A 80 3C 40",
            "A 90 3C 50, A 80 3C 40, A B0 40 00",
            "88 3C 40, 91 3C 50, 81 3C 40",
            id="struck again under the pedal, elsewhere",
        ),
        pytest.param(
            "A B0 40 7F, A 90 3C 64, B 90 3C 51, A 80 3C 40",
            "A 90 3C 50, A 80 3C 40, A B0 40 00, B 80 3C 22",
            "91 3C 50, 81 3C 40, 88 3C 22",
            id="struck again under the pedal, elsewhere, while another keyboard holds the first",
        ),
        pytest.param(
            "A B0 40 7F",
            "A 90 40 64, A 80 40 40, A 90 40 50, A B0 40 00, A 80 40 22",
            "91 40 64, 81 40 40, 91 40 50, 81 40 22",
            id="the foot stays on the pedal",
        ),
    ],
)
def test_after_another_channel_is_chosen(before: str, after: str, heard: str) -> None:
    desk = Desk()
    desk.play_all(before)
    desk.heard.clear()

    desk.forwarder.set_route(LIVEREC_ON_2)
    assert desk.heard == []

    desk.play_all(after)
    assert ", ".join(desk.heard) == heard
    assert desk.a4.hanging() == {}
    assert desk.a4.stray_note_offs == []


@pytest.mark.parametrize("route", [PEDAL_DROPS, PEDAL_PASSES], ids=["drop", "pass"])
def test_a_route_without_a_held_pedal_lets_go_what_only_the_pedal_held(route: Route) -> None:
    desk = Desk()
    desk.play_all("A B0 40 7F, A 90 3C 64, A 80 3C 40, A 90 40 64, B B0 40 7F, B 90 43 64, B 80 43 40")
    desk.heard.clear()

    desk.forwarder.set_route(route)
    assert desk.heard == ["88 3C 40", "88 43 40"]

    desk.forwarder.set_route(LIVEREC)
    desk.play("80 40 22")
    assert desk.heard[2:] == ["88 40 22"]


def test_a_note_that_began_before_notes_were_filtered_still_ends() -> None:
    desk = Desk()
    desk.play_all("A 90 3C 64, A 90 40 64")
    desk.forwarder.set_route(NO_NOTES)

    outcomes = desk.play_all("A 90 43 64, A 80 3C 22, A 90 40 00")

    assert outcomes == [Outcome.NOTES_FILTERED, Outcome.FORWARDED, Outcome.FORWARDED]
    assert desk.heard[2:] == ["88 3C 22", "88 40 40"]


# The destination.


def test_without_a_destination_nothing_begins_and_the_pedal_is_still_followed() -> None:
    desk = Desk(connected=False)

    outcomes = desk.play_all("A 90 3C 64, A 90 3C 00, A 80 3C 40, A B0 40 7F")
    desk.connect()
    desk.play_all("A 90 3C 64, A 80 3C 40")

    assert outcomes == [Outcome.NO_DESTINATION, *[Outcome.NOT_SOUNDING] * 2, Outcome.PEDAL_MOVED]
    assert desk.heard == ["98 3C 64"]


def test_what_sounds_at_a_lost_destination_is_released_when_it_is_back() -> None:
    desk = Desk()
    desk.play_all("A 90 3C 64, B 90 3C 64, A B0 40 7F, A 90 40 64, A 80 40 40")
    desk.heard.clear()

    desk.forwarder.lose()
    lost = desk.play_all("A 80 3C 40, B 90 43 64, B 80 3C 40, A B0 40 00, A B0 7B 00")

    assert desk.heard == []
    assert Outcome.FORWARDED not in lost
    assert desk.page.sounding() == [(9, 0x3C), (9, 0x40)]
    assert desk.connect() == 2
    assert desk.heard == ["88 3C 40", "88 40 40"]
    assert desk.page.sounding() == []


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("A 80 3C 40", id="a note-off"),
        pytest.param("A 90 3C 00", id="velocity 0"),
        pytest.param("A B0 7B 00", id="all notes off"),
        pytest.param("A B0 40 7F, A 80 3C 40, A B0 40 00", id="the pedal"),
    ],
)
@pytest.mark.parametrize(("seconds_before", "doubted"), [(0.0, True), (1.9, True), (2.1, False)])
def test_a_note_that_ended_shortly_before_the_destination_was_found_lost_may_sound_there_still(
    end: str, seconds_before: float, doubted: bool
) -> None:
    desk = Desk()
    desk.play("90 3C 64")
    desk.play_all(end)
    desk.clock.advance(seconds_before * 1000)

    desk.forwarder.lose()

    assert desk.page.sounding() == ([(9, 0x3C)] if doubted else [])
    assert desk.connect() == doubted
    assert desk.page.sounding() == []


def test_what_ended_because_its_keyboard_or_the_pedals_hold_went_is_doubted_too() -> None:
    desk = Desk()
    desk.play_all("A 90 3C 64, B B0 40 7F, B 90 40 64, B 80 40 40, B 90 43 64")
    desk.unplug("A")
    desk.forwarder.set_route(PEDAL_DROPS)

    desk.forwarder.lose()

    assert desk.page.sounding() == [(9, 0x3C), (9, 0x40), (9, 0x43)]
    assert desk.connect() == 3


class WatchedClock:
    """Stands still, and says when somebody looks at it."""

    def __init__(self) -> None:
        self.on_read: Callable[[], None] = lambda: None

    def __call__(self) -> int:
        self.on_read()
        return 10**12


def test_a_note_off_that_was_just_sent_is_doubted_even_if_the_loss_is_told_that_very_instant() -> None:
    clock = WatchedClock()
    desk = Desk(clock=clock)
    desk.play("90 3C 64")
    losing = threading.Thread(target=desk.forwarder.lose)

    def lose_when_sent() -> None:
        if desk.heard[-1] == "88 3C 40":
            clock.on_read = lambda: None
            losing.start()
            losing.join(0.1)  # it has to wait for the event; one that does not is done by now

    clock.on_read = lose_when_sent
    desk.receive("A", [0x80, 0x3C, 0x40])
    losing.join()

    assert desk.page.sounding() == [(9, 0x3C)]


def test_a_destination_that_was_given_up_is_not_doubted() -> None:
    desk = Desk()
    desk.play("90 3C 64")
    desk.forwarder.disconnect()

    assert desk.page.sounding() == []


def test_a_key_that_was_down_while_the_destination_was_away_ends_nothing_new() -> None:
    desk = Desk()
    desk.play("90 3C 64")
    desk.forwarder.lose()
    desk.connect()
    desk.play("90 3C 50", "B")

    assert desk.play("80 3C 40") is Outcome.NOT_SOUNDING
    assert desk.heard == ["98 3C 64", "88 3C 40", "98 3C 50"]


def test_what_an_engine_that_died_left_sounding_is_released_before_anything_else_is_sent() -> None:
    page = memory_page()
    died = Desk(page=page)
    died.play_all("A 90 3C 64, A 90 40 64, B 90 40 64")

    heir = Desk(page=page)
    heir.play("90 43 64")

    assert heir.heard == ["88 3C 40", "88 40 40", "98 43 64"]
    assert page.sounding() == [(9, 0x43)]


def test_a_destination_that_is_given_up_is_released_first() -> None:
    desk = Desk()
    desk.play_all("A 90 3C 64, B 90 3C 64, A B0 40 7F, A 90 40 64, A 80 40 40")
    desk.heard.clear()

    assert desk.forwarder.disconnect() == 2
    assert desk.forwarder.disconnect() == 0

    assert desk.heard == ["88 3C 40", "88 40 40"]
    assert desk.play("90 3C 64") is Outcome.NO_DESTINATION
    assert desk.page.sounding() == []


def test_a_key_held_through_a_release_ends_nothing_and_sounds_again_when_struck() -> None:
    desk = Desk()
    desk.play("90 3C 64")
    desk.forwarder.disconnect()
    desk.connect()

    assert desk.play_all("A 80 3C 40, A 90 3C 50, A 80 3C 22") == [
        Outcome.NOT_SOUNDING,
        Outcome.FORWARDED,
        Outcome.FORWARDED,
    ]
    assert desk.heard == ["98 3C 64", "88 3C 40", "98 3C 50", "88 3C 22"]


@pytest.mark.parametrize("connected", [True, False], ids=["connected", "unconnected"])
def test_a_stop_releases_what_sounds_where_there_is_a_destination(connected: bool) -> None:
    desk = Desk()
    desk.play_all("A 90 3C 64, B 90 3C 64, A B0 40 7F, A 90 40 64, A 80 40 40")
    desk.heard.clear()
    if not connected:
        desk.forwarder.lose()

    assert desk.forwarder.stop() == (2 if connected else 0)
    assert desk.heard == (["88 3C 40", "88 40 40"] if connected else [])
    assert len(desk.page.sounding()) == (0 if connected else 2)


def test_after_a_stop_nothing_begins_any_more() -> None:
    desk = Desk()
    desk.play("90 3C 64")

    assert desk.forwarder.stop() == 1
    assert desk.play_all("A 90 40 64, B E0 00 40, A 80 3C 40") == [Outcome.NO_DESTINATION] * 3
    assert desk.heard == ["98 3C 64", "88 3C 40"]
    assert desk.forwarder.stop() == 0


# Keyboards that come and go.


def test_a_keyboard_that_is_unplugged_lets_go_of_its_notes_and_breaks_no_other_keyboards_chord() -> None:
    desk = Desk()
    desk.play_all("A 90 3C 64, A B0 40 7F, A 90 40 64, A 80 40 40, A 90 43 64, B 90 43 64, B 90 47 64")
    desk.forwarder.set_route(LIVEREC_ON_2)
    desk.heard.clear()

    desk.unplug("A")

    assert desk.heard == ["88 3C 40", "88 40 40"]
    assert desk.page.sounding() == [(9, 0x43), (9, 0x47)]
    assert desk.play("80 43 22", "B") is Outcome.FORWARDED


def test_an_event_still_under_way_from_a_keyboard_that_is_gone_begins_nothing() -> None:
    desk = Desk()
    desk.unplug("A")

    assert desk.play("90 3C 64") is Outcome.NO_DESTINATION
    desk.forwarder.set_route(LIVEREC_ON_2)
    assert desk.play("90 3C 64") is Outcome.NO_DESTINATION
    assert desk.heard == []


def test_a_keyboard_that_is_plugged_in_again_starts_with_its_pedal_up() -> None:
    desk = Desk()
    desk.play("B0 40 7F")
    desk.unplug("A")
    desk.plug("A")

    desk.play_all("A 90 3C 64, A 80 3C 40")

    assert desk.heard == ["98 3C 64", "88 3C 40"]


@pytest.mark.parametrize("slot", [-1, 0, SLOTS])
def test_a_slot_that_is_taken_or_does_not_exist_is_refused(slot: int) -> None:
    desk = Desk(keyboards="A")

    with pytest.raises(ValueError, match=f"slot {slot} cannot be used"):
        desk.forwarder.add_input(slot)


def test_every_slot_can_be_used() -> None:
    keyboards = "".join(chr(ord("A") + slot) for slot in range(SLOTS))
    desk = Desk(keyboards=keyboards)

    desk.play_all(", ".join(f"{keyboard} 90 3C 64" for keyboard in keyboards))
    desk.play_all(", ".join(f"{keyboard} 80 3C 40" for keyboard in keyboards))

    assert desk.heard == ["98 3C 64"] * SLOTS + ["88 3C 40"]
    assert [record.input for record in desk.recent()] == [*range(SLOTS)] * 2


# An input's first event.


def test_what_must_run_on_an_inputs_thread_runs_once_before_its_first_event() -> None:
    desk = Desk()
    ran: list[list[str]] = []
    desk.plug("C", first=lambda: ran.append(list(desk.heard)))
    desk.forwarder.set_route(LIVEREC_ON_2)

    desk.play_all("C 90 3C 64, C 80 3C 40")

    assert ran == [[]]
    assert desk.heard == ["91 3C 64", "81 3C 40"]


def test_an_active_sensing_comes_first_from_the_bridge_itself_and_later_from_the_keyboard() -> None:
    desk = Desk()
    desk.plug("C", first=lambda: None)

    assert desk.play_all("C FE, C FE") == [Outcome.PRIMED, Outcome.ACTIVE_SENSING]


def test_if_that_fails_one_event_is_lost_and_no_more() -> None:
    desk = Desk()

    def fail() -> None:
        raise OSError("no")

    desk.plug("C", first=fail)

    assert desk.play_all("C 90 3C 64, C 90 3C 64, C 80 3C 40") == [
        Outcome.FAILED,
        Outcome.FORWARDED,
        Outcome.FORWARDED,
    ]
    assert list(desk.forwarder.troubles) == ["OSError: no (event 90 3c 64)"]


# Counting, and signs of life.


def test_what_was_played_is_counted_after_a_note_off_and_not_while_a_chord_begins() -> None:
    desk = Desk(LIVEREC)
    for note in (60, 64, 67):
        desk.receive("A", [0x90, note, 100])
    counted_before = desk.page.events()

    desk.receive("A", [0x80, 60, 64])

    assert (counted_before, desk.page.events()) == (0, 4)


def test_events_that_no_note_off_follows_are_counted_by_the_main_thread() -> None:
    desk = Desk(LIVEREC)
    for bend in range(100):
        desk.receive("A", [0xE0, 0, bend])

    desk.forwarder.fold()

    assert desk.page.events() == 100


def test_what_the_box_has_heard_is_counted_by_whoever_folds_that_very_instant() -> None:
    desk = Desk(LIVEREC)
    counted: list[int] = []

    def count() -> None:
        desk.forwarder.fold()
        counted.append(desk.page.events())

    folding = threading.Thread(target=count)

    def count_when_heard() -> None:
        folding.start()
        folding.join(0.1)  # it has to wait for the event; one that does not is done by now

    desk.after_hearing = count_when_heard
    desk.receive("A", [0x90, 60, 100])
    folding.join()

    assert counted == [1]


def test_a_panic_shows_that_it_is_alive() -> None:
    desk = Desk(LIVEREC)
    heard: list[int] = []

    desk.forwarder.panic(9, lambda: heard.append(len(desk.heard)))

    assert len(heard) == 16
    assert max(after - before for before, after in itertools.pairwise(heard)) == 8
