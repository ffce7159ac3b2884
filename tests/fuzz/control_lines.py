"""Lines that a program might send to the control socket, and what a broken disk might leave in the state files."""

import json
from binascii import crc32
from typing import Any, Final

from dice import Dice
from scratch import scratch
from sentences import assert_sentence

from a4bridge.control import wire
from a4bridge.engine.protocol import OpenInput, OpenOutput, SetRoute
from a4bridge.service.last_start import LastStart, conditions, lines_of, read_last, write_last
from a4bridge.service.memory import Memory

_WORDS: Final[tuple[Any, ...]] = (
    *("status", "use", "track", "panic", "reload", "take", "watch", "hush"),
    *("log", "played", "auto", "liverec", "", "Use", "statsu"),
    *(0, 1, 2, 16, 17, -1, 1.0, 1e400, float("nan"), True, None, "1", "16", "\ud800", "\x1b[2J", "../x", 10**30),
    *([], {}, ["log"], ["log", "played"], ["log", "log"], [[]], [None], {"do": "use"}, "a\nb", "x" * 99, "é" * 17_000),
    'description = "x"',
)
_KEYS: Final = ("version", "do", "profile", "text", "track", "since", "what", "versoin", "", "\x00")
_DEEP: Final = (b"[" * 100_000, b'{"":' * 50_000, b"9" * 5_000, b'"' + b"x" * 70_000, b"\xff", b"\xed\xa0\x80", b"")


def check(data: bytes) -> None:
    """Read the line that `data` makes: it is a request, which is written as it was read, or there is a sentence."""
    line = _line(Dice(data))
    try:
        request = wire.decode_request(line)
    except wire.RequestError as error:
        _check_refusal(str(error))
        return
    written = wire.encode_request(request)
    assert written.count(b"\n") == 1
    assert len(written) <= wire.MAX_LINE
    assert wire.decode_request(written) == request


def _check_refusal(sentence: str) -> None:
    assert_sentence(sentence, 500)
    assert wire.decode(wire.encode_refusal(sentence)) == {"version": wire.VERSION, "ok": False, "error": sentence}


def _line(dice: Dice) -> bytes:
    match dice.below(4):
        case 0:
            return dice.rest()
        case 1:
            return dice.one_of(_DEEP) + dice.rest()
    facts: dict[str, Any] = {"version": wire.VERSION, "do": dice.one_of(_WORDS[:7])}
    for _ in range(dice.below(4)):
        facts[dice.one_of(_KEYS)] = dice.one_of(_WORDS)
    line = bytearray(json.dumps(facts).encode())
    while dice.left:
        line[dice.below(len(line))] = dice.byte()
    return bytes(line)


def check_state(data: bytes) -> None:
    """Begin with a state file that `data` makes: what is in it is used or does no harm, and the next is whole."""
    dice = Dice(data)
    if dice.flag():
        _check_start(dice)
    else:
        _check_memory(dice)


def _check_start(dice: Dice) -> None:
    lines = [
        *lines_of([SetRoute({"version": 2}), OpenOutput("box"), OpenInput(0, "keys")])[: dice.below(5)],
        *(json.dumps(dice.one_of(_WORDS)) for _ in range(dice.below(2))),
    ]
    facts: dict[str, Any] = {"conditions": conditions([], ["/", "x"]), "ports": [], "backend": "rtmidi", "lines": lines}
    while dice.left and dice.flag():
        facts[dice.one_of((*facts, "", "x"))] = dice.one_of(_WORDS)
    content = bytearray(dice.one_of(_DEEP) if dice.below(16) == 1 else json.dumps(facts).encode())
    for _ in range(dice.below(4) if content else 0):
        content[dice.below(len(content))] = dice.byte()
    file = scratch("state/start.json")
    file.write_bytes(b"%08x\n" % (crc32(content) + dice.below(2)) + content)
    if last := read_last(file.parent):
        assert len(last.commands) == len(last.lines)
        conditions([], last.conditions["files"])
    mine = LastStart({"files": {}}, [], "rtmidi", lines_of([SetRoute({}), OpenOutput("box"), OpenInput(0, "keys")]))
    write_last(file.parent, mine)
    assert read_last(file.parent) == mine


def _check_memory(dice: Dice) -> None:
    file = scratch("state/state.json")
    content = dice.one_of(_DEEP) if dice.below(16) == 1 else _state(dice)
    file.write_bytes(content)
    memory = Memory(file.parent)
    assert isinstance(memory.last_output, str)
    if memory.torn:
        assert_sentence(memory.torn)
    assert bool(memory.torn) != file.exists()
    memory.remember_output("Elektron Analog Four")
    again = Memory(file.parent)
    assert not again.torn
    assert again.last_output == "Elektron Analog Four"
    assert again.chosen == memory.chosen


def _state(dice: Dice) -> bytes:
    if dice.flag():
        return dice.rest()
    chosen = {key: dice.one_of(("", "", *_WORDS)) for key in ("profile", "text", "track", "default")}
    state = {"version": 1, "output": dice.one_of(("", *_WORDS)), "chosen": dice.one_of((None, chosen, chosen, *_WORDS))}
    line = bytearray(json.dumps(state).encode())
    for _ in range(dice.below(4)):
        line[dice.below(len(line))] = dice.byte()
    return bytes(line)
