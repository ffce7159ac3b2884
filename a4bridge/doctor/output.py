"""Which port is written to, in words that settle it: the Overbridge plug-in plays notes that are not recorded."""

from collections.abc import Mapping
from typing import Any, Final

from a4bridge.core.names import shown
from a4bridge.core.words import listed
from a4bridge.doctor.facts import End, Facts, State
from a4bridge.doctor.finding import Finding, Verdict
from a4bridge.doctor.keyboard import waits
from a4bridge.ports.connections import PLAYS
from a4bridge.ports.listing import Port
from a4bridge.ports.verdict import Role, bytes_per_second, is_box, judge
from a4bridge.ports.verdict import Verdict as PortVerdict

NAME: Final = "output"

CLOSE: Final = "close this output in the program that uses it"
_NAMED: Final = "name the box's own MIDI port, or no output at all: then it is found"


def examine(facts: Facts) -> Finding:
    """Tell where notes go."""
    end = facts.ends.output
    owner = facts.owner(end, PLAYS) if end and end.state is not State.OPEN else ""
    refusal = facts.refusal(end) if end and not end.is_played else ""
    if end and (owner or refusal):
        owned = f"{owner} has {shown(end.title)} to itself"
        why = f"{owned} ({refusal})" if owner and refusal else refusal or owned
        return Finding(NAME, Verdict.BAD, why, CLOSE)
    if end and end.is_played:
        return _open(facts, end)
    if facts.ends.waiting_output:
        # The others are about boxes without a port: another station.
        waiting = [waits(each) for each in facts.ends.waiting_output if each.startswith("waiting")]
        is_named = any("is refused" in each or "none fits" in each for each in waiting)
        return Finding(NAME, _missing(facts), "; ".join(waiting), _NAMED if is_named else "")
    if end:
        is_new = end.state is State.SETTLING
        return Finding(
            NAME,
            Verdict.WARNING if is_new else Verdict.BAD,
            f"{shown(end.title)} {'was just plugged in' if is_new else 'is not plugged in'}",
            "ask again in a moment" if is_new else "plug it in",
        )
    return Finding(NAME, _missing(facts), "there is nothing to write to", "plug the box in")


def _missing(facts: Facts) -> Verdict:
    return Verdict.UNKNOWN if facts.lacking else Verdict.BAD


def _open(facts: Facts, end: End) -> Finding:
    go = "notes go" if end.state is State.OPEN else "notes will go"
    sounding = _sounding(facts.bridge or {})
    remedy = "if nobody holds that, `a4bridge panic` ends it" if sounding else ""
    name = shown(end.port.name if end.port else end.title)
    verdict = next((each for each in judge(facts.listing) if each.port == end.port), None)
    if end.port and not is_box(end.port) and verdict and not _has_cable(end.port, verdict):
        return Finding(
            NAME,
            Verdict.WARNING,
            f"{go} to {name} ({verdict.reason or 'software'}): if that leads on through the Overbridge plug-in, they "
            f"are heard and never recorded{sounding}",
            _NAMED,
        )
    if not end.port:
        where = f"{name}; whether that is the box's own MIDI port or a cable's cannot be seen from here"
    elif is_box(end.port):
        where = f"{name}, the box's own MIDI input, not through the Overbridge plug-in"
    else:
        where = f"{name} and through a MIDI cable into the box's MIDI IN, not through the Overbridge plug-in"
    return Finding(NAME, Verdict.GOOD, f"{go} to {where}{sounding}", remedy)


def _has_cable(port: Port, verdict: PortVerdict) -> bool:
    return bytes_per_second(port) > 0 or (verdict.role is Role.OTHER and verdict.reason == "not an Elektron box")


def _sounding(bridge: Mapping[str, Any]) -> str:
    notes = [f"{note['name']} on channel {note['channel']}" for note in bridge.get("sounding", ())]
    return f"; {listed(notes)} may be sounding" if notes else ""
