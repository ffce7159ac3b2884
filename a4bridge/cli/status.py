"""`a4bridge status`."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from a4bridge.cli.asking import connect, end_lost
from a4bridge.cli.exits import FAILED, NOT_RUNNING, WAITING
from a4bridge.cli.labelled import faults, labelled, memory, real_time, switches
from a4bridge.control.client import Connection, ControlError, NotRunningError, places
from a4bridge.control.pairing import Pairing, pairing
from a4bridge.control.wire import Status
from a4bridge.core.words import capitalised


def show_status(socket: Path | None, as_json: bool) -> None:
    """Print how things are; exit code 0 if notes can pass, WAITING if something is missing."""
    if as_json:
        _print_json(socket)
        return
    with connect(socket) as connection:
        try:
            answer = connection.ask(Status())
        except ControlError as error:
            end_lost(error)
        click.echo(capitalised(str(connection.place)))
        for paragraph in readable(answer):
            click.echo(paragraph)
        if page := pairing():
            click.echo(labelled("page", paired(page)))
    _exit(answer)


def _print_json(socket: Path | None) -> None:
    try:
        with Connection.to_first(places(socket)) as connection:
            answer = connection.ask(Status())
    except ControlError as error:
        none_runs = isinstance(error, NotRunningError)
        click.echo(json.dumps({"running": False if none_runs else None, "says": str(error)}, indent=2))
        raise SystemExit(NOT_RUNNING if none_runs else FAILED) from None
    del answer["version"], answer["ok"]
    page = pairing()
    beside = {
        "whose": connection.place.whose,
        "socket": str(connection.place.path),
        "page": {"address": page.address, "code": page.code} if page else None,
    }
    click.echo(json.dumps({**answer, **beside}, indent=2))
    _exit(answer)


def paired(page: Pairing) -> str:
    """Say where the page for the phone is, and the code that opens it: "http://10.0.0.7:8404/, code 4829 1357"."""
    return f"{page.address}, code {page.spaced_code}" if page.code else page.address


def _exit(answer: dict[str, Any]) -> None:
    if not answer["linked"]:
        raise SystemExit(WAITING)


def readable(answer: dict[str, Any]) -> Iterator[str]:
    """Yield what `answer` says for a person: labelled lines of 80 columns."""
    for label, value in _facts(answer):
        yield labelled(label, value)


def _facts(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    engine = f", engine {answer['engine_pid']}" if answer["engine_pid"] else ", no engine"
    yield "process", f"{answer['pid']}{engine}, up {_span(answer['uptime_s'])}, a4bridge {answer['a4bridge']}"
    yield "profile", _profile(answer["profile"])
    for link in answer["inputs"]:
        yield "input", f"{link['name']}, {link['state']}"
    if output := answer["output"]:
        box = f", {answer['box']}" if answer["box"] else ""
        yield "output", f"{output['name']}, {output['state']}{box}"
    for sentence in answer["waiting"]:
        yield "waiting", sentence.removeprefix("waiting ")
    if answer.get("hushed"):
        yield "hushed", "nothing that is played passes: somebody sets up by playing"
    yield "sounding", _sounding(answer["sounding"])
    yield "forwarded", f"{answer['forwarded']:,}"
    for label in ("used", "dropped"):
        for outcome in answer[label]:
            yield label, f"{outcome['count']:,}  {outcome['says']}"
    yield "took", _latency(answer["took_us"])
    yield "late", _latency(answer["late_us"])
    yield "real time", real_time(answer["real_time"])
    yield "memory", memory(answer["real_time"])
    if answer["faults"]:
        yield "faults", f"{faults(answer['faults'])}, of the engine since it was linked"
        yield "switches", f"{switches(answer['switches'])}"
    if trouble := answer["trouble"]:
        yield "trouble", trouble["says"]


def _profile(profile: dict[str, Any]) -> str:
    destination = f", {profile['destination']}" if profile["destination"] else ""
    where = "sent by a client" if profile["sent"] else profile["file"]
    return f"{profile['name']}{destination}{f' ({where})' if where else ''}"


def _sounding(notes: list[dict[str, Any]]) -> str:
    """Say what sounds, channel by channel."""
    channels = []
    for channel, group in groupby(notes, lambda note: note["channel"]):
        names = [f"{note['name']} ({note['note']})" for note in group]
        channels.append(f"{', '.join(names)} on channel {channel}")
    return "; ".join(channels) or "nothing"


def _latency(latency: dict[str, float]) -> str:
    if not latency["max"]:
        return "nothing measured yet"
    return (
        f"p50 {latency['p50']:,g} us, p99 {latency['p99']:,g} us, p99.9 {latency['p99_9']:,g} us, "
        f"max {latency['max']:,g} us"
    )


def _span(seconds: float) -> str:
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {int(seconds % 60)} s" if minutes else f"{int(seconds)} s"
