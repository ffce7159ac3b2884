"""What the corpus cannot show: the choice over time, and for ports that nobody has seen yet."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.names import Match
from a4bridge.ports.choose import ANYTHING, OWN_PORT, Choice, NoPortError, Wanted, choose, named_port
from a4bridge.ports.listing import Kind, Listing, Port
from a4bridge.ports.verdict import bytes_per_second, is_box, is_ours, judge
from a4bridge.ports.waiting import INPUT, OUTPUT, Direction


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
    wanted = Wanted(keyboards=True, output=Match.parse(named)) if named else ANYTHING
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

    assert (list(choice.inputs), choice.output) == ([ANALOG_KEYS], FOUR)

    choice = choose(Listing((ANALOG_KEYS,)), wanted, linked=ANALOG_KEYS)

    assert choice.output is None
    assert "".join(choice.waiting) == (
        "waiting for an Analog Four: no Elektron box is here to play to "
        "(Elektron Analog Keys: an input, and a box is never played into itself)"
    )


def test_each_named_input_is_waited_for_by_itself_and_linked_once() -> None:
    wanted = Wanted(inputs=(Match.parse("keystation"), Match.parse("Key*"), Match.parse("launchkey")))

    choice = choose(Listing((KEYS, FOUR)), wanted)

    assert list(choice.inputs) == [KEYS]
    assert [sentence.split(":")[0] for sentence in choice.waiting] == ["waiting for the input 'launchkey'"]


MINILAB = port("Minilab3", 8, "1c75:0292")
MINILAB_BEFORE = replace(MINILAB, address="16:0", card=0)
LAUNCHKEY = port("Launchkey Mini MK3", 10, "1235:0100")
LAUNCHKEY_CONTROLS = port("Launchkey Mini MK3", 10, "1235:0100", number=1)


def named(*texts: str) -> tuple[Match, ...]:
    return tuple(map(Match.parse, texts))


def numbers(choice: Choice, wanted: Wanted) -> dict[Port, list[int]]:
    return {each: wanted.numbers_of(names) for each, names in choice.inputs.items()}


DUO = Wanted(named("*#1", "*#2"))


@pytest.mark.parametrize(
    ("ports", "wanted", "inputs"),
    [
        pytest.param([KEYS, MINILAB], DUO, {KEYS: [0], MINILAB: [1]}, id="the first and the second keyboard"),
        pytest.param([FOUR, KEYS, UM_ONE, MINILAB], DUO, {KEYS: [0], MINILAB: [1]}, id="keyboards are counted"),
        pytest.param([FOUR, KEYS], DUO, {KEYS: [0]}, id="and a box is never one"),
        pytest.param([FOUR, UM_ONE], DUO, {}, id="nor an interface"),
        pytest.param([KEYS, MINILAB, ANALOG_KEYS], DUO, {KEYS: [0], MINILAB: [1]}, id="who is not named is left out"),
        pytest.param(
            [KEYS, MINILAB],
            Wanted(named("minilab"), keyboards=True),
            {KEYS: [], MINILAB: [0]},
            id="one by name among all that are found",
        ),
        pytest.param(
            [KEYS, MINILAB],
            Wanted(named("*", "key*"), named("keystation")),
            {KEYS: [0, 1], MINILAB: [0]},
            id="one by several names, some by one",
        ),
        pytest.param(
            [KEYS, MINILAB],
            Wanted(named("keystation", "keystation")),
            {KEYS: [0, 1]},
            id="one by two names that are the same",
        ),
        pytest.param(
            [KEYS, UM_ONE],
            Wanted(named("um-one"), keyboards=True),
            {KEYS: [], UM_ONE: [0]},
            id="a named interface beside the keyboards",
        ),
        pytest.param(
            [LAUNCHKEY, LAUNCHKEY_CONTROLS],
            Wanted(named("launchkey#1", "launchkey#2")),
            {LAUNCHKEY: [0], LAUNCHKEY_CONTROLS: [1]},
            id="after the keyboards their other ports are counted",
        ),
        pytest.param([KEYS], Wanted((), named("a4bridge")), {OWN_PORT: []}, id="our own port and no keyboard"),
        pytest.param(
            [KEYS],
            Wanted(named("a4bridge"), keyboards=True),
            {KEYS: [], OWN_PORT: [0]},
            id="our own port as a source, behind the keyboards",
        ),
    ],
)
def test_each_input_is_those_of_the_sources_that_name_it(
    ports: list[Port], wanted: Wanted, inputs: dict[Port, list[int]]
) -> None:
    assert numbers(choose(Listing(tuple(ports)), wanted), wanted) == inputs


@pytest.mark.parametrize("text", ["A4bridge", "a4bridge:in", "a4", "a4bridge#1"])
def test_our_own_port_is_meant_by_its_name_alone(text: str) -> None:
    assert not choose(Listing((KEYS,)), Wanted((), named(text))).inputs


def test_our_own_port_is_never_the_output() -> None:
    choice = choose(Listing((KEYS,)), Wanted(keyboards=True, output=Match.parse("a4bridge")))

    assert choice.output is None


@pytest.mark.parametrize(
    ("stages", "last"),
    [
        pytest.param([[KEYS, MINILAB], [MINILAB]], {MINILAB: [1]}, id="the second stays the second"),
        pytest.param(
            [[KEYS, MINILAB], [MINILAB], [MINILAB, FOUR, LAUNCHKEY]],
            {MINILAB: [1], LAUNCHKEY: [0]},
            id="the next to come is the first",
        ),
        pytest.param(
            [[MINILAB], [KEYS, MINILAB]], {MINILAB: [0], KEYS: [1]}, id="who comes first is the first for good"
        ),
        pytest.param(
            [[KEYS, MINILAB], [KEYS], [MINILAB_BEFORE, KEYS]],
            {MINILAB_BEFORE: [1], KEYS: [0]},
            id="the second comes back as the second, wherever it is listed",
        ),
        pytest.param([[KEYS, MINILAB], [], [MINILAB]], {MINILAB: [0]}, id="who comes back to nobody is the first"),
    ],
)
def test_a_keyboard_keeps_its_number_as_long_as_it_is_open(
    stages: list[list[Port]], last: dict[Port, list[int]]
) -> None:
    choice = choose(Listing(), DUO)
    for ports in stages:
        choice = choose(Listing(tuple(ports)), DUO, held=choice.inputs)

    assert numbers(choice, DUO) == last


def test_a_keyboard_that_is_open_without_a_number_never_gets_one_that_somebody_named() -> None:
    wanted = Wanted(named("*#2"), keyboards=True)
    all_three = choose(Listing((KEYS, MINILAB, LAUNCHKEY)), wanted)
    assert numbers(all_three, wanted) == {KEYS: [], MINILAB: [0], LAUNCHKEY: []}

    without = choose(Listing((KEYS, LAUNCHKEY)), wanted, held=all_three.inputs)
    assert numbers(without, wanted) == {KEYS: [], LAUNCHKEY: []}

    another = choose(Listing((KEYS, LAUNCHKEY, ANALOG_KEYS, MINILAB_BEFORE)), wanted, held=without.inputs)
    assert numbers(another, wanted) == {KEYS: [], LAUNCHKEY: [], MINILAB_BEFORE: [0]}


def test_a_keyboard_that_is_open_without_a_number_counts_before_one_that_comes_later() -> None:
    wanted = Wanted(named("*#2"), keyboards=True)
    one = choose(Listing((MINILAB,)), wanted)

    assert numbers(choose(Listing((KEYS, MINILAB)), wanted, held=one.inputs), wanted) == {KEYS: [0], MINILAB: []}


def test_a_named_port_stays_when_another_comes_that_fits_as_well() -> None:
    wanted = Wanted((), named("um-*"))
    other = port("UM-ONE mk2", 11, "0582:012b")
    first = choose(Listing((UM_ONE,)), wanted)

    assert list(choose(Listing((other, UM_ONE)), wanted, held=first.inputs).inputs) == [UM_ONE]
    assert not choose(Listing((other, UM_ONE)), wanted).inputs


@pytest.mark.parametrize(
    ("ports", "sentences"),
    [
        (
            [FOUR],
            [
                "waiting for the input '*#1': no keyboard is plugged in",
                "waiting for the input '*#2': no keyboard is plugged in",
            ],
        ),
        ([FOUR, KEYS], ["waiting for the input '*#2': another is needed besides 'Keystation 49 MK3'"]),
        ([FOUR, KEYS, MINILAB], []),
    ],
    ids=["none", "one", "two"],
)
def test_what_is_missing_of_what_is_counted_is_said(ports: list[Port], sentences: list[str]) -> None:
    assert list(choose(Listing(tuple(ports)), DUO).waiting) == sentences


def test_a_number_that_is_taken_says_whom_another_is_needed_besides() -> None:
    both = choose(Listing((FOUR, KEYS, MINILAB)), DUO)

    assert choose(Listing((FOUR, MINILAB)), DUO, held=both.inputs).waiting == (
        "waiting for the input '*#1': another is needed besides 'Minilab3'",
    )


LIKELY = """
a4bridge; A4Bridge ;*#1;*#2;Launchkey#2;RtMidiIn Client;Overwitch;Elektron Analog Four;Elektron Analog Keys;Digitakt
MIDI in;Midi Through
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


some_matches = st.lists(matches(), max_size=3).map(tuple)
wishes = st.builds(Wanted, some_matches, some_matches, st.booleans(), st.none() | matches()).map(
    lambda wanted: wanted if wanted.named else replace(wanted, keyboards=True)
)


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
    assert not any(is_ours(each) for each in chosen - {OWN_PORT})
    assert (OWN_PORT in chosen) == any(match.text == "a4bridge" for match in wanted.named)
    if choice.output and is_box(choice.output):
        assert choice.output.device not in {each.device for each in choice.inputs}
    assert choice.waiting or (choice.inputs and choice.output)
    assert all(sentence.isprintable() for sentence in choice.waiting)


@given(listings(), wishes)
def test_a_choice_made_again_from_its_own_result_is_the_same(listing: Listing, wanted: Wanted) -> None:
    first = choose(listing, wanted)

    assert choose(listing, wanted, linked=first.output, held=first.inputs) == first


@given(listings())
def test_unnamed_only_one_port_of_a_device_is_a_keyboard_and_no_box_is(listing: Listing) -> None:
    inputs = choose(listing).inputs

    assert len({each.device for each in inputs}) == len(inputs)
    assert not any(is_box(each) for each in inputs)
    assert not any(each.kind is Kind.SOFTWARE for each in inputs)


@pytest.mark.parametrize(
    ("output", "carries"),
    [
        (UM_ONE, 3125),
        (port("USB MIDI Interface", 1), 3125),
        (replace(port("Minilab3", 1), name="Minilab3 DIN THRU"), 3125),
        (port("Elektron Analog Four", 2, "1935:0003"), 0),
        (replace(port("UM-ONE", 7), client="Elektron Analog Four", usb_id="1935:0003"), 0),
        (port("Keystation 49 MK3", 1), 0),
        (port("Some synth", 1), 0),
        (replace(port("USB MIDI Interface", 1), kind=Kind.SOFTWARE), 0),
        (port("VirMIDI", 1), 0),
    ],
    ids=lambda value: value.title if isinstance(value, Port) else None,
)
def test_only_what_leads_into_a_midi_cable_is_slow(output: Port, carries: int) -> None:
    assert bytes_per_second(output) == carries


# One port by its name, for someone who does not wait.

MIDI_THROUGH = Port("Midi Through", "Midi Through Port-0", "14:0", readable=True, writable=True, kind=Kind.SOFTWARE)
OUR_SINK = Port("a4bridge", "bench 7 sink", "129:0", readable=False, writable=True, kind=Kind.SOFTWARE)
DESK = Listing((MIDI_THROUGH, KEYS, FOUR, UM_ONE, OUR_SINK))
ALL_OF_IT = "'Midi Through', 'Keystation 49 MK3', 'Elektron Analog Four', 'UM-ONE'"


@pytest.mark.parametrize(
    ("text", "direction", "found"),
    [
        pytest.param("um-one", OUTPUT, UM_ONE, id="an interface"),
        pytest.param("through", INPUT, MIDI_THROUGH, id="what is refused unless named"),
        pytest.param("e", INPUT, KEYS, id="a keyboard before what is none"),
        pytest.param("e", OUTPUT, FOUR, id="a box before what is none"),
        pytest.param("analog four", INPUT, FOUR, id="a box to listen to"),
    ],
)
def test_a_name_means_one_port(text: str, direction: Direction, found: Port) -> None:
    assert named_port(DESK, Match.parse(text), direction) == found


@pytest.mark.parametrize(
    ("text", "direction", "says"),
    [
        pytest.param("Nord", INPUT, f"There is no input 'Nord': of {ALL_OF_IT} none fits.", id="nothing like it"),
        pytest.param(
            "UM-ONA",
            OUTPUT,
            f"There is no output 'UM-ONA': of {ALL_OF_IT} none fits; did you mean 'UM-ONE'?",
            id="something like it",
        ),
        pytest.param(
            "bench",
            OUTPUT,
            "There is no output 'bench': a4bridge:bench 7 sink is refused, as it is a4bridge's own.",
            id="one of our own",
        ),
        pytest.param(
            "sink", INPUT, f"There is no input 'sink': of {ALL_OF_IT} none fits.", id="what can only be played to"
        ),
        pytest.param(
            "[mu]*", INPUT, "The input '[mu]*' may mean 'Midi Through' or 'UM-ONE'; name one of them.", id="two"
        ),
    ],
)
def test_or_it_is_said_why_it_does_not(text: str, direction: Direction, says: str) -> None:
    with pytest.raises(NoPortError) as error:
        named_port(DESK, Match.parse(text), direction)

    assert str(error.value) == says
