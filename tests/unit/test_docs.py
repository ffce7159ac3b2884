"""The documents, held against the program that they are about."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from documents import DOCUMENTS, REPOSITORY, commands, rows, section
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from a4bridge.cli import cli, exits
from a4bridge.cli.web import web
from a4bridge.core.boxes import boxes
from a4bridge.core.library import Kind
from a4bridge.core.schema import MODELS

LOG_LEVELS = {"debug", "info", "warning", "error"}


def keys_of(model: type[BaseModel], table: str = "") -> dict[str, str]:
    """Return each dotted key of a model with its default, as a document writes it."""
    keys: dict[str, str] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys |= keys_of(field.annotation, f"{table}{name}.")
        else:
            keys[f"{table}{name}"] = default_of(field.default)
    return keys


def default_of(value: Any) -> str:
    if value is None:
        return "the box's"
    return "required" if value is PydanticUndefined else f"`{json.dumps(value, default=str)}`"


@pytest.mark.parametrize("kind", Kind)
def test_every_key_is_documented_with_its_default_and_no_other_is(kind: Kind) -> None:
    table = rows(section("docs/profiles.md", kind.title()))

    assert {row[0]: row[-1] for row in table} == keys_of(MODELS[kind])


def test_every_box_is_documented() -> None:
    text = section("docs/profiles.md", "Settings")

    assert set(re.findall(r"`([a-z-]+)`", text.partition("\nBoxes: ")[2].partition(". ")[0])) == {
        box.key for box in boxes()
    }


def every_command(group: click.Command) -> Iterator[click.Command]:
    """Yield the commands below `group`, at any depth."""
    for command in group.commands.values() if isinstance(group, click.Group) else ():
        yield command
        yield from every_command(command)


CALLS_OF_THE_PAGE = [words for _, words in commands() if words[0] == "a4bridge-web"]
OPTIONS_OF_THE_PAGE = {option for each in web.params for option in each.opts} | {"--help", "-h"}


@pytest.mark.parametrize("verb", cli.commands)
def test_every_verb_and_option_is_documented_and_no_other_is(verb: str) -> None:
    text = section("docs/commands.md", verb)
    options = {
        option
        for command in (cli.commands[verb], *every_command(cli.commands[verb]))
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
    }

    documented = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(re.findall(r"^\| `.*", text, re.MULTILINE))))

    assert text
    assert documented == options


def test_every_option_of_the_page_is_documented_and_no_other_is() -> None:
    table = "\n".join(re.findall(r"^\| `.*", section("docs/page.md", "Options"), re.MULTILINE))

    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", table)) == OPTIONS_OF_THE_PAGE


@pytest.mark.parametrize("words", CALLS_OF_THE_PAGE, ids=" ".join)
def test_every_command_of_the_page_is_one(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setattr(web, "callback", lambda **_options: None)

    assert CliRunner().invoke(web, words[1:]).exit_code == 0


def test_every_exit_code_is_documented() -> None:
    table = re.findall(r"^\| (\d+) \|", section("docs/commands.md", "Exit codes"), re.MULTILINE)

    assert {int(code) for code in table} == {
        0,
        *(value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)),
    }


def test_every_variable_of_the_environment_that_is_read_is_documented() -> None:
    reading = re.compile(r'environ\w*\.get\("(\w+)"|"(\w+)" (?:not )?in environ')
    read = {
        found[1] or found[2]
        for file in (REPOSITORY / "a4bridge").rglob("*.py")
        for found in reading.finditer(file.read_text(encoding="utf-8"))
    }

    text = section("docs/commands.md", "Files and environment")

    assert "JOURNAL_STREAM" in read
    assert {name for name in read if not re.search(rf"\b{name}\b", text)} == set()


def said_by(file: Path) -> Iterator[tuple[str, tuple[str, frozenset[str]]]]:
    """Yield the events that a module logs: name, level and keys."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="_log") | ast.Name(id="log"), attr=level),
                args=[ast.Constant(value=str(event))],
                keywords=keywords,
            ) if level in LOG_LEVELS:
                yield event, (level, frozenset(str(keyword.arg) for keyword in keywords) - {"says"})


def test_every_event_of_the_log_is_documented_and_no_other_is() -> None:
    said = dict(event for file in (REPOSITORY / "a4bridge").rglob("*.py") for event in said_by(file))
    documented = {
        event: (level, frozenset(re.findall(r"\w+", keys))) for event, level, keys, _ in rows(DOCUMENTS["docs/log.md"])
    }

    assert documented == said
