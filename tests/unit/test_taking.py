"""The service follows the page of a real forwarder, and keeps what it sent, with the stamps that it had."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
from desk import GRIDREC, LIVEREC, Desk, altered, text_of
from test_replay import set_route

from a4bridge.core.route import Route
from a4bridge.engine.page import RING_EVENTS, Page
from a4bridge.engine.protocol import CloseOutput, Ping
from a4bridge.service.taking import PIECE_EVENTS, Taking, sentence

NAMES: Final = [
    *(f"track {number} (channel {number})" for number in range(1, 5)),
    *(f"channel {number}" for number in range(5, 17)),
]
MS: Final = 1_000_000


class Stage:
    """A forwarder on a desk, whose page lies in a file, and the service's follower of it."""

    def __init__(self, directory: Path, route: Route = LIVEREC, minutes: int = 10) -> None:
        self.path = directory / "page"
        self.minutes = minutes
        self.names = NAMES
        self.desk = self._desk(None)
        self.taking = Taking(self.path, lambda: self.minutes, lambda: self.names, self.desk.clock)
        self.use(route)

    def _desk(self, route: Route | None) -> Desk:
        Page.prepare(self.path)
        return Desk(route, page=Page.open(self.path, writable=True))

    def use(self, route: Route) -> None:
        self.taking.heed(set_route(route))
        self.desk.use(route)

    def look(self, brought: int | None = None) -> None:
        self.desk.forwarder.fold()
        asyncio.run(self.taking.catch_up(brought))

    def kept(self) -> dict[str, Any]:
        self.look(self.desk.clock())
        return self.taking.piece(0)

    def messages(self) -> list[str]:
        return [text_of(bytes.fromhex(text)) for _at, text, _place in self.kept()["events"]]

    def times(self) -> list[int]:
        return [at for at, _text, _place in self.kept()["events"]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_it_keeps_what_went_to_the_box_with_its_time(stage: Stage) -> None:
    began = stage.desk.clock()
    for message in ([0x90, 60, 100], [0xB0, 7, 1], [0x80, 60, 64]):  # the second is filtered
        stage.desk.clock.advance(10)
        stage.desk._receive["A"]((message, 0.01), None)

    kept = stage.kept()

    assert kept["events"] == [[began + 10 * MS, "983c64", 8], [began + 30 * MS, "883c40", 8]]
    assert (kept["first"], kept["next"], kept["end"], kept["minutes"]) == (0, 2, 2, 10)
    assert kept["now_ns"] == began + 30 * MS
    assert sentence(kept) == "2 events of what was played in the last 10 minutes"


def test_the_time_is_the_stamp_of_an_event_and_not_when_the_engine_came_to_it(stage: Stage) -> None:
    desk = stage.desk
    began = desk.clock()
    for stamp_ms, entered_ms in ((0, 0), (100, 100), (200, 240)):  # the last one was 40 ms late
        desk.clock.now = began + entered_ms * MS
        desk._receive["A"](([0x90, 60 + stamp_ms % 7, 100], 0.1 if stamp_ms else 0.0), None)

    assert stage.times() == [began, began + 100 * MS, pytest.approx(began + 200 * MS, abs=MS // 10)]


def test_a_channel_goes_by_the_name_that_it_has_when_it_is_played_to(stage: Stage) -> None:
    stage.use(altered(LIVEREC, channels=(2,)))
    stage.desk.play_all("A 90 3C 64, A 80 3C 40")
    stage.look()
    stage.names = ["auto channel 2" if name == "track 2 (channel 2)" else name for name in NAMES]
    stage.desk.play_all("A 90 3C 64, A 80 3C 40")

    kept = stage.kept()

    assert [kept["destinations"][place] for _at, _text, place in kept["events"]] == [
        {"name": "track 2 (channel 2)", "channel": 2},
        {"name": "track 2 (channel 2)", "channel": 2},
        *[{"name": "auto channel 2", "channel": 2}] * 2,
    ]


def test_more_names_than_there_is_room_for_leave_the_channels_number(stage: Stage) -> None:
    for number in range(30):
        stage.names = [f"{number} of channel {channel}" for channel in range(1, 17)]
        stage.desk.play_all("A 90 3C 64, A 80 3C 40")
        stage.look()

    kept = stage.kept()

    names = [kept["destinations"][place]["name"] for _at, _text, place in kept["events"]]
    assert names[:2] == ["0 of channel 9"] * 2
    assert names[-2:] == ["channel 9"] * 2
    assert len(kept["destinations"]) <= 254


def test_what_a_command_ends_is_kept_in_its_place(stage: Stage) -> None:
    stage.desk.play("90 3C 64")
    stage.desk.clock.advance(5)
    at = stage.desk.clock()
    stage.taking.heed(CloseOutput(lost=False))
    stage.taking.heed(Ping())
    stage.desk.forwarder.disconnect()
    stage.desk.play("90 40 64")  # nobody hears it

    assert stage.messages() == ["98 3C 64", "88 3C 40"]
    assert stage.times()[1] == at


def test_what_was_played_before_a_switch_goes_by_the_old_route_though_it_comes_to_the_page_after_it(
    stage: Stage,
) -> None:
    layers = Route("layers", (*altered(LIVEREC, channels=(2,)).zones, *altered(LIVEREC, channels=(3,)).zones))
    stage.use(layers)
    stage.look(stage.desk.clock())
    stage.desk.receive("A", [0x90, 60, 100])  # noted, and not in the page
    asyncio.run(stage.taking.catch_up())
    stage.use(GRIDREC)
    asyncio.run(stage.taking.catch_up())

    assert stage.messages() == ["91 3C 64", "92 3C 64"]


def test_a_command_is_obeyed_in_the_end_though_nothing_more_is_played(stage: Stage) -> None:
    stage.desk.play("90 3C 64")
    stage.look(stage.desk.clock())
    stage.taking.heed(CloseOutput(lost=True))
    stage.look()
    assert stage.taking.piece(0)["end"] == 1

    stage.desk.clock.advance(300)
    stage.look()

    assert stage.taking.piece(0)["end"] == 2


def test_what_the_ring_loses_is_counted(stage: Stage) -> None:
    for _ in range(RING_EVENTS // 2 + 50):
        stage.desk.play_all("A 90 3C 64, A 80 3C 40")

    kept = stage.kept()

    (missing,) = kept["missing"]
    assert missing[1] == 101  # the oldest of the ring may be overwritten while it is read
    assert kept["end"] == RING_EVENTS


def test_system_exclusive_is_counted_and_left_out(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Route("sysex", LIVEREC.zones, sysex_bytes=64, clock=True))
    receive = stage.desk.forwarder.sysex_receiver(0)
    receive(([0xF0, 1, 2, 0xF7], 0.0), None)
    stage.desk.play("F8")

    kept = stage.kept()

    assert kept["sysex"] == [stage.desk.clock() - 10 * MS]
    assert kept["events"] == []


def test_with_no_minutes_nothing_is_kept_and_what_was_kept_is_forgotten(stage: Stage) -> None:
    stage.desk.play_all("A 90 3C 64, A 80 3C 40")
    stage.look()
    stage.minutes = 0
    stage.use(LIVEREC)
    stage.desk.play_all("A 90 40 64, A 80 40 40")
    assert stage.kept()["end"] == 0

    stage.minutes = 5
    assert stage.kept()["end"] == 0
    stage.use(LIVEREC)  # as settings that are read again do
    stage.desk.play_all("A 90 41 64, A 80 41 40")

    assert stage.messages() == ["98 41 64", "88 41 40"]


def test_what_was_played_before_it_was_asked_for_is_not_kept_though_it_comes_to_the_page_later(stage: Stage) -> None:
    stage.minutes = 0
    stage.look()
    stage.desk._receive["A"](([0x90, 60, 100], 0.0), None)
    stage.desk.clock.now += MS
    stage.minutes = 5
    asyncio.run(stage.taking.catch_up())  # of what the engine has not brought to the page it sees nothing

    stage.desk._receive["A"](([0x90, 65, 100], 0.0), None)

    assert stage.messages() == ["98 41 64"]


def test_what_was_played_before_it_was_asked_for_is_not_kept_though_nobody_had_looked_yet(tmp_path: Path) -> None:
    stage = Stage(tmp_path, minutes=0)
    stage.desk.play_all("A 90 3C 64, A 80 3C 40")
    stage.desk.clock.now += MS

    stage.minutes = 5

    assert stage.messages() == []


def test_it_goes_on_where_another_page_begins_anew(stage: Stage) -> None:
    stage.desk.play_all("A 90 3C 64, A 80 3C 40")
    stage.look()
    stage.path.unlink()
    stage.look()  # nothing is there
    clock = stage.desk.clock
    stage.desk = Desk(LIVEREC, page=stage._desk(None).page, clock=clock)
    stage.desk.clock = clock

    stage.desk.play("90 40 64")

    assert stage.messages() == ["98 3C 64", "88 3C 40", "98 40 64"]


def test_a_piece_is_as_long_as_a_line_may_be(stage: Stage) -> None:
    for _ in range(PIECE_EVENTS):
        stage.desk.play_all("A 90 3C 64, A 80 3C 40")

    kept = stage.kept()

    assert (kept["first"], kept["next"], kept["end"]) == (0, PIECE_EVENTS, 2 * PIECE_EVENTS)
    assert stage.taking.piece(PIECE_EVENTS)["next"] == 2 * PIECE_EVENTS
    assert stage.taking.piece(10**9)["events"] == []


def test_without_a_page_nothing_is_kept(tmp_path: Path) -> None:
    taking = Taking(tmp_path / "none", lambda: 10, list)

    asyncio.run(taking.catch_up())

    assert taking.piece(0)["end"] == 0
