"""`a4bridge doctor`."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from a4bridge.cli.examining import examine_machine
from a4bridge.cli.exits import BROKEN, DOUBTFUL, FAILED, NO_MIDI, WRONG, end
from a4bridge.cli.hearing import SECONDS, has_terminal
from a4bridge.cli.labelled import WIDTH
from a4bridge.cli.probing import Probed, probe
from a4bridge.cli.status import paired
from a4bridge.control.pairing import pairing
from a4bridge.core.words import capitalised
from a4bridge.doctor.checklist import Item
from a4bridge.doctor.examination import Report, examine
from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict
from a4bridge.doctor.probe import NAME, Step

_EXIT: Final = {Verdict.GOOD: 0, Verdict.WARNING: DOUBTFUL, Verdict.BAD: BROKEN}
_COLOURS: Final = {Verdict.GOOD: "green", Verdict.WARNING: "yellow", Verdict.BAD: "red", Verdict.UNKNOWN: None}
_VERDICT_WIDTH: Final = 9
_MARGIN: Final = 20
_NARROW: Final = 60
"""Columns below which a station's name has a line of its own."""
_SMALL_MARGIN: Final = 2


def doctor(
    no_input: bool, probe: bool, yes: bool, socket: Path | None, as_json: bool, restricted: bool, backend: str
) -> None:
    """Examine, print what was found, and end with the exit code of the verdict."""
    if sys.platform == "win32":
        end("a4bridge does not run on Windows, so there is nothing to examine.", NO_MIDI)
    if yes and not probe:
        end("--yes says that recording is off on the box, for --probe: use both, or none.", WRONG)
    if probe and no_input and not yes:
        end("--probe plays to the box, and may not ask whether recording is off there: add --yes if it is.", WRONG)
    try:
        facts = examine_machine(socket, backend, None if no_input else _ask_for_key, try_real_time=not restricted)
        probed = _probed(facts, backend, ask=not no_input, is_off=yes) if probe else None
    except (KeyboardInterrupt, click.Abort):  # Ctrl-C, or Ctrl-D where something is asked
        click.echo(err=True)
        end("The examination was left before its end.", FAILED)
    report = examine(facts, [probed[0]] if probed else [])
    if as_json:
        click.echo(json.dumps({**report.to_data(), "probe": probed[1] if probed else None}, indent=2))
    else:
        _print(report, probed)
    if code := _EXIT[report.verdict]:
        raise SystemExit(code)


def _ask_for_key(keyboard: str) -> None:
    skip = ", or Enter to go on without" if has_terminal() else ""
    click.echo(f"Press a key on {keyboard} within {SECONDS:.0f} s{skip}.", err=True)


# Playing to the box.


def _probed(facts: Facts, backend: str, *, ask: bool, is_off: bool) -> Probed:
    if not is_off and not _says_yes("A note is played on each track. Is recording off on the box?", enter=False):
        return Finding(NAME, Verdict.UNKNOWN, "nothing was played, because the box may be recording"), []
    return probe(facts, backend, _announce_and_wait if ask else _announce, _heard if ask else None)


def _announce(step: Step) -> None:
    before = f"{capitalised(step.before)}. " if step.before else ""
    click.echo(f"{before}Playing on channel {step.channel}: you should hear {step.should}.", err=True)


def _announce_and_wait(step: Step) -> None:
    if step.before:
        click.prompt(f"{capitalised(step.before)}, then press Enter", "", show_default=False, err=True)
    click.echo(f"Playing on channel {step.channel}: you should hear {step.should}.", err=True)


def _heard(_step: Step) -> bool:
    return _says_yes("  Did you?", enter=True)


def _says_yes(question: str, *, enter: bool) -> bool:
    """Ask until it is yes or no; Enter alone means `enter`."""
    while True:
        hint = "Y/n" if enter else "y/N"
        answer = click.prompt(f"{question} [{hint}]", "", show_default=False, err=True).strip().lower()
        if answer in {"", "y", "yes", "n", "no"}:
            return enter if not answer else answer[0] == "y"
        click.echo("Answer yes or no.", err=True)


# For a person.


def _print(report: Report, probed: Probed | None) -> None:
    width = min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH
    for line in _readable(report, probed, width):
        click.echo(line)


def _readable(report: Report, probed: Probed | None, width: int) -> Iterator[str]:
    for finding in report.findings:
        yield from _station(finding, width)
    if probed and probed[1]:
        yield ""
        yield from _answers(probed[1], width)
    yield ""
    yield from _filled("What no program can see; on the box these settings belong to the project:", width)
    menus: dict[str, list[Item]] = {}
    for item in report.checklist:
        menus.setdefault(item.menu, []).append(item)
    for menu, items in menus.items():
        yield from _filled(menu, width)
        for item in items:
            yield from _filled(f"{item.item}: {item.set}", width, "  [ ] ", "      ")
            yield from _filled(item.why, width, "      ", "      ")
    if page := pairing():
        yield ""
        yield from _filled(f"The page for the phone: {paired(page)}", width)
    yield ""
    for line in _filled(report.says, width):
        yield click.style(line, bold=True)


def _station(finding: Finding, width: int) -> Iterator[str]:
    head = f"{finding.verdict:{_VERDICT_WIDTH}}{finding.name:{_MARGIN - _VERDICT_WIDTH}}"
    colour = _COLOURS[finding.verdict]
    is_narrow = width < _NARROW
    margin = " " * (_SMALL_MARGIN if is_narrow else _MARGIN)
    evidence = _filled(finding.evidence, width, margin, margin)
    beside = "" if is_narrow else evidence.pop(0)[_MARGIN:]
    head = head.rstrip() if is_narrow else head
    yield (click.style(head, fg=colour) if colour else head) + beside
    yield from evidence
    yield from _filled(finding.remedy, width, f"{margin}-> ", f"{margin}   ")


def _answers(steps: list[dict[str, Any]], width: int) -> Iterator[str]:
    words = {True: ", heard", False: ", not heard", None: ""}
    for step in steps:
        text = f"channel {step['channel']}{words[step['heard']]}: {step['should']}; if not, {step['otherwise']}"
        yield from _filled(text, width, rest="    ")


def _filled(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Break lines between words; first, rest: what they begin with."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
