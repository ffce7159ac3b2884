"""MIDI 1.0 messages as bytes: what each status means, how long it is, and how a stream falls into messages.

Source of the figures: the MIDI 1.0 Detailed Specification, tables I to VI. Channels are 1-16 wherever a
person sees them and in every signature here; only the status byte on the wire counts from 0.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

NOTE_OFF: Final = 0x80
NOTE_ON: Final = 0x90
POLY_PRESSURE: Final = 0xA0
CONTROL_CHANGE: Final = 0xB0
PROGRAM_CHANGE: Final = 0xC0
CHANNEL_PRESSURE: Final = 0xD0
PITCH_BEND: Final = 0xE0
SYSEX: Final = 0xF0
TIME_CODE: Final = 0xF1
SONG_POSITION: Final = 0xF2
SONG_SELECT: Final = 0xF3
TUNE_REQUEST: Final = 0xF6
SYSEX_END: Final = 0xF7
CLOCK: Final = 0xF8
START: Final = 0xFA
CONTINUE: Final = 0xFB
STOP: Final = 0xFC
ACTIVE_SENSING: Final = 0xFE
SYSTEM_RESET: Final = 0xFF

CC_MOD_WHEEL: Final = 1
CC_BREATH: Final = 2
CC_DATA: Final = 6
CC_DATA_FINE: Final = 38
CC_SUSTAIN: Final = 64
CC_DATA_UP: Final = 96
CC_DATA_DOWN: Final = 97
CC_NRPN_FINE: Final = 98
CC_NRPN: Final = 99
CC_RPN_FINE: Final = 100
CC_RPN: Final = 101
CC_ALL_SOUND_OFF: Final = 120
CC_RESET_CONTROLLERS: Final = 121
CC_ALL_NOTES_OFF: Final = 123

LAST_CONTROLLER: Final = 119
"""What comes after are channel mode messages (MIDI 1.0, table III)."""

RELEASE_VELOCITY: Final = 64
"""What a note-off says when no key said how fast it was let go (MIDI 1.0: 64 where there is no sensor)."""

NOTES: Final = 128
CHANNELS: Final = 16

_SYSTEM: Final = {SYSEX: 0, TIME_CODE: 2, SONG_POSITION: 3, SONG_SELECT: 2, 0xF4: 0, 0xF5: 0, SYSEX_END: 0}


def _length(status: int) -> int:
    if status < NOTE_OFF:
        return 0
    if status < SYSEX:
        return 2 if status & 0xF0 in {PROGRAM_CHANGE, CHANNEL_PRESSURE} else 3
    return _SYSTEM.get(status, 1)


LENGTHS: Final = bytes(_length(status) for status in range(256))
"""Bytes in a whole message by its status byte; 0 for what has no fixed length or meaning (F4, F5, data)."""

_UNDEFINED_REALTIME: Final = (0xF9, 0xFD)


def status(kind: int, channel: int) -> int:
    """Return the status byte of `kind` (NOTE_ON, ...) on `channel` (1-16)."""
    if not 1 <= channel <= CHANNELS:
        raise ValueError(f"channel {channel} is not between 1 and 16")
    return kind | (channel - 1)


def channel_of(status_byte: int) -> int:
    """Return the channel (1-16) of a channel message's status byte."""
    return (status_byte & 0x0F) + 1


_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_name(note: int, middle_c: int = 5) -> str:
    """Name `note` (0-127) as the Analog Four does, where 60 is C5; `middle_c` is that octave's number."""
    return f"{_NAMES[note % 12]}{note // 12 - 5 + middle_c}"


_NAME: Final = re.compile(r"([A-Ga-g])([#b]?)(-?[0-9]{1,2})")
_DIGITS: Final = 3
_STEPS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def note_number(name: str, middle_c: int = 5) -> int:
    """Return the note (0-127) that `name` means: "C5", "F#3", "Bb-1" or a number; the reverse of `note_name`.

    Raises ValueError with a sentence.
    """
    if name.isascii() and name.isdecimal():
        number = int(name) if len(name) <= _DIGITS else NOTES
    elif found := _NAME.fullmatch(name):
        letter, sign, octave = found.groups()
        number = _STEPS[letter.upper()] + {"#": 1, "b": -1, "": 0}[sign] + 12 * (int(octave) + 5 - middle_c)
    else:
        raise ValueError(f'{name[:20]!r} is no note: write a name such as "C5" or "F#3", or a number from 0 to 127')
    if not 0 <= number < NOTES:
        lowest, highest = note_name(0, middle_c), note_name(NOTES - 1, middle_c)
        raise ValueError(f"{name[:20]!r} is no MIDI note: they reach from {lowest} (0) to {highest} (127)")
    return number


class Splitter:
    """Cuts a stream that arrives in pieces of any size into whole MIDI messages.

    Realtime bytes come out where they stand, also from inside another message. SysEx comes out only if F7
    ended it; one that another status interrupts is thrown away, and what interrupted it is not. Running
    status is understood. Incomplete messages, stray data bytes and undefined statuses yield nothing.
    """

    def __init__(self) -> None:
        self._message = bytearray()

    def feed(self, data: Iterable[int]) -> list[bytes]:
        """Return the messages that `data` completes; what is still incomplete waits for the next call."""
        return [message for byte in data if (message := self._take(byte))]

    def _take(self, byte: int) -> bytes | None:
        if byte >= CLOCK:
            return None if byte in _UNDEFINED_REALTIME else bytes([byte])
        message = self._message
        ends_sysex = byte == SYSEX_END and message[:1] == b"\xf0"
        if ends_sysex or (byte < NOTE_OFF and message):
            message.append(byte)
        elif byte >= NOTE_OFF:
            message[:] = bytes([byte]) if byte == SYSEX or LENGTHS[byte] else b""
        if not ends_sysex and (not message or len(message) != LENGTHS[message[0]]):
            return None
        whole = bytes(message)
        # Running status holds for channel messages only; system common cancels it.
        del message[1 if message[0] < SYSEX else 0 :]
        return whole


def split(stream: Iterable[int]) -> Iterator[bytes]:
    """Yield the whole messages in `stream`, which may be cut or interleaved anywhere, as `Splitter` does."""
    splitter = Splitter()
    for byte in stream:
        yield from splitter.feed((byte,))
