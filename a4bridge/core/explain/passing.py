"""What passes, in words: told from the route's reach, so that it is what can go out and nothing else."""

from collections.abc import Iterable, Iterator
from typing import Final

from a4bridge.core import midi
from a4bridge.core.controls import EVERY
from a4bridge.core.explain.subject import Subject
from a4bridge.core.profile import Knob
from a4bridge.core.reach import Kind, Outlet
from a4bridge.core.spans import numbered, spelled
from a4bridge.core.words import listed

_KINDS: Final = {
    Kind.NOTE: ["notes"],
    Kind.PITCH_BEND: ["pitch bend"],
    Kind.CHANNEL_PRESSURE: ["channel pressure"],
    Kind.POLY_PRESSURE: ["poly pressure"],
    Kind.PROGRAM_CHANGE: ["program change"],
    Kind.NRPN: ["NRPN", "RPN"],
}

_KNOWN_CONTROLS: Final = {midi.CC_MOD_WHEEL: "mod wheel", midi.CC_BREATH: "breath"}

_FEW: Final = 6


def kinds(outlets: Iterable[Outlet]) -> list[str]:
    """Name the kinds of message among `outlets`, without control changes."""
    there = {outlet.kind for outlet in outlets}
    return [name for kind, names in _KINDS.items() if kind in there for name in names]


def for_all(subject: Subject) -> list[str]:
    """Name what passes through no zone but for the whole profile."""
    reach = subject.reach
    return [
        *(["clock"] if reach.clock else []),
        *(["start", "stop", "continue", "song position"] if reach.transport else []),
        *([f"system exclusive up to {reach.sysex_bytes} bytes"] if reach.sysex_bytes else []),
    ]


def controllers(outlets: Iterable[Outlet]) -> list[int]:
    """Return the control changes (0-119) that pass as they are, in ascending order."""
    return sorted({number for each in outlets if each.kind is Kind.CONTROL_CHANGE for number in each.numbers})


def controls(numbers: list[int]) -> list[str]:
    """Name control changes, one by one or many together."""
    if set(numbers) >= set(EVERY):
        return ["all control changes"]
    return spelled(numbers, _control) if len(numbers) > 2 * _FEW else [_control(number) for number in numbers]


def few_controls(numbers: list[int]) -> list[str]:
    """Name control changes in a line that has little room."""
    if len(numbers) > _FEW and set(numbers) < set(EVERY):
        return [f"{len(numbers)} control changes"]
    return controls(numbers) if len(numbers) > _FEW else [f"CC {number}" for number in numbers]


def _control(number: int) -> str:
    return f"CC {number} ({_KNOWN_CONTROLS[number]})" if number in _KNOWN_CONTROLS else f"CC {number}"


def passing(outlets: Iterable[Outlet]) -> list[str]:
    """Name what passes through a zone as it is."""
    outlets = list(outlets)
    return [*kinds(outlets), *controls(controllers(outlets))]


def about_controls(subject: Subject) -> Iterator[str]:
    """Say where it stands what the control changes that pass turn on the box."""
    numbers = [number for number in controllers(subject.reach.outlets) if number not in _KNOWN_CONTROLS]
    if numbers:
        which = "control changes" if set(EVERY) <= {*numbers, *_KNOWN_CONTROLS} else listed(controls(numbers))
        yield f"What {which} may turn on an Analog Four: see appendix D of its manual."


def knobs(subject: Subject, at: int) -> Iterator[str]:
    """Say what the knobs of zone number `at` become."""
    zone = subject.zones[at]
    played = {outlet.controller: outlet for outlet in subject.reach.zones[at] if outlet.kind is Kind.KNOB}
    texts = [
        f"CC {knob.cc} becomes {_becomes(knob, played[knob.cc])}{_values(knob)}{_elsewhere(knob, subject, at)}"
        for knob in zone.knobs
        if knob.cc in played
    ]
    if texts:
        yield f"Knobs: {'; '.join(texts)}."


def unproven(subject: Subject) -> Iterator[str]:
    """Say what of the knobs nobody has seen work."""
    macros = {(at, knob.cc) for at, zone in enumerate(subject.zones) for knob in zone.knobs if isinstance(knob.to, str)}
    channels = {
        channel
        for at, outlets in enumerate(subject.reach.zones)
        for outlet in outlets
        if outlet.kind is Kind.KNOB and (at, outlet.controller) in macros
        for channel in outlet.channels
    }
    if channels:
        on = numbered("channel", sorted(channels))
        yield f"Unproven on a real box: that performance macros hear control changes on {on}."


def _becomes(knob: Knob, outlet: Outlet) -> str:
    (number,) = outlet.numbers
    return f"{knob.to} (CC {number})" if isinstance(knob.to, str) else f"CC {number}"


def _values(knob: Knob) -> str:
    low, high = knob.range
    between = "" if (low, high) == (0, midi.NOTES - 1) else f", from {low} at its lowest to {high} at its highest"
    bend = "" if knob.curve == 1 else f", {'fast' if knob.curve < 1 else 'slowly'} at first"
    return between + bend


def _elsewhere(knob: Knob, subject: Subject, at: int) -> str:
    destinations = subject.destinations(subject.zones[at])
    destination = subject.track or knob.destination or destinations[0]
    return "" if (destination,) == destinations else f", on {subject.place(destination)}"
