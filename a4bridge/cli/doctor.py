"""`a4bridge doctor`."""

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from a4bridge.cli.examining import examine_machine
from a4bridge.cli.exits import BROKEN, DOUBTFUL, NO_MIDI, WRONG, end
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


def doctor(no_input: bool, probe: bool, yes: bool, socket: Path | None, as_json: bool, backend: str) -> None:
    """Examine, print what was found, and end with the exit code of the verdict."""
    if sys.platform == "win32":
        end("a4bridge does not run on Windows, so there is nothing to examine.", NO_MIDI)
    if yes and not probe:
        end("--yes says that recording is off on the box, for --probe: use both, or none.", WRONG)
    if probe and no_input and not yes:
        end("--probe plays to the box, and may not ask whether recording is off there: add --yes if it is.", WRONG)
    facts = examine_machine(socket, backend, None if no_input else _ask_for_key)
    probed = _probed(facts, backend, ask=not no_input, is_off=yes) if probe else None
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
    if not is_off and not click.confirm("A note is played on each track. Is recording off on the box?", err=True):
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
    return click.confirm("  Did you?", default=True, err=True)


# For a person.


def _print(report: Report, probed: Probed | None) -> None:
    for line in _readable(report, probed):
        click.echo(line)


def _readable(report: Report, probed: Probed | None) -> Iterator[str]:
    for finding in report.findings:
        yield from _station(finding)
    if probed and probed[1]:
        yield ""
        yield from _answers(probed[1])
    yield from ("", "What no program can see; on the box these settings belong to the project:")
    menus: dict[str, list[Item]] = {}
    for item in report.checklist:
        menus.setdefault(item.menu, []).append(item)
    for menu, items in menus.items():
        yield menu
        for item in items:
            yield from _item(item)
    if page := pairing():
        yield from ("", f"The page for the phone: {paired(page)}")
    yield ""
    for line in textwrap.wrap(report.says, WIDTH, break_long_words=False, break_on_hyphens=False):
        yield click.style(line, bold=True)


def _station(finding: Finding) -> Iterator[str]:
    head = f"{finding.verdict:{_VERDICT_WIDTH}}{finding.name:{_MARGIN - _VERDICT_WIDTH}}"
    first, *more = _filled(finding.evidence, "")
    colour = _COLOURS[finding.verdict]
    yield (click.style(head, fg=colour) if colour else head) + first
    for line in (*more, *(_filled(finding.remedy, "-> ") if finding.remedy else ())):
        yield " " * _MARGIN + line


def _filled(text: str, lead: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH - _MARGIN,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _answers(steps: list[dict[str, Any]]) -> Iterator[str]:
    words = {True: ", heard", False: ", not heard", None: ""}
    for step in steps:
        text = f"channel {step['channel']}{words[step['heard']]}: {step['should']}; if not, {step['otherwise']}"
        yield from textwrap.wrap(text, WIDTH, subsequent_indent="    ", break_long_words=False)


def _item(item: Item) -> Iterator[str]:
    for text, lead in (f"{item.item}: {item.set}", "  [ ] "), (item.why, "      "):
        yield from textwrap.wrap(
            text,
            WIDTH,
            initial_indent=lead,
            subsequent_indent="      ",
            break_long_words=False,
            break_on_hyphens=False,
        )
