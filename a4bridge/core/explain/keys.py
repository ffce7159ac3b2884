"""What a zone makes of its keys, in sentences."""

from collections.abc import Iterator
from typing import Final

from a4bridge.core import midi
from a4bridge.core.explain.subject import Subject
from a4bridge.core.profile import Velocity
from a4bridge.core.reach import Kind, heard_by, keys_of, transposed
from a4bridge.core.route import Mono, Order, Steal
from a4bridge.core.spans import numbered

_MONO: Final = {
    Mono.LAST: "One note at a time: a new key ends the note before.",
    Mono.LOW: "One note at a time: the lowest key; a higher one stays silent.",
    Mono.HIGH: "One note at a time: the highest key; a lower one stays silent.",
}
_NEXT: Final = {
    Mono.LAST: "the key before it that is still held",
    Mono.LOW: "the lowest key still held",
    Mono.HIGH: "the highest key still held",
}
_FREE: Final = {Order.LOWEST: "the first of them that is free", Order.ROTATE: "the next in turn that is free"}
_NONE_FREE: Final = {Steal.OLDEST: "the oldest note ends for it", Steal.NONE: "it stays silent"}

_OCTAVE: Final = 12


def keys_of_zone(subject: Subject, at: int) -> str:
    """Say which keys zone number `at` has."""
    zone = subject.route.zones[at]
    return subject.keys(range(zone.low, zone.high + 1)) if zone.notes else "no notes"


def about_keys(subject: Subject, at: int) -> Iterator[str]:
    """Say all that zone number `at` makes of its keys."""
    zone, compiled = subject.zones[at], subject.route.zones[at]
    if not compiled.notes:
        return
    if not any(outlet.kind is Kind.NOTE for outlet in subject.reach.zones[at]):
        yield "None of its keys sounds: each is bound, taken by an exclusive zone, or transposed out of range."
        return
    yield from _alone(subject, at)
    yield from _layers(subject, at)
    yield from _transposed(subject, at)
    if zone.velocity:
        yield f"Velocity: {_velocity(zone.velocity)}."
    if zone.mono is not Mono.ALL:
        again = f"When it is let go, {_NEXT[zone.mono]} sounds again and records another trig."
        yield f"{_MONO[zone.mono]} {again if zone.return_ else 'A key that was silenced does not sound again.'}"
    if len(compiled.channels) > 1:
        yield f"Each note goes to {_FREE[zone.order]}; if none is, {_NONE_FREE[zone.steal]}."
        if any(outlet.kind is not Kind.NOTE and len(outlet.channels) > 1 for outlet in subject.reach.zones[at]):
            yield "What else passes goes to all of them."


def _alone(subject: Subject, at: int) -> Iterator[str]:
    before = [number + 1 for number in _sharing(subject, at) if number < at and subject.route.zones[number].exclusive]
    but = f", but for those of {numbered('zone', before)}" if before else ""
    if subject.route.zones[at].exclusive and len(subject.zones) > 1:
        yield f"Its keys are its own{but}: no other zone gets them."


def _layers(subject: Subject, at: int) -> Iterator[str]:
    if alone := keys_lost_to(subject, at):
        yield f"Keys that it shares with {numbered('zone', alone)} sound only there."
    sharing = [] if subject.route.zones[at].exclusive else _sharing(subject, at)
    if together := [number + 1 for number in sharing if not subject.route.zones[number].exclusive]:
        yield f"Keys that it shares with {numbered('zone', together)} sound there, too."


def keys_lost_to(subject: Subject, at: int) -> list[int]:
    """Return the numbers of the zones, counted from 1, that have some of the keys of zone number `at` to themselves."""
    sharing = [] if subject.route.zones[at].exclusive else _sharing(subject, at)
    return [number + 1 for number in sharing if subject.route.zones[number].exclusive]


def _sharing(subject: Subject, at: int) -> list[int]:
    """Return the numbers of the zones that have keys in common with zone number `at`, counted from 0."""
    mine = subject.route.zones[at]
    return [
        number
        for number, other in enumerate(subject.route.zones)
        if number != at
        and other.notes
        and (None in {mine.source, other.source} or mine.source == other.source)
        and (None in {mine.channel, other.channel} or mine.channel == other.channel)
        and max(mine.low, other.low) <= min(mine.high, other.high)
    ]


def _transposed(subject: Subject, at: int) -> Iterator[str]:
    zone = subject.route.zones[at]
    if not zone.transpose:
        return
    keys = {key for channel in heard_by(zone) for key in keys_of(subject.route, at, zone.source, channel)}
    outside = sorted(key for key in keys if key + zone.transpose not in range(midi.NOTES))
    silent = [key for key in outside if transposed(zone, key) is None]
    folded = "; what leaves the range of notes comes back by octaves" if zone.fold and outside else ""
    dropped = f"; {subject.keys(silent)} would leave the range of notes and stay silent" if silent else ""
    yield f"Transposed {_interval(abs(zone.transpose))} {'up' if zone.transpose > 0 else 'down'}{folded}{dropped}."


def _interval(semitones: int) -> str:
    octaves, rest = divmod(semitones, _OCTAVE)
    number, unit = (semitones, "semitone") if rest else (octaves, "octave")
    return f"{number} {unit}{'s' if number > 1 else ''}"


def _velocity(velocity: Velocity) -> str:
    if velocity.fixed is not None:
        return f"always {velocity.fixed}"
    if velocity.gamma is not None:
        curve = "soft keys count more" if velocity.gamma < 1 else "soft keys count less"
        return f"{curve} (gamma {velocity.gamma:g})" if velocity.gamma != 1 else "as played"
    if velocity.range is not None:
        low, high = velocity.range
        return f"{low} for the softest to {high} for the hardest"
    return "by the profile's own table"
