"""The replay of what the ring shows says the same as the engine sent, whatever the profile."""

from typing import Any, Final

import pytest
from desk import LIVEREC, Desk, altered, bytes_of, memory_page, rich_routes, text_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_zones_properties import EVENTS

from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Mono, Route, Zone
from a4bridge.engine.page import RingEvent
from a4bridge.engine.protocol import CloseInput, CloseOutput, Command, OpenInput, OpenOutput, Panic, SetRoute
from a4bridge.engine.replay import Replay

pytestmark = pytest.mark.stdlib

KEYBOARDS: Final = "AB"


def set_route(route: Route, keyboards: str = KEYBOARDS) -> SetRoute:
    slots = [ord(name) - ord("A") for name in keyboards]
    return SetRoute(route.to_data(), {str(slot): [slot] for slot in slots})


class Watched:
    """An engine on a desk, and the replay of what its page shows."""

    def __init__(self, route: Route, keyboards: str = KEYBOARDS) -> None:
        self.desk = Desk(route, keyboards)
        self.replay = Replay()
        self.replayed: list[str] = []
        self._since = 0
        self._keep(self.replay.obey(set_route(route, keyboards)))

    def _keep(self, messages: list[bytes]) -> None:
        self.replayed += [text_of(message) for message in messages]

    def use(self, route: Route) -> None:
        self.catch_up()
        self.desk.use(route)
        self._keep(self.replay.obey(set_route(route)))

    def obey(self, command: Command) -> None:
        self.catch_up()
        self._keep(self.replay.obey(command))

    def catch_up(self, without: int = 0) -> None:
        """Replay what came since; without: so many of the oldest, which nobody saw."""
        self.desk.forwarder.fold()
        for record in [*self.desk.page.recent(self._since)][without:]:
            self._keep(self.replay.play(record))
        self._since = self.desk.page.head[0]

    def settle(self) -> None:
        self.catch_up()
        self._keep(self.replay.settle(self.desk.page.ledger))


@settings(max_examples=30)
@given(st.lists(st.tuples(rich_routes(), st.lists(EVENTS, min_size=5, max_size=30)), min_size=1, max_size=2))
def test_it_sends_what_the_engine_sent(steps: list[tuple[Route, list[tuple[str, bytes]]]]) -> None:
    watched: Watched | None = None
    for route, events in steps:
        if watched:
            watched.use(route)
        watched = watched or Watched(route)
        for keyboard, message in events:
            watched.desk.play_bytes(message, keyboard)
    assert watched
    watched.settle()
    watched.settle()

    assert watched.replayed == watched.desk.heard


LAYERS = Route("layers", (Zone((9,)), Zone((2,), transpose=12)))
MONO = Route("mono", (Zone((9,), mono=Mono.LAST, returns=True),))
PAIR = Route("pair", (Zone((9, 2), control_changes=(1,), nrpn=True),))


@pytest.mark.parametrize(
    ("route", "score", "sent"),
    [
        (LAYERS, "A 90 3C 64, A 80 3C 40", ["98 3C 64", "91 48 64", "88 3C 40", "81 48 40"]),
        (MONO, "A 90 3C 64, A 90 40 50, A 80 40 40", ["98 3C 64", "88 3C 40", "98 40 50", "88 40 40", "98 3C 64"]),
        (PAIR, "A B0 01 07", ["B8 01 07", "B1 01 07"]),
        (LIVEREC, "A B0 40 7F, A 90 3C 64, A 80 3C 40, A B0 40 00", ["98 3C 64", "88 3C 40"]),
    ],
)
def test_it_finds_what_the_ring_does_not_show(route: Route, score: str, sent: list[str]) -> None:
    watched = Watched(route)
    watched.desk.play_all(score)
    watched.catch_up()

    assert watched.replayed == sent == watched.desk.heard


def test_bend_that_was_thinned_out_comes_as_it_was_played() -> None:
    watched = Watched(Route("thin", (Zone((9, 2), pitch_bend=True),), thinning=1))
    watched.desk.play_all("A E0 00 41, A E0 00 42")
    watched.catch_up()

    assert watched.desk.heard == ["E8 00 41", "E1 00 41"]
    assert watched.replayed == ["E8 00 41", "E1 00 41", "E8 00 42", "E1 00 42"]


@pytest.mark.parametrize(
    "command", [CloseInput(0), CloseOutput(lost=True), CloseOutput(lost=False), OpenOutput("A4"), Panic(9)]
)
def test_what_a_command_ends_is_ended(command: Command) -> None:
    watched = Watched(LIVEREC)
    watched.desk.play_all("A 90 3C 64, A 90 40 64")

    watched.obey(command)

    assert watched.replayed[2:] == ["88 3C 40", "88 40 40"]


def test_the_end_of_an_engine_ends_what_it_played() -> None:
    watched = Watched(LIVEREC)
    watched.desk.play("90 3C 64")

    watched.obey(set_route(LIVEREC, ""))
    watched.obey(OpenInput(0, "A"))

    assert watched.replayed[1:] == ["88 3C 40"]


def test_what_the_ledger_has_ended_twice_is_ended() -> None:
    watched = Watched(LIVEREC)
    watched.desk.play("90 3C 64")
    watched.catch_up()
    watched.desk.forwarder.panic(16)  # nobody told

    watched.settle()
    assert watched.replayed[1:] == []
    watched.settle()
    assert watched.replayed[1:] == ["88 3C 40"]
    watched.settle()
    assert watched.replayed[1:] == ["88 3C 40"]


def test_a_note_that_is_struck_between_two_looks_is_not_taken_for_the_one_before() -> None:
    watched = Watched(LIVEREC)
    watched.desk.play("90 3C 64")
    watched.catch_up()
    page = memory_page()  # as the ledger is, in the moment before the next note-on counts it up
    watched.replay.settle(page.ledger)
    watched.desk.play_all("A 80 3C 40, A 90 3C 64")
    watched.catch_up()

    assert watched.replay.settle(page.ledger) == []


def of_ring(received: str, sent: str, outcome: Outcome = Outcome.FORWARDED, slot: int = 0) -> RingEvent:
    return RingEvent(0, 0, 0, 0, slot, outcome, bytes_of(received), bytes_of(sent))


def test_where_it_knows_no_better_it_believes_the_ring() -> None:
    replay = Replay()

    assert replay.play(of_ring("90 3C 64", "98 3C 64", slot=7)) == [bytes_of("98 3C 64")]
    assert replay.play(of_ring("80 3C 64", "88 3C 64", slot=7)) == [bytes_of("88 3C 64")]


def test_a_note_on_by_a_route_that_it_was_not_told_of_yet_goes_and_ends_where_the_ring_shows() -> None:
    replay = Replay()
    replay.obey(set_route(LIVEREC))

    assert replay.play(of_ring("90 3C 64", "91 3C 64")) == [bytes_of("91 3C 64")]
    assert replay.play(of_ring("80 3C 40", "81 3C 40")) == [bytes_of("81 3C 40")]
    assert replay.obey(CloseOutput(lost=False)) == []


def test_what_was_left_out_there_is_left_out_here() -> None:
    replay = Replay()
    replay.obey(set_route(LIVEREC))

    assert replay.play(of_ring("90 3C 64", "", Outcome.OVERLOAD)) == []
    assert replay.play(of_ring("90 3C 64", "", Outcome.NOT_ITS_TURN)) == []
    assert replay.obey(CloseOutput(lost=False)) == []


def test_lost_events_leave_no_note_sounding() -> None:
    watched = Watched(altered(LIVEREC, channels=(2,)))
    watched.desk.play("90 3C 64")
    watched.catch_up()
    watched.desk.play_all("A 80 3C 40, A 90 40 64, A 80 40 40")
    watched.catch_up(without=2)
    watched.settle()
    watched.settle()

    assert watched.replayed[:2] == ["91 3C 64", "81 40 40"]
    assert watched.replayed[2:] == ["81 3C 40"]


@given(
    st.lists(
        st.builds(
            RingEvent,
            *[st.just(0)] * 4,
            st.integers(0, 31),
            st.sampled_from(Outcome),
            st.binary(max_size=3),
            st.binary(max_size=3),
        )
    )
)
def test_no_ring_makes_it_fail(records: list[Any]) -> None:
    replay = Replay()
    replay.obey(set_route(LAYERS))
    for record in records:
        replay.play(record)
    replay.settle(memory_page().ledger)
