"""Profiles and settings as a person might write them by mistake, or as anybody might write them on purpose."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from dice import Dice
from sentences import assert_sentence
from stage import Stage, own_time

from a4bridge.core.boxes import boxes
from a4bridge.core.compile import CompileError
from a4bridge.core.destination import AUTO, Destination, Target
from a4bridge.core.explain import explain, summary
from a4bridge.core.profile import Profile
from a4bridge.core.route import Route
from a4bridge.core.settings import Settings
from a4bridge.core.shipped import shipped
from a4bridge.core.tomlfile import MAX_BYTES, FileError, FileErrors, located, parse
from a4bridge.core.tomllines import KeyPath, key_lines
from a4bridge.service.routing import Routing, RoutingError

_DATA: Final = Path(__file__).parents[1] / "unit" / "data"
_PROFILE: Final = Path("profile.toml")
_SETTINGS: Final = Path("settings.toml")
_TRACKS: Final = (None, AUTO, Destination(Target.TRACK, 2), Destination(Target.TRACK, 16))

_VALUES: Final = (
    *("true", "false", "0", "1", "-1", "17", "64", "127", "128", "4096", "1_000", "0x7f", "+1", "1.0", "-0.0", "1e400"),
    *("nan", "-inf", "9" * 30, "9" * 999, "0.1", "10", "2026-01-01", "12:00:00", "2026-01-01T00:00:00Z"),
    *('""', "''", '" "', '"\\u0000"', '"\\U0001F3B9"', '"\\uFFFF"', '"x\\ny"', '"""', "'''", '"""\n\n"""', '"#1"'),
    *("[]", "{}", "[[]]", "[ ]", "[1, 2]", "[0, 127]", "[127, 0]", "[\n1,\n2,\n]", "[{}]", "{ a = {} }"),
    *('"auto"', '"keep"', '"track 5"', '"track 17"', '"channel 16"', '"fx"', '"cv"', '"perf"', '"mine"'),
    *('"all"', '"macro A"', '"macro Z"', '"macro 12"', '"C5..B5"', '"..0"', '"127.."', '"B5..C5"', '"Cb-1"', '"Z9"'),
    *('"a4bridge"', '"*"', '"["', '"Keystation#2"', '"x 20:0"', '"#"', f'"{"x" * 300}"', '"\u202e"', '".."'),
    *('"analog-four"', '"digitakt"', '"heat"', '"last"', '"low"', '"hold"', '"pass"', '"drop"', '"rotate"', '"none"'),
    *('["track 1", "track 2"]', "[" * 90 + "]" * 90),
)


@dataclass(frozen=True, slots=True)
class _Corpus:
    """What files are made of: whole ones, and their lines, headers, keys and values."""

    files: tuple[list[str], ...]
    lines: tuple[str, ...]
    headers: tuple[str, ...]
    keys: tuple[str, ...]
    values: tuple[str, ...]


@cache
def _profiles() -> _Corpus:
    unit = [file for file in _DATA.glob("*/*.toml") if "settings" not in file.name]
    return _corpus([*(shipped("config") / "profiles").glob("*.toml"), *unit])


@cache
def _settings() -> _Corpus:
    return _corpus([shipped("config") / "settings.toml", *_DATA.glob("*/*settings.toml")])


def _corpus(files: list[Path]) -> _Corpus:
    texts = [file.read_text(encoding="utf-8") for file in sorted(files)]
    # What is commented out in the shipped settings is there to be tried.
    lines = [line.removeprefix("# ") if "=" in line else line for text in texts for line in text.splitlines()]
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return _Corpus(
        files=tuple(text.splitlines() for text in texts),
        lines=_each_once(lines),
        headers=_each_once([line for line in lines if line.startswith("[")]),
        keys=_each_once([key.strip() for key, _, _ in pairs]),
        values=_each_once([value.strip() for _, _, value in pairs] + list(_VALUES)),
    )


def _each_once(items: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def written(dice: Dice, corpus: _Corpus, most_edits: int) -> bytes:
    """Return a file of the corpus with things in it changed, or just any bytes."""
    which = dice.below(len(corpus.files) + 1)
    if which == len(corpus.files):
        return dice.rest()
    lines = list(corpus.files[which])
    for _ in range(most_edits):
        if not dice.left:
            break
        _edit(lines, dice, corpus)
    content = "\n".join(lines).encode()
    if dice.below(16) == 1:
        at = dice.below(len(content) + 1)
        content = content[:at] + dice.some(8) + content[at + dice.below(8) :]
    return content


def _edit(lines: list[str], dice: Dice, corpus: _Corpus) -> None:
    at = dice.below(len(lines) + 1)
    edit = dice.below(10)
    if edit < 5 and at < len(lines) and "=" in lines[at] and not lines[at].startswith("#"):
        key, _, value = (part.strip() for part in lines[at].partition("="))
        new = f"{key} = {dice.one_of(corpus.values)}" if edit < 3 else f"{dice.one_of(corpus.keys)} = {value}"
        lines[at] = f"# {lines[at]}" if edit == 4 else new
    elif edit < 7:
        lines.insert(at, f"{dice.one_of(corpus.keys)} = {dice.one_of(corpus.values)}")
    elif edit == 7:
        lines.insert(at, dice.one_of(corpus.headers or ("[x]",)))
    elif edit == 8:
        lines.insert(at, dice.one_of(corpus.lines))
    else:
        del lines[at : at + 1 + dice.below(4)]


def check(data: bytes) -> None:
    """Read what `data` makes, as profile and settings: they do something that can be told, or there are sentences."""
    dice = Dice(data)
    settings = _read(written(dice, _settings(), 6), _SETTINGS, Settings) if dice.below(4) == 1 else Settings()
    box = dice.one_of((None, None, *boxes()))
    track = dice.one_of(_TRACKS)
    content = written(dice, _profiles(), 12)
    profile = _read(content, _PROFILE, Profile)
    if profile and settings:
        routing = Routing("fuzzed", profile, settings, track=track, file=_PROFILE, text=content.decode("utf-8-sig"))
        _check_routing(routing, box, content)


def _read(content: bytes, file: Path, model: type[Any]) -> Any:
    """Return the model, or None where the file is refused with sentences."""
    _check_lines(content)
    try:
        return parse(content, file, model)
    except FileErrors as errors:
        _check_errors(errors.errors, file, content)
        return None


def _check_errors(errors: Sequence[FileError], file: Path, content: bytes) -> None:
    assert errors
    for error in errors:
        assert 0 <= error.line <= content.count(b"\n") + 1, str(error)
        assert_sentence(error.sentence)
        assert_sentence(str(error))
        assert error.file == file


def _check_routing(routing: Routing, box: Any, content: bytes) -> None:
    profile, settings = routing.profile, routing.settings
    try:
        route = routing.route_for(box)
    except CompileError as error:
        _check_errors([located(_PROFILE, error.key, str(error), content)], _PROFILE, content)
        _refused(routing, box)
        return
    routing.check(box)
    said = explain("fuzzed", profile, settings, box, track=routing.track)
    said += [summary(profile, settings, box, track=routing.track), routing.destination(route)]
    for sentence in (*said, *routing.cannot_record(route, box)):
        assert_sentence(sentence, 4000)
    assert all(1 <= channel <= 16 for channel in routing.panic_channels(route, box))
    routing.wanted()
    data = route.to_data()
    assert Route.from_data(json.loads(json.dumps(data))) == route
    assert tomllib.loads(content.decode("utf-8-sig"))["description"] == profile.description
    _play(route)


def _refused(routing: Routing, box: Any) -> None:
    for tell in (routing.check, lambda box: summary(routing.profile, routing.settings, box, track=routing.track)):
        try:
            tell(box)
        except (CompileError, RoutingError) as error:
            assert_sentence(str(error))
        else:
            raise AssertionError(f"{tell} takes what does not compile")


def _play(route: Route) -> None:
    """Let the engine take the route: whatever a profile says, it can be played."""
    if len(route.zones) <= 2:
        with own_time() as clock:
            stage = Stage(clock, route, keyboards=1)
            for note in (0, 60, 60, 127):
                stage.play(0, bytes([0x90, note, 1]))
            stage.end(by_hand=False)


def _check_lines(content: bytes) -> None:
    """Assert that each key of valid TOML is found on one of its lines."""
    try:
        text = content.decode("utf-8-sig")
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    if len(content) <= MAX_BYTES and max(map(len, text.split("\n"))) <= 1_000:
        lines = key_lines(text)
        for path in _paths(data, ()):
            assert 1 <= lines[path] <= text.count("\n") + 1, path


def _paths(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from _paths(each, (*path, key))
