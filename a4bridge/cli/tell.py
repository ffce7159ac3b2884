"""The verbs that change what a running bridge does: `use`, `track`, `reload`."""

import os
import stat
from pathlib import Path

from a4bridge.cli.asking import tell
from a4bridge.cli.exits import WRONG, end
from a4bridge.control.wire import MAX_TEXT, Reload, Track, Use
from a4bridge.core.library import checked_name
from a4bridge.core.words import printable


def use_profile(profile: str, socket: Path | None) -> None:
    """Have the bridge go by another profile: one that it finds itself or, if a file is named, that file's text."""
    is_file = "/" in profile or os.sep in profile or profile.endswith(".toml")
    name = Path(profile).stem if is_file else profile
    try:
        checked_name(name)
    except ValueError as error:
        end(f"{printable(profile)}: {error}." if is_file else f"{error}; for a file, write ./mine.toml.", WRONG)
    tell(Use(name, _text(Path(profile)) if is_file else None), socket)


def _text(file: Path) -> str:
    shown = printable(str(file))
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # opening a pipe would wait for its writer
            end(f"{shown}: is not a file of text", WRONG)
        with file.open("rb") as stream:
            content = stream.read(MAX_TEXT + 1)
    except OSError as error:
        end(f"{shown}: cannot be read: {(error.strerror or str(error)).lower()}", WRONG)
    if len(content) > MAX_TEXT:
        end(f"{shown}: is longer than {MAX_TEXT // 1024} KiB: not a profile", WRONG)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        end(f"{shown}:{line}: is not UTF-8 text: save it as UTF-8", WRONG)


def use_track(track: str, socket: Path | None) -> None:
    """Have everything sent to a track, "1" to "16", or to the auto channel, "auto"."""
    tell(Track(track), socket)


def reload(socket: Path | None) -> None:
    """Have settings and profile read again."""
    tell(Reload(), socket)
