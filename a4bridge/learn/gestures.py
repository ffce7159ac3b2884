"""What is played while something is learned, and what it is good for: keys, pads, knobs and pedals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from a4bridge.core import midi

QUIET_SECONDS: Final = 0.4
"""How long a knob must have been still before what it sent is judged, where it did not send much."""

_ENOUGH: Final = 4
"""Different values of one control change that leave no doubt which knob is turned."""

_SAME: Final = 4
"""Times that one value in a row is no position any more: a knob that counts steps sends it for each of them."""

_FINE: Final = 32
"""CC 32 to 63 are the fine halves of CC 0 to 31 (MIDI 1.0)."""

_PRESSED: Final = 64
"""From this value on a control change counts as pressed, as in a binding."""


@dataclass(frozen=True, slots=True)
class Played:
    """One message. keyboard: what a profile would call the input. at: seconds, by any clock that never goes back."""

    keyboard: str
    message: bytes
    at: float

    @property
    def kind(self) -> int:
        """The kind of a channel message (midi.NOTE_ON, ...), or the status itself."""
        status = self.message[0]
        return status & 0xF0 if status < midi.SYSEX else status

    @property
    def channel(self) -> int:
        """1-16, of a channel message."""
        return midi.channel_of(self.message[0])

    @property
    def is_key(self) -> bool:
        """Whether a key or pad was pressed; let go it means nothing here."""
        return self.kind == midi.NOTE_ON and self.message[2] > 0

    @property
    def is_control(self) -> bool:
        """Whether it is a control change that is a control, and no channel mode message."""
        return self.kind == midi.CONTROL_CHANGE and self.message[1] <= midi.LAST_CONTROLLER


_STRAYS: Final = {
    midi.POLY_PRESSURE: "pressure on single keys (poly pressure)",
    midi.CHANNEL_PRESSURE: "pressure on the keys (channel pressure)",
    midi.PITCH_BEND: "the pitch wheel",
    midi.PROGRAM_CHANGE: "a program change",
    midi.SYSEX: "a system exclusive message",
    midi.START: "start, which drives a sequencer",
    midi.CONTINUE: "continue, which drives a sequencer",
    midi.STOP: "stop, which drives a sequencer",
    midi.SONG_POSITION: "a song position, which drives a sequencer",
}


def stray(played: Played) -> str:
    """Say what came, where it is nothing that was asked for; "" for what means nothing at all.

    That is what comes by itself, clock and active sensing, and a key or pad that is let go.
    """
    if played.is_key:
        return f"a key or pad, note {played.message[1]}"
    if played.kind == midi.CONTROL_CHANGE:
        return f"a control change, CC {played.message[1]}"
    return _STRAYS.get(played.kind, "")


@dataclass(frozen=True, slots=True)
class Turned:
    """A knob, slider or pedal that may be used: its control change (0-119), and whether it has only two positions.

    remark: a sentence on what of it is not used, or empty.
    """

    keyboard: str
    channel: int
    controller: int
    is_switch: bool
    remark: str = ""


class Turning:
    """Gathers what comes while a knob is turned, until it is clear what the knob sends."""

    def __init__(self) -> None:
        self._events: list[Played] = []
        self._refused: list[Played] = []

    def take(self, played: Played) -> Turned | str:
        """Take a message; returns the knob, a sentence about one that will not do, or "" while it is not clear."""
        if not played.is_control:
            return _not_a_control(played)
        if self._still_moves(played):
            self._refused.append(played)
            return ""
        self._events.append(played)
        values = {event.message[2] for event in self._of(played)}
        if len(values) < _ENOUGH and not self._repeats(played):
            return ""
        return self._judged()

    def settle(self, now: float) -> Turned | str:
        """Judge what has come if nothing more does; the same as `take` returns."""
        if not self._events or now - self._events[-1].at < QUIET_SECONDS:
            return ""
        return self._judged()

    def _still_moves(self, played: Played) -> bool:
        """Tell whether this is from a knob that was refused, and not yet let go."""
        same = {(event.keyboard, event.message[:2]) for event in self._refused}
        return (played.keyboard, played.message[:2]) in same and played.at - self._refused[-1].at < QUIET_SECONDS

    def _of(self, played: Played) -> list[Played]:
        """Return what has come of the same control."""
        same = (played.keyboard, played.message[:2])
        return [event for event in self._events if (event.keyboard, event.message[:2]) == same]

    def _repeats(self, played: Played) -> bool:
        last = [event.message[2] for event in self._of(played)[-_SAME:]]
        return len(last) == _SAME and len(set(last)) == 1

    def _judged(self) -> Turned | str:
        events, self._events = self._events, []
        found = _judged(events)
        self._refused = events if isinstance(found, str) else []
        return found


def _judged(events: Sequence[Played]) -> Turned | str:
    first = _most_turned(events)
    numbers = {event.message[1] for event in events}
    if not numbers.isdisjoint({midi.CC_NRPN, midi.CC_NRPN_FINE}):
        return _parameter("NRPN", events, midi.CC_NRPN, midi.CC_NRPN_FINE)
    if not numbers.isdisjoint({midi.CC_RPN, midi.CC_RPN_FINE}):
        return _parameter("RPN", events, midi.CC_RPN, midi.CC_RPN_FINE)
    number = first.message[1]
    values = [event.message[2] for event in events if event.message[:2] == first.message[:2]]
    if len(values) >= _SAME and len(set(values)) == 1:
        return (
            f"It sends CC {number} with the value {values[0]} again and again, as a knob does that counts steps; a "
            "macro needs its position: set it to absolute values on the keyboard, or use another"
        )
    fine = _FINE <= number < 2 * _FINE and number - _FINE in numbers
    number -= _FINE if fine else 0
    remark = ""
    if number < _FINE and number + _FINE in numbers:
        remark = (
            f"It sends two control changes at a time (14 bits), CC {number} and CC {number + _FINE}; the fine "
            "half does not pass"
        )
    return Turned(first.keyboard, first.channel, number, len(values) > 1 and set(values) == {0, 127}, remark)


def _most_turned(events: Sequence[Played]) -> Played:
    """Return an event of the control that took the most values; of equals, the one that came first."""
    positions = {(event.keyboard, event.message) for event in events}
    seen = Counter((keyboard, message[:2]) for keyboard, message in positions)
    return max(events, key=lambda event: seen[event.keyboard, event.message[:2]])


def _parameter(kind: str, events: Sequence[Played], coarse: int, fine: int) -> str:
    last = {event.message[1]: event.message[2] for event in events}
    number = ":".join(str(last[each]) for each in (coarse, fine) if each in last)
    sent = ", ".join(f"CC {each}" for each in dict.fromkeys(event.message[1] for event in events))
    return (
        f"It sends {kind} {number}, several messages for each position ({sent}), and a macro is turned by one control "
        "change: set it to a control change (CC) on the keyboard, or use another"
    )


def _not_a_control(played: Played) -> str:
    if played.kind == midi.CONTROL_CHANGE:
        return f"That is CC {played.message[1]}, a channel mode message and no control: use another"
    what = stray(played)
    return f"That is {what}; it takes a control change (CC)" if what else ""


def is_pressed(played: Played) -> bool:
    """Tell whether a pad, key or button is pressed by this, and not let go."""
    if played.is_control:
        return played.message[2] >= _PRESSED
    return played.is_key or played.kind == midi.PROGRAM_CHANGE
