"""The keyboard's port: whether there is one, and whether it is the one with the keys."""

from collections.abc import Iterator
from typing import Final

from a4bridge.core.names import shown
from a4bridge.core.words import listed
from a4bridge.doctor.facts import Facts, State
from a4bridge.doctor.finding import Finding, Verdict, joined
from a4bridge.ports.choose import OWN_PORT
from a4bridge.ports.connections import HEARS
from a4bridge.ports.verdict import Role, judge

NAME: Final = "keyboard"

_PLUG: Final = (
    "plug the keyboard in with a USB cable that carries data; one on a MIDI interface has to be named: --input NAME"
)
_LOOP: Final = (
    "look for a cable or a program that leads the box's output to it, or set OUTPUT TO to DISABLED on the box "
    "(MIDI CONFIG > MIDI PORT CONFIG)"
)
CLOSE: Final = "close this input in the program that uses it"
_WAITING: Final = {State.LOST: "is unplugged", State.SETTLING: "was just plugged in", State.ABSENT: "is not plugged in"}


def examine(facts: Facts) -> Finding:
    """Tell which keyboards are played, and why others are not."""
    if facts.lacking and not facts.ends.inputs:
        return Finding(NAME, Verdict.UNKNOWN, "without a MIDI system no keyboard can be seen")
    none = Finding(NAME, Verdict.BAD, "there is no keyboard", _PLUG)
    return joined([*_played(facts), *_others(facts)] or [none])


def _played(facts: Facts) -> Iterator[Finding]:
    further = {
        verdict.port: verdict.reason
        for verdict in judge(facts.listing)
        if verdict.role is Role.OTHER and "port of a keyboard" in verdict.reason
    }
    keys = [verdict.port for verdict in judge(facts.listing) if verdict.role is Role.KEYBOARD]
    for end in facts.ends.played:
        title = shown(end.title)
        if end.state is State.FOUND and (owner := facts.owner(end, HEARS)):
            yield Finding(NAME, Verdict.BAD, f"{owner} has {title} to itself", CLOSE)
        elif end.title == OWN_PORT.title:
            yield Finding(NAME, Verdict.GOOD, "programs play into the port a4bridge")
        elif end.port in further:
            first = [shown(port.name) for port in keys if port.device == end.port.device]
            yield Finding(
                NAME,
                Verdict.WARNING,
                f"{title} is {further[end.port]}: keys may come from another",
                f"name {listed(first, 'or') or 'the port with the keys'} instead, or no input at all",
            )
        else:
            yield Finding(NAME, Verdict.GOOD, f"{title}{facts.hubs(end.port)}")


def _others(facts: Facts) -> Iterator[Finding]:
    verdict = Verdict.WARNING if facts.ends.played else Verdict.BAD
    said = facts.ends.waiting_inputs
    for end in facts.ends.inputs:
        title = shown(end.title)
        if end.state is State.CUT:
            yield Finding(
                NAME, Verdict.BAD, f"{title} brings back what is sent to the box, so it is not listened to", _LOOP
            )
        elif not end.is_played and (refusal := facts.refusal(end)):
            owner = facts.owner(end, HEARS)
            why = f"{owner} has {title} to itself ({refusal})" if owner else refusal
            yield Finding(NAME, Verdict.BAD, why, CLOSE)
        elif end.state in _WAITING and not said:
            yield Finding(NAME, verdict, f"{title} {_WAITING[end.state]}", _PLUG)
    for sentence in said:
        yield Finding(NAME, verdict, waits(sentence), _PLUG)


def waits(sentence: str) -> str:
    """Turn what is said about something that is waited for into evidence."""
    return (
        f"the bridge waits for {sentence.removeprefix('waiting for ')}" if sentence.startswith("waiting") else sentence
    )
