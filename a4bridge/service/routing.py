"""A profile with everything that turns it into a route, as soon as it is known which box is linked."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from a4bridge.core.boxes import Box
from a4bridge.core.compile import CompileError, box_in_use, compile_route
from a4bridge.core.destination import AUTO, Destination, Target
from a4bridge.core.effects import Effects, effects_of
from a4bridge.core.library import Library, UnknownProfileError
from a4bridge.core.midi import CHANNELS
from a4bridge.core.profile import VIRTUAL, Profile
from a4bridge.core.recording import cannot_record
from a4bridge.core.route import Route
from a4bridge.core.settings import Settings
from a4bridge.core.spans import numbered
from a4bridge.core.tomlfile import FileError, FileErrors, located, parse, read
from a4bridge.core.words import listed, quoted
from a4bridge.ports.choose import Wanted
from a4bridge.service.memory import Chosen

TRACKS: Final = (AUTO.target.value, *map(str, range(1, 17)))
"""The words for a track: no box has more than 16."""

_AUTO: Final = "auto channel"
_PARTS: Final = {Target.FX: "FX track", Target.CV: "CV track", Target.PERF: "performance channel"}


class RoutingError(Exception):
    """A profile or a track cannot be used; the text says why and, of a file, where. at: the same, apart."""

    def __init__(self, sentence: str, at: FileError | None = None) -> None:
        super().__init__(sentence)
        self.at = at


@dataclass(frozen=True, slots=True)
class Asked:
    """The ports that a person named for one run. They count before the profile's; `virtual` is the bridge's own."""

    inputs: tuple[str, ...] = ()
    output: str = ""
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class Routing:
    """A profile by its name, the settings, and what was asked for this run.

    auto_channel: 1-16. track: where everything goes instead of the profile's single destination.
    file: the profile's, if one is known. text: the profile itself, where there is no file that could be read again.
    """

    name: str
    profile: Profile
    settings: Settings
    auto_channel: int | None = None
    track: Destination | None = None
    asked: Asked = field(default_factory=Asked)
    file: Path | None = None
    text: str | None = None

    def route_for(self, box: Box | None) -> Route:
        """Compile for `box`, or for whatever the settings say where none is linked; raises CompileError."""
        return compile_route(self.name, self.profile, self.settings, box, self.auto_channel, self.track)

    def wanted(self) -> Wanted:
        """Return the ports to link; raises ValueError for a name that can mean no port for long."""
        inputs = self.asked.inputs or self.profile.inputs
        # Zones that all name their input leave nothing to any other keyboard.
        anybody = any(not zone.input for zone in self.profile.effective_zones)
        named = (*inputs, VIRTUAL) if self.asked.virtual else inputs
        output = self.asked.output or self.profile.output
        return Wanted(
            sources=tuple(map(self.settings.match, self.profile.sources)),
            inputs=tuple(map(self.settings.match, named)),
            keyboards=anybody and not inputs,
            output=self.settings.match(output) if output else None,
        )

    def using(self, name: str, library: Library) -> Self:
        """Return the routing by another profile, as that is written; raises RoutingError."""
        try:
            file = library.find(name)
            profile = read(file, Profile)
        except UnknownProfileError as error:
            raise RoutingError(str(error)) from None
        except FileErrors as errors:
            raise _first(errors) from None
        return replace(self, name=file.stem, profile=profile, file=file, text=None, track=None)

    def using_text(self, name: str, text: str) -> Self:
        """Return the routing by a profile whose file's text is `text`; raises RoutingError."""
        file = Path(f"{name}.toml")
        try:
            profile = parse(text.encode("utf-8", "surrogatepass"), file, Profile)
        except FileErrors as errors:
            raise _first(errors) from None
        return replace(self, name=name, profile=profile, file=file, text=text, track=None)

    def as_chosen(self, chosen: Chosen, library: Library) -> Self:
        """Return the routing by what was switched to, as it is written now; raises RoutingError and ValueError."""
        text = chosen.text
        last = self.using_text(chosen.profile, text) if text else self.using(chosen.profile, library)
        last = last.on_track(chosen.track) if chosen.track else last
        last.wanted()
        return last

    def again(self, library: Library) -> Self:
        """Return the same routing with settings and profile as they are written now; raises RoutingError.

        A profile that was sent as a text stays what it is. A track goes if the profile cannot be sent to it any more.
        """
        try:
            settings = Settings.load(library.settings())
            profile, file = self.profile, self.file
            if file and self.text is None:
                # By its name where it has one: there may be another of that name now, which counts before.
                file = library.find(self.name) if file.parent in library.profile_folders else file
                profile = read(file, Profile)
        except UnknownProfileError as error:
            raise RoutingError(str(error)) from None
        except FileErrors as errors:
            raise _first(errors) from None
        track = self.track if profile.only_destination is not None else None
        return replace(self, settings=settings, profile=profile, file=file, track=track)

    @property
    def track_word(self) -> str:
        """The word for `on_track` that leads to the same track, or "" where the profile's destination counts."""
        if self.track is None:
            return ""
        return AUTO.target.value if self.track == AUTO else str(self.track.number)

    def on_track(self, word: str) -> Self:
        """Return the same routing to the track that `word` names, "1" to "16" or "auto"; raises RoutingError."""
        if word not in TRACKS:
            raise RoutingError(f"{quoted(word)} is no track: they are 1 to {len(TRACKS) - 1}, and auto")
        track = AUTO if word == AUTO.target else Destination(Target.TRACK, int(word))
        if self.profile.only_destination is None:
            keeps = any(Destination(Target.KEEP) in zone.destination for zone in self.profile.effective_zones)
            why = "leaves the channels as they come" if keeps else "has several destinations"
            where = "the auto channel" if track == AUTO else track
            raise RoutingError(f"{where} cannot take everything: {self.name} {why}")
        return replace(self, track=track)

    def tracks(self, box: Box | None) -> list[str]:
        """Return the words that `on_track` takes where `box` is linked, the auto channel first; none: it refuses."""
        if self.profile.only_destination is None:
            return []
        return [AUTO.target.value, *(str(number) for number, _ in enumerate(self._box(box).tracks, 1))]

    def check(self, box: Box | None) -> None:
        """Raise RoutingError if this does not suit what `box` is linked."""
        try:
            self.route_for(box)
        except CompileError as error:
            if self.track or not self.file:
                raise RoutingError(str(error)) from None
            try:
                content = None if self.text is None else self.text.encode()
                at = located(self.file, error.key, str(error), content)
            except FileErrors as errors:  # it has changed meanwhile
                raise _first(errors) from None
            raise RoutingError(str(at), at) from None

    def destination(self, route: Route) -> str:
        """Say where `route` sends: "auto channel 9", "track 2 (channel 2)", "channel 4", "tracks 1 to 4"."""
        channels: dict[Destination, int] = {}
        for zone, compiled in zip(self.profile.effective_zones, route.zones, strict=True):
            destinations = (self.track,) if self.track else zone.destination
            channels |= zip(destinations, compiled.channels or (0,), strict=True)
        if len(channels) == 1:
            ((destination, channel),) = channels.items()
            return _place_and_channel(destination, channel)
        tracks = sorted(each.number for each in channels if each.target is Target.TRACK)
        places = [_place(each, channel) for each, channel in channels.items() if each.target is not Target.TRACK]
        return listed([*places, numbered("track", tracks)] if tracks else places)

    def cannot_record(self, route: Route, box: Box | None) -> list[str]:
        """Say what the box does not record of what `route` sends, or only if it is told to."""
        return cannot_record(route, self._box(box))

    def effects(self, route: Route, box: Box | None) -> Effects:
        """Say what comes of `route` on the box."""
        return effects_of(route, self._box(box))

    def panic_channels(self, route: Route | None, box: Box | None) -> list[int]:
        """Return the channels (1-16) on which something may sound: all that the box has, and all that `route` names."""
        used = self._box(box)
        named = [channel for zone in route.zones for channel in zone.channels] if route else []
        channels = [*used.tracks, used.fx, used.cv, used.perf, used.auto, *named]
        return list(dict.fromkeys(channel for channel in channels if channel is not None))

    def channels(self, box: Box | None) -> dict[int, str]:
        """Return what each channel (1-16) of the box is for: "track 1", "auto channel", "FX track"."""
        used = self._box(box)
        parts = {getattr(used, part): name for part, name in _PARTS.items()}
        tracks = {channel: f"track {number}" for number, channel in enumerate(used.tracks, 1)}
        names = parts | tracks | {used.auto: _AUTO}
        return {channel: name for channel, name in names.items() if channel is not None}

    def channel_titles(self, box: Box | None) -> list[str]:
        """Return a title for each channel of `box`, 1 to 16: "auto channel 9", "track 2 (channel 2)", "channel 12"."""
        names = self.channels(box)
        titles = {channel: f"{name} (channel {channel})" for channel, name in names.items()}
        titles |= {channel: f"{name} {channel}" for channel, name in names.items() if name == _AUTO}
        return [titles.get(channel, f"channel {channel}") for channel in range(1, CHANNELS + 1)]

    @property
    def zone_names(self) -> tuple[str, ...]:
        """What each zone is called; nothing for a profile without zones."""
        return tuple(zone.name or f"zone {number}" for number, zone in enumerate(self.profile.zones, 1))

    def _box(self, box: Box | None) -> Box:
        return box_in_use(self.settings, box, self.auto_channel)


def _first(errors: FileErrors) -> RoutingError:
    first, *others = errors.errors
    return RoutingError(f"{first} (and {len(others)} more)" if others else str(first), first)


def _place_and_channel(destination: Destination, channel: int) -> str:
    beside = f" (channel {channel})" if destination.target in {Target.TRACK, *_PARTS} else ""
    return f"{_place(destination, channel)}{beside}"


def _place(destination: Destination, channel: int) -> str:
    match destination.target:
        case Target.AUTO:
            return f"{_AUTO} {channel}"
        case Target.KEEP:
            return "channels as they come"
        case target:
            return f"the {_PARTS[target]}" if target in _PARTS else str(destination)
