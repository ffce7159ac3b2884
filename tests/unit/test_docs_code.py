"""What the documents show: links, commands, files, programs. All of it must be as it says."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
from click.testing import CliRunner
from documents import DOCUMENTS, FENCE, REPOSITORY, Block, anchors, blocks, commands, indented, inline, links

from a4bridge.cli import cli
from a4bridge.core.boxes import box
from a4bridge.core.compile import compile_route
from a4bridge.core.profile import Profile
from a4bridge.core.recording import cannot_record
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import parse

LANGUAGES: Final = {"sh", "toml", "python", "json"}
"""Those of which the tests here know whether they are right."""

CALLS = [(document, words) for document, words in commands() if Path(words[0]).name == "a4bridge"]
TARGETS = [(document, words) for document, words in commands() if words[0] == "make"]


def named(value: object) -> str:
    return " ".join(value[1:]) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    here = REPOSITORY / document
    broken = []
    for path, anchor in links(document):
        target = (here.parent / path).resolve() if path else here
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(f"{path}#{anchor}")

    assert broken == []


def test_every_document_can_be_found_from_the_index_and_the_first_page() -> None:
    index = {path for path, _ in links("docs/README.md")}

    assert {Path(document).name for document in DOCUMENTS if Path(document).parent.name == "docs"} - index == {
        "README.md"
    }
    assert "docs/README.md" in {path for path, _ in links("README.md")}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_of_the_project_that_is_named_is_there(document: str) -> None:
    shown = [*inline(document), *(word for where, words in commands() if where == document for word in words)]
    tops = "|".join(re.escape(path.name) for path in REPOSITORY.iterdir() if path.is_dir() and path.name[0] != ".")
    files = {
        found[0]
        for text in shown
        for found in re.finditer(rf"(?<![\w/.~-])(?:{tops})/[\w./*-]*[\w*]", text)
        if not found[0].startswith("dist/") and "*" not in found[0]
    }

    assert {file for file in files if not (REPOSITORY / file).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_is_in_a_language_that_is_checked(document: str) -> None:
    assert {fence[1] for fence in FENCE.finditer(DOCUMENTS[document])} <= LANGUAGES
    assert "```" not in FENCE.sub("", DOCUMENTS[document])


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


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_every_script_is_one(block: Block) -> None:
    shell = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)

    assert (shell.returncode, shell.stderr) == (0, "")


def test_every_json_is_one() -> None:
    texts = [block.text for block in blocks("json")]
    texts += [line for document in DOCUMENTS for line in indented(document) if line.startswith("{")]

    assert texts
    for text in texts:
        json.loads(text)


def every_command(group: click.Command) -> Iterator[click.Command]:
    """Yield the commands below `group`, at any depth."""
    for command in group.commands.values() if isinstance(group, click.Group) else ():
        yield command
        yield from every_command(command)


@pytest.mark.parametrize(("document", "words"), CALLS, ids=named)
def test_every_command_is_one(monkeypatch: pytest.MonkeyPatch, document: str, words: list[str]) -> None:
    for command in every_command(cli):
        monkeypatch.setattr(command, "callback", lambda **_options: None)

    result = CliRunner().invoke(cli, words[1:])

    assert result.exit_code == 0, f"{document}: {result.output}"


@pytest.mark.parametrize(("document", "words"), TARGETS, ids=named)
def test_every_target_of_make_is_one(document: str, words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(words[1:]) <= set(targets), document


def test_commands_are_found_in_the_documents() -> None:
    assert {"README.md", "docs/commands.md", "docs/profiles.md", "benchmarks/README.md"} <= {
        document for document, _ in CALLS
    }
    assert TARGETS


def said() -> str:
    """Return every text in the program, each on a line, what is filled in as "…"; and what it says of `multitrack`."""
    multitrack = parse((REPOSITORY / "config/profiles/multitrack.toml").read_bytes(), Path("multitrack.toml"), Profile)
    texts = cannot_record(compile_route("multitrack", multitrack, Settings()), box("analog-four"))
    for file in (REPOSITORY / "a4bridge").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                texts.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    texts += [(REPOSITORY / "a4bridge/ports/known.toml").read_text(encoding="utf-8")]
    return "\n".join(texts)


def test_every_sentence_that_the_troubleshooting_quotes_is_the_programs_own() -> None:
    program = said()
    quoted = re.findall(r'"([^"]+)"', FENCE.sub("", DOCUMENTS["docs/troubleshooting.md"]))
    pieces = [piece.strip(" ,;:.()") for text in quoted for piece in text.split("...")]

    assert len(quoted) > 20
    assert [piece for piece in pieces if piece not in program] == []
