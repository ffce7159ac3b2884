"""Lines between service and engine, with anything in them."""

import json
from typing import Any, Final

from dice import Dice
from sentences import assert_sentence

from a4bridge.core.route import Route, Zone
from a4bridge.engine import protocol

_WORDS: Final[tuple[Any, ...]] = (
    *(0, 1, -1, 16, 2**63, -(2**70), 1.5, 1e400, -0.0, True, None, "", "Ping", "x\ud800\x00"),
    *([], {}, [[[]]], {"slot": 1}, Route("r", (Zone(),)).to_data()),
)


def check(data: bytes) -> None:
    """Read a line that `data` makes: it is a message, which is written as it was read, or there is a ProtocolError."""
    dice = Dice(data)
    line = dice.rest() if dice.flag() else _nearly_right(dice)
    try:
        number, message = protocol.decode(line)
    except protocol.ProtocolError as error:
        assert_sentence(str(error))
        return
    written = protocol.encode(number, message)
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert protocol.encode(*protocol.decode(written)) == written


def _nearly_right(dice: Dice) -> bytes:
    """Return a message with some things in it changed."""
    kinds = list(protocol._KINDS.values())
    kind = dice.one_of(kinds)
    facts = {name: dice.one_of(_WORDS) for name in kind.__dataclass_fields__}
    said: dict[str, Any] = {"version": protocol.VERSION, "number": dice.byte(), "kind": kind.__name__, **facts}
    for _ in range(dice.below(3)):
        said[dice.one_of([*said, "else"])] = dice.one_of(_WORDS)
    line = bytearray(json.dumps(said).encode())
    while dice.left:
        line[dice.below(len(line))] = dice.byte()
    return bytes(line)
