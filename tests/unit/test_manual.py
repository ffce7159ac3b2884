"""The manual pages: everything that --help says, as the system's manual shows it."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from a4bridge.cli import cli, exits
from a4bridge.cli.examples import EXAMPLES
from a4bridge.cli.manual import ENVIRONMENT, EXIT_STATUS, FILES, pages
from a4bridge.cli.web import web


def page_of(help_text: str, *options: click.Option) -> str:
    return pages(click.Command("tool", help=help_text, params=list(options)), "tool")["tool.1"]


def verbs(group: click.Group, name: str) -> list[str]:
    below = []
    for verb, command in group.commands.items():
        below.append(f"{name}-{verb}.1")
        below += verbs(command, f"{name}-{verb}") if isinstance(command, click.Group) else []
    return below


def test_every_verb_has_a_page() -> None:
    assert sorted(pages()) == sorted(["a4bridge.1", *verbs(cli, "a4bridge")])


def test_the_page_for_the_phone_has_one_of_its_own() -> None:
    written = pages(web, "a4bridge-web")

    assert list(written) == ["a4bridge-web.1"]
    assert "\\fBa4bridge\\fR(1)" in written["a4bridge-web.1"]
    assert "raspberrypi.local" in written["a4bridge-web.1"]


def test_a_page_has_every_option_that_is_not_hidden_and_no_other() -> None:
    page = re.sub(r"\\f[BIR]", "", pages()["a4bridge-run.1"]).replace("\\-", "-")
    parameters = cli.commands["run"].params
    hidden = {each.name for each in parameters if isinstance(each, click.Option) and each.hidden}

    shown = {
        option
        for heading in re.findall(r"^\.TP\n(.*)$", page, re.MULTILINE)
        for option in re.findall(r"(?<!\w)--?\w[\w-]*", heading)
    }

    assert hidden == {"backend"}
    assert shown == {"-h", "--help"}.union(*(each.opts for each in parameters if each.name not in hidden))


def plain(page: str) -> str:
    return re.sub(r"\\f[BIR]", "", page).replace("\\-", "-").replace("\\&", "")


def test_every_page_has_every_exit_status() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper()}

    assert set(EXIT_STATUS) == {0, *codes}
    for page in pages().values():
        assert all(meaning.replace("`", "") in plain(page) for meaning in EXIT_STATUS.values())


def test_the_first_page_has_files_and_environment() -> None:
    page = plain(pages()["a4bridge.1"])

    for heading, entries in (("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)):
        told = page.partition(f"\n.SH {heading}\n")[2].partition("\n.SH ")[0]
        assert all(f".TP\n{entry}\n" in f"{told}\n" for entry in entries)


def every_verb(command: click.Command, words: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield the words behind `a4bridge`, and the command that they name."""
    yield words, command
    for verb, below in command.commands.items() if isinstance(command, click.Group) else ():
        yield from every_verb(below, f"{words} {verb}".strip())


VERBS = dict(every_verb(cli))


def test_every_verb_has_examples_and_nothing_else_has() -> None:
    assert {*EXAMPLES} == {*VERBS}


@pytest.mark.parametrize("words", EXAMPLES)
def test_an_example_is_right_and_stands_in_the_help_and_on_the_page(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    page = plain(pages()[f"{'-'.join(['a4bridge', *words.split()])}.1"])
    told = CliRunner().invoke(cli, [*words.split(), "--help"], prog_name="a4bridge", terminal_width=200)
    for command in VERBS.values():
        monkeypatch.setattr(command, "callback", lambda **_options: None)

    for line, purpose in EXAMPLES[words]:
        arguments = shlex.split(line.removeprefix("sudo ").partition(" > ")[0])[1:]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output
        assert line in told.output
        assert f"\n{line}\n" in page
        assert purpose.replace("`", "") in page


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Say it.\n\n.TH is no request.", "\\&.TH is no request."),
        ("Say it.\n\n'quoted' at the start.", "\\&'quoted' at the start."),
        ("Say it.\n\nA \\fBbackslash.", "A \\efBbackslash."),
        ("Say it.\n\nType `a4bridge --help` for\n    more.", "Type \\fBa4bridge \\-\\-help\\fR for more."),
    ],
)
def test_a_text_is_shown_as_it_is(text: str, written: str) -> None:
    assert written in page_of(text).split("\n")
