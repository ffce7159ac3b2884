"""What is dropped and why, in sentences."""

from collections.abc import Iterator
from typing import Final

from a4bridge.core import midi
from a4bridge.core.drops import Drops, drops_of
from a4bridge.core.explain.subject import Subject
from a4bridge.core.outcomes import Outcome
from a4bridge.core.reach import Kind
from a4bridge.core.spans import numbered
from a4bridge.core.words import listed

REASONS: Final = {
    Outcome.NOTES_FILTERED: "notes, because this profile filters them",
    Outcome.POLY_PRESSURE: "poly pressure, of which the Analog Four's manual says nothing",
    Outcome.CONTROL_CHANGE: "other control changes, because nearly all turn a knob of an Analog Four: "
    "CC 7 the amp volume, CC 11 performance macro E, CC 94 a track's mute",
    Outcome.PEDAL_FILTERED: "the sustain pedal, because CC 64 is performance macro F on an Analog Four",
    Outcome.PROGRAM_CHANGE: "program change, because it would change the pattern",
    Outcome.CHANNEL_PRESSURE: "channel pressure, because this profile filters it",
    Outcome.PITCH_BEND: "pitch bend, because this profile filters it",
    Outcome.SYSEX: "system exclusive, because it could overwrite sounds and patterns",
    Outcome.SYSTEM_COMMON: "time code, song select and tune request, which are no part of playing",
    Outcome.CLOCK: "clock, because it would set the sequencer's tempo",
    Outcome.TRANSPORT: "start, stop, continue and song position, because they would drive the sequencer",
    Outcome.ACTIVE_SENSING: "active sensing, because a receiver that heard it may fall silent when it stops",
    Outcome.SYSTEM_RESET: "system reset, because it could reset the box",
    Outcome.OUTSIDE_ZONES: "what no zone has",
    Outcome.OUT_OF_RANGE: "notes that are transposed out of range",
    Outcome.NOT_ITS_TURN: "keys that stay silent because a lower or higher one sounds",
    Outcome.NO_FREE_TRACK: "notes that find no track free",
    Outcome.TOO_LONG: "longer system exclusive, because it would hold up notes",
    Outcome.PARAMETER: "NRPN and RPN values without a number, because nobody knows what they would turn",
}
"""Everything that a profile drops or may drop, with the reason."""

_ELSEWHERE: Final = {
    Outcome.NOTES_FILTERED: (Kind.NOTE, "notes"),
    Outcome.POLY_PRESSURE: (Kind.POLY_PRESSURE, "poly pressure"),
    Outcome.PROGRAM_CHANGE: (Kind.PROGRAM_CHANGE, "program change"),
    Outcome.CHANNEL_PRESSURE: (Kind.CHANNEL_PRESSURE, "channel pressure"),
    Outcome.PITCH_BEND: (Kind.PITCH_BEND, "pitch bend"),
}
"""What one zone may drop and another let pass."""

_MODES: Final = "CC 122 and 124 to 127, which set how a receiver works"


def dropped(subject: Subject) -> Iterator[str]:
    """Say for each kind of event that is dropped why it is."""
    inputs = set(subject.profile.inputs)
    drops = drops_of(subject.route, other_inputs=not inputs or not inputs <= set(subject.profile.sources))
    for outcome in REASONS:
        if outcome in drops.outcomes:
            yield from (f"- {text}" for text in _texts(outcome, drops, subject))


def _texts(outcome: Outcome, drops: Drops, subject: Subject) -> Iterator[str]:
    kind, what = _ELSEWHERE.get(outcome, (None, ""))
    if outcome is Outcome.OUTSIDE_ZONES:
        yield from _outside(drops, subject)
    elif outcome is Outcome.CONTROL_CHANGE and min(drops.controllers) >= midi.CC_ALL_SOUND_OFF:
        yield _MODES
    elif kind and subject.reach.channels(kind):
        yield f"{what}, where no zone lets it pass" if what != "notes" else "notes, where no zone lets them pass"
    else:
        yield REASONS[outcome]


def _outside(drops: Drops, subject: Subject) -> Iterator[str]:
    outside = set(drops.keys.values())
    if len(outside) > 1:
        yield "keys that no zone of their keyboard and channel has"
    elif keys := {key for keys in outside for key in keys}:
        yield f"{subject.keys(sorted(keys))}, which no zone has"
    if drops.unheard:
        yield f"whatever comes {_unheard(drops, subject)}"


def _unheard(drops: Drops, subject: Subject) -> str:
    by_source: dict[int | None, list[int]] = {}
    for source, channel in sorted(drops.unheard, key=lambda place: place[1]):
        by_source.setdefault(source, []).append(channel)
    if set(by_source) == drops.sources and len(set(map(tuple, by_source.values()))) == 1:
        return f"on {numbered('channel', next(iter(by_source.values())))}, which no zone hears"
    if list(by_source) == [None] and len(by_source[None]) == midi.CHANNELS:
        named = dict.fromkeys(zone.input for zone in subject.zones)
        return f"from other keyboards than {listed([subject.port(name) for name in named])}"
    return "from a keyboard or on a channel that no zone hears"
