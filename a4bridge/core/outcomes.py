"""What became of an event: sent on, used by the bridge itself, or dropped, and why.

The engine counts every event under exactly one of these in the shared page; everything that shows counts takes the
words from here.
"""

from enum import IntEnum
from typing import Final


class Outcome(IntEnum):
    """The number is the event's place among the shared page's counters, so it never changes its meaning."""

    FORWARDED = 0
    # Used by the bridge itself; nothing goes out now, and nothing is lost.
    PEDAL_MOVED = 1
    HELD_BY_PEDAL = 2
    HELD_BY_OTHER_KEY = 3
    RELEASED = 4
    PRIMED = 5
    THINNED = 6
    PARAMETER_CHOSEN = 7
    BOUND = 8
    SYSEX_APART = 9
    # Dropped.
    NO_DESTINATION = 16
    NOTES_FILTERED = 17
    POLY_PRESSURE = 18
    CONTROL_CHANGE = 19
    PEDAL_FILTERED = 20
    PROGRAM_CHANGE = 21
    CHANNEL_PRESSURE = 22
    PITCH_BEND = 23
    SYSEX = 24
    SYSTEM_COMMON = 25
    CLOCK = 26
    TRANSPORT = 27
    ACTIVE_SENSING = 28
    SYSTEM_RESET = 29
    NOT_SOUNDING = 30
    MALFORMED = 31
    FAILED = 32
    OUTSIDE_ZONES = 33
    OUT_OF_RANGE = 34
    NOT_ITS_TURN = 35
    NO_FREE_TRACK = 36
    TOO_LONG = 37
    PARAMETER = 38
    LOOP = 39
    OVERLOAD = 40
    HUSHED = 41


OUTCOMES: Final = 64
"""Counters that the shared page has room for."""

FIRST_DROP: Final = Outcome.NO_DESTINATION

WORDS: Final[dict[Outcome, str]] = {
    Outcome.FORWARDED: "forwarded",
    Outcome.PEDAL_MOVED: "sustain pedal, used by the bridge",
    Outcome.HELD_BY_PEDAL: "note-off held back by the pedal",
    Outcome.HELD_BY_OTHER_KEY: "note-off held back: another key holds the note",
    Outcome.RELEASED: "all notes off or reset, carried out by the bridge",
    Outcome.PRIMED: "the bridge's own first or last event on an input",
    Outcome.THINNED: "bend or pressure, replaced by a newer value or sent a moment later",
    Outcome.PARAMETER_CHOSEN: "NRPN or RPN number, sent with its value",
    Outcome.BOUND: "bound to an action of the bridge",
    Outcome.SYSEX_APART: "system exclusive, passed on by an input of its own",
    Outcome.NO_DESTINATION: "no destination is connected",
    Outcome.NOTES_FILTERED: "note, filtered by the profile",
    Outcome.POLY_PRESSURE: "poly pressure, filtered",
    Outcome.CONTROL_CHANGE: "control change, filtered: it would turn a knob of the sound",
    Outcome.PEDAL_FILTERED: "sustain pedal, filtered: CC 64 is performance macro F",
    Outcome.PROGRAM_CHANGE: "program change, filtered: it would change the pattern",
    Outcome.CHANNEL_PRESSURE: "channel pressure, filtered",
    Outcome.PITCH_BEND: "pitch bend, filtered",
    Outcome.SYSEX: "system exclusive, filtered",
    Outcome.SYSTEM_COMMON: "system common, filtered",
    Outcome.CLOCK: "clock, filtered",
    Outcome.TRANSPORT: "start, stop or continue, filtered: it would start or stop the sequencer",
    Outcome.ACTIVE_SENSING: "active sensing, filtered",
    Outcome.SYSTEM_RESET: "system reset, filtered",
    Outcome.NOT_SOUNDING: "note-off without a note",
    Outcome.MALFORMED: "not a whole MIDI message",
    Outcome.FAILED: "failed inside the bridge",
    Outcome.OUTSIDE_ZONES: "no zone of the profile has it",
    Outcome.OUT_OF_RANGE: "note, transposed out of range",
    Outcome.NOT_ITS_TURN: "note, silent: the zone is mono and another key sounds",
    Outcome.NO_FREE_TRACK: "note, silent: every track of the zone is taken",
    Outcome.TOO_LONG: "system exclusive, longer than the profile's limit",
    Outcome.PARAMETER: "NRPN or RPN value without a number",
    Outcome.LOOP: "from an input that brings back what the bridge sends",
    Outcome.OVERLOAD: "left out: the MIDI cable to the box is full",
    Outcome.HUSHED: "not passed on, while somebody set up by playing",
}


def is_drop(outcome: Outcome) -> bool:
    """Tell whether something a keyboard sent was thrown away."""
    return outcome >= FIRST_DROP
