from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.names import Match, names_of, nearest, shown, strip_address, text_for


@dataclass(frozen=True)
class Name:
    client: str
    name: str

    @property
    def title(self) -> str:
        return f"{self.client}:{self.name}"


THROUGH = Name("Midi Through", "Midi Through Port-0")
KEYS = Name("Keystation 49 MK3", "Keystation 49 MK3 MIDI 1")
BUTTONS = Name("Keystation 49 MK3", "Keystation 49 MK3 MIDI 2")
PADDED = Name("Minilab3", "Minilab3 MIDI   ")
CYCLES = Name("Elektron Model:Cycles", "Elektron Model:Cycles MIDI 1")
FOUR = Name("Elektron Analog Four", "Elektron Analog Four MIDI 1")
FOUR_MKII = Name("Elektron Analog Four MKII", "Elektron Analog Four MKII MIDI ")
NUMBERED = Name("Synth #2", "out")
BRACKETS = Name("[usb] keys", "MIDI 1")
PORTS = [THROUGH, KEYS, BUTTONS, PADDED, CYCLES, FOUR, FOUR_MKII, NUMBERED, BRACKETS]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Keystation 49 MK3", [KEYS, BUTTONS]),
        ("Keystation 49 MK3 MIDI 2", [BUTTONS]),
        ("keystation 49 mk3:keystation 49 mk3 midi 1", [KEYS]),
        ("  keystation  49 MK3 midi 2 ", [BUTTONS]),
        ("Minilab3 MIDI", [PADDED]),
        ("Elektron Model:Cycles", [CYCLES]),
        ("model:cycles", [CYCLES]),
        ("analog four", [FOUR, FOUR_MKII]),
        ("Elektron Analog Four", [FOUR]),
        ("elektron*", [CYCLES, FOUR, FOUR_MKII]),
        ("*mk?? midi", [FOUR_MKII]),
        ("*MIDI [12]", [KEYS, BUTTONS, CYCLES, FOUR, BRACKETS]),
        ("keystation#2", [BUTTONS]),
        ("keystation #1", [KEYS]),
        ("keystation#3", []),
        ("elektron*#3", [FOUR_MKII]),
        ("Elektron Analog Four#2", []),
        ("synth #2", [NUMBERED]),
        ("[USB] Keys", [BRACKETS]),
        ("3:key", [KEYS, BUTTONS]),
        ("nothing like it", []),
    ],
)
def test_a_text_means_these_ports(text: str, meant: list[Name]) -> None:
    assert Match.parse(text).pick(PORTS) == meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no port"),
        ("   ", "names no port"),
        ("#2", "names no port"),
        ("Keystation#0", "the first of equal names is #1"),
        ("Keystation 49 MK3:Keystation 49 MK3 MIDI 1 20:0", "change at every plug: leave them out"),
        ("Keystation 49 MK3 20:0 #2", "change at every plug: leave them out"),
        ("128:0", "change at every plug: leave them out"),
    ],
)
def test_a_text_that_can_mean_no_port_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Match.parse(text)


@pytest.mark.parametrize(
    ("name", "stripped"),
    [
        ("X:Y 20:0", "X:Y"),
        ("Elektron Analog Four MKII:Elektron Analog Four MKII MIDI  24:0", None),
        ("Elektron Model:Cycles", "Elektron Model:Cycles"),
        ("FLUID Synth (887):Synth input port (887:0) 128:0", "FLUID Synth (887):Synth input port (887:0)"),
        ("20:0 and more", "20:0 and more"),
    ],
)
def test_only_the_numbers_at_the_end_are_stripped(name: str, stripped: str | None) -> None:
    assert strip_address(name) == (stripped or "Elektron Analog Four MKII:Elektron Analog Four MKII MIDI ")


def test_the_nearest_name_is_proposed_and_nothing_is_when_none_is_near() -> None:
    assert nearest("Keystaton 49", PORTS) == "Keystation 49 MK3"
    assert nearest("xyzzy", PORTS) is None
    assert nearest("anything", []) is None


def test_a_name_cannot_give_orders_to_a_terminal() -> None:
    assert shown("Keys\x1b[2J\ttwo\nlines \udce9") == "Keys\ufffd[2J two lines \ufffd"


@pytest.mark.parametrize(
    ("port", "text"),
    [
        (FOUR, "Elektron Analog Four"),
        (BUTTONS, "Keystation 49 MK3 MIDI 2"),
        (PADDED, "Minilab3"),
        (CYCLES, "Elektron Model:Cycles"),
    ],
)
def test_the_text_proposed_for_a_port_is_the_shortest_that_means_it_alone(port: Name, text: str) -> None:
    assert text_for(port, PORTS) == text
    assert Match.parse(text).pick(PORTS) == [port]


@pytest.mark.parametrize(
    ("ports", "text"),
    [
        pytest.param([Name("Keys\u202e", "\x1b[2J"), Name("Keys", "Keys")], "Keys\ufffd", id="what nobody can type"),
        pytest.param([Name("Synth", "A"), Name("Synth", "A"), Name("Synth#1", "B")], "A#1", id="a device called #1"),
        pytest.param([Name("", "Keys"), Name("", "Pads")], "Keys", id="a device without a name"),
        pytest.param([Name("Keys 20:0", "Keys"), Name("Pads", "Pads")], "Keys", id="a device called like an address"),
        pytest.param([Name("", ""), Name("Pads", "Pads")], ":", id="no name at all"),
        pytest.param(
            [Name("A", "A"), Name("A", "A"), Name("A#1", "*"), Name("A:A#1", "*#1")],
            "**#1",
            id="made to be mistaken for each other",
        ),
    ],
)
def test_a_text_is_found_for_the_first_port_whatever_it_is_called(ports: list[Name], text: str) -> None:
    assert text_for(ports[0], ports) == text
    assert [each is ports[0] for each in Match.parse(text).pick(ports)] == [True]


def test_a_port_that_no_text_can_mean_is_called_by_its_title() -> None:
    assert text_for(Name("20:0", "30:0"), []) == "20:0:30:0"


words = st.text("aB1 #\x1b:", min_size=1, max_size=5).filter(lambda text: text.strip() not in {"", "1:1"})


@given(st.lists(st.builds(Name, words, words), min_size=1, max_size=5), st.data())
def test_the_text_proposed_for_a_port_means_that_port(ports: list[Name], data: st.DataObject) -> None:
    port = data.draw(st.sampled_from(ports))
    text = text_for(port, ports)

    try:
        match = Match.parse(text)
    except ValueError:
        # A device that is itself called like an address can only be meant by another name.
        assert any(char.isdigit() for char in text)
    else:
        assert [each is port for each in match.pick(ports)] == [True]


@given(st.text(), st.lists(st.builds(Name, st.text(), st.text()), max_size=4))
def test_any_text_is_either_refused_or_means_some_of_the_ports_there(text: str, ports: list[Name]) -> None:
    try:
        match = Match.parse(text)
    except ValueError as error:
        assert str(error).startswith(repr(text))  # noqa: PT017 (what is refused depends on the text)
    else:
        assert all(port in ports for port in match.pick(ports))
    nearest(text, ports)


@given(st.builds(Name, st.text(), st.text(min_size=1)))
def test_a_port_is_always_found_by_its_exact_title(port: Name) -> None:
    try:
        match = Match.parse(port.title)
    except ValueError:
        return
    assert names_of(port)[2] in {name for each in match.pick([port]) for name in names_of(each)}
