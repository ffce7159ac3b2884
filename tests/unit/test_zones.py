"""What zones, bindings and the rest of a rich profile make of what is played, message by message."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from desk import Desk, bytes_of

from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Action, Binding, Knob, Mono, Order, Route, Steal, Sustain, Trigger, Zone
from a4bridge.engine import forwarder, thinning
from a4bridge.engine.handlers import handlers_of

pytestmark = pytest.mark.stdlib

MIDDLE = 0x3C


def desk_with(*zones: Zone, bindings: tuple[Binding, ...] = (), keyboards: str = "AB", **rest: object) -> Desk:
    return Desk(Route("test", zones, bindings, **rest), keyboards)  # type: ignore[arg-type] # by name


def heard(desk: Desk, score: str) -> list[str]:
    """Play `score` and return what comes of it."""
    desk.heard.clear()
    desk.play_all(score)
    return desk.heard


# Keys and where they go.


def test_a_split_sends_each_half_to_its_own_channel() -> None:
    desk = desk_with(Zone((2,), high=MIDDLE - 1), Zone((1,), low=MIDDLE))

    assert heard(desk, "A 90 3B 64, A 90 3C 64, A 80 3B 40, A 80 3C 40") == [
        "91 3B 64",
        "90 3C 64",
        "81 3B 40",
        "80 3C 40",
    ]


def test_a_key_that_no_zone_has_is_dropped_as_such() -> None:
    desk = desk_with(Zone((2,), low=MIDDLE), Zone((3,), low=MIDDLE + 12, high=MIDDLE + 24))

    assert desk.play("90 3B 64") is Outcome.OUTSIDE_ZONES
    assert desk.play("80 3B 40") is Outcome.NOT_SOUNDING


def test_a_zone_listens_to_its_channel_and_its_input_only() -> None:
    desk = desk_with(Zone((1,), channel=1), Zone((2,), channel=2, source=1))

    assert heard(desk, "A 90 3C 64, A 91 3D 64, B 91 3E 64") == ["90 3C 64", "91 3E 64"]
    assert desk.play("91 3D 64") is Outcome.OUTSIDE_ZONES
    assert desk.play("E1 00 40") is Outcome.OUTSIDE_ZONES


def test_zones_that_share_a_key_sound_together_and_end_together() -> None:
    desk = desk_with(Zone((1,)), Zone((2,), transpose=12))

    assert heard(desk, "A 90 3C 64, A 80 3C 40") == ["90 3C 64", "91 48 64", "80 3C 40", "81 48 40"]


def test_zones_that_come_to_the_same_note_are_one_note() -> None:
    desk = desk_with(Zone((1,)), Zone((1,), transpose=0))

    assert heard(desk, "A 90 3C 64, A 80 3C 40") == ["90 3C 64", "80 3C 40"]


def test_an_exclusive_zone_gets_its_keys_alone() -> None:
    desk = desk_with(Zone((1,)), Zone((2,), low=MIDDLE, exclusive=True))

    assert heard(desk, "A 90 3C 64, A 90 3B 64") == ["91 3C 64", "90 3B 64"]


def test_layers_are_held_and_released_by_the_pedal() -> None:
    desk = desk_with(Zone((1,)), Zone((2,)))

    assert heard(desk, "A B0 40 7F, A 90 3C 64, A 80 3C 40") == ["90 3C 64", "91 3C 64"]
    assert heard(desk, "A B0 40 00") == ["80 3C 40", "81 3C 40"]


def test_layers_end_even_under_a_route_without_layers() -> None:
    desk = desk_with(Zone((1,)), Zone((2,)))
    desk.play("90 3C 64")
    desk.use(Route("one", (Zone((3,)),)))

    assert heard(desk, "A 80 3C 40") == ["80 3C 40", "81 3C 40"]
    assert desk.page.sounding() == []


def test_layers_struck_while_the_next_route_is_made_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_with(Zone((1,)), Zone((2,)), keyboards="A")

    def make_and_play(*arguments: Any, **options: Any) -> Any:
        handlers = handlers_of(*arguments, **options)
        desk.receive("A", [0x90, MIDDLE, 100])
        return handlers

    monkeypatch.setattr(forwarder, "handlers_of", make_and_play)
    desk.use(Route("one", (Zone((3,)),)))

    assert heard(desk, "A 80 3C 40") == ["80 3C 40", "81 3C 40"]


def test_routes_can_be_made_while_keys_come_and_go() -> None:
    desk = desk_with(Zone((1,)), keyboards="A")
    before, done = sys.getswitchinterval(), threading.Event()

    def play() -> None:
        while not done.is_set():
            for note in range(40):
                desk.receive("A", [0x90, note, 100])
            for note in range(40):
                desk.receive("A", [0x80, note, 64])

    player = threading.Thread(target=play)
    sys.setswitchinterval(1e-6)
    player.start()
    try:
        for _ in range(300):
            desk.use(Route("next", (Zone((1,)),)))
    finally:
        done.set()
        player.join()
        sys.setswitchinterval(before)

    assert list(desk.forwarder.troubles) == []
    assert desk.page.sounding() == []


@pytest.mark.parametrize(
    ("fold", "score", "expected"),
    [(False, "A 90 7F 64", []), (True, "A 90 7F 64", ["90 7F 64"]), (True, "A 90 74 64", ["90 74 64"])],
)
def test_what_is_transposed_out_of_range_is_dropped_or_folded(fold: bool, score: str, expected: list[str]) -> None:
    desk = desk_with(Zone((1,), transpose=12, fold=fold))

    assert heard(desk, score) == expected


def test_a_transposition_down_folds_up() -> None:
    desk = desk_with(Zone((1,), transpose=-70, fold=True))

    assert heard(desk, "A 90 00 64, A 90 3C 64") == ["90 02 64", "90 02 64"]
    assert heard(desk, "A 80 00 40, A 80 3C 40") == ["80 02 40"]


def test_velocities_come_from_the_zones_table_and_note_offs_stay_as_played() -> None:
    desk = desk_with(Zone((1,), velocities=(1, *range(127, 0, -1))))

    assert heard(desk, "A 90 3C 01, A 80 3C 11, A 90 3C 7F, A 90 3C 00") == [
        "90 3C 7F",
        "80 3C 11",
        "90 3C 01",
        "80 3C 40",
    ]


def test_a_zone_that_keeps_the_channel_answers_on_it() -> None:
    desk = desk_with(Zone(), keyboards="A")

    assert heard(desk, "A 95 3C 64, A 9F 3C 64, A 85 3C 40") == ["95 3C 64", "9F 3C 64", "85 3C 40"]


# Mono.


def mono(policy: Mono, *, returns: bool = False) -> Desk:
    return desk_with(Zone((1,), mono=policy, returns=returns))


def test_the_last_key_ends_the_one_before_which_does_not_come_back() -> None:
    desk = mono(Mono.LAST)

    assert heard(desk, "A 90 3C 64, B 90 40 64") == ["90 3C 64", "80 3C 40", "90 40 64"]
    assert heard(desk, "B 80 40 40, A 80 3C 40") == ["80 40 40"]


def test_a_key_comes_back_where_it_is_said_so() -> None:
    desk = mono(Mono.LAST, returns=True)

    assert heard(desk, "A 90 3C 32, A 90 40 64, A 90 43 64")[-1] == "90 43 64"
    assert heard(desk, "A 80 40 40") == []
    assert heard(desk, "A 80 43 40") == ["80 43 40", "90 3C 32"]
    assert heard(desk, "A 80 3C 40") == ["80 3C 40"]


@pytest.mark.parametrize(("policy", "wins", "loses"), [(Mono.LOW, "39", "40"), (Mono.HIGH, "40", "39")])
def test_the_lowest_or_highest_key_sounds(policy: Mono, wins: str, loses: str) -> None:
    desk = mono(policy)
    desk.play("90 3C 64")

    assert desk.play(f"90 {loses} 64") is Outcome.NOT_ITS_TURN
    assert heard(desk, f"A 90 {wins} 64") == ["80 3C 40", f"90 {wins} 64"]
    assert heard(desk, f"A 80 {wins} 40") == [f"80 {wins} 40"]


@pytest.mark.parametrize(("policy", "best"), [(Mono.LOW, "3A"), (Mono.HIGH, "3E")])
def test_the_best_of_the_waiting_keys_comes_back(policy: Mono, best: str) -> None:
    desk = mono(policy, returns=True)
    first = "38" if policy is Mono.LOW else "40"
    desk.play_all(f"A 90 {first} 64, A 90 3A 64, B 90 3E 64, A 90 3C 64")

    assert heard(desk, f"A 80 {first} 40") == [f"80 {first} 40", f"90 {best} 64"]


def test_a_pulled_keyboard_gives_the_voice_back_to_another_and_waits_no_longer() -> None:
    desk = mono(Mono.LAST, returns=True)
    desk.play_all("A 90 3C 64, B 90 40 64")
    desk.heard.clear()

    desk.unplug("B")

    assert desk.heard == ["80 40 40", "90 3C 64"]
    desk.plug("B")
    desk.play_all("B 90 40 64")
    desk.unplug("A")
    assert heard(desk, "B 80 40 40") == ["80 40 40"]


def test_a_key_comes_back_when_the_pedal_lets_the_other_go() -> None:
    desk = mono(Mono.LAST, returns=True)
    desk.play_all("A 90 3C 64, A 90 40 64, A B0 40 7F")

    assert heard(desk, "A 80 40 40") == []
    assert heard(desk, "A B0 40 00") == ["80 40 40", "90 3C 64"]


def test_all_notes_off_ends_the_keys_that_wait_too() -> None:
    desk = mono(Mono.LAST, returns=True)
    desk.play_all("A 90 3C 64, A 90 40 64")

    assert heard(desk, "A B0 7B 00") == ["80 40 40"]


def test_a_key_that_only_the_pedal_held_does_not_come_back() -> None:
    desk = mono(Mono.LAST, returns=True)
    desk.play_all("A B0 40 7F, A 90 3C 64, A 80 3C 40, A B0 40 00, A B0 40 7F, A 90 3D 64, A 80 3D 40")
    desk.play_all("B 90 40 64")

    assert heard(desk, "B 80 40 40") == ["80 40 40"]


def test_all_notes_off_gives_the_voice_back_to_another_keyboard() -> None:
    desk = mono(Mono.LAST, returns=True)
    desk.play_all("B 90 3C 64, A 90 3E 64, A 90 40 64")

    assert heard(desk, "A B0 7B 00") == ["80 40 40", "90 3C 64"]


# Spread.


def spread(order: Order = Order.LOWEST, steal: Steal = Steal.OLDEST) -> Desk:
    return desk_with(Zone((1, 2, 3, 4), order=order, steal=steal))


CHORD = "A 90 3C 64, A 90 40 64, B 90 43 64, A 90 47 64"


def test_a_chord_is_shared_out_in_the_order_of_arrival() -> None:
    assert heard(spread(), CHORD) == ["90 3C 64", "91 40 64", "92 43 64", "93 47 64"]


def test_a_released_track_is_free_again() -> None:
    desk = spread()
    desk.play_all(CHORD)

    assert heard(desk, "A 80 40 40, A 90 30 64") == ["81 40 40", "91 30 64"]


def test_a_fifth_note_takes_the_oldest_ones_track_or_stays_out() -> None:
    desk = spread()
    desk.play_all(CHORD)
    assert heard(desk, "A 90 30 64, A 80 3C 40") == ["80 3C 40", "90 30 64"]
    assert heard(desk, "A 90 31 64") == ["81 40 40", "91 31 64"]

    desk = spread(steal=Steal.NONE)
    desk.play_all(CHORD)
    assert desk.play("90 30 64") is Outcome.NO_FREE_TRACK
    assert desk.play("80 30 40") is Outcome.NOT_SOUNDING


def test_rotation_takes_the_tracks_in_turn() -> None:
    desk = spread(Order.ROTATE)

    assert heard(desk, "A 90 3C 64, A 80 3C 40, A 90 3D 64, A 80 3D 40, A 90 3E 64") == [
        "90 3C 64",
        "80 3C 40",
        "91 3D 64",
        "81 3D 40",
        "92 3E 64",
    ]


def test_a_note_under_the_pedal_keeps_its_track() -> None:
    desk = spread()

    assert heard(desk, "A B0 40 7F, A 90 3C 64, A 80 3C 40, A 90 3D 64") == ["90 3C 64", "91 3D 64"]
    assert heard(desk, "A 90 3C 64") == ["80 3C 40", "90 3C 64"], "struck again, on the same track"
    assert heard(desk, "A 80 3D 40, A 80 3C 40, A B0 40 00, A 90 3E 64")[-1] == "90 3E 64"


def test_tracks_are_free_after_the_box_was_away() -> None:
    desk = spread()
    desk.play_all(CHORD)
    desk.forwarder.lose()
    desk.connect()

    assert heard(desk, "A 90 30 64") == ["90 30 64"]


# Controls.


def test_bend_goes_once_to_each_channel_of_the_zones_that_let_it_pass() -> None:
    desk = desk_with(
        Zone((2,), high=59, pitch_bend=True),
        Zone((1, 3), low=60, pitch_bend=True),
        Zone((2,), pitch_bend=True),
        Zone((4,)),
    )

    assert heard(desk, "A E0 01 40") == ["E1 01 40", "E0 01 40", "E2 01 40"]


def test_poly_pressure_follows_its_key() -> None:
    desk = desk_with(Zone((1, 2), transpose=12, poly_pressure=True), Zone((4,), low=72))
    desk.play_all("A 90 30 64, A 90 3C 64")

    assert heard(desk, "A A0 3C 11") == ["A1 48 11"]
    assert desk.play("A0 3D 11") is Outcome.NOT_SOUNDING


def test_a_knob_turns_another_and_does_not_pass_itself() -> None:
    backwards = Knob(20, 3, None, tuple(range(127, -1, -1)))
    desk = desk_with(
        Zone((1,), knobs=(backwards, replace(backwards, to=4, channel=8)), control_changes=(20,)),
        Zone((2,), control_changes=(20,)),
    )

    assert heard(desk, "A B0 14 00") == ["B0 03 7F", "B7 04 7F", "B1 14 00"]


def test_a_pedal_that_is_a_knob_is_no_pedal() -> None:
    desk = desk_with(Zone((1,), knobs=(Knob(64, 3, 1, tuple(range(128))),)))

    assert heard(desk, "A B0 40 7F, A 90 3C 64, A 80 3C 40") == ["B0 03 7F", "90 3C 64", "80 3C 40"]


def test_a_passed_pedal_goes_to_every_zone() -> None:
    desk = desk_with(Zone((1,)), Zone((2,)), sustain=Sustain.PASS)

    assert heard(desk, "A B0 40 7F") == ["B0 40 7F", "B1 40 7F"]


def test_program_changes_pass_where_they_may() -> None:
    assert heard(desk_with(Zone((9,), program_change=True)), "A C3 05") == ["C8 05"]


def test_clock_and_transport_pass_in_order_where_they_may() -> None:
    score = "A FA, A F8, A 90 3C 64, A F2 01 02, A FC, A FB"

    assert heard(desk_with(Zone(), clock=True, transport=True), score) == score.replace("A ", "").split(", ")
    assert heard(desk_with(Zone()), score) == ["90 3C 64"]


# NRPN.


@pytest.fixture
def nrpn() -> Desk:
    return desk_with(Zone((1,), nrpn=True))


def test_a_sequence_comes_out_whole(nrpn: Desk) -> None:
    assert heard(nrpn, "A B0 63 01, A B0 62 64, A B0 06 10, A B0 26 7F") == [
        "B0 63 01",
        "B0 62 64",
        "B0 06 10",
        "B0 26 7F",
    ]


def test_a_number_that_is_said_again_is_sent_again(nrpn: Desk) -> None:
    said = "A B0 63 01, A B0 62 05, A B0 06 10"

    assert heard(nrpn, f"{said}, {said}, A B0 06 11") == [*said.replace("A ", "").split(", ") * 2, "B0 06 11"]


def test_two_keyboards_sequences_do_not_mix(nrpn: Desk) -> None:
    played = "A B0 63 01, B B0 63 02, A B0 62 05, B B0 62 06, A B0 06 10, B B0 06 20, A B0 26 11"

    assert heard(nrpn, played) == [
        *("B0 63 01", "B0 62 05", "B0 06 10"),
        *("B0 63 02", "B0 62 06", "B0 06 20"),
        *("B0 63 01", "B0 62 05", "B0 26 11"),
    ]


def test_an_rpn_after_an_nrpn_is_an_rpn(nrpn: Desk) -> None:
    assert heard(nrpn, "A B0 63 01, A B0 62 05, A B0 65 00, A B0 64 02, A B0 60 00") == [
        "B0 65 00",
        "B0 64 02",
        "B0 60 00",
    ]


@pytest.mark.parametrize("begun", ["", "A B0 63 01, "], ids=["no number", "half a number"])
def test_a_value_without_a_number_is_dropped(nrpn: Desk, begun: str) -> None:
    assert heard(nrpn, f"{begun}A B0 06 10") == []
    assert nrpn.page.count(Outcome.PARAMETER) == 1


def test_a_box_that_was_away_gets_no_value_without_its_number(nrpn: Desk) -> None:
    nrpn.play_all("A B0 63 01, A B0 62 05, A B0 06 10")
    nrpn.forwarder.lose()
    nrpn.connect()

    assert heard(nrpn, "A B0 06 11, A B0 63 01, A B0 62 05, A B0 06 12") == ["B0 63 01", "B0 62 05", "B0 06 12"]


# Thinning.


class Clock:
    """Stands in for the module time."""

    def __init__(self) -> None:
        self.now = 10_000_000_000

    def monotonic_ns(self) -> int:
        return self.now

    def pass_ms(self, milliseconds: float) -> None:
        self.now += int(milliseconds * 1e6)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(thinning, "time", clock)
    return clock  # type: ignore[return-value] # nothing to do afterwards


def test_the_first_bend_goes_at_once_and_the_newest_when_its_time_has_come(clock: Clock) -> None:
    desk = desk_with(Zone((1,), pitch_bend=True), thinning=100)

    assert heard(desk, "A E0 00 41, B E0 00 42, A E0 00 43") == ["E0 00 41"]
    assert desk.forwarder.flush_late() == pytest.approx(0.01)
    clock.pass_ms(10)
    assert desk.forwarder.flush_late() is None
    assert desk.heard == ["E0 00 41", "E0 00 43"]
    assert heard(desk, "A E0 00 44") == []
    clock.pass_ms(10)
    assert heard(desk, "A E0 00 45") == ["E0 00 45"]
    assert desk.forwarder.flush_late() is None


def test_each_channel_and_kind_is_thinned_by_itself_and_notes_are_not(clock: Clock) -> None:
    desk = desk_with(Zone((), pitch_bend=True, channel_pressure=True), thinning=100)

    assert heard(desk, "A E0 00 41, A E1 00 41, A D0 05, A D0 06, A 90 3C 64, A 80 3C 40") == [
        "E0 00 41",
        "E1 00 41",
        "D0 05",
        "90 3C 64",
        "80 3C 40",
    ]
    clock.pass_ms(10)
    desk.forwarder.flush_late()
    assert desk.heard[-1] == "D0 06"


def test_what_is_kept_for_a_lost_box_is_not_sent_to_the_next(clock: Clock) -> None:
    desk = desk_with(Zone((1,), pitch_bend=True), thinning=100)
    desk.play_all("A E0 00 41, A E0 00 42")
    desk.forwarder.lose()
    desk.connect()
    clock.pass_ms(10)

    assert desk.forwarder.flush_late() is None
    assert desk.heard == ["E0 00 41"]


@pytest.mark.usefixtures("clock")
def test_whoever_sends_late_is_woken_once() -> None:
    woken: list[None] = []
    desk = desk_with(Zone((1,), pitch_bend=True), thinning=100)
    desk.forwarder._thinning._wake = lambda: woken.append(None)

    desk.play_all("A E0 00 41, A E0 00 42, A E0 00 43")

    assert len(woken) == 1


# SysEx.

DUMP = bytes_of("F0 00 20 3C 06 00 F7")


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (DUMP, Outcome.FORWARDED),
        (bytes_of("F0 01 02 03 04 05 06 07 F7"), Outcome.TOO_LONG),
        (DUMP[:-1], Outcome.MALFORMED),
        (bytes_of("F0 01 90 F7"), Outcome.MALFORMED),
    ],
    ids=["whole", "too long", "cut short", "interrupted"],
)
def test_sysex_passes_whole_or_not_at_all(message: bytes, outcome: Outcome) -> None:
    desk = desk_with(Zone((1,)), sysex_bytes=8)
    receive = desk.forwarder.sysex_receiver(0)

    receive((list(message), 0.0), None)
    desk.forwarder.fold()

    assert desk.page.outcomes() == {outcome: 1}
    assert desk.heard == ([message.hex(" ").upper()] if outcome is Outcome.FORWARDED else [])


def test_sysex_goes_nowhere_without_leave_or_a_box() -> None:
    for desk in (desk_with(Zone((1,))), desk_with(Zone((1,)), sysex_bytes=8)):
        receive = desk.forwarder.sysex_receiver(0)
        desk.forwarder.disconnect()
        receive((list(DUMP), 0.0), None)
        assert desk.heard == []


# Bindings.


def bound(trigger: Trigger, number: int, action: Action, argument: str = "", **rest: int) -> Binding:
    return Binding(trigger, number, action, argument, **rest)


@pytest.mark.parametrize(
    ("binding", "press", "release"),
    [
        (bound(Trigger.NOTE, 36, Action.USE, "gridrec"), "90 24 64", "80 24 40"),
        (bound(Trigger.CONTROL, 20, Action.USE, "gridrec"), "B0 14 7F", "B0 14 00"),
        (bound(Trigger.PROGRAM, 5, Action.USE, "gridrec"), "C0 05", "C0 04"),
    ],
    ids=["a note", "a control change", "a program change"],
)
def test_a_bound_event_acts_once_and_is_not_forwarded(binding: Binding, press: str, release: str) -> None:
    desk = desk_with(Zone((1,), control_changes=(20,)), bindings=(binding,))

    outcomes = desk.play_all(f"A {press}, A {release}, A {press}")

    assert outcomes[::2] == [Outcome.BOUND] * 2
    assert outcomes[1] in {Outcome.BOUND, Outcome.PROGRAM_CHANGE}
    assert list(desk.forwarder.actions) == [(Action.USE, "gridrec")] * 2
    assert desk.heard == []
    assert heard(desk, "A 90 25 64") == ["90 25 64"]


def test_keys_beside_a_bound_one_are_dropped_for_the_reason_they_would_have_without_it() -> None:
    binding = bound(Trigger.NOTE, 36, Action.PANIC)

    assert desk_with(Zone((1,), notes=False), bindings=(binding,)).play("90 3C 64") is Outcome.NOTES_FILTERED
    assert desk_with(Zone((1,), low=61), bindings=(binding,)).play("90 3C 64") is Outcome.OUTSIDE_ZONES


def test_a_control_that_moves_while_it_is_pressed_acts_once() -> None:
    desk = desk_with(Zone((1,)), bindings=(bound(Trigger.CONTROL, 20, Action.PANIC),))

    desk.play_all("A B0 14 3F, A B0 14 40, A B0 14 7F, A B0 14 41, A B0 14 3F, A B0 14 40")

    assert len(desk.forwarder.actions) == 2


def test_a_binding_is_for_its_input_and_channel() -> None:
    binding = bound(Trigger.NOTE, 36, Action.TRACK, "2", source=1, channel=10)
    desk = desk_with(Zone((1,)), bindings=(binding,))

    assert heard(desk, "A 99 24 64, B 90 24 64, B 99 24 64") == ["90 24 64", "90 24 64"]
    assert list(desk.forwarder.actions) == [(Action.TRACK, "2")]


@pytest.mark.parametrize(
    ("binding", "down", "up"),
    [
        (bound(Trigger.NOTE, 36, Action.SUSTAIN), "99 24 64", "89 24 40"),
        (bound(Trigger.CONTROL, 20, Action.SUSTAIN), "B5 14 40", "B5 14 3F"),
    ],
    ids=["a pad", "a switch"],
)
@pytest.mark.parametrize("sustain", [Sustain.HOLD, Sustain.DROP])
def test_a_bound_pedal_holds_all_of_its_keyboard(binding: Binding, down: str, up: str, sustain: Sustain) -> None:
    desk = desk_with(Zone((1,)), bindings=(binding,), sustain=sustain)

    assert heard(desk, f"A {down}, A 90 3C 64, B 90 40 64, A 80 3C 40, B 80 40 40") == [
        "90 3C 64",
        "90 40 64",
        "80 40 40",
    ]
    assert heard(desk, f"A {up}") == ["80 3C 40"]


@pytest.mark.parametrize(("stays", "ends"), [(True, []), (False, ["80 3C 40"])])
def test_a_bound_pedal_goes_up_when_its_binding_goes(stays: bool, ends: list[str]) -> None:
    binding = bound(Trigger.NOTE, 36, Action.SUSTAIN)
    desk = desk_with(Zone((1,)), bindings=(binding,))
    desk.play_all("A 90 24 64, A 90 3C 64, A 80 3C 40")
    desk.heard.clear()

    desk.use(Route("next", (Zone((2,)),), (binding,) * stays))

    assert desk.heard == ends


def test_a_bound_pedal_that_went_up_does_not_raise_another_later() -> None:
    desk = desk_with(Zone((1,)), bindings=(bound(Trigger.NOTE, 36, Action.SUSTAIN),))
    desk.play_all("A 90 24 64, A 80 24 40, A B0 40 7F, A 90 3C 64, A 80 3C 40")
    desk.heard.clear()

    desk.use(Route("next", (Zone((2,)),)))

    assert desk.heard == []


def test_a_key_that_becomes_a_pedal_while_it_is_down_and_is_struck_again_holds_no_note() -> None:
    desk = desk_with(Zone((1,)))
    desk.play("90 24 64")
    desk.use(Route("pedal", (Zone((1,)),), bindings=(bound(Trigger.NOTE, 36, Action.SUSTAIN),)))

    assert heard(desk, "A 90 24 64, A 90 3C 64, A 80 3C 40") == ["80 24 40", "90 3C 64"]
    assert heard(desk, "A 80 24 40") == ["80 3C 40"]


def test_a_bound_pedal_that_goes_up_gives_a_voice_back() -> None:
    desk = desk_with(Zone((1,), mono=Mono.LAST, returns=True), bindings=(bound(Trigger.NOTE, 36, Action.SUSTAIN),))
    desk.play_all("A 90 3C 64, A 90 40 64, A 90 24 64, A 80 40 40")

    assert heard(desk, "A 80 24 40") == ["80 40 40", "90 3C 64"]


def test_a_key_that_is_bound_while_it_sounds_still_ends() -> None:
    desk = desk_with(Zone((1,)))
    desk.play("90 24 64")
    desk.use(Route("next", (Zone((1,)),), (bound(Trigger.NOTE, 36, Action.PANIC),)))

    assert heard(desk, "A 80 24 40") == ["80 24 40"]


def test_panic_ends_every_note_of_a_channel_whatever_the_ledger_says() -> None:
    desk = desk_with(Zone((1,)))
    desk.play("90 3C 64")
    desk.heard.clear()

    desk.forwarder.panic(5)

    assert desk.heard == ["80 3C 40", *(f"84 {note:02X} 40" for note in range(128)), "B4 7B 00"]
    assert desk.page.sounding() == []
