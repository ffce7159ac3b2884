"""Notes that are played to each track's channel and to the auto channel, and what the answers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from a4bridge.core.effects import Effects
from a4bridge.core.spans import numbered
from a4bridge.doctor.finding import Finding, Verdict

NAME: Final = "probe"
KEY: Final = 60
VELOCITY: Final = 100
"""A note of the middle, neither soft nor loud."""


@dataclass(frozen=True, slots=True)
class Step:
    """A note on `channel` (1-16). track: from 1; 0: the auto channel.

    before: what a person does first, or empty. should: what should be heard. otherwise: what it means if it is not.
    """

    track: int
    channel: int
    should: str
    otherwise: str
    before: str = ""


AGAIN: Final = "select another track on the box and play them again: the auto channel's sound must follow"


def steps(effects: Effects, *, asking: bool) -> tuple[Step, ...]:
    """Return what is played, in order: each track, the auto channel, and that again with another track active.

    asking: whether somebody is there who can select another track; else the last is left out.
    """
    auto = effects.auto_channel
    tracks = [
        Step(
            number,
            channel,
            f"the sound of track {number}",
            f"track {number} is muted or silent, or MIDI CHANNELS > TRACK {number} is not {channel}",
        )
        for number, channel in enumerate(effects.track_channels, 1)
    ]
    active = Step(0, auto, "the sound of the active track", f"MIDI CHANNELS > AUTO CHANNEL is not {auto}, or OFF")
    follows = Step(
        0,
        auto,
        "the sound of the track that is active now: it must follow",
        f"channel {auto} belongs to one track: set AUTO CHANNEL to {auto}, and no track to it",
        before="select another track on the box",
    )
    return (*tracks, active, follows) if asking else (*tracks, active)


def conclude(played: Sequence[Step], answers: Sequence[bool]) -> Finding:
    """Say what it means which of them were heard."""
    silent = [step for step, heard in zip(played, answers, strict=True) if not heard]
    if not silent:
        return Finding(NAME, Verdict.GOOD, "every note was heard, and the auto channel follows the active track")
    if len(silent) == len(played):
        return Finding(
            NAME,
            Verdict.BAD,
            "no note was heard",
            "on the box, MIDI CONFIG > MIDI PORT CONFIG: INPUT FROM to USB, RECEIVE NOTES ticked; then its volume",
        )
    auto = [step for step in silent if not step.track]
    if auto:
        return Finding(NAME, Verdict.BAD, f"not heard: {auto[0].should}", auto[0].otherwise)
    tracks = numbered("track", [step.track for step in silent])
    return Finding(NAME, Verdict.WARNING, f"{tracks} did not sound", "; ".join(step.otherwise for step in silent))
