"""From what a person wrote to what the engine needs: names of destinations become channels of a box."""

from dataclasses import replace
from typing import Any

from a4bridge.core import midi, route
from a4bridge.core.boxes import Box, box, boxes
from a4bridge.core.curves import knob_values, velocities
from a4bridge.core.destination import Destination, Target
from a4bridge.core.keyrange import notes_of
from a4bridge.core.profile import Binding, Filters, Knob, OutOfRange, Profile, Zone, ZoneFilters
from a4bridge.core.route import Route
from a4bridge.core.settings import Settings
from a4bridge.core.words import an, listed


class CompileError(ValueError):
    """A profile that is right in itself, but not for the box. key: the profile's key at fault, dotted."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


def box_in_use(settings: Settings, linked: Box | None, auto_channel: int | None = None) -> Box:
    """Return the box whose channels count, with the channels that it is set to.

    It is the linked box (None: there is none, or one behind a plain MIDI interface), else the settings' box,
    else the Analog Four. The settings' [channels] and [records] are about the settings' box: they count if that is the
    one in use, or if the settings name none. `auto_channel` (1-16), given for this run, counts before everything.
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
            perf=set_to.perf or used.perf,
            macros=set_to.macros or used.macros,
            records=settings.records.over(used.records),
        )
    return replace(used, auto=auto_channel or used.auto)


def compile_route(
    name: str,
    profile: Profile,
    settings: Settings,
    linked: Box | None = None,
    auto_channel: int | None = None,
    track: Destination | None = None,
) -> Route:
    """Return the route of the profile found as `name`; raises CompileError. The rest as in `box_in_use`.

    track: where everything goes instead, in a profile with a single destination.
    """
    used = box_in_use(settings, linked, auto_channel)
    if track and profile.only_destination is None:
        raise CompileError("zones", f"{track} cannot take everything: {name} has several destinations")
    filters = profile.filters
    return Route(
        profile=name,
        zones=tuple(
            _zone(zone, f"zones.{at}" if profile.zones else "", profile, settings, used, track)
            for at, zone in enumerate(profile.effective_zones)
        ),
        bindings=_bindings(profile, settings, used),
        sustain=profile.sustain,
        clock=filters.clock,
        transport=filters.transport,
        sysex_bytes=profile.limits.sysex_bytes if filters.sysex else 0,
        thinning=profile.limits.bend_and_pressure,
    )


def _zone(
    zone: Zone, key: str, profile: Profile, settings: Settings, used: Box, track: Destination | None
) -> route.Zone:
    def at(name: str) -> str:
        return f"{key}.{name}" if key else name

    destinations = (track,) if track else zone.destination
    low, high = _keys(zone.keys, at("keys"), settings)
    passes = _passes(zone.filters, profile.filters)
    return route.Zone(
        channels=_channels(destinations, used, at("destination")),
        source=_source(zone.input, profile.sources),
        channel=zone.channel,
        low=low,
        high=high,
        order=zone.order,
        steal=zone.steal,
        transpose=zone.transpose,
        fold=zone.out_of_range is OutOfRange.FOLD,
        velocities=velocities(zone.velocity),
        mono=zone.mono,
        returns=zone.return_,
        exclusive=zone.exclusive,
        notes=passes["notes"],
        pitch_bend=passes["pitch_bend"],
        channel_pressure=passes["channel_pressure"],
        poly_pressure=passes["poly_pressure"],
        program_change=passes["program_change"],
        nrpn=passes["nrpn"],
        control_changes=tuple(sorted(set(passes["control_changes"]))),
        knobs=tuple(
            route.Knob(knob.cc, _turned(knob, used, at(f"knobs.{n}")), channel, knob_values(knob))
            for n, knob in enumerate(zone.knobs)
            for channel in _channels(
                (knob.destination,) if knob.destination and not track else destinations,
                used,
                at(f"knobs.{n}.destination"),
            )
            or (None,)
        ),
    )


def _source(name: str, sources: tuple[str, ...]) -> int | None:
    return sources.index(name) if name else None


def _passes(own: ZoneFilters, whole: Filters) -> dict[str, Any]:
    said = {name: value for name in ZoneFilters.model_fields if (value := getattr(own, name)) is not None}
    return {name: getattr(whole, name) for name in ZoneFilters.model_fields} | said


def _channels(destinations: tuple[Destination, ...], used: Box, key: str) -> tuple[int, ...]:
    if destinations == (Destination(Target.KEEP),):
        return ()
    channels = tuple(channel_of(destination, used, key) for destination in destinations)
    for at, channel in enumerate(channels):
        if channel in channels[:at]:
            twice = destinations[channels.index(channel)]
            raise CompileError(
                key, f"{twice} and {destinations[at]} are the same channel, {channel}, on {an(used.name)}"
            )
    return channels


def _bindings(profile: Profile, settings: Settings, used: Box) -> tuple[route.Binding, ...]:
    bound: list[route.Binding] = []
    for at, binding in enumerate(profile.bindings):
        if isinstance(binding.track, int):
            channel_of(Destination(Target.TRACK, binding.track), used, f"bindings.{at}.track")
        compiled = route.Binding(
            trigger=binding.trigger,
            number=_number(binding, f"bindings.{at}", settings),
            action=binding.action,
            argument=str(binding.use or binding.track or ""),
            source=_source(binding.input, profile.sources),
            channel=binding.channel,
        )
        if any(_same_event(compiled, other) for other in bound):
            raise CompileError(f"bindings.{at}.{binding.trigger}", "is bound above already: an event does one thing")
        bound.append(compiled)
    return tuple(bound)


def _same_event(one: route.Binding, other: route.Binding) -> bool:
    return replace(one, action=other.action, argument=other.argument) == other


def _number(binding: Binding, key: str, settings: Settings) -> int:
    if binding.note is not None:
        return _note(binding.note, f"{key}.note", settings)
    return binding.cc if binding.cc is not None else binding.program or 0


def _note(name: str, key: str, settings: Settings) -> int:
    try:
        return midi.note_number(name, settings.middle_c)
    except ValueError as error:
        raise CompileError(key, str(error)) from None


def _keys(key_range: str, key: str, settings: Settings) -> tuple[int, int]:
    try:
        return notes_of(key_range, settings.middle_c)
    except ValueError as error:
        raise CompileError(key, str(error)) from None


def _turned(knob: Knob, used: Box, key: str) -> int:
    if isinstance(knob.to, int):
        return knob.to
    name = knob.to.removeprefix("macro ")
    if name not in used.macros:
        has = f"the macros {listed(list(used.macros))}" if used.macros else "no macros that are known"
        raise CompileError(f"{key}.to", f"{knob.to}: {an(used.name)} has {has}")
    return used.macros[name]


def channel_of(destination: Destination, used: Box, key: str = "destination") -> int:
    """Return the channel (1-16) of `destination` on a box; raises CompileError about `key`."""
    match destination:
        case Destination(Target.CHANNEL, number):
            return number
        case Destination(Target.AUTO):
            return used.auto
        case Destination(Target.TRACK, number):
            if number > len(used.tracks):
                has = f"tracks 1 to {len(used.tracks)}" if used.tracks else "no tracks"
                raise CompileError(key, f"track {number}: {an(used.name)} has {has}")
            return used.tracks[number - 1]
        case Destination(target):
            channel = {Target.FX: used.fx, Target.CV: used.cv, Target.PERF: used.perf}[target]
            if channel is None:
                what = "performance channel" if target is Target.PERF else f"{target.upper()} track"
                raise CompileError(key, f"{target}: {an(used.name)} has no {what}")
            return channel
