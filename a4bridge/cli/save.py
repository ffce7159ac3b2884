"""`a4bridge save`."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from a4bridge.cli.asking import connect, end_lost
from a4bridge.cli.exits import FAILED, WRONG, end
from a4bridge.control.client import ControlError, RefusedError
from a4bridge.core.words import listed, printable, quoted
from a4bridge.take.kept import Kept, fetch
from a4bridge.take.phrase import Phrase, phrase_of

_STREAM: Final = "-"

_TIME: Final = re.compile(r"(?:(\d{1,4})\s*m(?:in)?)?\s*(?:(\d{1,6}(?:\.\d{1,3})?)\s*s?)?", re.ASCII)


def save(file: str, last: str | None, force: bool, socket: Path | None) -> None:
    """Write what was played in the last minutes into a standard MIDI file, and say what is in it."""
    seconds = None if last is None else _seconds(last)
    target = None if file == _STREAM else Path(file)
    if target:
        _check(target, force=force)
    elif sys.stdout.isatty():
        end("A MIDI file is nothing for a terminal: name a file, or send the output into one.", WRONG)
    with connect(socket) as connection:
        try:
            kept = fetch(connection)
        except RefusedError as error:
            end(f"{error}  ({connection.place})", WRONG)
        except ControlError as error:
            end_lost(error)
        place = connection.place
    phrase = phrase_of(kept, seconds)
    if not phrase.events:
        end(f"Nothing was played that is kept, which is the last {_time(kept.minutes * 60)}.  ({place})", FAILED)
    # Not before there is something to write: it takes a Raspberry Pi a second.
    from a4bridge.take.midifile import midi_file  # noqa: PLC0415 - see above

    content = midi_file(phrase)
    if target:
        _write(target, content, force=force)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()  # before it is said that it is written
    shown = printable(str(target)) if target else "written"
    click.echo(f"{shown}: {_what_is_in(phrase, kept)}  ({place})", err=target is None)


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text.strip())
    seconds = int(found[1] or 0) * 60 + float(found[2] or 0) if found and text.strip() else 0
    if not seconds:
        end(f'{quoted(text)} is no time: write "60s", "5m" or "1m30s".', WRONG)
    return seconds


def _check(file: Path, *, force: bool) -> None:
    """End with a sentence if `file` is not to be written."""
    shown = printable(str(file))
    try:
        if file.is_dir() or (file.exists() and not file.is_file()):
            end(f"{shown} is not a file.", WRONG)
        if not file.parent.is_dir():
            end(f"{shown} cannot be written: there is no directory {printable(str(file.parent))}.", WRONG)
        if not force and os.path.lexists(file):
            end(_there_already(file), WRONG)
    except (OSError, ValueError) as error:  # a name that is too long, or has a zero in it
        end(_unwritten(file, error), FAILED)


def _there_already(file: Path) -> str:
    return f"{printable(str(file))} is there already: choose another name, or --force to replace it."


def _unwritten(file: Path, error: Exception) -> str:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{printable(str(file))} cannot be written: {reason.lower()}."


def _write(file: Path, content: bytes, *, force: bool) -> None:
    """Write `file` whole or not at all."""
    target = file.resolve()  # where a link leads, not in place of the link
    new = target.with_name(f".{target.name[:200]}.{os.getpid()}")
    try:
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            if force:
                new.replace(target)
            else:
                _put_in_place(new, target)
        finally:
            with suppress(OSError):
                new.unlink()
    except FileExistsError:
        end(_there_already(file), WRONG)
    except OSError as error:
        end(_unwritten(file, error), FAILED)


def _put_in_place(new: Path, target: Path) -> None:
    """Give `new` the name `target` unless there is one; raises FileExistsError, OSError."""
    try:
        target.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a USB stick knows no second name for a file
        if os.path.lexists(target):
            raise FileExistsError from None
        new.replace(target)


def _what_is_in(phrase: Phrase, kept: Kept) -> str:
    """Say what a phrase is: how much, how long, to where, how long ago, and what is not in it."""
    notes = f"{phrase.notes} note{'' if phrase.notes == 1 else 's'}"
    ago = (kept.now - phrase.end) / 1e9
    parts = [
        f"{notes} in {_time((phrase.end - phrase.begin) / 1e9)}, to {printable(listed(phrase.destinations))}",
        f"ended {_time(ago)} ago" if ago >= 1 else "up to now",
    ]
    if phrase.sysex:
        parts.append(f"{phrase.sysex} system exclusive left out")
    if phrase.missing:
        parts.append(f"{phrase.missing} events missing: more came at once than could be kept")
    return "; ".join(parts)


def _time(seconds: float) -> str:
    """Say how long: "0.4 s", "12 s", "3 min 5 s"."""
    if seconds < 10:  # noqa: PLR2004 - beyond, nobody wants tenths
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return " ".join([f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest or not minutes))
