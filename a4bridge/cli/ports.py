"""`a4bridge ports`."""

import json
from dataclasses import asdict
from typing import Any, Final

import click

from a4bridge.backend.base import BackendError
from a4bridge.backend.choice import RTMIDI
from a4bridge.cli.exits import NO_MIDI, end
from a4bridge.core.names import shown
from a4bridge.ports.system import why_no_midi
from a4bridge.ports.verdict import Role, Verdict, judge, silence
from a4bridge.service.bridge import enumerator_for

_COLOURS: Final = {Role.KEYBOARD: "green", Role.DESTINATION: "green", Role.REFUSED: "red", Role.OTHER: None}


def list_ports(as_json: bool, backend: str) -> None:
    """Print every port with its verdict."""
    if backend == RTMIDI and (sentence := why_no_midi()):
        end(sentence, NO_MIDI)
    try:
        listing = enumerator_for(backend).scan()
    except BackendError as error:
        end(f"No MIDI: {error}; `a4bridge demo` works without it.", NO_MIDI)
    verdicts = judge(listing)
    silences = [silence(box) for box in listing.silent_boxes]
    if as_json:
        click.echo(json.dumps({"ports": [_data(verdict) for verdict in verdicts], "silent": silences}, indent=2))
        return
    if not verdicts:
        click.echo("There is no MIDI port.")
    width = max((len(shown(verdict.port.rtmidi_name)) for verdict in verdicts), default=0)
    for verdict in verdicts:
        role = click.style(f"{verdict.role:11}", fg=_COLOURS[verdict.role])
        click.echo(f"{role}  {shown(verdict.port.rtmidi_name):{width}}  {verdict.reason}".rstrip())
    for sentence in silences:
        click.echo(sentence)


def _data(verdict: Verdict) -> dict[str, Any]:
    return {
        **asdict(verdict.port),
        "title": verdict.port.title,
        "role": verdict.role,
        "reason": verdict.reason,
        "nameable": verdict.nameable,
    }
