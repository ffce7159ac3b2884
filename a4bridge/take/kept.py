"""What a running bridge has kept of what was played, as it comes over the control socket."""

from dataclasses import dataclass, field
from typing import Any

from a4bridge.control.client import Connection, ControlError
from a4bridge.control.wire import Take
from a4bridge.core import midi


@dataclass(frozen=True, slots=True)
class Played:
    """A message of a channel that went to the box. at: monotonic ns. destination: such as "auto channel 9"."""

    at: int
    message: bytes
    destination: str


@dataclass(slots=True)
class Kept:
    """All that is kept, in the order in which it was played.

    now: when it was asked for, monotonic ns. sysex: when a system exclusive message was left out. missing: when it was
    noticed that events are missing, and how many.
    """

    minutes: int
    now: int
    events: list[Played] = field(default_factory=list)
    sysex: list[int] = field(default_factory=list)
    missing: list[tuple[int, int]] = field(default_factory=list)


def fetch(connection: Connection) -> Kept:
    """Ask a bridge for all that it keeps; raises RefusedError, ControlError.

    What is played meanwhile is not in it.
    """
    kept: Kept | None = None
    since, end = 0, 1
    while since < end:
        answer = connection.ask(Take(since))
        try:
            if kept is None:
                kept, end = Kept(_number(answer["minutes"]), _number(answer["now_ns"])), _number(answer["end"])
            first, following = _number(answer["first"]), _number(answer["next"])
            if since and first > since:  # forgotten, as much was played meanwhile
                kept.missing.append((kept.now, first - since))
            _add(kept, answer)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ControlError(f"{connection.place}, sent what is no take: {reason}") from None
        if following <= since and following < end:
            raise ControlError(f"{connection.place}, sent what is no take: it goes round in circles")
        since = following
    assert kept
    return kept


def _add(kept: Kept, answer: dict[str, Any]) -> None:
    names = [str(each["name"]) for each in answer["destinations"]]
    events = [Played(_number(at), _message(text), names[place]) for at, text, place in answer["events"]]
    times = [event.at for event in (*kept.events[-1:], *events)]
    if times != sorted(times):
        raise ValueError("its events are not in order")
    kept.events += events
    kept.sysex += map(_number, answer["sysex"])
    kept.missing += [(_number(at), _number(count)) for at, count in answer["missing"]]


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{str(value)[:20]} is no number")
    return value


def _message(text: str) -> bytes:
    message = bytes.fromhex(text)
    kind = message[0] if message else 0
    if not midi.NOTE_OFF <= kind < midi.SYSEX or len(message) != midi.LENGTHS[kind] or not message[1:].isascii():
        raise ValueError(f"{text[:20]} is no message of a channel")
    return message
