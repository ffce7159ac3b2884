"""What is said over the control socket: one JSON object a line, each with the protocol's version (docs/control.md)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from a4bridge.core.library import checked_name
from a4bridge.core.midi import CHANNELS
from a4bridge.core.words import did_you_mean, listed, quoted

VERSION: Final = 1

MAX_TEXT: Final = 32_768
"""Bytes in a profile's text, as in its file (core.tomlfile.MAX_BYTES)."""

MAX_LINE: Final = 262_144
"""Bytes in a line: any profile's text fits, though JSON may need six bytes for one of its own."""


class RequestError(ValueError):
    """A request that cannot be understood; the text is the sentence for who sent it."""


class Feed(StrEnum):
    """What can be watched."""

    LOG = "log"
    PLAYED = "played"


@dataclass(frozen=True, slots=True)
class Status:
    """Tell how things are."""

    do: ClassVar = "status"


@dataclass(frozen=True, slots=True)
class Use:
    """Go by another profile: by one that the bridge finds by its name, or by `text`, to be called `profile`."""

    do: ClassVar = "use"
    profile: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """Send everything to a track, "1" to "16", or to the auto channel, "auto"."""

    do: ClassVar = "track"
    track: str


@dataclass(frozen=True, slots=True)
class Panic:
    """End every note, known to sound or not."""

    do: ClassVar = "panic"


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the settings and the profile again."""

    do: ClassVar = "reload"


@dataclass(frozen=True, slots=True)
class Take:
    """Send what was played in the last minutes, from the event numbered `since` on, as much as fits in a line."""

    do: ClassVar = "take"
    since: int = 0


@dataclass(frozen=True, slots=True)
class Profiles:
    """Tell which profiles can be used by their names."""

    do: ClassVar = "profiles"


@dataclass(frozen=True, slots=True)
class Log:
    """Tell the last events of the log."""

    do: ClassVar = "log"


@dataclass(frozen=True, slots=True)
class Watch:
    """Send what happens, from now on and until one of the two goes away."""

    do: ClassVar = "watch"
    what: tuple[Feed, ...]


@dataclass(frozen=True, slots=True)
class Hush:
    """Let nothing that is played pass, until one of the two goes away."""

    do: ClassVar = "hush"


Request = Status | Use | Track | Panic | Reload | Take | Profiles | Log | Watch | Hush

_KINDS: Final = (Status, Use, Track, Panic, Reload, Take, Profiles, Log, Watch, Hush)
_REQUESTS: Final = {request.do: request for request in _KINDS}
_KEYS: Final = {kind: ("version", "do", *kind.__match_args__) for kind in _REQUESTS.values()}
_MOST_SINCE: Final = (1 << 53) - 1  # what every program that reads JSON still counts exactly
_TRACKS: Final = ("auto", *map(str, range(1, CHANNELS + 1)))


def encode(facts: dict[str, Any]) -> bytes:
    """Return `facts` as a line. Whatever JSON does not know is written as text."""
    return f"{json.dumps({'version': VERSION, **facts}, separators=(',', ':'), default=str)}\n".encode()


def encode_request(request: Request) -> bytes:
    """Return `request` as a line."""
    values = {key: getattr(request, key) for key in request.__match_args__}
    return encode({"do": request.do, **{key: value for key, value in values.items() if value is not None}})


def encode_done(says: str, facts: dict[str, Any]) -> bytes:
    """Return the line that answers a request that was carried out."""
    return encode({"ok": True, "says": says, **facts})


def encode_refusal(sentence: str) -> bytes:
    """Return the line that answers a request that was not carried out."""
    return encode({"ok": False, "error": sentence})


def decode(line: bytes) -> dict[str, Any]:
    """Return the JSON object in `line`, whatever its version; raises RequestError."""
    try:
        facts = json.loads(line.decode())
    except RecursionError:
        raise RequestError("this is nested too deeply") from None
    except UnicodeDecodeError:
        raise RequestError("this is not UTF-8 text") from None
    except ValueError as error:  # JSONDecodeError is one; a number of 5,000 digits raises another
        raise RequestError(f"this is not JSON: {error}") from None
    if not isinstance(facts, dict):
        raise RequestError("this is JSON, but not an object in { }")
    return facts


def decode_request(line: bytes) -> Request:
    """Return the request in `line`; raises RequestError with the sentence to answer."""
    facts = decode(line)
    version = facts.get("version")
    if type(version) is not int or version != VERSION:
        raise RequestError(f'"version" must be {VERSION}, which is what this bridge speaks, not {_written(version)}')
    kind = _REQUESTS.get(do) if isinstance(do := facts.get("do"), str) else None
    if kind is None:
        hint = did_you_mean(do, _REQUESTS) if isinstance(do, str) else ""
        raise RequestError(f'"do" must be {listed(list(_REQUESTS), "or")}, not {_written(do)}{hint}')
    for key in facts:
        if key not in _KEYS[kind]:
            known = did_you_mean(key, _KEYS[kind]) or f"; the keys are {listed(_KEYS[kind])}"
            raise RequestError(f"{quoted(key)} is not a key of {kind.do}{known}")
    return _READ[kind](facts)


def _use(facts: dict[str, Any]) -> Use:
    profile, text = facts.get("profile"), facts.get("text")
    if not isinstance(profile, str):
        raise RequestError(f'"profile" must be the name of a profile, not {_written(profile)}')
    try:
        checked_name(profile)
    except ValueError as error:
        raise RequestError(str(error)) from None
    if text is None:
        return Use(profile)
    if not isinstance(text, str):
        raise RequestError(f'"text" must be the text of a profile, not {_written(text)}')
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise RequestError('"text" has half a character in it (a lone surrogate)') from None
    if size > MAX_TEXT:
        raise RequestError(f'"text" is longer than {MAX_TEXT // 1024} KiB: not a profile')
    return Use(profile, text)


def _track(facts: dict[str, Any]) -> Track:
    track = facts.get("track")
    word = str(track) if type(track) is int else track
    if word not in _TRACKS:
        raise RequestError(f'"track" must be 1 to {CHANNELS} or "auto", not {_written(track)}')
    return Track(word)


def _take(facts: dict[str, Any]) -> Take:
    since = facts.get("since", 0)
    if type(since) is not int or not 0 <= since <= _MOST_SINCE:
        raise RequestError(f'"since" must be the number of an event, from 0 on, not {_written(since)}')
    return Take(since)


def _watch(facts: dict[str, Any]) -> Watch:
    what, words = facts.get("what"), list(Feed)
    if not isinstance(what, list) or not what or any(word not in words for word in what):
        raise RequestError(f'"what" must be a list of {listed([quoted(word) for word in words])}, or of one of them')
    return Watch(tuple(feed for feed in words if feed in what))


def _written(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case str():
            return quoted(value)
        case list() | dict():  # json.dumps might not get to the bottom of what json.loads just did
            return "a list" if isinstance(value, list) else "an object"
        case _:
            return json.dumps(value)[:40]


_READ: Final[dict[type[Request], Callable[[dict[str, Any]], Request]]] = {
    Status: lambda _facts: Status(),
    Use: _use,
    Track: _track,
    Panic: lambda _facts: Panic(),
    Reload: lambda _facts: Reload(),
    Take: _take,
    Profiles: lambda _facts: Profiles(),
    Log: lambda _facts: Log(),
    Watch: _watch,
    Hush: lambda _facts: Hush(),
}
