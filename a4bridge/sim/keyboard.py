"""What a person plays on a simulated USB keyboard: phrases as data, with the stray things that come along."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from a4bridge.core import midi

CHANNEL: Final = 1
"""Keyboards send on channel 1 unless told otherwise."""

BPM: Final = 120
BAR_MS: Final = 2000.0


class Event(NamedTuple):
    """One whole MIDI message and when it is sent, in milliseconds from the phrase's start."""

    at_ms: float
    data: bytes


class HeldStep(NamedTuple):
    """Notes (0-127) to be played together while the [TRIG] of `step` (1-16) is held."""

    step: int
    notes: tuple[int, ...]


def in_time_order(*parts: Iterable[Event]) -> Iterator[Event]:
    """Yield the events of all `parts` by time; simultaneous ones stay in the order given."""
    yield from sorted((event for part in parts for event in part), key=lambda event: event.at_ms)


def key(at_ms: float, note: int, length_ms: float, velocity: int = 100) -> tuple[Event, Event]:
    """Return a key struck and let go, the latter as a note-off."""
    on, off = midi.status(midi.NOTE_ON, CHANNEL), midi.status(midi.NOTE_OFF, CHANNEL)
    return (
        Event(at_ms, bytes([on, note, velocity])),
        Event(at_ms + length_ms, bytes([off, note, midi.RELEASE_VELOCITY])),
    )


def terse_key(at_ms: float, note: int, length_ms: float, velocity: int = 100) -> tuple[Event, Event]:
    """Return a key of a keyboard that says note-off as a note-on of velocity 0."""
    struck, _ = key(at_ms, note, length_ms, velocity)
    return struck, Event(at_ms + length_ms, struck.data[:2] + b"\0")


def chord(notes: Iterable[int], at_ms: float, length_ms: float) -> Iterator[Event]:
    """Yield `notes` struck together at `at_ms` and let go together."""
    return in_time_order(*(key(at_ms, note, length_ms) for note in notes))


def on_channel(channel: int, events: Iterable[Event]) -> Iterator[Event]:
    """Yield `events` as a keyboard sends them that is set to `channel` (1-16)."""
    for event in events:
        status, *rest = event.data
        yield event if status >= midi.SYSEX else Event(event.at_ms, bytes([midi.status(status & 0xF0, channel), *rest]))


def knob(number: int, at_ms: float, length_ms: float) -> Iterator[Event]:
    """Yield the control changes (0-119) of a knob that is turned from one end to the other, in three steps."""
    for step, value in enumerate((0, 64, 127)):
        yield _control_change(at_ms + length_ms / 2 * step, number, value)


def _control_change(at_ms: float, number: int, value: int) -> Event:
    return Event(at_ms, bytes([midi.status(midi.CONTROL_CHANGE, CHANNEL), number, value]))


def _pitch_bend(at_ms: float, coarse: int) -> Event:
    return Event(at_ms, bytes([midi.status(midi.PITCH_BEND, CHANNEL), 0, coarse]))


_KEYS: Final = (
    # A chord on the first step, as loosely together as fingers are.
    key(4, 57, 340, 96),
    key(6, 60, 338, 90),
    key(9, 64, 336, 92),
    key(371, 69, 110, 84),
    key(507, 72, 180),
    # Under the pedal: short touches that ought to ring, one of them struck again.
    key(752, 76, 90, 104),
    key(1003, 74, 90, 88),
    key(1247, 76, 80, 92),
    key(1502, 69, 200, 112),
    terse_key(1744, 67, 60, 80),
    terse_key(1880, 64, 90, 90),
)

_WHEELS_AND_PEDAL: Final = (
    _control_change(740, midi.CC_SUSTAIN, 127),
    _control_change(1480, midi.CC_SUSTAIN, 0),
    *(_control_change(520 + 2 * value, midi.CC_MOD_WHEEL, value) for value in (20, 60, 90)),
    _control_change(730, midi.CC_MOD_WHEEL, 0),
    *(_pitch_bend(1480 + value, value) for value in (70, 90)),
    _pitch_bend(1690, 64),
)

_SLIDER: Final = _control_change(620, 7, 100)  # the volume slider
_CLOCK: Final = tuple(Event(BAR_MS / 96 * count, bytes([midi.CLOCK])) for count in range(96))
_SENSING: Final = tuple(Event(300.0 * count, bytes([midi.ACTIVE_SENSING])) for count in range(7))

_STRAY: Final = (
    _SLIDER,
    _control_change(640, 74, 33),  # a knob that most synthesizers take for the filter's cutoff
    Event(880, bytes([midi.status(midi.PROGRAM_CHANGE, CHANNEL), 4])),
    Event(1990, bytes([midi.START])),
    *_SENSING,
    *_CLOCK,
)

LIVE_PHRASE: Final = tuple(in_time_order(*_KEYS, _WHEELS_AND_PEDAL, _STRAY))
"""One bar at 120 BPM for live recording."""

_VOICES: Final = (
    # Four chords of four voices, the bass first as fingers are; the top voice moves on between them.
    ((4, 45, 450), (504, 41, 450), (1004, 48, 450), (1504, 43, 450)),
    ((6, 52, 445), (506, 53, 445), (1006, 55, 445), (1506, 50, 445)),
    ((9, 60, 440), (509, 60, 440), (1009, 64, 440), (1509, 62, 440)),
    (
        *((11, 69, 220), (261, 72, 180), (511, 69, 220), (761, 77, 180)),
        *((1011, 67, 220), (1261, 72, 180), (1511, 71, 220), (1761, 74, 180)),
    ),
)

FOUR_VOICES: Final = tuple(tuple(in_time_order(*(key(*each) for each in voice))) for voice in _VOICES)
"""One bar at 120 BPM for four tracks, bass first; all of it on channel 1, as one keyboard plays it."""

FOUR_VOICES_STRAY: Final = tuple(in_time_order([Event(0.0, bytes([midi.START]))], _CLOCK, _SENSING, [_SLIDER]))
"""What comes along with the four voices."""

GRID_PHRASE: Final = (
    HeldStep(1, (45,)),
    HeldStep(4, (57,)),
    HeldStep(7, (60, 64)),
    HeldStep(9, (45,)),
    HeldStep(12, (57, 60, 64)),
    HeldStep(15, (52,)),
)
"""A bass line and two chords for grid recording, one step after the other."""
