from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core import midi

DATA = st.integers(0, 127)
SYSTEM = (midi.TIME_CODE, midi.SONG_POSITION, midi.SONG_SELECT, midi.TUNE_REQUEST)
REALTIME = (midi.CLOCK, midi.START, midi.CONTINUE, midi.STOP, midi.ACTIVE_SENSING, midi.SYSTEM_RESET)


@st.composite
def fixed_messages(draw: st.DrawFn) -> bytes:
    status = draw(st.one_of(st.integers(0x80, 0xEF), st.sampled_from(SYSTEM + REALTIME)))
    length = midi.LENGTHS[status] - 1
    return bytes([status, *draw(st.lists(DATA, min_size=length, max_size=length))])


SYSEX = st.lists(DATA, max_size=20).map(lambda data: bytes([midi.SYSEX, *data, midi.SYSEX_END]))
MESSAGES = st.lists(st.one_of(fixed_messages(), SYSEX), max_size=20)


@st.composite
def pieces(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    cuts = draw(st.lists(st.integers(0, len(stream)), max_size=8))
    return [stream[start:end] for start, end in pairwise([0, *sorted(cuts), len(stream)])]


@given(st.data(), MESSAGES)
def test_whole_messages_come_out_unchanged_and_in_order_however_they_are_cut(
    data: st.DataObject, messages: list[bytes]
) -> None:
    splitter = midi.Splitter()
    cut = data.draw(pieces(b"".join(messages)))

    assert [message for piece in cut for message in splitter.feed(piece)] == messages


@given(st.data(), st.binary(max_size=60))
def test_where_any_bytes_are_cut_changes_nothing(data: st.DataObject, stream: bytes) -> None:
    splitter = midi.Splitter()
    cut = data.draw(pieces(stream))

    assert [message for piece in cut for message in splitter.feed(piece)] == list(midi.split(stream))


@given(st.binary(max_size=60))
def test_only_whole_messages_come_out_of_any_bytes(stream: bytes) -> None:
    for message in midi.split(stream):
        assert message[0] >= midi.NOTE_OFF
        assert len(message) == midi.LENGTHS[message[0]] or (message[0], message[-1]) == (0xF0, 0xF7)
        assert all(byte < 0x80 for byte in message[1:-1])


@given(st.lists(DATA, max_size=20), fixed_messages().filter(lambda message: message[0] < midi.SYSEX))
def test_an_interrupted_sysex_is_thrown_away_and_never_swallows_what_follows(begun: list[int], note: bytes) -> None:
    assert list(midi.split(bytes([midi.SYSEX, *begun]) + note)) == [note]


@given(st.data(), fixed_messages().filter(lambda message: message[0] < midi.CLOCK), st.sampled_from(REALTIME))
def test_realtime_comes_out_where_it_stands_and_breaks_nothing(
    data: st.DataObject, message: bytes, realtime: int
) -> None:
    place = data.draw(st.integers(1, len(message) - 1)) if len(message) > 1 else 0
    stream = message[:place] + bytes([realtime]) + message[place:]

    assert list(midi.split(stream)) == [bytes([realtime]), message]


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        pytest.param("90 3C 64 3E 65", ["90 3C 64", "90 3E 65"], id="running status"),
        pytest.param("90 3C 64 F8 3E 65", ["90 3C 64", "F8", "90 3E 65"], id="running status across a clock"),
        pytest.param("90 3C 64 F6 3E 65", ["90 3C 64", "F6"], id="system common ends running status"),
        pytest.param("90 3C 64 F0 01 F7 3E 65", ["90 3C 64", "F0 01 F7"], id="SysEx ends running status"),
        pytest.param("F0 01 F7 02 F7", ["F0 01 F7"], id="SysEx ends once"),
        pytest.param("F1 01 02", ["F1 01"], id="no running status for system common"),
        pytest.param("F0 01 F8 02 F7", ["F8", "F0 01 02 F7"], id="a clock inside SysEx"),
        pytest.param("F0 01 F0 02 F7", ["F0 02 F7"], id="SysEx interrupts SysEx"),
        pytest.param("90 3C 80 3C 40", ["80 3C 40"], id="a status interrupts a note"),
        pytest.param("40 40 F7 90 3C 64", ["90 3C 64"], id="stray bytes first"),
        pytest.param("90 3C F4 64 F9 FD 80 3C 40", ["80 3C 40"], id="undefined statuses"),
        pytest.param("90 3C", [], id="the end is missing"),
    ],
)
def test_a_stream_falls_into(stream: str, messages: list[str]) -> None:
    assert [message.hex(" ").upper() for message in midi.split(bytes.fromhex(stream))] == messages


@pytest.mark.parametrize(
    ("length", "statuses"),
    [
        (1, "F6 F8 FA FB FC FE FF"),
        (2, "C0 CF D0 DF F1 F3"),
        (3, "80 8F 90 9F A0 AF B0 BF E0 EF F2"),
        (0, "00 7F F0 F4 F5 F7"),
    ],
)
def test_a_status_says_how_long_its_message_is(length: int, statuses: str) -> None:
    assert {midi.LENGTHS[status] for status in bytes.fromhex(statuses)} == {length}


def test_split_waits_for_no_more_of_an_endless_stream_than_it_needs() -> None:
    def endless_clock() -> Iterator[int]:
        while True:
            yield midi.CLOCK

    assert next(midi.split(endless_clock())) == bytes([midi.CLOCK])


@pytest.mark.parametrize(("note", "name"), [(0, "C0"), (59, "B4"), (60, "C5"), (61, "C#5"), (69, "A5"), (127, "G10")])
def test_notes_are_named_as_the_analog_four_does(note: int, name: str) -> None:
    assert midi.note_name(note) == name


@pytest.mark.parametrize(("middle_c", "name"), [(3, "C3"), (4, "C4"), (5, "C5")])
def test_middle_c_may_be_any_octave(middle_c: int, name: str) -> None:
    assert midi.note_name(60, middle_c) == name


@given(st.sampled_from(range(0x80, 0xF0, 0x10)), st.integers(1, 16))
def test_a_status_byte_carries_kind_and_channel(kind: int, channel: int) -> None:
    status = midi.status(kind, channel)

    assert status & 0xF0 == kind
    assert midi.channel_of(status) == channel


@pytest.mark.parametrize("channel", [0, 17, -1])
def test_a_channel_outside_1_to_16_is_refused(channel: int) -> None:
    with pytest.raises(ValueError, match=f"channel {channel} is not between 1 and 16"):
        midi.status(midi.NOTE_ON, channel)
