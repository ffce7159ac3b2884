"""From what a person wrote to what the engine needs: names of destinations become channels of a box."""

from dataclasses import replace

from a4bridge.core.boxes import Box, box, boxes
from a4bridge.core.destination import Destination, Target
from a4bridge.core.profile import Profile
from a4bridge.core.route import Route
from a4bridge.core.settings import Settings
from a4bridge.core.words import an


class CompileError(ValueError):
    """A profile that is right in itself, but not for the box. key: the profile's key at fault, dotted."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


def box_in_use(settings: Settings, linked: Box | None, auto_channel: int | None = None) -> Box:
    """Return the box whose channels count, with the channels that it is set to.

    It is the linked box (None: there is none, or one behind a plain MIDI interface), else the settings' box,
    else the Analog Four. The settings' [channels] are about the settings' box: they count if that is the one
    in use, or if the settings name none. `auto_channel` (1-16), given for this run, counts before everything.
    """
    mine = box(settings.box) if settings.box else None
    used = linked or mine or boxes()[0]
    if mine is None or mine == used:
        set_to = settings.channels
        used = replace(
            used,
            auto=set_to.auto or used.auto,
            tracks=set_to.tracks or used.tracks,
            fx=set_to.fx or used.fx,
            cv=set_to.cv or used.cv,
        )
    return replace(used, auto=auto_channel or used.auto)


def compile_route(
    name: str,
    profile: Profile,
    settings: Settings,
    linked: Box | None = None,
    auto_channel: int | None = None,
) -> Route:
    """Return the route of the profile found as `name`; raises CompileError. The rest as in `box_in_use`."""
    filters = profile.filters
    return Route(
        profile=name,
        channel=channel_of(profile.destination, box_in_use(settings, linked, auto_channel)),
        notes=filters.notes,
        pitch_bend=filters.pitch_bend,
        channel_pressure=filters.channel_pressure,
        control_changes=tuple(sorted(set(filters.control_changes))),
        sustain=profile.sustain,
    )


def channel_of(destination: Destination, used: Box) -> int:
    """Return the channel (1-16) of `destination` on a box; raises CompileError."""
    match destination:
        case Destination(Target.CHANNEL, number):
            return number
        case Destination(Target.AUTO):
            return used.auto
        case Destination(Target.TRACK, number):
            if number > len(used.tracks):
                has = f"tracks 1 to {len(used.tracks)}" if used.tracks else "no tracks"
                raise CompileError("destination", f"track {number}: {an(used.name)} has {has}")
            return used.tracks[number - 1]
        case Destination(target):
            channel = used.fx if target is Target.FX else used.cv
            if channel is None:
                raise CompileError("destination", f"{target}: {an(used.name)} has no {target.upper()} track")
            return channel
