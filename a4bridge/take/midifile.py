"""A phrase as a standard MIDI file."""

import io
from collections.abc import Iterable
from typing import Final

from a4bridge.take.kept import Played
from a4bridge.take.phrase import Phrase
from mido import Message, MetaMessage, MidiFile, MidiTrack

TICKS_PER_BEAT: Final = 9600
BEAT_US: Final = 500_000
"""120 beats a minute. A tick is 52.1 us, so a time in the file is right to 0.03 ms; 9,600 is a multiple of the 96, 480
and 960 that other programs count by."""

_BEAT_NS: Final = BEAT_US * 1000


def midi_file(phrase: Phrase) -> bytes:
    """Return the file: the tempo and what is missing on the first track, then a track for each destination.

    Its time 0 is the phrase's beginning. Tracks come in the order of their channels, the auto channel's first.
    """
    file = MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    file.tracks.append(_heading(phrase))
    by_destination: dict[str, list[Played]] = {}
    for event in phrase.events:
        by_destination.setdefault(event.destination, []).append(event)
    for name in sorted(by_destination, key=lambda name: _order(name, by_destination[name])):
        file.tracks.append(_track(name, by_destination[name], phrase.begin))
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def ticks(ns: int) -> int:
    """Return how many ticks `ns` nanoseconds are."""
    return (ns * TICKS_PER_BEAT + _BEAT_NS // 2) // _BEAT_NS


def _heading(phrase: Phrase) -> MidiTrack:
    track = MidiTrack([MetaMessage("track_name", name="a4bridge"), MetaMessage("set_tempo", tempo=BEAT_US)])
    for count, text in ((phrase.sysex, "system exclusive messages left out"), (phrase.missing, "events missing")):
        if count:
            track.append(MetaMessage("text", text=f"{text}: {count}"))
    return track


def _track(name: str, events: Iterable[Played], begin: int) -> MidiTrack:
    track = MidiTrack([MetaMessage("track_name", name=name.encode("latin1", "replace").decode("latin1"))])
    reached = 0
    for event in events:
        at = ticks(event.at - begin)
        track.append(Message.from_bytes(event.message, time=at - reached))
        reached = at
    return track


def _order(name: str, events: list[Played]) -> tuple[bool, int, str]:
    return not name.startswith("auto"), events[0].message[0] & 15, name
