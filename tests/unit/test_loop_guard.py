"""An input that brings back what the bridge sends is cut, and none that does not, whatever is played on it."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from cables import Cable, CableDesk, Score, is_probe, thinning_by
from desk import GRIDREC, LIVEREC, Desk, altered, bytes_of
from hypothesis import given, settings
from hypothesis import strategies as st

from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Mono, Route, Zone
from a4bridge.engine.loops import PROBE_NOTES, Probe, count_echoes
from a4bridge.engine.protocol import Looped
from a4bridge.engine.recorder import Note

pytestmark = pytest.mark.stdlib

CUT = Looped(1, cut=True)  # keyboard B
LET_IN = Looped(1, cut=False)

CHORD = [(0, "A", "90 3C 64"), (0, "A", "90 40 64"), (1, "A", "90 43 64")]
CHORD_UP = [(0, "A", "80 3C 40"), (0, "A", "80 40 40"), (1, "A", "80 43 40")]
PHRASE = ["90 24 50", "80 24 40", "E0 00 50", "90 26 50", "80 26 40"]
PHRASE_AT_THE_BOX = ["98 24 50", "88 24 40", "E8 00 50", "98 26 50", "88 26 40"]


def looped(route: Route = LIVEREC, delay_ms: float = 0.06, *, starved: bool = False) -> tuple[CableDesk, Cable]:
    """Return keyboards A and B, of which B's cable comes from the box."""
    cable = Cable(delay_ms)
    desk = CableDesk(route, cables={"B": cable}, starved=starved)
    return desk, cable


def assert_plays_on(desk: CableDesk) -> None:
    """Assert that keyboard A is as free as ever, and what it plays reaches the box once."""
    desk.heard.clear()
    desk.play_score([(10 + 30 * at, "A", text) for at, text in enumerate(PHRASE)], 1000)

    assert desk.heard_without_probes == PHRASE_AT_THE_BOX
    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []
    assert list(desk.forwarder.troubles) == []


# What is cut.


@pytest.mark.parametrize("starved", [False, True], ids=["", "while the main thread gets nowhere"])
@pytest.mark.parametrize("events_before", range(11))
@pytest.mark.parametrize("delay_ms", [0, 0.06, 1, 3])
def test_a_note_that_goes_round_is_cut_at_the_16th_echo_and_within_50_ms(
    delay_ms: float, events_before: int, starved: bool
) -> None:
    desk, cable = looped(delay_ms=delay_ms, starved=starved)
    desk.play_score([(at, "B", "F8") for at in range(events_before)], 100)

    desk.play_score([(0, "A", "90 3C 64")], 90)

    assert desk.findings == [CUT]
    assert desk.found[0][0] <= 100 + delay_ms + 50
    assert cable.carried <= 17  # 16, and one that was under way
    assert desk.a4.hanging() == {1: [60]}
    desk.play_score([(0, "A", "80 3C 40")], 90)
    assert desk.a4.hanging() == {}
    assert_plays_on(desk)


def test_no_more_than_three_note_offs_are_sent_to_prove_it_and_none_of_a_note_that_sounds() -> None:
    desk, _ = looped()

    desk.play_score(CHORD, 100)

    assert desk.findings == [CUT]
    assert desk.probes == 3
    assert {text for text in desk.heard_without_probes if text < "90"} == set()
    assert sorted(desk.a4.hanging()[1]) == [60, 64, 67]


SPREAD = Route("spread", (Zone((9, 2, 3, 4), pitch_bend=True, control_changes=(1,)),))
ROUTES = {
    "as it is": LIVEREC,
    "climbing": altered(LIVEREC, transpose=1),
    "falling": altered(LIVEREC, transpose=-2),
    "quieter each time": altered(LIVEREC, velocities=tuple(max(1, each - 1) for each in range(128))),
    "each on its channel": altered(LIVEREC, channels=()),
    "spread": SPREAD,
    "two layers": Route("layers", (Zone((9,)), Zone((2,)))),
    "mono": Route("mono", (Zone((9,), mono=Mono.LAST, returns=True),)),
}


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("delay_ms", [0, 0.3, 1])
def test_a_chord_that_goes_round_is_cut_whatever_the_profile_makes_of_it(name: str, delay_ms: float) -> None:
    desk, cable = looped(ROUTES[name], delay_ms)

    desk.play_score(CHORD, 200)
    desk.play_score(CHORD_UP, 200)

    assert desk.findings == [CUT]
    assert cable.carried < 200  # what an input of RtMidi has room for
    assert desk.a4.hanging() == {}
    assert desk.page.sounding() == []
    assert list(desk.forwarder.troubles) == []


RICH = Route("rich", (Zone((9, 2, 3, 4), control_changes=(1,), nrpn=True),), clock=True, transport=True, sysex_bytes=64)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("B0 01 40", id="a control change that goes to four tracks"),
        pytest.param("F8", id="clock"),
        pytest.param("F0 00 20 3C 01 F7", id="SysEx"),
    ],
)
@pytest.mark.parametrize("delay_ms", [0.3, 3])
def test_what_is_no_note_and_goes_round_is_cut_too(message: str, delay_ms: float) -> None:
    desk, cable = looped(RICH, delay_ms)
    desk.accept_sysex()

    desk.play_score([(0, "A", message)], 200)

    assert desk.findings == [CUT]
    desk.play_score([], 100)
    carried = cable.carried
    desk.play_score([(0, "A", message)], 1000)
    assert cable.carried - carried <= 4  # what was played now, to each track


@pytest.mark.parametrize("delay_ms", [0.3, 3])
def test_an_nrpn_that_goes_round_is_cut(delay_ms: float) -> None:
    desk, cable = looped(altered(RICH, channels=(9,)), delay_ms)

    desk.play_score([(at / 10, "A", text) for at, text in enumerate(("B0 63 01", "B0 62 02", "B0 06 40"))], 200)

    assert desk.findings == [CUT]
    assert cable.carried < 200


@pytest.mark.parametrize("route", [LIVEREC, SPREAD], ids=["one channel", "four channels"])
@pytest.mark.parametrize("delay_ms", [0, 0.3, 3])
def test_a_bend_that_goes_round_is_cut_although_thinning_keeps_it_back_each_time(route: Route, delay_ms: float) -> None:
    desks: list[CableDesk] = []
    with thinning_by(lambda: desks[0].clock):
        desk, cable = looped(GRIDREC, delay_ms)
        desks.append(desk)
        desk.use(replace(route, thinning=300))

        desk.play_score([(0, "A", "E0 00 50")], 500)

        assert desk.findings == [CUT]
        carried = cable.carried
        desk.play_score([(0, "A", "E0 00 51")], 500)
        assert cable.carried - carried <= 4
        assert desk.heard_without_probes[-1] == ("E8 00 51" if route is LIVEREC else "E3 00 51")


def test_a_bend_that_was_kept_back_already_when_it_first_went_round_is_cut() -> None:
    desks: list[CableDesk] = []
    with thinning_by(lambda: desks[0].clock):
        desk, cable = looped(GRIDREC, 1)
        desks.append(desk)
        desk.use(replace(LIVEREC, thinning=300))
        cable.plugged = False
        desk.play_score([(0, "A", "E0 00 50"), (0.5, "A", "E0 00 51")], 1)
        cable.plugged = True

        desk.play_score([], 300)

        assert desk.findings == [CUT]
        assert set(desk.heard_without_probes) == {"E8 00 50", "E8 00 51"}


@pytest.mark.parametrize(("notes", "within_ms"), [(10, 20), (20, 20), (60, 300)])
def test_many_notes_that_go_round_at_once_are_cut(notes: int, within_ms: float) -> None:
    desk, _ = looped(delay_ms=4)

    desk.play_score([(0, "A", f"90 {40 + note:02X} 64") for note in range(notes)], 400)

    assert desk.findings == [CUT]
    assert desk.found[0][0] < within_ms
    assert sorted(desk.a4.hanging()[1]) == [40 + note for note in range(notes)]


@pytest.mark.parametrize("delay_ms", [1, 3])
def test_a_loop_is_found_among_3000_events_a_second_of_another_keyboard(delay_ms: float) -> None:
    desk, _ = looped(delay_ms=delay_ms)
    flood = [(at / 3, "A", f"{0x80 | at % 2 << 4:02X} {30 + at // 2 % 5:02X} 40") for at in range(1, 1501)]

    desk.play_score(flood, 1000)

    assert desk.findings == [CUT]
    assert desk.found[0][0] < 100


def test_a_keyboard_that_brings_back_what_we_send_between_what_is_played_on_it_is_cut() -> None:
    desk, cable = looped(delay_ms=1)
    cable.plugged = False
    desk.play_score([(0, "B", "B0 40 7F"), (0, "B", "90 24 64"), (0, "A", "90 3C 64")], 50)
    assert desk.a4.hanging() == {1: [36, 60]}
    cable.plugged = True

    desk.play_score([(at * 2, "B", f"E0 00 {at % 128:02X}") for at in range(100)], 250)

    assert desk.findings == [CUT]
    assert desk.a4.hanging() == {1: [60]}  # what it held itself was released
    cable.plugged = False
    desk.play_score([(4000, "A", "80 3C 40"), (4000, "B", "90 26 64"), (4001, "B", "80 26 40")], 5000)
    assert desk.findings == [CUT, LET_IN]
    assert desk.a4.hanging() == {}  # its pedal is not taken to be down still


def test_two_inputs_that_both_bring_back_what_we_send_are_both_cut() -> None:
    desk = CableDesk(keyboards="ABC", cables={"B": Cable(0.3), "C": Cable(0.5)})

    desk.play_score([*CHORD, *[(100, *rest) for _, *rest in CHORD_UP]], 200)  # type: ignore[list-item] # as in a Score

    assert set(desk.findings) == {CUT, Looped(2, cut=True)}
    assert len(desk.findings) == 2
    assert_plays_on(desk)


def test_a_keyboards_own_input_is_cut_if_it_is_the_one() -> None:
    desk = CableDesk(cables={"A": Cable(0.3)})

    desk.play_score(CHORD, 100)

    assert desk.findings == [Looped(0, cut=True)]
    assert desk.a4.hanging() == {}
    desk.play_score([(0, "B", "90 24 64"), (10, "B", "80 24 40")], 50)
    assert desk.heard[-2:] == ["98 24 64", "88 24 40"]


# While it is cut, and after.


def test_what_comes_by_an_input_that_is_cut_is_counted_as_such() -> None:
    desk, _ = looped()
    desk.play_score([(0, "A", "90 3C 64"), (50, "A", "80 3C 40")], 200)
    desk.cables.clear()
    before = desk.page.count(Outcome.LOOP)

    assert desk.play("90 3C 64", "B") is Outcome.LOOP
    assert desk.page.count(Outcome.LOOP) == before + 1


def test_it_stays_cut_as_long_as_the_cable_is_there_and_is_asked_every_two_seconds() -> None:
    desk, _ = looped()
    desk.play_score([(0, "A", "90 3C 64"), (50, "A", "80 3C 40")], 1000)
    desk.heard.clear()

    desk.play_score([], 20_000)

    assert desk.findings == [CUT]
    assert desk.heard_without_probes == []
    assert 8 <= desk.probes <= 10


def test_another_route_does_not_let_it_in() -> None:
    desk, _ = looped()
    desk.play_score([(0, "A", "90 3C 64"), (50, "A", "80 3C 40")], 200)

    desk.use(GRIDREC)

    desk.play_score([(0, "A", "90 3C 64"), (50, "A", "80 3C 40")], 1000)
    assert desk.findings == [CUT]
    assert desk.page.count(Outcome.LOOP) > 4


def test_once_the_cable_is_pulled_it_is_let_in_within_three_seconds_and_plays() -> None:
    desk, cable = looped()
    desk.play_score([(0, "A", "90 3C 64"), (50, "A", "80 3C 40")], 200)
    cable.plugged = False

    desk.play_score([], 3000)

    assert desk.findings == [CUT, LET_IN]
    desk.heard.clear()
    desk.play_score([(0, "B", "90 3C 64"), (50, "B", "80 3C 40")], 200)
    assert desk.heard == ["98 3C 64", "88 3C 40"]


def test_a_loop_that_is_closed_again_is_cut_again() -> None:
    desk, cable = looped()
    for _ in range(3):
        cable.plugged = True
        desk.play_score([(0, "A", "90 3C 64"), (50, "A", "80 3C 40")], 200)
        cable.plugged = False
        desk.play_score([], 3000)

    assert desk.findings == [CUT, LET_IN] * 3
    assert_plays_on(desk)


@pytest.mark.parametrize("how", ["lose", "disconnect"])
def test_without_a_box_there_is_no_loop(how: str) -> None:
    desk, _ = looped()
    desk.play_score([(0, "A", "90 3C 64"), (50, "A", "80 3C 40")], 200)
    getattr(desk.forwarder, how)()
    desk.heard.clear()

    desk.play_score([], 1000)

    assert desk.findings == [CUT, LET_IN]
    assert desk.heard == []


@pytest.mark.parametrize("cut", [False, True], ids=["while it is asked", "when it is cut"])
def test_an_input_that_goes_leaves_nothing_behind(cut: bool) -> None:
    desk, _ = looped(delay_ms=3)
    while not (desk.findings if cut else desk.probes):
        desk.play_score([(0, "A", "90 3C 64")] if not desk.heard else [], 1)

    desk.unplug("B")
    desk.play_score([(0, "A", "80 3C 40")], 500)

    assert desk.findings == [CUT] * cut
    assert desk.a4.hanging() == {}
    desk.plug("B")
    desk.heard.clear()
    desk.play_score([(0, "B", "90 3C 64"), (50, "B", "80 3C 40")], 5000)
    assert desk.heard == ["98 3C 64", "88 3C 40"]


def test_an_engine_that_stops_sends_no_more_probes() -> None:
    desk, _ = looped()
    desk.play_score([(0, "A", "90 3C 64")], 100)
    desk.forwarder.stop()
    desk.heard.clear()

    desk.play_score([], 5000)

    assert desk.heard == []


def test_a_probe_that_cannot_be_sent_costs_no_event() -> None:
    desk, _ = looped(delay_ms=1)
    sent = desk.hear

    def fail_to_probe(message: list[int]) -> None:
        if is_probe(bytes(message).hex(" ")):
            raise OSError("gone")
        sent(message)

    desk.forwarder.connect(fail_to_probe)
    desk.play_score([(0, "A", "90 3C 64")], 100)

    assert set(desk.forwarder.troubles) == {"OSError: gone (while looking for a loop)"}
    assert Outcome.FAILED not in desk.page.outcomes()
    assert desk.play("90 24 64") is Outcome.FORWARDED


# What comes back, and is no loop.


def test_what_comes_back_and_is_dropped_by_the_profile_goes_round_no_further_and_is_no_loop() -> None:
    desk, cable = looped(replace(LIVEREC, zones=(replace(LIVEREC.zones[0], channel=1),)), 0.3)
    wheel = [(at, "A", f"E0 00 {at % 128:02X}") for at in range(1000)]

    desk.play_score(wheel, 1100)

    assert cable.carried == len(wheel)
    assert desk.findings == []
    assert desk.probes == 0


def test_one_note_off_that_is_equal_to_one_of_a_probe_proves_nothing() -> None:
    desk = CableDesk(altered(GRIDREC, channels=()))
    desk.play_score([(at / 3, "B", ("90 3C 64", "80 3C 40")[at % 2]) for at in range(300)], 110)
    probe, *_ = filter(is_probe, desk.heard)

    desk.play_score([(0, "B", probe)], 50)

    assert desk.findings == []


@pytest.mark.parametrize("free", [0, 1, 24])
def test_a_probe_is_made_of_notes_that_nothing_holds(free: int) -> None:
    desk, cable = looped(delay_ms=1)
    cable.plugged = False
    held = PROBE_NOTES[free:]
    desk.play_score([(20 * at, "A", f"90 {note:02X} 64") for at, note in enumerate(held)], 600)
    cable.plugged = True

    desk.play_score([(0, "A", "90 3C 64")], 100)

    assert desk.findings == [CUT] * (free > 0)
    assert {bytes_of(text)[1] for text in desk.heard if text < "90"}.isdisjoint(held)


def test_a_note_off_that_is_equal_to_a_probe_ends_the_note_of_a_key_that_is_down() -> None:
    desk = CableDesk(altered(GRIDREC, channels=()))
    flood = [(at / 3, "B", ("90 3C 64", "80 3C 40")[at % 2]) for at in range(300)]
    desk.play_score(flood, 110)
    probe, *_ = filter(is_probe, desk.heard)
    note = probe[3:5]

    desk.play_score([(0, "B", f"90 {note} 64"), (1, "B", probe)], 50)

    assert desk.heard[-2:] == [f"90 {note} 64", probe]
    assert desk.page.sounding() == []


def test_a_note_off_that_looks_like_a_probes_first_counts_as_what_it_is() -> None:
    desk = CableDesk(altered(GRIDREC, channels=()))
    desk.play_score([(at / 3, "B", ("90 3C 64", "80 3C 40")[at % 2]) for at in range(300)], 110)
    probe, *_ = filter(is_probe, desk.heard)
    before = desk.page.outcomes()

    desk.play_score([(0, "B", probe)], 50)

    assert Counter(desk.page.outcomes()) - Counter(before) == {Outcome.NOT_SOUNDING: 1}


# How it is found.


def note_of(slot: int, received: str, sent: str | Outcome) -> Note:
    """Return what the recorder would keep of an event."""
    result = sent if isinstance(sent, Outcome) else list(bytes_of(sent))
    return slot, (list(bytes_of(received)), 0.0), 0, 0, result


PLAYED = (0, "90 3C 64", "98 3C 64")


@pytest.mark.parametrize(
    ("notes", "echoes"),
    [
        pytest.param([PLAYED, *[(1, "98 3C 64", "98 3C 64")] * 3], 3, id="round and round"),
        pytest.param([(1, "98 3C 64", "98 3C 64")], 0, id="its own"),
        pytest.param([PLAYED, (2, "98 3C 64", "98 3C 64")], 0, id="by another input"),
        pytest.param([PLAYED, (65, "98 3C 64", "98 3C 64")], 1, id="by the input for SysEx"),
        pytest.param([PLAYED, (1, "98 3C 64", Outcome.THINNED)], 1, id="kept back"),
        pytest.param([PLAYED, (1, "98 3C 64", Outcome.NOTES_FILTERED)], 0, id="dropped"),
        pytest.param([(1, "98 3C 64", "98 3D 64"), PLAYED], 0, id="before it was sent"),
        pytest.param([PLAYED, *[(1, "98 3C 64", "90 01 01")] * 2], 1, id="twice for once"),
    ],
)
def test_an_echo_was_sent_before_and_is_passed_on_again(
    notes: list[tuple[int, str, str | Outcome]], echoes: int
) -> None:
    assert count_echoes([note_of(*note) for note in notes], 1) == echoes


@pytest.mark.parametrize(("between", "is_back"), [(0, True), (16, True), (17, False)])
def test_a_probe_comes_back_in_one_piece_or_nearly(between: int, is_back: bool) -> None:
    probe = Probe([[0x80, 1, 2], [0x80, 3, 4]], 0)

    assert probe.hears([0x80, 1, 2])
    assert not any(probe.hears([0xE0, 0, at]) for at in range(between))
    assert probe.hears([0x80, 3, 4]) is is_back
    assert probe.is_back is is_back


def test_a_probe_comes_back_in_order() -> None:
    probe = Probe([[0x80, 1, 2], [0x80, 3, 4]], 0)

    assert not probe.hears([0x80, 3, 4])
    assert not probe.is_back


# What never trips it.

ON_ITS_CHANNELS = altered(LIVEREC, channels=())
"""Every note goes out as it came, so what repeats itself looks just as what comes back."""


def assert_untouched(desk: CableDesk, score: Score, for_ms: float) -> None:
    """Play the score; assert that the box hears what it would hear of a player who takes all the time in the world."""
    score = sorted(score, key=lambda event: event[0])
    slow = Desk(ON_ITS_CHANNELS, "AB")
    for _, keyboard, text in score:
        slow.receive(keyboard, list(bytes_of(text)))

    desk.play_score(score, for_ms)

    assert [finding for finding in desk.findings if isinstance(finding, Looped)] == []
    assert Outcome.LOOP not in desk.page.outcomes()
    heard = iter(desk.heard)
    assert all(text in heard for text in slow.heard)  # in this order
    added = Counter(desk.heard) - Counter(slow.heard)
    assert all(map(is_probe, added))
    assert added.total() <= 2 * 3 * (for_ms // 5000 + 1)  # two keyboards may be asked
    assert list(desk.forwarder.troubles) == []


def struck(at: float, keyboard: str, note: int, length: float, velocity: int = 100) -> Score:
    return [(at, keyboard, f"90 {note:02X} {velocity:02X}"), (at + length, keyboard, f"80 {note:02X} 40")]


def repeated(times: int, every_ms: float, *notes: int, keyboard: str = "A", length: float | None = None) -> Score:
    return [
        event
        for at in range(times)
        for event in struck(at * every_ms, keyboard, notes[at % len(notes)], every_ms / 2 if length is None else length)
    ]


@pytest.mark.parametrize(
    "score",
    [
        pytest.param(repeated(300, 60, 60, 62), id="a trill"),
        pytest.param(repeated(800, 12.5, 60), id="1/64 on one note at 300 BPM"),
        pytest.param(repeated(800, 12.5, 60, 64, 67, 72), id="a 1/64 arpeggio at 300 BPM"),
        pytest.param(repeated(800, 12.5, 60, 64, length=1), id="a staccato arpeggio"),
        pytest.param(
            [*repeated(400, 12.5, 60, 64), *repeated(400, 12.5, 60, 64, keyboard="B")], id="a second keyboard layered"
        ),
        pytest.param(
            [event for at in range(40) for note in range(50, 60) for event in struck(at * 100, "A", note, 50)],
            id="chords of ten",
        ),
        pytest.param([(at, "A", f"E0 00 {at % 128:02X}") for at in range(2000)], id="a wheel"),
    ],
)
def test_what_people_play_is_not_even_suspected(score: Score) -> None:
    desk = CableDesk(ON_ITS_CHANNELS)

    assert_untouched(desk, score, 20_000)

    assert desk.probes == 0


@pytest.mark.parametrize("per_second", [500, 3000, 10_000])
@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(["90 3C 64", "80 3C 40"], id="a note"),
        pytest.param(["B0 01 40"], id="a control change"),
        pytest.param(["90 3C 64", "90 40 64", "E0 00 40", "80 3C 40", "80 40 40", "D0 40"], id="a chord with bend"),
    ],
)
def test_a_flood_that_repeats_itself_is_asked_once_and_never_cut(pattern: list[str], per_second: int) -> None:
    desk = CableDesk(ON_ITS_CHANNELS)
    seconds = 4 if per_second < 10_000 else 1
    flood = [(at * 1000 / per_second, "B", pattern[at % len(pattern)]) for at in range(seconds * per_second)]

    assert_untouched(desk, flood, 1000 * seconds + 1000)

    assert desk.probes == 3


def test_a_flood_that_does_not_end_is_asked_every_five_seconds() -> None:
    desk = CableDesk(ON_ITS_CHANNELS)

    assert_untouched(desk, [(at * 4, "B", "B0 01 40") for at in range(4000)], 16_000)

    assert desk.probes == 12


NOTES = st.sampled_from([*range(0, 128, 16), *range(116, 128)])
VELOCITIES = st.integers(1, 127)
STATUSES = st.sampled_from([0x90, 0x90, 0x80, 0xB0, 0xE0])
MESSAGES = st.builds(lambda *data: bytes(data).hex(" ").upper(), STATUSES, NOTES, VELOCITIES)


@settings(max_examples=40)
@given(
    st.lists(MESSAGES, min_size=1, max_size=12),
    st.integers(0, 40).flatmap(lambda count: st.lists(MESSAGES, min_size=count, max_size=count)),
    st.sampled_from([300, 1000, 3000, 9000]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_no_flood_is_cut_whatever_it_is_made_of_and_nothing_of_it_is_lost(
    pattern: list[str], others: list[str], per_second: int, layered: bool, dice: random.Random
) -> None:
    desk = CableDesk(ON_ITS_CHANNELS)
    played = [
        dice.choice(others) if others and dice.random() < 0.2 else pattern[at % len(pattern)] for at in range(400)
    ]
    flood = [
        (at * 1000 / per_second, keyboard, text)
        for at, text in enumerate(played)
        for keyboard in ("AB" if layered else "B")
    ]

    assert_untouched(desk, flood, 3000)
