"""A box behind a MIDI cable: what is left out, what waits, and that no note-off is ever lost."""

from collections import deque

import pytest
from desk import GRIDREC, LIVEREC, Desk, altered, bytes_of, rich_routes, sounding_on, text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Action, Binding, Mono, Route, Sustain, Trigger, Zone
from a4bridge.engine.pacing import CLOCK_WAITS, NOTE_WAITS, UNPACED, Cable

pytestmark = pytest.mark.stdlib

DIN: int = 3125
NS_PER_BYTE = 10**9 // DIN
KERNEL_BYTES = 4096
"""What a MIDI port keeps of what it has yet to send (linux sound/core/rawmidi.c); what is more is lost."""


class SlowDesk(Desk):
    """A desk whose box is at the end of a MIDI cable, behind a buffer as the kernel has it.

    Events come at once, however many: time goes on only by `wait`. lost: what the buffer had no room for. held_up: how
    often somebody had to wait for it. woken: how often somebody was told that something is kept.
    """

    def __init__(self, route: Route = LIVEREC, keyboards: str = "AB") -> None:
        self.lost: list[str] = []
        self.held_up = 0
        self.woken = 0
        self._buffer: deque[list[int]] = deque()
        self._drained_until = 0
        super().__init__(route, keyboards, connected=False)
        self.connect()

    def connect(self) -> int:
        self.cable = Cable(self.put, DIN, self.page.ledger, self.wake, self.clock, self.hold_up)
        return self.forwarder.connect(self.cable.send, self.cable)

    def receive(self, keyboard: str, message: list[int]) -> None:
        self._receive[keyboard]((message, 0.001), None)

    def put(self, message: list[int]) -> None:
        """Be the kernel."""
        self._drain()
        if sum(map(len, self._buffer)) + len(message) > KERNEL_BYTES:
            self.lost.append(text_of(message))
        else:
            self._buffer.append(message)

    def wake(self) -> None:
        self.woken += 1

    def hold_up(self, seconds: float) -> None:
        self.held_up += 1
        self.wait(seconds * 1e3)

    def wait(self, ms: float) -> None:
        self.clock.advance(ms)
        self._drain()

    def settle(self) -> None:
        """Let time pass until everything has arrived."""
        for _ in range(1000):
            self.forwarder.flush_late()
            if not self._buffer and not self.cable.keeps:
                return
            self.wait(20)
        raise AssertionError("something is kept for ever")

    def _drain(self) -> None:
        while self._buffer and self._drained_until + len(self._buffer[0]) * NS_PER_BYTE <= self.clock.now:
            message = self._buffer.popleft()
            self._drained_until += len(message) * NS_PER_BYTE
            self.hear(message)
        if not self._buffer:
            self._drained_until = self.clock.now


def count(desk: Desk, outcome: Outcome) -> int:
    desk.forwarder.fold()
    return desk.page.outcomes().get(outcome, 0)


def test_a_note_that_would_come_too_late_is_left_out_before_anything_knows_of_it() -> None:
    desk = SlowDesk()
    outcomes = [desk.play_bytes(bytes([0x90, note, 100])) for note in range(128)]

    passed = outcomes.index(Outcome.OVERLOAD)
    assert outcomes == [Outcome.FORWARDED] * passed + [Outcome.OVERLOAD] * (128 - passed)
    assert passed == pytest.approx(0.9 * NOTE_WAITS * DIN / 3, abs=2)
    assert len(desk.page.sounding()) == passed
    assert desk.play_bytes(bytes([0x80, 127, 64])) is Outcome.NOT_SOUNDING
    assert desk.play_bytes(bytes([0x80, 0, 64])) is Outcome.FORWARDED
    desk.wait(10)
    assert desk.play_bytes(bytes([0x90, 127, 100])) is Outcome.FORWARDED


def test_a_note_on_that_is_a_note_off_is_never_left_out() -> None:
    desk = SlowDesk()
    for note in range(128):
        desk.play_bytes(bytes([0x90, note, 100]))
    assert desk.play("90 00 00") is Outcome.FORWARDED


EVENTS = st.tuples(
    st.sampled_from("AB"),
    st.sampled_from([0, 0, 0, 0.3, 3, 40]),
    st.one_of(
        st.builds(
            lambda kind, channel, note, value: bytes([kind | channel, note, value]),
            st.sampled_from([midi.NOTE_ON] * 6 + [midi.NOTE_OFF] * 4 + [midi.POLY_PRESSURE, midi.PITCH_BEND]),
            st.sampled_from([0, 1, 2]),
            st.sampled_from([48, 60, 61, 72]),
            st.sampled_from([0, 1, 100, 127]),
        ),
        st.builds(
            lambda number, value: bytes([midi.CONTROL_CHANGE, number, value]),
            st.sampled_from([1, 2, 6, 20, 38, 64, 64, 98, 99, 121, 123]),
            st.sampled_from([0, 63, 64, 127]),
        ),
        st.sampled_from([b"\xf8", b"\xfa", b"\xc0\x05", b"\xd0\x40", b"\xd0\x41"]),
    ),
    st.sampled_from([1, 1, 1, 20, 150]),
)


@settings(max_examples=30)
@given(rich_routes(), st.lists(EVENTS | rich_routes(), max_size=25))
def test_whatever_is_played_however_fast_no_note_is_left_sounding(
    route: Route, played: list[tuple[str, float, bytes, int] | Route]
) -> None:
    desk = SlowDesk(route)
    for step in played:
        if isinstance(step, Route):
            desk.use(step)
            continue
        keyboard, ms, message, times = step
        for _ in range(times):
            desk.receive(keyboard, list(message))
            if message[0] & 0xF0 == midi.NOTE_ON:
                desk.receive(keyboard, [message[0] - 16, message[1], 64])
            desk.wait(ms)
            desk.forwarder.flush_late()
    for keyboard in "AB":
        desk.unplug(keyboard)
    desk.settle()

    assert desk.lost == []
    assert not desk.held_up
    assert desk.page.sounding() == []
    assert sounding_on(desk.a4) == set()
    assert not desk.forwarder.troubles or all("cable" in trouble for trouble in desk.forwarder.troubles)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(["E0", "D0", "B0 01", "B0 02"]), st.integers(0, 127)), min_size=1, max_size=90)
)
def test_of_what_changes_all_the_time_the_last_value_arrives(changes: list[tuple[str, int]]) -> None:
    desk = SlowDesk()
    last: dict[str, str] = {}
    for what, value in changes:
        message = bytes_of(f"{what} {value:02X}" + " 40" * (what == "E0"))
        desk.play_bytes(message)
        last[what] = text_of(bytes([message[0] | 8, *message[1:]]))
    desk.settle()

    assert {
        what: [text for text in desk.heard if text.startswith(what[0] + "8" + what[2:])][-1] for what in last
    } == last
    assert count(desk, Outcome.OVERLOAD) == 0


def test_notes_come_before_bend_and_the_wheel_is_where_it_was_left_when_there_is_room() -> None:
    desk = SlowDesk()
    for value in range(60):
        desk.play_bytes(bytes([0xE0, 0, value]))
    assert desk.play("90 3C 64") is Outcome.FORWARDED
    desk.settle()

    bends = [text for text in desk.heard if text.startswith("E8")]
    assert len(bends) < 60
    assert bends[-1] == "E8 00 3B"
    assert desk.heard.index("98 3C 64") < len(desk.heard) - 1
    assert count(desk, Outcome.THINNED) == 60 - len(bends) + 1  # the last was kept, and came later


def test_whoever_sends_what_is_kept_is_woken_once_and_told_how_long_there_is_no_room() -> None:
    desk = SlowDesk()
    for value in range(60):
        desk.play_bytes(bytes([0xE0, 0, value]))
    sent = len(desk.heard) + len(desk._buffer)

    seconds = desk.forwarder.flush_late()
    assert seconds is not None
    assert 0 < seconds < 0.01
    assert len(desk.heard) + len(desk._buffer) == sent
    desk.wait(seconds * 1e3 + 0.001)
    assert desk.forwarder.flush_late() is None
    assert len(desk.heard) + len(desk._buffer) == sent + 1
    assert desk.woken == 1


def test_an_older_value_never_comes_after_a_newer_one() -> None:
    desk = SlowDesk()
    for value in range(60):
        desk.play_bytes(bytes([0xE0, 0, value]))
    desk.wait(60)
    desk.play("E0 00 7F")  # there is room, and it is the newest
    desk.settle()

    assert desk.heard[-1] == "E8 00 7F"


def test_poly_pressure_is_kept_for_each_note() -> None:
    desk = SlowDesk(altered(LIVEREC, poly_pressure=True))
    for note in (60, 64):
        desk.play_bytes(bytes([0x90, note, 100]))
    for value in range(60):
        desk.play_bytes(bytes([0xA0, 60, value]))
        desk.play_bytes(bytes([0xA0, 64, value]))
    desk.settle()

    assert sorted(desk.heard[-2:]) == ["A8 3C 3B", "A8 40 3B"]


def test_what_is_left_out_of_an_nrpn_is_a_value_and_never_its_number() -> None:
    desk = SlowDesk(altered(LIVEREC, nrpn=True))
    for note in range(60):
        desk.play_bytes(bytes([0x90, note, 100]))
    assert [desk.play(text) for text in ("B0 63 01", "B0 62 04", "B0 06 11")] == [
        Outcome.PARAMETER_CHOSEN,
        Outcome.PARAMETER_CHOSEN,
        Outcome.OVERLOAD,
    ]
    desk.wait(100)
    assert desk.play("B0 06 22") is Outcome.FORWARDED
    desk.settle()

    assert desk.heard[-3:] == ["B8 63 01", "B8 62 04", "B8 06 22"]


def test_the_pedal_is_obeyed_however_full_the_cable_is() -> None:
    for sustain, message in ((Sustain.HOLD, []), (Sustain.PASS, ["B8 40 00"])):
        desk = SlowDesk(Route("pedal", (Zone((9,)),), sustain=sustain))
        desk.play("B0 40 7F")
        for note in range(128):
            desk.play_bytes(bytes([0x90, note, 100]))
            desk.play_bytes(bytes([0x80, note, 64]))
        desk.play("B0 40 00")
        desk.settle()

        assert [text for text in desk.heard if text == "B8 40 00"] == message
        assert sounding_on(desk.a4) == set()
        assert desk.page.sounding() == []


def test_a_bound_key_acts_however_full_the_cable_is() -> None:
    binding = Binding(Trigger.NOTE, 20, Action.PANIC)
    desk = SlowDesk(Route("bound", (Zone((9,)),), bindings=(binding,)))
    for note in range(21, 120):
        desk.play_bytes(bytes([0x90, note, 100]))
    assert desk.play_bytes(bytes([0x90, 119, 100])) is Outcome.OVERLOAD
    assert desk.play_bytes(bytes([0x90, 20, 100])) is Outcome.BOUND
    assert list(desk.forwarder.actions) == [(Action.PANIC, "")]


@pytest.mark.parametrize(
    ("route", "message", "outcome"),
    [
        (altered(LIVEREC, low=60), "90 20 64", Outcome.OUTSIDE_ZONES),
        (altered(LIVEREC, transpose=100), "90 40 64", Outcome.OUT_OF_RANGE),
        (altered(LIVEREC, low=60, mono=Mono.LAST), "90 20 64", Outcome.OUTSIDE_ZONES),
        (GRIDREC, "E0 00 40", Outcome.PITCH_BEND),
        (GRIDREC, "B0 07 40", Outcome.CONTROL_CHANGE),
        (GRIDREC, "C0 07", Outcome.PROGRAM_CHANGE),
        (GRIDREC, "F8", Outcome.CLOCK),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_would_not_have_been_sent_is_not_called_left_out(route: Route, message: str, outcome: Outcome) -> None:
    desk = SlowDesk(route)
    desk.cable._free_at = desk.clock.now + 10**9
    assert desk.play(message) is outcome
    assert desk.cable.complaint() == ""


def test_clock_goes_on_under_a_flood_of_notes_and_stops_only_for_a_flood_of_its_own() -> None:
    desk = SlowDesk(Route("clock", (Zone((9,)),), clock=True))
    for note in range(128):
        desk.play_bytes(bytes([0x90, note, 100]))
    assert desk.play("F8") is Outcome.FORWARDED

    outcomes = [desk.play("F8") for _ in range(400)]
    assert outcomes.count(Outcome.FORWARDED) == pytest.approx(0.9 * (CLOCK_WAITS - NOTE_WAITS) * DIN, abs=10)


def test_a_sysex_never_takes_the_place_of_a_note_off() -> None:
    desk = SlowDesk(Route("dumps", (Zone((9,)),), sysex_bytes=4096))
    receive = desk.forwarder.sysex_receiver(0)
    dump = [0xF0, *[1] * 3998, 0xF7]
    for note in range(12):
        desk.play_bytes(bytes([0x90, note, 100]))
    desk.wait(1000)
    receive((dump, 0.0), None)
    assert count(desk, Outcome.OVERLOAD) == 1
    desk.play("80 00 40")
    desk.wait(1000)
    receive((dump, 0.0), None)
    assert count(desk, Outcome.OVERLOAD) == 2
    desk.play("80 01 40")
    desk.wait(1000)
    receive((dump, 0.0), None)
    assert count(desk, Outcome.OVERLOAD) == 2
    for note in range(2, 12):
        desk.play_bytes(bytes([0x80, note, 64]))
    desk.settle()

    assert desk.lost == []
    assert not desk.held_up
    assert desk.heard[-11] == text_of(dump)


def test_a_ledger_that_is_fuller_than_the_buffer_is_emptied_no_faster_than_it_drains() -> None:
    """Every note of every channel, left by an engine that died: more note-offs than the kernel keeps."""
    desk = SlowDesk()
    for index in range(len(desk.page.ledger)):
        desk.page.ledger[index] = 1
    assert desk.connect() == 2048
    desk.settle()

    assert desk.lost == []
    assert desk.held_up
    assert len(set(desk.heard)) == 2048


def test_note_offs_that_a_lost_cable_had_yet_to_carry_count_as_not_heard() -> None:
    desk = SlowDesk(Route("dumps", (Zone((9,)),), sysex_bytes=4096))
    receive = desk.forwarder.sysex_receiver(0)
    for note in (60, 64):
        desk.play_bytes(bytes([0x90, note, 100]))
    desk.play("80 3C 40")
    desk.wait(2100)
    receive(([0xF0, *[1] * 3000, 0xF7], 0.0), None)
    desk.play("80 40 40")  # it waits a second behind the dump
    desk.wait(2500)
    desk.forwarder.lose()

    assert desk.page.sounding() == [(9, 64)]


def test_what_was_left_out_is_said_once_a_second() -> None:
    desk = SlowDesk(altered(LIVEREC, nrpn=True))
    for note in range(128):
        desk.play_bytes(bytes([0x90, note, 100]))
    left_out = count(desk, Outcome.OVERLOAD)
    (first,) = desk.forwarder.troubles
    desk.forwarder.troubles.clear()
    desk.play_all("A B0 63 01, A B0 62 04, A B0 06 11, A 90 7F 64")
    desk.forwarder.fold()
    assert not desk.forwarder.troubles
    desk.wait(1000)
    desk.forwarder.fold()
    (second,) = desk.forwarder.troubles
    desk.wait(5000)
    desk.forwarder.fold()

    assert first == "the MIDI cable to the box is full: 1 note was left out"
    assert second == f"the MIDI cable to the box is full: {left_out} notes and 1 other event were left out"
    assert list(desk.forwarder.troubles) == [second]


def test_a_box_that_keeps_up_costs_a_note_nothing() -> None:
    def handler(message: list[int]) -> list[int]:
        return message

    assert UNPACED.note(handler, bool) is UNPACED.newest(handler) is UNPACED.step(handler) is handler
    assert UNPACED.clock(handler) is handler
