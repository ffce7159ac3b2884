"""The documents, held against the program that they are about."""

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from a4bridge.cli import cli, exits
from a4bridge.cli.web import web
from a4bridge.core.boxes import boxes
from a4bridge.core.compile import compile_route
from a4bridge.core.library import Kind
from a4bridge.core.profile import Profile
from a4bridge.core.schema import MODELS
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import parse

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = {
    str(file.relative_to(REPOSITORY)): file.read_text(encoding="utf-8")
    for file in sorted(REPOSITORY.rglob("*.md"))
    if not any(part.startswith(".") for part in file.relative_to(REPOSITORY).parts)
}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LOG_LEVELS = {"debug", "info", "warning", "error"}


class Block(NamedTuple):
    """A fenced piece of a document."""

    document: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(language: str) -> list[Block]:
    return [
        Block(document, text.count("\n", 0, fence.start()) + 1, fence[2])
        for document, text in DOCUMENTS.items()
        for fence in FENCE.finditer(text)
        if fence[1] == language
    ]


def section(document: str, heading: str) -> str:
    """Return what stands below a heading of the second level."""
    return re.split(r"^## ", DOCUMENTS[document].partition(f"\n## {heading}\n")[2], flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows that begin with a word of the program, backticks taken off it."""
    lines = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    return [[cell.strip(" `") if not at else cell.strip() for at, cell in enumerate(line.split("|"))] for line in lines]


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


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_every_example_is_valid(block: Block) -> None:
    tomllib.loads(block.text)
    content = block.text.encode()
    if block.text.startswith("# settings.toml\n"):
        parse(content, Path(block.document), Settings)
    else:
        compile_route("example", parse(content, Path(block.document), Profile), Settings())


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_every_program_can_be_compiled(block: Block) -> None:
    compile(block.text, str(block), "exec")


def anchors(text: str) -> set[str]:
    """Return the names that GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    here = REPOSITORY / document
    broken = []
    for path, anchor in re.findall(r"\]\((?!https?://)([^)#\s]*)#?([^)\s]*)\)", FENCE.sub("", DOCUMENTS[document])):
        target = (here.parent / path).resolve() if path else here
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(f"{path}#{anchor}")

    assert broken == []


def commands_of(text: str) -> Iterator[list[str]]:
    """Yield the simple commands of a shell's lines, each as its words."""
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("();<>|&"):
                yield words
                words = []
            else:
                words.append(word)


def written_commands() -> Iterator[tuple[str, list[str]]]:
    for document, text in DOCUMENTS.items():
        pieces = [fence[2] for fence in FENCE.finditer(text) if fence[1] == "sh"]
        outside = FENCE.sub("", text)
        pieces += re.findall(r"^    (\S.*)$", outside, re.MULTILINE)
        pieces += re.findall(r"(?<!`)`((?:\.venv/bin/)?(?:a4bridge|make) [^`]*)`(?!`)", outside)
        for piece in pieces:
            try:
                commands = list(commands_of(piece))
            except ValueError:  # an apostrophe in what is no command
                continue
            for words in commands:
                while words and (words[0] == "sudo" or re.fullmatch(r"\w+=.*", words[0])):
                    words.pop(0)
                if words:
                    yield document, words


def every_command(group: click.Command) -> Iterator[click.Command]:
    """Yield the commands below `group`, at any depth."""
    for command in group.commands.values() if isinstance(group, click.Group) else ():
        yield command
        yield from every_command(command)


CALLS_OF_THE_PAGE = [words for _, words in written_commands() if words[0] == "a4bridge-web"]
OPTIONS_OF_THE_PAGE = {option for each in web.params for option in each.opts} | {"--help", "-h"}
CALLS = [(document, words) for document, words in written_commands() if Path(words[0]).name == "a4bridge"]
TARGETS = [(document, words) for document, words in written_commands() if words[0] == "make"]


@pytest.mark.parametrize(
    ("document", "words"), CALLS, ids=lambda value: value if isinstance(value, str) else " ".join(value[1:])
)
def test_every_command_is_one(monkeypatch: pytest.MonkeyPatch, document: str, words: list[str]) -> None:
    for command in every_command(cli):
        monkeypatch.setattr(command, "callback", lambda **_options: None)

    result = CliRunner().invoke(cli, words[1:])

    assert result.exit_code == 0, f"{document}: {result.output}"


@pytest.mark.parametrize(
    ("document", "words"), TARGETS, ids=lambda value: value if isinstance(value, str) else " ".join(value[1:])
)
def test_every_target_of_make_is_one(document: str, words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(words[1:]) <= set(targets), document


def test_commands_are_found_in_the_documents() -> None:
    assert {"README.md", "docs/commands.md", "docs/profiles.md", "benchmarks/README.md"} <= {
        document for document, _ in CALLS
    }
    assert TARGETS


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
