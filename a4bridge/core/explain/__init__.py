"""The compiled routing in sentences, as a person would tell it.

What an Analog Four does with a message: its manual, appendix D and the pages on MIDI CONFIG. What it records:
`core.recording`. What passes and what does not: `core.reach` and `core.drops`, which tests hold against the engine.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from a4bridge.core import midi
from a4bridge.core.boxes import Box
from a4bridge.core.compile import channel_of
from a4bridge.core.destination import Destination, Target
from a4bridge.core.explain.dropping import REASONS, dropped
from a4bridge.core.explain.keys import about_keys, keys_lost_to, keys_of_zone
from a4bridge.core.explain.passing import (
    about_controls,
    controllers,
    few_controls,
    for_all,
    kinds,
    knobs,
    passing,
    unproven,
)
from a4bridge.core.explain.subject import EVERY_KEY, Subject
from a4bridge.core.profile import Profile, Zone
from a4bridge.core.reach import Kind, bound_everywhere
from a4bridge.core.recording import PORT_CONFIG, cannot_record, recording
from a4bridge.core.route import Action, Binding, Sustain, Trigger
from a4bridge.core.settings import Settings
from a4bridge.core.spans import numbered, spelled
from a4bridge.core.words import an, listed, quoted

__all__ = ["REASONS", "explain", "summary"]

_PEDAL: Final = {
    Sustain.HOLD: "is held in the bridge",
    Sustain.DROP: "is dropped",
    Sustain.PASS: "passes as CC 64",
}

_PEDAL_DOES: Final = {
    Sustain.HOLD: "while it is down the bridge holds back note-offs. CC 64 itself is not sent, because on an "
    "Analog Four it is performance macro F and sustains nothing.",
    Sustain.DROP: "it does nothing.",
    Sustain.PASS: "it goes out as CC 64. On an Analog Four that is performance macro F and sustains nothing.",
}

_FEW_ZONES: Final = 4


def summary(
    profile: Profile,
    settings: Settings,
    linked: Box | None = None,
    auto_channel: int | None = None,
    track: Destination | None = None,
) -> str:
    """Say in one line what the profile does; arguments and errors as in `compile_route`."""
    subject = Subject.of("", profile, settings, linked, auto_channel, track)
    outlets = list(subject.reach.outlets)
    passes = listed(
        [*kinds(outlets), *few_controls(controllers(outlets)), *_knobs_in_short(subject), *for_all(subject)]
    )
    facts = [
        f"{_zones_in_short(subject)}, passing {passes or 'nothing'}",
        f"the pedal {'is bound' if _pedal_is_bound(subject) else _PEDAL[profile.sustain]}",
        *cannot_record(subject.route, subject.box),
    ]
    return "; ".join(facts)


def explain(
    name: str,
    profile: Profile,
    settings: Settings,
    linked: Box | None = None,
    auto_channel: int | None = None,
    track: Destination | None = None,
) -> list[str]:
    """Tell line by line all that the profile does; arguments and errors as in `compile_route`."""
    subject = Subject.of(name, profile, settings, linked, auto_channel, track)
    return [
        f"{name}: {profile.description}",
        *(_one_zone(subject) if len(subject.zones) == 1 else _several_zones(subject)),
        *about_controls(subject),
        *(knobs(subject, 0) if len(subject.zones) == 1 else ()),
        *unproven(subject),
        *_warnings(subject),
        f"Pedal: {'it is bound.' if _pedal_is_bound(subject) else _PEDAL_DOES[profile.sustain]}",
        *(f"Bound: {_bound(binding, at, subject)}" for at, binding in enumerate(subject.route.bindings)),
        *_limits(subject),
        f"Kept: CC 120 and 123 end, by note-offs, what their keyboard holds; CC 121 {_reset_does(subject)}.",
        *recording(subject.route, subject.box),
        "Dropped, and counted:",
        *dropped(subject),
    ]


def _inputs(subject: Subject) -> str:
    return listed([subject.port(each) for each in subject.profile.inputs]) or "every keyboard that is found"


def _output(subject: Subject) -> str:
    return subject.port(subject.profile.output) if subject.profile.output else "the Elektron box that is found"


def _one_zone(subject: Subject) -> Iterator[str]:
    (zone,) = subject.zones
    keys = keys_of_zone(subject, 0) if subject.route.zones[0].notes else "but no notes"
    yield f"From: {subject.port(zone.input) if zone.input else _inputs(subject)}, {keys}, {_channel(zone)}."
    yield f"To: {_output(subject)}, {subject.places(zone)}."
    yield from _kept_channels(subject)
    yield from _to_check(subject)
    yield from about_keys(subject, 0)
    yield f"Passes: {_passes(subject, 0, for_all(subject))}."


def _several_zones(subject: Subject) -> Iterator[str]:
    yield f"From: {_inputs(subject)}."
    yield f"To: {_output(subject)}."
    passes = [_passes(subject, at) for at in range(len(subject.zones))]
    alike = len(set(passes)) == 1
    for at, zone in enumerate(subject.zones):
        name = f", {quoted(zone.name)}" if zone.name else ""
        source = f" of {subject.port(zone.input)}" if zone.input else ""
        keys = f"{keys_of_zone(subject, at)}{source}, {_channel(zone)}"
        yield f"Zone {at + 1}{name}: {keys}, {_to(subject.places(zone))}."
        yield from (f"  {sentence}" for sentence in about_keys(subject, at))
        if not alike:
            yield f"  Passes: {passes[at]}."
        yield from (f"  {sentence}" for sentence in knobs(subject, at))
    yield from _kept_channels(subject)
    yield from _to_check(subject)
    if alike:
        yield f"Passes, in every zone: {passes[0]}."
    if whole := for_all(subject):
        yield f"Passes, for the whole profile: {listed(whole)}."


def _channel(zone: Zone) -> str:
    return f"on channel {zone.channel}" if zone.channel else "whatever the channel"


def _passes(subject: Subject, at: int, more: Sequence[str] = ()) -> str:
    outlets = subject.reach.zones[at]
    knobs_only = "nothing but its knobs" if any(outlet.kind is Kind.KNOB for outlet in outlets) else "nothing"
    return listed([*passing(outlets), *more]) or knobs_only


def _kept_channels(subject: Subject) -> Iterator[str]:
    keeps = [zone for zone in subject.zones if subject.destinations(zone)[0].target is Target.KEEP]
    if any(zone.channel is None for zone in keeps):
        box = subject.box
        tracks = [f"{listed(spelled(box.tracks))} are {numbered('track', range(1, len(box.tracks) + 1))}"]
        others = {
            "the FX track": box.fx,
            "the CV track": box.cv,
            "the performance channel": box.perf,
            "the auto channel": box.auto,
        }
        parts = tracks * bool(box.tracks) + [f"{channel} is {part}" for part, channel in others.items() if channel]
        where = " (MIDI CONFIG > MIDI CHANNELS)" if box.preferred else ""
        yield f"Channels stay as they came: whoever plays chooses. On {an(box.name)} {listed(parts)}{where}."


_MENU: Final = {
    Target.AUTO: "AUTO CHANNEL",
    Target.TRACK: "TRACK",
    Target.FX: "FX",
    Target.CV: "CV",
    Target.PERF: "PERF CHANNEL",
}


def _to_check(subject: Subject) -> Iterator[str]:
    # The menus are the Analog Four's; nobody was seen saying what those of the others are called.
    if not subject.box.preferred:
        return
    channels = [
        f"{_MENU[each.target]} {each.number or ''}".strip() + f" must be {channel_of(each, subject.box)}"
        for each in subject.every_destination()
        if each.target in _MENU
    ]
    if channels:
        yield f"On the box: MIDI CONFIG > MIDI CHANNELS > {listed(channels)}."
    ports = {
        "RECEIVE NOTES": subject.outlets(Kind.NOTE),
        "RECEIVE CC/NRPN": subject.outlets(Kind.CONTROL_CHANGE, Kind.KNOB, Kind.NRPN, Kind.PEDAL),
    }
    if on := [item for item, outlets in ports.items() if outlets]:
        yield f"On the box: {PORT_CONFIG} > {listed(on)} must be on."
    sync = {
        "CLOCK RECEIVE": subject.reach.clock,
        "TRANSPORT RECEIVE": subject.reach.transport,
        "PRG CH RECEIVE": bool(subject.outlets(Kind.PROGRAM_CHANGE)),
    }
    if on := [item for item, needed in sync.items() if needed]:
        yield f"On the box: MIDI CONFIG > MIDI SYNC > {listed(on)} must be on."


def _warnings(subject: Subject) -> Iterator[str]:
    if subject.reach.transport and not subject.reach.clock:
        yield "Mind: start without a clock has frozen one player's Analog Rytm."


def _reset_does(subject: Subject) -> str:
    bound_pedal = any(binding.action is Action.SUSTAIN for binding in subject.route.bindings)
    return "lifts its pedal" if bound_pedal or subject.route.sustain is Sustain.HOLD else "does nothing"


def _pedal_is_bound(subject: Subject) -> bool:
    return midi.CC_SUSTAIN in bound_everywhere(subject.route, Trigger.CONTROL)


_EVENTS: Final = {Trigger.CONTROL: "CC", Trigger.PROGRAM: "program change"}


def _bound(binding: Binding, at: int, subject: Subject) -> str:
    number = binding.number
    event = f"key {subject.key(number)}" if binding.trigger is Trigger.NOTE else f"{_EVENTS[binding.trigger]} {number}"
    name = subject.profile.bindings[at].input
    source = f" of {subject.port(name)}" if name else ""
    channel = f" on channel {binding.channel}" if binding.channel else ""
    return f"{event}{source}{channel} {_does(binding)}; it is not passed on."


def _does(binding: Binding) -> str:
    match binding.action:
        case Action.USE:
            return f"switches to the profile {binding.argument}"
        case Action.TRACK:
            where = "the auto channel" if binding.argument == "auto" else f"track {binding.argument}"
            return f"sends everything to {where} from then on"
        case Action.PANIC:
            return "ends every note"
        case Action.SUSTAIN:
            return "is a sustain pedal for its keyboard"


def _limits(subject: Subject) -> Iterator[str]:
    thinned = kinds(subject.outlets(Kind.PITCH_BEND, Kind.CHANNEL_PRESSURE))
    if thinned and subject.route.thinning:
        make = f"{listed(thinned)} make{'s' if len(thinned) == 1 else ''}"
        most = f"at most {subject.route.thinning} messages a second on a channel"
        yield f"Limits: {make} {most}; the newest value always goes out."


def _zones_in_short(subject: Subject) -> str:
    zones = subject.zones
    if len(zones) == 1:
        return f"{_keys_in_short(subject, 0)} {_to(subject.places(zones[0]))}"
    if len(zones) > _FEW_ZONES:
        return f"{len(zones)} zones"
    return listed(
        [f"{_keys_in_short(subject, at)} {_to(subject.places_in_short(zone))}" for at, zone in enumerate(zones)]
    )


def _keys_in_short(subject: Subject, at: int) -> str:
    zone = subject.zones[at]
    source = f" of {subject.port(zone.input)}" if zone.input else ""
    keys = "controls" if len(subject.zones) > 1 and not subject.route.zones[at].notes else keys_of_zone(subject, at)
    if keys == EVERY_KEY and keys_lost_to(subject, at):
        keys = "all other keys"
    return f"{keys}{source}{f' on channel {zone.channel}' if zone.channel else ''}"


def _to(place: str) -> str:
    return place if place.startswith("shared") else f"to {place}"


def _knobs_in_short(subject: Subject) -> list[str]:
    count = len(subject.outlets(Kind.KNOB))
    return [f"{count} knob{'s' if count > 1 else ''}"] if count else []
