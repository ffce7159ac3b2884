"""What a knob sends, judged as it is turned."""

import pytest

from a4bridge.core import midi
from a4bridge.learn.gestures import QUIET_SECONDS, Played, Turned, Turning, is_pressed, stray


def controls(*pairs: tuple[int, int], channel: int = 1) -> list[bytes]:
    return [bytes([midi.status(midi.CONTROL_CHANGE, channel), *pair]) for pair in pairs]


def turned(messages: list[bytes]) -> Turned | str:
    """Play messages, a hundredth of a second apart, wait, and return what was made of them first."""
    turning = Turning()
    for number, message in enumerate(messages):
        if found := turning.take(Played("keys", message, number / 100)):
            return found
    assert turning.settle(len(messages) / 100) == "", "it is not judged before it is still"
    return turning.settle(len(messages) / 100 + QUIET_SECONDS)


SWEEP = [(74, value) for value in range(10)]
NRPN = [pair for value in range(20) for pair in ((99, 1), (98, 3), (6, value), (38, 0))]
RPN = [pair for value in range(20) for pair in ((101, 0), (100, 2), (6, value))]
FOURTEEN = [pair for value in range(20) for pair in ((16, value // 5), (48, 7 * value % 128))]


@pytest.mark.parametrize(
    ("pairs", "controller", "is_switch"),
    [
        (SWEEP, 74, False),
        ([(74, 3)], 74, False),
        ([(64, 127), (64, 0)], 64, True),
        ([(7, 100), *SWEEP, (7, 99)], 74, False),
        ([(6, value) for value in range(5)], 6, False),
        ([(40, value) for value in range(5)], 40, False),
    ],
    ids=["turned", "touched", "pedal", "beside another", "data entry", "a number that might be a fine half"],
)
def test_a_control_change_is_taken(pairs: list[tuple[int, int]], controller: int, is_switch: bool) -> None:
    assert turned(controls(*pairs, channel=3)) == Turned("keys", 3, controller, is_switch)


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        (controls(*NRPN), "It sends NRPN 1:3, several messages for each position (CC 99, CC 98, CC 6, CC 38)"),
        (controls(*RPN), "It sends RPN 0:2, several messages for each position (CC 101, CC 100, CC 6)"),
        (controls(*[(70, 65)] * 9), "It sends CC 70 with the value 65 again and again"),
        (controls((123, 0)), "That is CC 123, a channel mode message"),
        ([b"\xd0\x40"], "That is pressure on the keys (channel pressure); it takes a control change"),
        ([b"\xa0\x40\x40"], "That is pressure on single keys (poly pressure)"),
        ([b"\xe0\x00\x40"], "That is the pitch wheel"),
        ([b"\x90\x3c\x40"], "That is a key or pad, note 60"),
        ([b"\xc0\x05"], "That is a program change"),
        ([b"\xf0\x7e\xf7"], "That is a system exclusive message"),
    ],
    ids=["nrpn", "rpn", "relative", "mode", "pressure", "poly", "bend", "key", "program", "sysex"],
)
def test_what_will_not_do_is_named_with_what_came(messages: list[bytes], sentence: str) -> None:
    assert str(turned(messages)).startswith(sentence)


def test_of_14_bits_the_coarse_half_is_taken_and_the_other_told() -> None:
    found = turned(controls(*FOURTEEN))

    assert isinstance(found, Turned)
    assert found.controller == 16
    assert found.remark.startswith("It sends two control changes at a time (14 bits), CC 16 and CC 48")


@pytest.mark.parametrize("message", [b"\xf8", b"\xfe", b"\x80\x3c\x40", b"\x90\x3c\x00"])
def test_what_comes_by_itself_means_nothing(message: bytes) -> None:
    assert turned([message] * 50) == ""
    assert stray(Played("keys", message, 0)) == ""


@pytest.mark.parametrize(
    ("message", "pressed"),
    [
        (b"\x99\x24\x01", True),
        (b"\x99\x24\x00", False),
        (b"\x89\x24\x00", False),
        (b"\xb0\x50\x40", True),
        (b"\xb0\x50\x3f", False),
        (b"\xb0\x7b\x7f", False),
        (b"\xc0\x00", True),
        (b"\xd0\x7f", False),
    ],
)
def test_a_pad_counts_when_it_is_pressed(message: bytes, pressed: bool) -> None:
    assert is_pressed(Played("pads", message, 0)) is pressed


def test_a_knob_that_was_refused_and_still_moves_spoils_no_other() -> None:
    turning = Turning()
    found = [turning.take(Played("keys", message, at / 100)) for at, message in enumerate(controls(*NRPN, *SWEEP))]

    assert [type(each) for each in found if each] == [str, Turned, Turned]
    assert next(each for each in found if isinstance(each, Turned)).controller == 74
