"""The manual pages, made from the same command tree that answers --help.

    python -m a4bridge.cli.manual FOLDER [WEB]    write a4bridge.1, a4bridge-run.1 and the others there,
                                                  and a4bridge-web.1 into WEB

How a page is written: https://man7.org/linux/man-pages/man7/man.7.html.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from a4bridge import __version__
from a4bridge.cli import cli, exits
from a4bridge.cli.examples import EXAMPLES
from a4bridge.cli.web import web

EXIT_STATUS: Final = {
    0: "It did what it was told.",
    exits.FAILED: "Something went wrong that is none of the below.",
    exits.WRONG: "An argument or a file is wrong.",
    exits.NO_MIDI: "This machine has no usable MIDI system.",
    exits.RUNNING: "Another bridge is running already.",
    exits.NOT_RUNNING: "No bridge is running.",
    exits.WAITING: "The bridge runs, and waits for a keyboard or a box.",
    exits.DOUBTFUL: "a4bridge doctor found something that may keep notes from being recorded, or no bridge that runs.",
    exits.BROKEN: "a4bridge doctor found something that keeps notes from being recorded.",
}
FILES: Final = {
    "~/.config/a4bridge/settings.toml, ~/.config/a4bridge/profiles/": "A person's own settings and profiles.",
    "/etc/a4bridge/settings.toml, /etc/a4bridge/profiles/": "Those of the machine; a person's own count before them.",
    "/var/lib/a4bridge/state.json": "What the system's bridge remembers: its last output, profile and track.",
    "/run/a4bridge/": "Where the system's bridge keeps what sounds, and listens to the verbs.",
    "$XDG_RUNTIME_DIR/a4bridge/, ~/.local/state/a4bridge/": "The same for a bridge that a person started.",
    "/usr/share/doc/a4bridge/docs/README.md": "The list of all documents, where the Debian package is installed.",
}
ENVIRONMENT: Final = {
    "HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR": "Where a person's files are; a relative one is ignored.",
    "RUNTIME_DIRECTORY, STATE_DIRECTORY": "Where a service's files are; systemd sets them, and they count first.",
    "JOURNAL_STREAM": "Where standard error is what it names, the log is JSON for the journal.",
    "NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID": "Where systemd wants to hear that the service is ready and alive.",
    "SUDO_UID": "Tells `service install` whose bridge may be in the way.",
}


def pages(program: click.Command = cli, name: str = "a4bridge") -> dict[str, str]:
    """Return the pages of a program and of all its verbs: file name to text."""
    return dict(_pages(program, click.Context(program, info_name=name, **program.context_settings), first=name))


def _pages(command: click.Command, context: click.Context, first: str) -> Iterator[tuple[str, str]]:
    name = context.command_path.replace(" ", "-")
    yield f"{name}.1", "\n".join(_page(command, context, name, first)) + "\n"
    for verb, below in _verbs(command):
        yield from _pages(below, click.Context(below, context, verb, **below.context_settings), first)


def _verbs(command: click.Command) -> list[tuple[str, click.Command]]:
    below = command.commands if isinstance(command, click.Group) else {}
    return [(verb, each) for verb, each in below.items() if not each.hidden]


def _page(command: click.Command, context: click.Context, name: str, first: str) -> Iterator[str]:
    paragraphs = _paragraphs(command.help)
    yield f'.TH "{name.upper()}" 1 "" "{first} {__version__}"'
    yield ".SH NAME"
    yield f"{_text(name)} \\- {_text(paragraphs[0].rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield f"\\fB{_text(context.command_path)}\\fR {_text(' '.join(command.collect_usage_pieces(context)))}"
    yield ".SH DESCRIPTION"
    for paragraph in paragraphs:
        yield from (".PP", _prose(paragraph))
    options = [record for each in command.get_params(context) if (record := each.get_help_record(context))]
    if options:
        yield ".SH OPTIONS"
        yield from _list((f"\\fB{_text(option)}\\fR", explanation) for option, explanation in options)
    if verbs := _verbs(command):
        yield ".SH COMMANDS"
        yield from _list((f"\\fB{_text(verb)}\\fR", _paragraphs(each.help)[0]) for verb, each in verbs)
    if examples := EXAMPLES.get(context.command_path.partition(" ")[2]):
        yield ".SH EXAMPLES"
        for line, purpose in examples:
            yield from (".PP", _prose(purpose), ".RS 4", f"\\fB{_text(line)}\\fR", ".RE")
    yield ".SH EXIT STATUS"
    yield from _list((str(code), meaning) for code, meaning in EXIT_STATUS.items())
    if not context.parent:
        for heading, table in (("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)):
            yield f".SH {heading}"
            yield from _list((f"\\fI{_text(term)}\\fR", meaning) for term, meaning in table.items())
    yield ".SH SEE ALSO"
    around = [context.parent.command_path] if context.parent else []
    around += [f"{context.command_path} {verb}" for verb, _ in verbs]
    pages = [page.replace(" ", "-") for page in around] or ["a4bridge"]  # a program beside it leads there
    yield ",\n".join(f"\\fB{_text(page)}\\fR(1)" for page in pages)


def _list(entries: Iterator[tuple[str, str]]) -> Iterator[str]:
    for heading, text in entries:
        yield from (".TP", heading, _prose(text))


def _paragraphs(text: str | None) -> list[str]:
    """Return paragraphs, each on a line of its own, as click fills them."""
    return [" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n")]


def _prose(text: str) -> str:
    """Return a paragraph, with what stands in backticks in bold."""
    return re.sub("`(.+?)`", r"\\fB\1\\fR", _text(text))


def _text(text: str) -> str:
    """Return text that is nothing but text: no escape, no request, and hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    for folder, written in zip(sys.argv[1:], (pages(), pages(web, "a4bridge-web")), strict=False):
        for file, page in written.items():
            Path(folder, file).write_text(page, encoding="utf-8")
