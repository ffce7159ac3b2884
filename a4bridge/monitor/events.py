"""What a bridge tells over its control socket, read into what can be shown: names without tricks, numbers, bytes.

It may be an older or a newer bridge, so a key that is missing, or is not what it should be, is read as nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from a4bridge.core import midi
from a4bridge.core.names import shown, strip_address
from a4bridge.core.outcomes import Outcome, is_drop

FORWARDED: Final = Outcome.FORWARDED.name.lower()

_DROPS: Final = {outcome.name.lower() for outcome in Outcome if is_drop(outcome)}
_NOTES: Final = {midi.NOTE_OFF, midi.NOTE_ON}


@dataclass(frozen=True, slots=True)
class Event:
    """What was played and what became of it.

    at: seconds since 1970, 0 if the bridge did not tell. source: the input's name. came, went: MIDI bytes, of SysEx the
    first three. outcome: for programs; reason: for people. zones: the names of those that took it. took, late: us.
    """

    at: float
    source: str
    came: bytes
    went: bytes
    outcome: str
    reason: str
    zones: tuple[str, ...]
    took: float
    late: float

    @property
    def is_note(self) -> bool:
        """Tell whether it is a note-on or a note-off."""
        return bool(self.came) and self.came[0] & 0xF0 in _NOTES

    @property
    def is_dropped(self) -> bool:
        """Tell whether it was thrown away."""
        return self.outcome in _DROPS

    @property
    def channel(self) -> int | None:
        """The channel (1-16) on which something went out, if it did and has one."""
        return midi.channel_of(self.went[0]) if self.went and midi.NOTE_OFF <= self.went[0] < midi.SYSEX else None

    @property
    def device(self) -> str:
        """The device's name, without that of its port."""
        return strip_address(self.source.partition(":")[0])


@dataclass(frozen=True, slots=True)
class Said:
    """What the bridge said in its log, or this program about its connection. at: seconds since 1970."""

    at: float
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Missed:
    """How many events were left out, because they came too quickly to be shown. at: seconds since 1970."""

    at: float
    played: int
    said: int


Entry = Event | Said | Missed


@dataclass(frozen=True, slots=True)
class Naming:
    """How notes and channels are called. middle_c: the octave of note 60. channels: what each (1-16) is for."""

    middle_c: int = 5
    channels: Mapping[int, str] = field(default_factory=dict)

    def note(self, note: int) -> str:
        """Return a note's name and number, "C5(60)"."""
        return f"{midi.note_name(note, self.middle_c)}({note})"

    def channel(self, channel: int) -> str:
        """Return what a channel is for, or its number: "track 2", "channel 12"."""
        return self.channels.get(channel, f"channel {channel}")


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are, as far as it is shown.

    pid: the bridge's process. inputs, output: name and state of each. sounding: channel (1-16) and note (0-127).
    took, late: `p50`, `p99` and `max` in us. waiting: sentences.
    """

    pid: int = 0
    profile: str = ""
    destination: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    output: tuple[str, str] = ("", "")
    waiting: tuple[str, ...] = ()
    sounding: tuple[tuple[int, int], ...] = ()
    took: Mapping[str, float] = field(default_factory=dict)
    late: Mapping[str, float] = field(default_factory=dict)
    naming: Naming = field(default_factory=Naming)


def entries_of(facts: Mapping[str, Any], now: float) -> list[Entry]:
    """Return what a line of the `watch` stream tells. now: seconds since 1970, for what has no time of its own."""
    told: list[Entry] = [event_of(each) for each in _list(facts.get("played"))]
    if log := facts.get("log"):
        event = _dict(log)
        told.append(Said(now, _text(event.get("level")), _text(event.get("says")) or _text(event.get("event"))))
    if missed := _dict(facts.get("missed")):
        told.append(Missed(now, int(_number(missed.get("played"))), int(_number(missed.get("log")))))
    return told


def event_of(told: object) -> Event:
    """Return an event of `played`."""
    facts = _dict(told)
    return Event(
        at=_number(facts.get("at")),
        source=_text(facts.get("input")),
        came=_bytes(facts.get("in")),
        went=_bytes(facts.get("out")),
        outcome=_text(facts.get("outcome")),
        reason=_text(facts.get("says")),
        zones=tuple(_text(zone) for zone in _list(facts.get("zones"))),
        took=_number(facts.get("took_us")),
        late=_number(facts.get("late_us")),
    )


def standing_of(facts: Mapping[str, Any]) -> Standing:
    """Return what an answer to `status` tells."""
    profile = _dict(facts.get("profile"))
    channels = [(_number(each.get("channel")), _text(each.get("name"))) for each in _dicts(facts.get("channels"))]
    sounding = [(_number(each.get("channel")), _number(each.get("note"))) for each in _dicts(facts.get("sounding"))]
    middle_c = facts.get("middle_c")
    return Standing(
        pid=int(_number(facts.get("pid"))),
        profile=_text(profile.get("name")),
        destination=_text(profile.get("destination")),
        inputs=tuple(map(_link, _dicts(facts.get("inputs")))),
        output=_link(_dict(facts.get("output"))),
        waiting=tuple(_text(sentence) for sentence in _list(facts.get("waiting"))),
        sounding=tuple((int(channel), int(note)) for channel, note in sounding if note < midi.NOTES),
        took=_numbers(facts.get("took_us")),
        late=_numbers(facts.get("late_us")),
        naming=Naming(
            middle_c if isinstance(middle_c, int) else 5, {int(channel): name for channel, name in channels if name}
        ),
    )


def _link(facts: Mapping[str, Any]) -> tuple[str, str]:
    return _text(facts.get("name")), _text(facts.get("state"))


def _text(value: object) -> str:
    return shown(value) if isinstance(value, str) else ""


_MOST: Final = 1e15


def _number(value: object) -> float:
    return value if isinstance(value, int | float) and 0 <= value < _MOST else 0


def _numbers(value: object) -> dict[str, float]:
    return {str(key): _number(number) for key, number in _dict(value).items()}


def _bytes(value: object) -> bytes:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return b""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [_dict(each) for each in _list(value)]
