"""Streams of MIDI bytes from several keyboards, while routes change, cables are pulled and engines die."""

from collections.abc import Callable
from functools import cache
from typing import Final

from dice import Dice
from stage import Stage, assert_whole, own_time

from a4bridge.backend.loopback import whole_messages
from a4bridge.core import midi
from a4bridge.core.compile import compile_route
from a4bridge.core.profile import Profile
from a4bridge.core.route import Action, Binding, Knob, Mono, Order, Route, Steal, Sustain, Trigger, Zone
from a4bridge.core.settings import Settings
from a4bridge.core.shipped import shipped
from a4bridge.core.tomlfile import read

# Few of each, so that what is played meets what is held.
_KEYBOARDS: Final = 3
_CHANNELS: Final = (1, 2, 9)
_NOTES: Final = (60, 61, 72, 0, 127)
_CONTROLS: Final = (64, 1, 20, 120, 121, 123, 6, 38, 96, 98, 99, 100, 101)
_VALUES: Final = (127, 0, 64, 63)
_MOST_STEPS: Final = 80
_CHANGES: Final = (0, 1, 1, 2)
"""The most changes of the route and the like in a case: each makes thousands of handlers, which takes milliseconds."""


@cache
def _shipped_routes() -> tuple[Route, ...]:
    files = sorted((shipped("config") / "profiles").glob("*.toml"))
    return tuple(compile_route(file.stem, read(file, Profile), Settings()) for file in files)


def _route(dice: Dice) -> Route:
    return _any_route(dice) if dice.below(4) else dice.one_of(_shipped_routes())


def _any_route(dice: Dice) -> Route:
    return Route(
        profile="any",
        zones=tuple(_any_zone(dice) for _ in range(1 + dice.below(4))),
        bindings=tuple(_any_binding(dice) for _ in range(dice.below(3))),
        sustain=dice.one_of((Sustain.HOLD, Sustain.HOLD, Sustain.DROP, Sustain.PASS)),
        clock=dice.flag(),
        transport=dice.flag(),
        sysex_bytes=dice.one_of((0, 5, 512)),
        thinning=dice.one_of((0, 1, 300)),
    )


def _any_zone(dice: Dice) -> Zone:
    channels: tuple[int, ...] = dice.one_of(((9,), (), (2,), (1, 2), (1, 2, 3, 9)))
    mono = Mono.ALL if len(channels) > 1 else dice.one_of((Mono.ALL, *Mono))
    passes = dice.byte()
    return Zone(
        channels=channels,
        source=dice.one_of((None, None, 0, 1)),
        channel=dice.one_of((None, None, *_CHANNELS)),
        low=dice.one_of((0, 0, 61)),
        high=dice.one_of((127, 127, 71)),
        order=dice.one_of(tuple(Order)),
        steal=dice.one_of(tuple(Steal)),
        transpose=dice.one_of((0, 0, 12, -12, 127, -70)),
        fold=dice.flag(),
        velocities=dice.one_of(((), (1, *range(127, 0, -1)))),
        mono=mono,
        returns=mono is not Mono.ALL and dice.flag(),
        exclusive=dice.one_of((False, False, True)),
        notes=bool(passes & 7),
        pitch_bend=bool(passes & 8),
        channel_pressure=bool(passes & 16),
        poly_pressure=bool(passes & 32),
        program_change=bool(passes & 64),
        nrpn=bool(passes & 128),
        control_changes=dice.one_of(((), (1, 2), (0, 1, 7, 20))),
        knobs=tuple(
            Knob(dice.one_of((1, 20)), dice.one_of((3, 20)), dice.one_of((None, 9)), tuple(range(128)))
            for _ in range(dice.below(3))
        ),
    )


def _any_binding(dice: Dice) -> Binding:
    return Binding(
        trigger=dice.one_of(tuple(Trigger)),
        number=dice.one_of((20, 61, 64)),
        action=dice.one_of(tuple(Action)),
        source=dice.one_of((None, 0)),
        channel=dice.one_of((None, 2)),
    )


def _slot(dice: Dice) -> int:
    return dice.below(_KEYBOARDS)


# A whole event from a byte or two, so that a case of a few hundred bytes is a piece of music.
_KEYS: Final = [(slot, channel, note) for note in _NOTES for channel in _CHANNELS for slot in range(_KEYBOARDS)]
_PLACES: Final = [(slot, channel) for channel in _CHANNELS for slot in range(_KEYBOARDS)]
_OTHERS: Final = (midi.PITCH_BEND, midi.CHANNEL_PRESSURE, midi.POLY_PRESSURE, midi.PROGRAM_CHANGE)


def _press(stage: Stage, dice: Dice) -> None:
    slot, channel, note = dice.one_of(_KEYS)
    stage.play(slot, bytes([midi.status(midi.NOTE_ON, channel), note, 100]))


def _press_somehow(stage: Stage, dice: Dice) -> None:
    slot, channel, note = dice.one_of(_KEYS)
    stage.play(slot, bytes([midi.status(midi.NOTE_ON, channel), note, dice.below(midi.NOTES)]))


def _release(stage: Stage, dice: Dice) -> None:
    slot, channel, note = dice.one_of(_KEYS)
    stage.play(slot, bytes([midi.status(midi.NOTE_OFF, channel), note, midi.RELEASE_VELOCITY]))


def _turn(stage: Stage, dice: Dice) -> None:
    slot, channel = dice.one_of(_PLACES)
    controller, value = dice.one_of(_CONTROLS), dice.one_of(_VALUES)
    stage.play(slot, bytes([midi.status(midi.CONTROL_CHANGE, channel), controller, value]))


def _other(stage: Stage, dice: Dice) -> None:
    slot, channel = dice.one_of(_PLACES)
    kind = dice.one_of(_OTHERS)
    stage.play(slot, bytes([midi.status(kind, channel), dice.one_of(_NOTES), dice.below(128)][: midi.LENGTHS[kind]]))


def _stream(stage: Stage, dice: Dice) -> None:
    """Let a keyboard send the next bytes of a stream, whether or not they end a message."""
    slot = _slot(dice)
    data = dice.some(24)
    for message in stage.keyboards[slot].splitter.feed(data) if slot in stage.keyboards else ():
        assert_whole(_as_sent(message), len(message))
        stage.play(slot, message)


def _as_sent(message: bytes) -> list[int]:
    """Return what the bridge would send, which never ends a note by a note-on of velocity 0."""
    ends_a_note = message[0] & 0xF0 == midi.NOTE_ON and not message[2]
    return [message[0] ^ 0x10, message[1], midi.RELEASE_VELOCITY] if ends_a_note else list(message)


def _delivery(stage: Stage, dice: Dice) -> None:
    """Let a keyboard send any bytes at once, as the loopback transport has it."""
    slot = _slot(dice)
    for message in whole_messages(dice.some(24)):
        stage.play(slot, message)


def _bring_back(stage: Stage, dice: Dice) -> None:
    """Let an input bring back what the box heard last, as a loop does, or a part of it."""
    slot = _slot(dice)
    for message in [*stage.box.lately][: dice.below(17)]:
        stage.play(slot, message)


def _let_time_pass(stage: Stage, dice: Dice) -> None:
    stage.pass_time(dice.byte())


def _bring_up_to_date(stage: Stage, _dice: Dice) -> None:
    stage.check()


def _choose_a_route(stage: Stage, dice: Dice) -> None:
    stage.use(_route(dice))


def _replug(stage: Stage, dice: Dice) -> None:
    slot = _slot(dice)
    if slot in stage.keyboards:
        stage.unplug(slot)
    else:
        stage.plug(slot)


def _lose_the_box(stage: Stage, dice: Dice) -> None:
    """Pull the box while somebody plays; nobody is told at once."""
    if stage.connected:
        stage.check()
        stage.pull_the_box()
        for _ in range(dice.below(8)):
            _play(stage, dice)
        stage.lose_the_box()


def _give_up_the_box(stage: Stage, _dice: Dice) -> None:
    stage.give_up_the_box()


def _connect(stage: Stage, _dice: Dice) -> None:
    stage.connect()


def _panic(stage: Stage, dice: Dice) -> None:
    stage.panic(1 + dice.below(16))


def _kill(stage: Stage, _dice: Dice) -> None:
    stage.kill_the_engine()


_Step = Callable[[Stage, Dice], None]

_PLAYING: Final[tuple[_Step, ...]] = (
    *(_press,) * 9,
    _press_somehow,
    *(_release,) * 5,
    *(_turn,) * 5,
    *(_other,) * 2,
    _stream,
    _delivery,
)
_QUICK: Final[tuple[_Step, ...]] = (_let_time_pass, _bring_up_to_date, _panic)
_SLOW: Final[tuple[_Step, ...]] = (_choose_a_route, _replug, _lose_the_box, _give_up_the_box, _connect, _kill)
_STEPS: Final = (*_PLAYING * 2, *(_stream, _delivery, _bring_back) * 2, *_QUICK, *_SLOW)


def _play(stage: Stage, dice: Dice) -> None:
    dice.one_of(_PLAYING)(stage, dice)


def check(data: bytes) -> None:
    """Play what `data` says, and assert that nothing hangs, strays, fails or goes uncounted."""
    dice = Dice(data)
    with own_time() as clock:
        by_hand = dice.flag()
        stage = Stage(clock, _route(dice), keyboards=dice.one_of((2, 1, 1, 3)))
        changes = dice.one_of(_CHANGES)
        for _ in range(_MOST_STEPS):
            if not dice.left:
                break
            step = dice.one_of(_STEPS)
            changes -= step in _SLOW
            if changes >= 0 or step not in _SLOW:
                step(stage, dice)
        stage.end(by_hand=by_hand)
