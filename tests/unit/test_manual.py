"""The manual pages: everything that --help says, as the system's manual shows it."""

import re

import click
import pytest

from a4bridge.cli import cli, exits
from a4bridge.cli.manual import EXIT_STATUS, pages
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


def test_the_first_page_has_every_exit_status() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper()}

    assert set(EXIT_STATUS) == {0, *codes}
    assert all(meaning in pages()["a4bridge.1"] for meaning in EXIT_STATUS.values())


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
