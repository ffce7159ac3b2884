"""What the corpus cannot show: the choice over time, and for ports that nobody has seen yet."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.names import Match
from a4bridge.ports.choose import ANYTHING, Wanted, choose
from a4bridge.ports.listing import Kind, Listing, Port
from a4bridge.ports.verdict import is_box, is_ours, judge


def port(client: str, card: int, usb_id: str = "", number: int = 0) -> Port:
    return Port(
        client=client,
        name=f"{client} MIDI {number + 1}",
        address=f"{16 + 4 * card}:{number}",
        readable=True,
        writable=True,
        kind=Kind.HARDWARE,
        card=card,
        usb_id=usb_id,
        usb_path=f"001/{card:03}",
    )


KEYS = port("Keystation 49 MK3", 1, "0763:0199")
FOUR = port("Elektron Analog Four", 2, "1935:0003")
FOUR_AGAIN = replace(FOUR, usb_path="001/031")
FOUR_ELSEWHERE = replace(FOUR, address="52:0", card=9, usb_path="001/032")
TWIN = port("Elektron Analog Four", 3, "1935:0003")
ANALOG_KEYS = port("Elektron Analog Keys", 4, "1935:0005")
DIGITAKT = port("Elektron Digitakt", 5, "1935:000d")
SYNTAKT = port("Elektron Syntakt", 6, "1935:001f")
UM_ONE = port("UM-ONE", 7, "0582:012a")


def output(*ports: Port, linked: Port | None = None, last_used: str = "", named: str = "") -> tuple[Port | None, str]:
    wanted = Wanted(output=Match.parse(named)) if named else ANYTHING
    choice = choose(Listing((KEYS, *ports)), wanted, last_used, linked)
    return choice.output, "".join(choice.waiting)


@pytest.mark.parametrize(
    ("ports", "linked", "chosen"),
    [
        pytest.param([FOUR, DIGITAKT], None, FOUR, id="an Analog Four before another box"),
        pytest.param([DIGITAKT, FOUR], DIGITAKT, DIGITAKT, id="a box plugged later never takes over"),
        pytest.param([TWIN, FOUR], FOUR, FOUR, id="nor does its twin"),
        pytest.param([FOUR_AGAIN], FOUR, FOUR_AGAIN, id="a box that comes back is linked again"),
        pytest.param([FOUR_ELSEWHERE, ANALOG_KEYS], FOUR, FOUR_ELSEWHERE, id="also before an equal one"),
        pytest.param([ANALOG_KEYS, DIGITAKT], FOUR, ANALOG_KEYS, id="an equal one may replace it"),
        pytest.param([DIGITAKT], FOUR, None, id="a lesser one may not"),
        pytest.param([FOUR], DIGITAKT, FOUR, id="a better one may"),
        pytest.param([SYNTAKT], DIGITAKT, SYNTAKT, id="an equal one among the others may"),
        pytest.param([], FOUR, None, id="nothing is there"),
    ],
)
def test_the_linked_output_stays_and_a_lost_one_is_not_replaced_by_less(
    ports: list[Port], linked: Port | None, chosen: Port | None
) -> None:
    assert output(*ports, linked=linked)[0] == chosen


def test_while_the_linked_box_is_lost_it_is_said_who_will_not_take_over() -> None:
    assert output(DIGITAKT, linked=FOUR)[1] == (
        "waiting for Elektron Analog Four to come back; "
        "'Elektron Digitakt' will not take over (--output 'Elektron Digitakt' would choose it)"
    )
    assert output(linked=FOUR)[1] == "waiting for Elektron Analog Four to come back"


def test_between_equals_the_one_used_last_is_chosen() -> None:
    assert output(FOUR, ANALOG_KEYS, last_used=ANALOG_KEYS.title)[0] == ANALOG_KEYS
    assert output(SYNTAKT, DIGITAKT, last_used=DIGITAKT.title)[0] == DIGITAKT


def test_the_one_used_last_does_not_come_before_a_better_one() -> None:
    assert output(FOUR, DIGITAKT, last_used=DIGITAKT.title)[0] == FOUR


def test_memory_cannot_choose_between_twins() -> None:
    chosen, sentence = output(FOUR, TWIN, last_used=FOUR.title)

    assert chosen is None
    assert "'Elektron Analog Four#1' and 'Elektron Analog Four#2' are here" in sentence
    assert "--output 'Elektron Analog Four#1'" in sentence


@pytest.mark.parametrize(
    ("named", "ports", "linked", "chosen"),
    [
        pytest.param("um-one", [FOUR, UM_ONE], None, UM_ONE, id="an interface, though a box is there"),
        pytest.param("um-one", [FOUR], None, None, id="not the box while the interface is away"),
        pytest.param("um-one", [FOUR], UM_ONE, None, id="nor when it is pulled"),
        pytest.param("elektron", [DIGITAKT, FOUR], None, FOUR, id="the best of several"),
        pytest.param("elektron", [DIGITAKT, FOUR], DIGITAKT, DIGITAKT, id="unless one is linked"),
        pytest.param("Elektron Analog Four#2", [FOUR, TWIN], None, TWIN, id="the second twin"),
        pytest.param("Elektron Analog Four#2", [TWIN], TWIN, TWIN, id="which stays when the first is pulled"),
        pytest.param("keystation", [FOUR], None, KEYS, id="a keyboard's own DIN socket"),
    ],
)
def test_a_named_output_is_the_only_one_considered(
    named: str, ports: list[Port], linked: Port | None, chosen: Port | None
) -> None:
    assert output(*ports, linked=linked, named=named)[0] == chosen


def test_a_linked_box_that_has_become_an_input_is_let_go() -> None:
    wanted = Wanted(inputs=(Match.parse("analog keys"),))

    choice = choose(Listing((ANALOG_KEYS, FOUR)), wanted, linked=ANALOG_KEYS)

    assert (choice.inputs, choice.output) == ((ANALOG_KEYS,), FOUR)

    choice = choose(Listing((ANALOG_KEYS,)), wanted, linked=ANALOG_KEYS)

    assert choice.output is None
    assert "".join(choice.waiting) == (
        "waiting for an Analog Four: no Elektron box is here to play to "
        "(Elektron Analog Keys: an input, and a box is never played into itself)"
    )


def test_each_named_input_is_waited_for_by_itself_and_linked_once() -> None:
    wanted = Wanted(inputs=(Match.parse("keystation"), Match.parse("Key*"), Match.parse("launchkey")))

    choice = choose(Listing((KEYS, FOUR)), wanted)

    assert choice.inputs == (KEYS,)
    assert [sentence.split(":")[0] for sentence in choice.waiting] == ["waiting for the input 'launchkey'"]


LIKELY = """
a4bridge; A4Bridge ;RtMidiIn Client;Overwitch;Elektron Analog Four;Elektron Analog Keys;Digitakt;MIDI in
Midi Through
Launchkey DAW;UM-ONE;Keystation 49;20:0;#2;[x
"""
names = st.text(max_size=12) | st.sampled_from(LIKELY.strip().replace("\n", ";").split(";"))


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    ports = []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(Kind))
        card = draw(st.integers(0, 3)) if kind is Kind.HARDWARE else None
        client = draw(names)
        ports.append(
            Port(
                client=client,
                name=client if kind is Kind.UNKNOWN else draw(names),
                address=f"#{number}" if kind is Kind.UNKNOWN else f"{16 + number}:0",
                readable=draw(st.booleans()),
                writable=draw(st.booleans()),
                kind=kind,
                card=card,
                usb_id=draw(st.sampled_from(["", "1935:0003", "1935:1052", "0763:0199"])),
            )
        )
    return Listing(tuple(ports))


def matches() -> st.SearchStrategy[Match]:
    def readable(text: str) -> bool:
        try:
            Match.parse(text)
        except ValueError:
            return False
        return True

    return names.filter(readable).map(Match.parse)


wishes = st.builds(Wanted, st.lists(matches(), max_size=2).map(tuple), st.none() | matches())


@given(listings(), wishes, st.text(max_size=5), st.data())
def test_whatever_the_names_the_choice_keeps_the_rules(
    listing: Listing, wanted: Wanted, last_used: str, data: st.DataObject
) -> None:
    linked = data.draw(st.none() | st.sampled_from(listing.ports) if listing.ports else st.none())
    choice = choose(listing, wanted, last_used, linked)
    never = {verdict.port for verdict in judge(listing) if not verdict.nameable}
    chosen = {*choice.inputs, *([choice.output] if choice.output else [])}

    assert all(each.readable for each in choice.inputs)
    assert choice.output is None or choice.output.writable
    assert not chosen & never
    assert not any(is_ours(each) for each in chosen)
    if choice.output and is_box(choice.output):
        assert choice.output.device not in {each.device for each in choice.inputs}
    assert choice.waiting or (choice.inputs and choice.output)
    assert all(sentence.isprintable() for sentence in choice.waiting)


@given(listings(), wishes)
def test_a_choice_made_again_from_its_own_result_is_the_same(listing: Listing, wanted: Wanted) -> None:
    first = choose(listing, wanted)

    assert choose(listing, wanted, linked=first.output) == first


@given(listings())
def test_unnamed_only_one_port_of_a_device_is_a_keyboard_and_no_box_is(listing: Listing) -> None:
    inputs = choose(listing).inputs

    assert len({each.device for each in inputs}) == len(inputs)
    assert not any(is_box(each) for each in inputs)
    assert not any(each.kind is Kind.SOFTWARE for each in inputs)
