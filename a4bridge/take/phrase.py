"""What of a take goes into a file: the whole of it or its end, with every note whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from a4bridge.core import midi
from a4bridge.take.kept import Kept, Played

_SECOND: Final = 1_000_000_000

_IN_SEQUENCES: Final = frozenset(
    (
        midi.CC_DATA,
        midi.CC_DATA_FINE,
        midi.CC_DATA_UP,
        midi.CC_DATA_DOWN,
        midi.CC_NRPN,
        midi.CC_NRPN_FINE,
        midi.CC_RPN,
        midi.CC_RPN_FINE,
    )
)
"""Control changes that mean nothing by themselves."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What goes into a file. Every note-on in it has its note-off, before the next note-on of the same note.

    events: in order, none before `begin`. begin, end: monotonic ns. sysex, missing: how many messages are left out of
    it, and how many events were lost.
    """

    events: tuple[Played, ...]
    begin: int
    end: int
    sysex: int = 0
    missing: int = 0

    @property
    def notes(self) -> int:
        """How many notes there are."""
        return sum(map(_begins_note, self.events))

    @property
    def destinations(self) -> list[str]:
        """Where they went, by the first time each was played to."""
        return list(dict.fromkeys(event.destination for event in self.events))


def phrase_of(kept: Kept, seconds: float | None = None) -> Phrase:
    """Return the phrase that was played in the last `seconds`, or all that is kept.

    The seconds are counted back from the last event, or from now while a note sounds. What sounded when they began
    begins with them, as do the knobs and wheels that had been moved. A note that is struck again while it sounds ends
    there; what still sounds ends now, or as long after the last event as there are minutes kept.
    """
    whole = list(_whole_notes(kept.events))
    if not whole:
        return Phrase((), kept.now, kept.now)
    sounding = _sounding(whole)
    end = min(kept.now, whole[-1].at + kept.minutes * 60 * _SECOND) if sounding else whole[-1].at
    begin = whole[0].at if seconds is None else end - round(seconds * _SECOND)
    before = [event for event in whole if event.at < begin]
    after = whole[len(before) :]
    if after and not _sounding(before):  # nobody wants a file that begins with silence
        begin = after[0].at
    events = [*_as_left_by(before, begin), *after]
    events += [
        replace(began, at=end, message=bytes([began.message[0] & 0x8F, began.message[1], midi.RELEASE_VELOCITY]))
        for began in sounding
    ]
    return Phrase(
        tuple(events),
        begin,
        end,
        sum(at >= begin for at in kept.sysex),
        sum(count for at, count in kept.missing if at >= begin),
    )


def _whole_notes(events: Iterable[Played]) -> Iterator[Played]:
    """Yield the events without note-offs that end nothing, and with one before a note that still sounds begins."""
    sounding = set()
    for event in events:
        note = _note(event)
        if note is None:
            yield event
        elif _begins_note(event):
            if note in sounding:
                yield replace(event, message=bytes([event.message[0] & 0x8F, event.message[1], midi.RELEASE_VELOCITY]))
            sounding.add(note)
            yield event
        elif note in sounding:
            sounding.discard(note)
            yield event


def _sounding(events: Iterable[Played]) -> list[Played]:
    """Return the note-ons that have no note-off."""
    began: dict[tuple[str, int, int], Played] = {}
    for event in events:
        if note := _note(event):
            began.pop(note, None)
            if _begins_note(event):
                began[note] = event
    return list(began.values())


def _as_left_by(before: list[Played], at: int) -> list[Played]:
    """Return what brings a box to where `before` left it: programs, controls, bend and pressure, then notes."""
    left: dict[tuple[str, bytes], Played] = {}
    for event in before:
        kind, message = event.message[0] & 0xF0, event.message
        if kind == midi.CONTROL_CHANGE and message[1] not in _IN_SEQUENCES:
            left[event.destination, message[:2]] = event
        elif kind in {midi.PROGRAM_CHANGE, midi.CHANNEL_PRESSURE, midi.PITCH_BEND}:
            left[event.destination, message[:1]] = event
    controls = sorted(left.values(), key=lambda event: event.message[0] & 0xF0 != midi.PROGRAM_CHANGE)
    return [replace(event, at=at) for event in [*controls, *_sounding(before)]]


def _note(event: Played) -> tuple[str, int, int] | None:
    """Return which note an event begins or ends, if it is one."""
    message = event.message
    return (event.destination, message[0] & 15, message[1]) if message[0] < midi.POLY_PRESSURE else None


def _begins_note(event: Played) -> bool:
    return event.message[0] & 0xF0 == midi.NOTE_ON and event.message[2] > 0
