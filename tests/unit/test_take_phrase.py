"""What of a take goes into a file, and the file itself, read by its own library and by another."""

import csv
import io
from collections import defaultdict
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mido
from a4bridge.core import midi
from a4bridge.take.kept import Kept, Played
from a4bridge.take.midifile import BEAT_US, TICKS_PER_BEAT, midi_file, ticks
from a4bridge.take.phrase import Phrase, phrase_of
from py_midicsv import midi_to_csv

SECOND: Final = 10**9
AUTO: Final = "auto channel 9"
TRACK_2: Final = "track 2 (channel 2)"


def kept(score: str, now: float = 100.0, destination: str = AUTO) -> Kept:
    """Return what "1.5 98 3C 64, 2 88 3C 40" is, in seconds."""
    parts = [part.split(" ", 1) for part in score.split(", ") if part]
    events = [Played(round(float(at) * SECOND), bytes.fromhex(text), destination) for at, text in parts]
    return Kept(10, round(now * SECOND), events)


def score(phrase: Phrase) -> str:
    return ", ".join(f"{event.at / SECOND:g} {event.message.hex(' ').upper()}" for event in phrase.events)


@pytest.mark.parametrize(
    ("played", "last", "becomes"),
    [
        ("1 98 3C 64, 2 88 3C 40", None, "1 98 3C 64, 2 88 3C 40"),
        # What ends nothing is left out, what is struck again ends first, what still sounds ends now.
        ("1 88 3C 40, 2 98 3C 64, 3 88 3C 40", None, "2 98 3C 64, 3 88 3C 40"),
        ("1 98 3C 64, 2 98 3C 50, 3 88 3C 40", None, "1 98 3C 64, 2 88 3C 40, 2 98 3C 50, 3 88 3C 40"),
        ("1 98 3C 64", None, "1 98 3C 64, 100 88 3C 40"),
        # The end of it begins with what is played then.
        ("1 98 3C 64, 2 88 3C 40, 50 98 40 64, 51 88 40 40", 30, "50 98 40 64, 51 88 40 40"),
        # What sounds when it begins begins with it.
        ("1 98 3C 64, 55 88 3C 40", 10, "45 98 3C 64, 55 88 3C 40"),
        ("1 98 3C 64", 10, "90 98 3C 64, 100 88 3C 40"),
        # So do wheels and knobs that had been moved, but no half of a sequence.
        (
            "1 B8 01 05, 2 E8 00 41, 3 C8 04, 4 B8 01 07, 5 B8 63 01, 50 98 3C 64, 51 88 3C 40",
            30,
            "50 C8 04, 50 B8 01 07, 50 E8 00 41, 50 98 3C 64, 51 88 3C 40",
        ),
    ],
)
def test_every_note_is_whole(played: str, last: float | None, becomes: str) -> None:
    assert score(phrase_of(kept(played), last)) == becomes


def test_the_last_seconds_are_counted_back_from_the_last_event() -> None:
    phrase = phrase_of(kept("1 98 3C 64, 2 88 3C 40, 50 98 40 64, 51 88 40 40", now=4000), 2)

    assert (phrase.begin, phrase.end, phrase.notes) == (50 * SECOND, 51 * SECOND, 1)


def test_a_key_that_was_forgotten_makes_no_endless_file() -> None:
    """A MIDI file cannot hold a pause of four hours."""
    phrase = phrase_of(kept("1 98 3C 64", now=100_000))

    assert score(phrase) == "1 98 3C 64, 601 88 3C 40"


def test_what_is_left_out_or_missing_is_counted_where_it_belongs() -> None:
    take = kept("1 98 3C 64, 2 88 3C 40, 50 98 40 64, 51 88 40 40")
    take.sysex = [SECOND, 50 * SECOND]
    take.missing = [(SECOND, 100), (51 * SECOND, 7)]

    whole, end = phrase_of(take), phrase_of(take, 10)

    assert (whole.sysex, whole.missing) == (2, 107)
    assert (end.sysex, end.missing) == (1, 7)
    texts = [row[3] for row in rows(midi_file(whole)) if row[2] == "Text_t"]
    assert texts == ["system exclusive messages left out: 2", "events missing: 107"]


def test_nothing_played_is_no_phrase() -> None:
    assert phrase_of(kept("")).events == ()
    assert phrase_of(kept("1 88 3C 40"), 5).events == ()


def rows(content: bytes) -> list[list[str]]:
    """Return what another library reads: track, tick, kind and values of each event."""
    return [
        [cell.strip() for cell in row] for row in csv.reader(midi_to_csv(io.BytesIO(content)), skipinitialspace=True)
    ]


_KINDS: Final = {
    "Note_on_c": midi.NOTE_ON,
    "Note_off_c": midi.NOTE_OFF,
    "Poly_aftertouch_c": midi.POLY_PRESSURE,
    "Control_c": midi.CONTROL_CHANGE,
    "Program_c": midi.PROGRAM_CHANGE,
    "Channel_aftertouch_c": midi.CHANNEL_PRESSURE,
    "Pitch_bend_c": midi.PITCH_BEND,
}

Tracks = dict[str, list[tuple[int, bytes]]]


def read_by_another(content: bytes) -> Tracks:
    titles: dict[str, str] = {}
    tracks: Tracks = {}
    for track, tick, kind, *values in rows(content):
        if kind == "Title_t":
            titles[track] = values[0]
        if kind in _KINDS:
            channel, *data = map(int, values)
            if kind == "Pitch_bend_c":
                data = [data[0] & 127, data[0] >> 7]
            tracks.setdefault(titles[track], []).append((int(tick), bytes([_KINDS[kind] | channel, *data])))
    return tracks


def read_by_mido(content: bytes) -> Tracks:
    tracks: Tracks = {}
    for track in mido.MidiFile(file=io.BytesIO(content)).tracks:
        at = 0
        for message in track:
            at += message.time
            if isinstance(message, mido.Message):
                tracks.setdefault(track.name, []).append((at, bytes(message.bytes())))
    return tracks


def test_the_file_states_its_tempo_and_has_a_track_for_each_destination() -> None:
    take = kept("1 91 3C 64, 2 81 3C 40", destination=TRACK_2)
    take.events += kept("2.0001 98 3C 64, 3 88 3C 40").events

    content = midi_file(phrase_of(take))

    assert rows(content)[0] == ["0", "0", "Header", "1", "3", str(TICKS_PER_BEAT)]
    assert [row[3] for row in rows(content) if row[2] == "Tempo"] == [str(BEAT_US)]
    assert [row[3] for row in rows(content) if row[2] == "Title_t"] == ["a4bridge", AUTO, TRACK_2]
    assert read_by_another(content) == {
        AUTO: [(19202, b"\x98\x3c\x64"), (38400, b"\x88\x3c\x40")],
        TRACK_2: [(0, b"\x91\x3c\x64"), (19200, b"\x81\x3c\x40")],
    }


@given(st.integers(0, 3600 * SECOND))
def test_a_tick_is_right_to_a_tenth_of_a_millisecond(ns: int) -> None:
    assert abs(ticks(ns) * BEAT_US * 1000 / TICKS_PER_BEAT - ns) < 100_000


DATA = st.integers(0, 127)
CHANNELS = {0: TRACK_2, 8: AUTO, 11: "channel 12"}
EVENTS = st.builds(
    lambda kind, channel, first, second: bytes([kind | channel, first, second])[: midi.LENGTHS[kind]],
    st.sampled_from([*[midi.NOTE_ON, midi.NOTE_OFF] * 4, *_KINDS.values()]),
    st.sampled_from(sorted(CHANNELS)),
    st.sampled_from([0, 60, 61, 127]) | DATA,
    DATA,
)
TAKES = st.lists(st.tuples(st.integers(0, 20 * SECOND), EVENTS), max_size=60)


def take_of(steps: list[tuple[int, bytes]]) -> Kept:
    now, events = 5 * SECOND, []
    for pause, message in steps:
        now += pause
        events.append(Played(now, message, CHANNELS[message[0] & 15]))
    return Kept(10, now + SECOND, events)


def notes_of(messages: list[tuple[int, bytes]]) -> list[tuple[int, int, int, int, int]]:
    """Return the notes: channel, note, velocity, beginning, end; each begins and ends once, or this fails."""
    notes, sounding = [], {}
    for at, message in messages:
        key = message[0] & 15, message[1]
        if message[0] & 0xF0 == midi.NOTE_ON and message[2]:
            assert key not in sounding
            sounding[key] = at, message[2]
        elif message[0] < midi.POLY_PRESSURE:
            began, velocity = sounding.pop(key)
            notes.append((*key, velocity, began, at))
    assert not sounding
    return notes


def played_notes(take: Kept) -> list[tuple[int, int, int, int, int]]:
    """Return the notes by a plain rule: each ends at the next event of its key, or now."""
    notes = []
    events = [event for event in take.events if event.message[0] < midi.POLY_PRESSURE]
    for number, event in enumerate(events):
        channel, (_status, note, velocity) = event.message[0] & 15, event.message
        if event.message[0] & 0xF0 == midi.NOTE_ON and velocity:
            ends = [
                other.at
                for other in events[number + 1 :]
                if (other.message[0] & 15, other.message[1]) == (channel, note)
            ]
            notes.append((channel, note, velocity, event.at, ends[0] if ends else take.now))
    return notes


@settings(max_examples=60)
@given(TAKES)
def test_any_take_reads_back_with_the_same_notes_and_times(steps: list[tuple[int, bytes]]) -> None:
    take = take_of(steps)
    phrase = phrase_of(take)
    content = midi_file(phrase)

    read = read_by_another(content)

    assert read == read_by_mido(content)
    notes = [note for messages in read.values() for note in notes_of(messages)]
    assert sorted(notes) == sorted(
        (channel, note, velocity, ticks(began - phrase.begin), ticks(ended - phrase.begin))
        for channel, note, velocity, began, ended in played_notes(take)
    )
    assert phrase.notes == len(notes)
    others: dict[str, list[Any]] = defaultdict(list)
    for event in take.events:
        if event.message[0] >= midi.POLY_PRESSURE:
            others[event.destination].append((ticks(event.at - phrase.begin), event.message))
    assert others == {
        name: found
        for name, messages in read.items()
        if (found := [(at, message) for at, message in messages if message[0] >= midi.POLY_PRESSURE])
    }


@settings(max_examples=60)
@given(TAKES, st.floats(0.1, 300))
def test_the_end_of_any_take_has_the_notes_that_sounded_in_it(steps: list[tuple[int, bytes]], seconds: float) -> None:
    take = take_of(steps)
    phrase = phrase_of(take, seconds)

    notes = [note for messages in read_by_another(midi_file(phrase)).values() for note in notes_of(messages)]

    begin = phrase.end - round(seconds * SECOND)
    assert sorted(notes) == sorted(
        (channel, note, velocity, ticks(max(began, begin) - phrase.begin), ticks(ended - phrase.begin))
        for channel, note, velocity, began, ended in played_notes(take)
        if began >= begin or ended >= begin
    )
    assert begin <= phrase.begin or not phrase.events
