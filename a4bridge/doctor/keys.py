"""Whether anything arrives from the keyboard."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from a4bridge.core import midi
from a4bridge.core.names import shown
from a4bridge.core.words import listed, printable
from a4bridge.doctor.facts import Facts, Heard, Listened
from a4bridge.doctor.finding import Finding, Verdict
from a4bridge.doctor.keyboard import CLOSE
from a4bridge.doctor.service import END_LEARN

NAME: Final = "keys"

_SWITCHED_ON: Final = (
    "check that the keyboard is switched on and that its keys send over USB: some have a setting for it, and a mode "
    "for DAWs in which they do not"
)
_LOST_NOTES: Final = {"out_of_range", "outside_zones", "no_free_track", "overload", "failed", "no_destination"}
"""Outcomes of notes that a player would miss (a4bridge.core.outcomes)."""
_NOT_PLAYED: Final = {"primed", "hushed"}
"""Outcomes of what was not meant to be passed on: the bridge's own events, and what somebody set up by."""
_OTHERS: Final = {
    midi.CLOCK: "clock",
    midi.START: "start",
    midi.STOP: "stop",
    midi.SYSEX: "system exclusive",
}


def examine(facts: Facts) -> Finding:
    """Tell what came from the keyboard, if anybody listened."""
    if not facts.ends.played:
        return Finding(NAME, Verdict.UNKNOWN, "there is no keyboard to listen to")
    if facts.listened:
        return _listened(facts, facts.listened)
    return _counted(facts.bridge) if facts.bridge else _untried()


def _untried() -> Finding:
    return Finding(NAME, Verdict.UNKNOWN, "not tried: without --no-input it asks for a key and listens")


def _counted(bridge: Mapping[str, Any]) -> Finding:
    """Go by what the bridge has counted since it goes by the profile that it does."""
    counts = bridge["since_switch"]
    dropped = [each for each in counts["dropped"] if each["reason"] not in _NOT_PLAYED]
    passed = counts["forwarded"]
    came = passed + sum(each["count"] for each in [*counts["used"], *dropped] if each["reason"] not in _NOT_PLAYED)
    if not came:
        return _untried()
    events = "1 event" if came == 1 else f"{came:,} events"
    went = "none was" if not passed else "it was" if came == 1 else "all were" if came == passed else f"{passed:,} were"
    evidence = f"{events} came since the bridge began or was switched, and {went} passed on"
    lost = [_dropped(each) for each in dropped if each["reason"] in _LOST_NOTES]
    if not passed and dropped:
        lost = lost or [_dropped(each) for each in dropped]
    if not lost:
        return Finding(NAME, Verdict.GOOD, evidence)
    return Finding(NAME, Verdict.WARNING, f"{evidence}; dropped {listed(lost)}", _explain(bridge["profile"]["name"]))


def _dropped(each: Mapping[str, Any]) -> str:
    times = "once" if each["count"] == 1 else f"{each['count']:,} times"
    return f"{times}: {each['says']}"


def _explain(profile: str) -> str:
    return f"`a4bridge explain {profile}` tells what the profile does with every key"


def _listened(facts: Facts, listened: Listened) -> Finding:
    struck = [each for each in listened.heard if each.key is not None]
    linked = {end.title for end in facts.ends.played}
    if own := [each for each in struck if each.port in linked]:
        return _own(facts, own)
    if struck:
        other = struck[0].port
        return Finding(
            NAME,
            Verdict.BAD,
            f"{_key(facts, struck[0])}, and the bridge listens to {listed([shown(title) for title in sorted(linked)])}",
            f"name that port: --input '{shown(other)}', or as inputs in the profile",
        )
    span = f"in {listened.seconds:.0f} s"
    if listened.heard:
        what = dict.fromkeys(_OTHERS.get(each.message[0], "something that is no key") for each in listened.heard)
        return Finding(NAME, Verdict.BAD, f"no key came {span}, only {listed(list(what))}", _SWITCHED_ON)
    if listened.failures:
        return Finding(NAME, Verdict.BAD, "; ".join(listened.failures), CLOSE)
    ports = dict.fromkeys([*(end.title for end in facts.ends.played), *listened.ports])
    return Finding(
        NAME, Verdict.BAD, f"nothing came {span} from {listed([shown(title) for title in ports], 'or')}", _SWITCHED_ON
    )


def _own(facts: Facts, struck: Sequence[Heard]) -> Finding:
    first = struck[0]
    evidence = _key(facts, first)
    if twice := [each for each in struck if each.key == first.key and each.port != first.port]:
        return Finding(
            NAME,
            Verdict.WARNING,
            f"{evidence}, and from {shown(twice[0].port)} too, so each note comes twice",
            "unplug one of the two ways, or name one with --input",
        )
    if any(each.passed for each in struck):
        return Finding(NAME, Verdict.GOOD, f"{evidence}, and the bridge passed it on")
    if facts.bridge:
        why = next((each.says for each in struck if each.says), "")
        says = f" ({printable(why)})" if why else ""
        remedy = END_LEARN if facts.bridge["hushed"] else _explain(facts.playing.name)
        return Finding(NAME, Verdict.BAD, f"{evidence}, and the bridge did not pass it on{says}", remedy)
    return Finding(NAME, Verdict.GOOD, evidence)


def _key(facts: Facts, heard: Heard) -> str:
    assert heard.key is not None
    name = midi.note_name(heard.key, facts.middle_c)
    return f"{name} ({heard.key}) came from {shown(heard.port)} on channel {midi.channel_of(heard.message[0])}"
