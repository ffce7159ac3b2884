"""The profile, against what the box can record."""

from collections.abc import Sequence
from typing import Final

from a4bridge.core.effects import Effects
from a4bridge.core.recording import PORT_CONFIG, TICK
from a4bridge.core.spans import numbered
from a4bridge.core.words import an, listed
from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict

NAME: Final = "profile"

_AUTO: Final = "play the auto channel, as `a4bridge use liverec` does"


def examine(facts: Facts) -> Finding:
    """Tell what the box does not record of what the profile plays, and what else it lets out."""
    playing = facts.playing
    if playing.error:
        return Finding(NAME, Verdict.BAD, playing.error, "correct it; `a4bridge check FILE` tells when it is right")
    if playing.effects is None:
        return Finding(NAME, Verdict.UNKNOWN, f"{playing.name or 'a profile'} is not compiled before a box is linked")
    effects = playing.effects
    plays = f"the profile {playing.name} plays {_where(effects)}{f' of {an(playing.box)}' if playing.box else ''}"
    # What a program sends into our own port is what its owner wants there.
    unwanted = () if facts.ends.only_programs else effects.side_effects
    if not effects.not_recorded and not unwanted:
        return Finding(NAME, Verdict.GOOD, f"{plays}, which is recorded live, on the grid and step by step")
    nothing = any(part.startswith("nothing is recorded") for part in effects.not_recorded)
    return Finding(
        NAME,
        Verdict.BAD if nothing else Verdict.WARNING,
        "; ".join([plays, *effects.not_recorded, *unwanted]),
        "; ".join(_remedies(effects, unwanted)),
    )


def _where(effects: Effects) -> str:
    places = [f"the auto channel ({effects.auto_channel})"] if effects.reaches_auto else []
    if effects.tracks:
        places.append(numbered("track", effects.tracks))
    others = set(effects.channels) - {effects.auto_channel} - effects.channels_of_tracks
    if others:
        places.append(numbered("channel", sorted(others)))
    return listed(places) or "no notes"


def _remedies(effects: Effects, unwanted: Sequence[str]) -> list[str]:
    remedies = []
    if any(TICK in part for part in effects.not_recorded):
        remedies.append(f"tick {TICK} on the box ({PORT_CONFIG}), or {_AUTO}")
    elif effects.not_recorded:
        remedies.append(_AUTO)
    if unwanted:
        remedies.append("take what you do not want out of the profile's filters, or use liverec")
    return remedies
