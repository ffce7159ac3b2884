"""MIDI messages and events in words, for one line each."""

import time
from collections.abc import Mapping
from typing import Final

from a4bridge.core import midi
from a4bridge.core.words import listed
from a4bridge.monitor.events import FORWARDED, Entry, Event, Missed, Naming, Said

_MIDDLE_OF_BEND: Final = 8192

_SYSTEM: Final = {
    midi.TIME_CODE: "time code",
    midi.SONG_POSITION: "song position",
    midi.SONG_SELECT: "song select",
    midi.TUNE_REQUEST: "tune request",
    midi.CLOCK: "clock",
    midi.START: "start",
    midi.CONTINUE: "continue",
    midi.STOP: "stop",
    midi.ACTIVE_SENSING: "active sensing",
    midi.SYSTEM_RESET: "system reset",
}


def hexadecimal(message: bytes) -> str:
    """Return bytes as hex: "90 3c 64"."""
    return message.hex(" ")


def message_words(message: bytes, naming: Naming, *, brief: bool = False) -> str:
    """Say what a MIDI message is: "ch 1 on C5(60) v100"; what is none, or of no known kind, is shown as hex.

    brief: leave out that the first number is the channel.
    """
    if not message:
        return ""
    status = message[0]
    if status == midi.SYSEX:
        return f"SysEx {hexadecimal(message)} ..."
    if len(message) != midi.LENGTHS[status] or any(byte >= midi.NOTE_OFF for byte in message[1:]):
        return hexadecimal(message)
    if status >= midi.SYSEX:
        return _SYSTEM.get(status, hexadecimal(message))
    channel = f"{'' if brief else 'ch '}{midi.channel_of(status)}"
    return f"{channel} {_channel_words(status & 0xF0, message[1], message[-1], naming)}"


def _channel_words(kind: int, first: int, last: int, naming: Naming) -> str:
    note = naming.note(first)
    return {
        midi.NOTE_OFF: f"off {note} v{last}",
        midi.NOTE_ON: f"{'on' if last else 'off'} {note} v{last}",
        midi.POLY_PRESSURE: f"pressure {note} {last}",
        midi.CONTROL_CHANGE: f"CC {first} = {last}",
        midi.PROGRAM_CHANGE: f"program {first}",
        midi.CHANNEL_PRESSURE: f"pressure {first}",
        midi.PITCH_BEND: f"bend {last * midi.NOTES + first - _MIDDLE_OF_BEND:+}",
    }[kind]


def place_words(event: Event, naming: Naming) -> str:
    """Say where a forwarded event went, and by which zone; of any other, why it did not: "auto channel, zone bass"."""
    if event.outcome != FORWARDED:
        return f"{'dropped: ' if event.is_dropped else ''}{event.reason}"
    zones = listed([zone if zone.startswith("zone ") else f"zone {zone}" for zone in event.zones])
    channel = event.channel
    return ", ".join(filter(None, (naming.channel(channel) if channel else "", zones)))


def clock(at: float) -> str:
    """Return the time of day, local, to the millisecond; nothing where it is not known."""
    if not at:
        return ""
    try:
        return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at * 1000) % 1000:03}"
    except (OverflowError, ValueError, OSError):  # no time that a calendar has
        return ""


def raw_line(event: Event) -> str:
    """Say what came, what went and what became of it, in bytes as hex."""
    sent = f" -> {hexadecimal(event.went)}" if event.went else ""
    reason = event.reason or event.outcome
    return f"{event.source}: {hexadecimal(event.came)}{sent}  {reason} ({event.took:g} us, late {event.late:g} us)"


def said_line(said: Said) -> str:
    """Return a line of the log."""
    return f"{said.level}: {said.text}" if said.level not in {"info", ""} else said.text


def missed_lines(missed: Missed) -> list[str]:
    """Say how much was not shown."""
    counts: Mapping[str, int] = {"played": missed.played, "said": missed.said}
    return [f"missed {count} of what was {what}" for what, count in counts.items() if count]


def line(entry: Entry, naming: Naming, *, raw: bool = False) -> str:
    """Return `entry` as one line, however long."""
    match entry:
        case Said():
            text = said_line(entry)
        case Missed():
            text = "; ".join(missed_lines(entry))
        case _ if raw:
            text = raw_line(entry)
        case _:
            sent = f" -> {message_words(entry.went, naming)}" if entry.went else ""
            words = f"{entry.device}: {message_words(entry.came, naming)}{sent}, {place_words(entry, naming)}"
            text = f"{words} ({entry.took:g} us, late {entry.late:g} us)"
    return f"{clock(entry.at)} {text}".strip()
