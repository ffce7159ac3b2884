"""What is explained, and the words for what everything in it is about: ports, keys, places on the box."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from a4bridge.core import midi
from a4bridge.core.boxes import Box
from a4bridge.core.compile import box_in_use, channel_of, compile_route
from a4bridge.core.destination import AUTO, Destination, Target
from a4bridge.core.profile import VIRTUAL, Profile, Zone
from a4bridge.core.reach import Kind, Outlet, Reach, reach_of
from a4bridge.core.recording import listener_on
from a4bridge.core.route import Route
from a4bridge.core.settings import Settings
from a4bridge.core.spans import numbered, spans
from a4bridge.core.words import an, listed, quoted

_PARTS: Final = {
    Target.AUTO: "the auto channel",
    Target.FX: "the FX track",
    Target.CV: "the CV track",
    Target.PERF: "the performance channel",
    Target.KEEP: "the channel that it came on",
}

_ALL_KEYS: Final = (0, midi.NOTES - 1)
EVERY_KEY: Final = "all keys"


@dataclass(frozen=True, slots=True)
class Subject:
    """A profile with all that bears on what it does.

    box: the one in use, with the channels that it is set to. track: where everything goes instead, for this run.
    """

    name: str
    profile: Profile
    settings: Settings
    box: Box
    route: Route
    reach: Reach
    track: Destination | None

    @classmethod
    def of(
        cls,
        name: str,
        profile: Profile,
        settings: Settings,
        linked: Box | None,
        auto_channel: int | None,
        track: Destination | None,
    ) -> Self:
        """Put it together; arguments and errors as in `compile_route`."""
        route = compile_route(name, profile, settings, linked, auto_channel, track)
        box = box_in_use(settings, linked, auto_channel)
        return cls(name, profile, settings, box, route, reach_of(route), track)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The profile's zones, or the one that it comes to; as many as the route has."""
        return self.profile.effective_zones

    def destinations(self, zone: Zone) -> tuple[Destination, ...]:
        """Return where the zone goes."""
        return (self.track,) if self.track else zone.destination

    def every_destination(self) -> list[Destination]:
        """Return where zones and knobs go, each place once."""
        knobs = [knob.destination for zone in self.zones for knob in zone.knobs if knob.destination and not self.track]
        return list(dict.fromkeys([*(each for zone in self.zones for each in self.destinations(zone)), *knobs]))

    def outlets(self, *kinds: Kind) -> list[Outlet]:
        """Return what of these kinds any zone sends."""
        return [outlet for outlet in self.reach.outlets if outlet.kind in kinds]

    # Words.

    def port(self, name: str) -> str:
        """Name an input or output; an alias with what it stands for."""
        if name == VIRTUAL:
            return f"{quoted(name)} (our own port, for other programs)"
        aliases = self.settings.aliases
        return f"{quoted(name)} ({quoted(aliases[name])})" if name in aliases else quoted(name)

    def key(self, note: int) -> str:
        """Name a key with its number."""
        return f"{midi.note_name(note, self.settings.middle_c)} ({note})"

    def keys(self, numbers: Iterable[int]) -> str:
        """Name keys, given in ascending order."""
        return listed([self._run_of_keys(first, last) for first, last in spans(numbers)])

    def _run_of_keys(self, first: int, last: int) -> str:
        if (first, last) == _ALL_KEYS:
            return EVERY_KEY
        if first == last:
            return f"key {self.key(first)}"
        if first == _ALL_KEYS[0]:
            return f"keys up to {self.key(last)}"
        if last == _ALL_KEYS[1]:
            return f"keys from {self.key(first)}"
        return f"keys {self.key(first)} to {self.key(last)}"

    def place(self, destination: Destination) -> str:
        """Name a destination, with its channel on the box."""
        if destination.target is Target.KEEP:
            return _PARTS[Target.KEEP]
        channel = channel_of(destination, self.box)
        if destination.target is Target.CHANNEL:
            return f"channel {channel} ({self._listening(channel)})"
        number = channel if destination == AUTO else f"channel {channel}"
        return f"{_part(destination)} ({number} on {an(self.box.name)})"

    def places(self, zone: Zone) -> str:
        """Name where a zone goes, with the channels on the box."""
        destinations = self.destinations(zone)
        if len(destinations) > 1:
            channels = numbered("channel", [channel_of(each, self.box) for each in destinations])
            return f"{self.places_in_short(zone)} ({channels} on {an(self.box.name)})"
        (destination,) = destinations
        if destination.target is Target.KEEP and zone.channel:
            return f"channel {zone.channel}, as it came ({self._listening(zone.channel)})"
        return self.place(destination)

    def places_in_short(self, zone: Zone) -> str:
        """Name where a zone goes."""
        destinations = self.destinations(zone)
        if len(destinations) == 1:
            return _part(destinations[0])
        if all(each.target is Target.TRACK for each in destinations):
            return f"shared out over {numbered('track', [each.number for each in destinations])}"
        return f"shared out over {listed([_part(each) for each in destinations])}"

    def _listening(self, channel: int) -> str:
        listener = listener_on(channel, self.box)
        return f"{_part(listener)} of {an(self.box.name)}" if listener else f"nothing on {an(self.box.name)}"


def _part(destination: Destination) -> str:
    return str(destination) if destination.number else _PARTS[destination.target]
