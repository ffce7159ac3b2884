"""SysEx of up to 64 KiB, cut anywhere and mixed with anything."""

from functools import cache
from itertools import pairwise
from typing import Final

from dice import Dice
from stage import Box, Clock, Stage, assert_whole, own_time

from a4bridge.backend.base import Receive
from a4bridge.backend.rtmidi import _only_sysex
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Zone

_SIZES: Final = (0, 1, 2, 3, 5, 64, 254, 256, 510, 512, 514, 4094, 4096, 4098, 65534, 65536)
_MOST_SPLIT: Final = 1000
"""Bytes that every case has the splitter take; as it takes them one by one, only some cases have more."""
_LIMITS: Final = (0, 1, 2, 5, 256, 512, 4096)
_MOST_PIECES: Final = 8
_BETWEEN: Final = (
    b"",
    bytes([midi.CLOCK]),
    bytes([midi.ACTIVE_SENSING, midi.SYSTEM_RESET]),
    bytes([midi.NOTE_ON, 60, 100]),
    bytes([60, 100]),
    bytes([midi.SYSEX]),
    bytes([midi.SYSEX_END]),
    bytes([0xF4, 0xFD]),
)


def check(data: bytes) -> None:
    """Cut a SysEx as `data` says; assert that it goes out whole or not at all, however it comes."""
    dice = Dice(data)
    limit = dice.one_of(_LIMITS)
    pieces = _pieces(dice)
    if sum(map(len, pieces)) < _MOST_SPLIT or dice.below(64) == 1:
        _check_splitter(pieces)
    with own_time() as clock:
        _check_pieces(clock, pieces, limit)


def _pieces(dice: Dice) -> list[bytes]:
    """Return a SysEx in pieces, with other things at the cuts, or in their place."""
    inside = _inside(dice.one_of(_SIZES), dice.byte())
    begins, ends = dice.one_of((True, True, True, False)), dice.one_of((True, True, False))
    whole = b"\xf0" * begins + inside + b"\xf7" * ends
    cuts = sorted(dice.below(len(whole) + 1) for _ in range(dice.below(_MOST_PIECES)))
    pieces = []
    for start, end in pairwise([0, *cuts, len(whole)]):
        between = dice.some(6) if dice.below(4) == 3 else dice.one_of(_BETWEEN)
        pieces += [whole[start:end], between]
    return [piece for piece in pieces if piece]


@cache
def _inside(size: int, first: int) -> bytes:
    return bytes((first + at) % midi.NOTE_OFF for at in range(size))


def _check_splitter(pieces: list[bytes]) -> None:
    """Assert that a stream falls into whole messages, wherever it is cut."""
    splitter = midi.Splitter()
    messages = [message for piece in pieces for message in splitter.feed(piece)]
    assert messages == list(midi.split(b"".join(pieces)))
    for message in messages:
        if message[0] & 0xF0 != midi.NOTE_ON:
            assert_whole(list(message), len(message))


def _check_pieces(clock: Clock, pieces: list[bytes], limit: int) -> None:
    """Have each piece come as if RtMidi took it for a message."""
    stage = Stage(clock, Route("sysex", (Zone((9,)),), sysex_bytes=limit), keyboards=1)
    box = _Listener(limit)
    stage.forwarder.connect(box.hear)
    receive: Receive = _only_sysex(stage.keyboards[0].receive_sysex)
    for piece in pieces:
        receive((list(piece), 0.001), None)

    come = [piece for piece in pieces if piece[0] == midi.SYSEX]
    passing = [piece for piece in come if len(piece) <= limit and _is_whole(piece)]
    assert box.heard == passing
    stage.received = [piece[:3] for piece in come]
    stage.check()
    assert stage.page.count(Outcome.FORWARDED) == len(passing)
    assert stage.page.count(Outcome.TOO_LONG) == (sum(len(piece) > limit for piece in come) if limit else 0)


def _is_whole(piece: bytes) -> bool:
    return len(piece) > 1 and piece[-1] == midi.SYSEX_END and piece[1:-1].isascii()


class _Listener(Box):
    def __init__(self, longest_sysex: int) -> None:
        super().__init__()
        self.longest_sysex = longest_sysex
        self.heard: list[bytes] = []

    def hear(self, message: list[int]) -> None:
        super().hear(message)
        self.heard.append(bytes(message))
