"""The compiled routing in sentences, as a person would tell it.

What an Analog Four does with a message: its manual, appendix D and the pages on MIDI CONFIG. From which
channel it records: these pages, elektronauts.com/t/92471 and, for the grid, /t/84252, /t/129229, /t/133202.
"""

from collections.abc import Iterator
from typing import Final

from a4bridge.core import midi
from a4bridge.core.boxes import Box
from a4bridge.core.compile import box_in_use, compile_route
from a4bridge.core.destination import AUTO, Destination, Target
from a4bridge.core.outcomes import Outcome
from a4bridge.core.profile import Profile
from a4bridge.core.route import Route, Sustain
from a4bridge.core.settings import Settings
from a4bridge.core.words import an, listed, quoted

REASONS: Final = {
    Outcome.NOTES_FILTERED: "notes, because this profile filters them",
    Outcome.POLY_PRESSURE: "poly pressure, of which the Analog Four's manual says nothing",
    Outcome.CONTROL_CHANGE: "other control changes, because nearly all turn a knob of an Analog Four: "
    "CC 7 the amp volume, CC 11 performance macro E, CC 94 a track's mute",
    Outcome.PEDAL_FILTERED: "the sustain pedal, because CC 64 is performance macro F on an Analog Four",
    Outcome.PROGRAM_CHANGE: "program change, because it would change the pattern",
    Outcome.CHANNEL_PRESSURE: "channel pressure, because this profile filters it",
    Outcome.PITCH_BEND: "pitch bend, because this profile filters it",
    Outcome.SYSEX: "system exclusive, because it could overwrite sounds and patterns",
    Outcome.SYSTEM_COMMON: "time code, song select and tune request, which are no part of playing",
    Outcome.CLOCK: "clock, because it would set the sequencer's tempo",
    Outcome.TRANSPORT: "start, stop, continue and song position, because they would drive the sequencer",
    Outcome.ACTIVE_SENSING: "active sensing, because a receiver that heard it may fall silent when it stops",
    Outcome.SYSTEM_RESET: "system reset, because it could reset the box",
}
"""Everything that a profile drops or may drop, with the reason."""

_PEDAL: Final = {
    Sustain.HOLD: "is held in the bridge",
    Sustain.DROP: "is dropped",
    Sustain.PASS: "passes as CC 64",
}

_RESET_DOES: Final = {
    Sustain.HOLD: "lifts its pedal",
    Sustain.DROP: "does nothing",
    Sustain.PASS: "does nothing",
}
_PEDAL_DOES: Final = {
    Sustain.HOLD: "while it is down the bridge holds back note-offs. CC 64 itself is not sent, because on an "
    "Analog Four it is performance macro F and sustains nothing.",
    Sustain.DROP: "it does nothing.",
    Sustain.PASS: "it goes out as CC 64. On an Analog Four that is performance macro F and sustains nothing.",
}

_CONTROLLERS: Final = {midi.CC_MOD_WHEEL: "mod wheel", midi.CC_BREATH: "breath"}

_FEW: Final = 6


def summary(profile: Profile, settings: Settings, linked: Box | None = None, auto_channel: int | None = None) -> str:
    """Say in one line what the profile does; arguments and errors as in `compile_route`."""
    used = box_in_use(settings, linked, auto_channel)
    route = compile_route("", profile, settings, linked, auto_channel)
    keys = "all keys" if route.notes else "no notes"
    controls = [f"CC {number}" for number in route.control_changes]
    if len(controls) > _FEW:
        controls = [f"{len(controls)} control changes"]
    passing = listed([*_kinds(route), *controls]) or "nothing"
    place = _place(profile.destination, route.channel, used)
    return f"{keys} to {place}, passing {passing}; the pedal {_PEDAL[route.sustain]}"


def explain(
    name: str,
    profile: Profile,
    settings: Settings,
    linked: Box | None = None,
    auto_channel: int | None = None,
) -> list[str]:
    """Tell line by line all that the profile does; arguments and errors as in `compile_route`."""
    used = box_in_use(settings, linked, auto_channel)
    route = compile_route(name, profile, settings, linked, auto_channel)
    inputs = listed([_port(each, settings) for each in profile.inputs]) or "every keyboard that is found"
    output = _port(profile.output, settings) if profile.output else "the Elektron box that is found"
    return [
        f"{name}: {profile.description}",
        f"From: {inputs}, {'all keys' if route.notes else 'but no notes'}, whatever the channel.",
        f"To: {output}, {_place(profile.destination, route.channel, used)}.",
        *_to_check(profile.destination, route.channel, used),
        f"Passes: {listed([*_kinds(route), *_controllers(route)]) or 'nothing'}.",
        *_turning(route),
        f"Pedal: {_PEDAL_DOES[route.sustain]}",
        f"Kept: CC 120 and 123 end, by note-offs, what their keyboard holds; CC 121 {_RESET_DOES[route.sustain]}.",
        *_records(_listener(profile.destination, route.channel, used), route, used),
        "Dropped, and counted:",
        *(f"- {REASONS[outcome]}" for outcome in _dropped(route)),
    ]


def _port(name: str, settings: Settings) -> str:
    return f"{quoted(name)} ({quoted(settings.aliases[name])})" if name in settings.aliases else quoted(name)


def _listener(destination: Destination, channel: int, used: Box) -> Destination | None:
    """Tell what of the box listens where the destination is."""
    if destination.target is not Target.CHANNEL:
        return destination
    if channel == used.auto:
        return AUTO
    if channel in used.tracks:
        return Destination(Target.TRACK, used.tracks.index(channel) + 1)
    return {used.fx: Destination(Target.FX), used.cv: Destination(Target.CV)}.get(channel)


_PARTS: Final = {Target.AUTO: "auto channel", Target.FX: "FX track", Target.CV: "CV track"}


def _part(destination: Destination) -> str:
    return f"track {destination.number}" if destination.number else f"the {_PARTS[destination.target]}"


def _place(destination: Destination, channel: int, used: Box) -> str:
    if destination.target is Target.CHANNEL:
        listener = _listener(destination, channel, used)
        listening = f"{_part(listener)} of {an(used.name)}" if listener else f"nothing on {an(used.name)}"
        return f"channel {channel} ({listening})"
    number = channel if destination == AUTO else f"channel {channel}"
    return f"{_part(destination)} ({number} on {an(used.name)})"


_MENU: Final = {Target.AUTO: "AUTO CHANNEL", Target.TRACK: "TRACK", Target.FX: "FX", Target.CV: "CV"}


def _to_check(destination: Destination, channel: int, used: Box) -> Iterator[str]:
    if destination.target in _MENU and used.preferred:
        item = f"{_MENU[destination.target]} {destination.number or ''}".strip()
        yield f"On the box: MIDI CONFIG > MIDI CHANNELS > {item} must be {channel}."


def _kinds(route: Route) -> list[str]:
    kinds = {"notes": route.notes, "pitch bend": route.pitch_bend, "channel pressure": route.channel_pressure}
    return [kind for kind, passes in kinds.items() if passes]


def _controllers(route: Route) -> list[str]:
    return [
        f"CC {number} ({_CONTROLLERS[number]})" if number in _CONTROLLERS else f"CC {number}"
        for number in route.control_changes
    ]


def _turning(route: Route) -> Iterator[str]:
    if knobs := [f"CC {number}" for number in route.control_changes if number not in _CONTROLLERS]:
        yield f"What {listed(knobs)} may turn on an Analog Four: see appendix D of its manual."


_LIVE: Final = {
    Target.AUTO: "yes, on the active track",
    Target.TRACK: "on this track, if LIVE REC ON TRACK CHANNEL is ticked (MIDI CONFIG > MIDI PORT CONFIG)",
    Target.FX: "not known; no source says what notes on the FX track do",
    Target.CV: "not confirmed for the CV track",
}


def _records(listener: Destination | None, route: Route, used: Box) -> list[str]:
    if not route.notes:
        return ["Recording: nothing, because no notes pass."]
    if listener is None:
        return [f"Recording: nothing, because no track hears channel {route.channel}."]
    if not used.preferred:
        return [f"Recording: not known for {an(used.name)}; what is known is about the Analog Four."]
    on_the_grid = "yes, on the active track" if listener == AUTO else "no, they hear the auto channel only"
    return [f"Live recording: {_LIVE[listener.target]}.", f"Grid and step recording: {on_the_grid}."]


def _dropped(route: Route) -> Iterator[Outcome]:
    passing = {
        Outcome.NOTES_FILTERED: route.notes,
        Outcome.PEDAL_FILTERED: route.sustain is not Sustain.DROP,
        Outcome.CHANNEL_PRESSURE: route.channel_pressure,
        Outcome.PITCH_BEND: route.pitch_bend,
    }
    return (outcome for outcome in REASONS if not passing.get(outcome, False))
