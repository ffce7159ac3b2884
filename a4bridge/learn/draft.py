"""A profile that is being made or edited: each step gives another, which is valid, or is refused with a sentence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self, TypeVar

from a4bridge.core import midi
from a4bridge.core.boxes import Box
from a4bridge.core.compile import CompileError, box_in_use, compile_route
from a4bridge.core.destination import AUTO, Destination
from a4bridge.core.explain import summary
from a4bridge.core.keyrange import notes_of
from a4bridge.core.profile import Profile, Zone
from a4bridge.core.route import Action, Sustain, Trigger
from a4bridge.core.settings import Settings
from a4bridge.core.spans import spans
from a4bridge.core.tomlfile import FileErrors, located, parse
from a4bridge.core.words import listed
from a4bridge.learn.document import Append, Document, Edit, EditError, Put, Remove

_T = TypeVar("_T")

_TEMPLATE: Final = """\
# Set up by playing, with `a4bridge learn`. `a4bridge explain {name}` says all that it does; any key of a profile may be
# added, and `a4bridge learn {name}` leaves it as it is.

description = "Set up by playing"
"""

_KNOBS_ONLY: Final[Mapping[str, object]] = {
    "notes": False,
    "pitch_bend": False,
    "channel_pressure": False,
    "control_changes": [],
}
_MORE: Final = ("poly_pressure", "nrpn", "program_change")
"""What a zone of knobs lets pass only if the profile does, and should not."""


class StepError(Exception):
    """A step would not give a valid profile; the text is the sentence, and the draft is as before."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a draft is checked against and named by.

    file: where it will be. linked: the box that is plugged in, if one is. profiles: the names that are taken.
    """

    file: Path
    settings: Settings
    linked: Box | None = None
    profiles: Sequence[str] = ()

    @property
    def box(self) -> Box:
        """The box whose channels and macros count."""
        return box_in_use(self.settings, self.linked)

    def key(self, note: int) -> str:
        """Name a key (0-127) with its number."""
        return f"{midi.note_name(note, self.settings.middle_c)} ({note})"

    def keys(self, low: int, high: int) -> str:
        """Name a range of keys."""
        if (low, high) == (0, midi.NOTES - 1):
            return "all keys"
        return self.key(low) if low == high else f"{self.key(low)} to {self.key(high)}"


@dataclass(frozen=True, slots=True)
class Event:
    """What a binding is about: a note, control change or program change (0-127). channel: 1-16, or None for any."""

    trigger: Trigger
    number: int
    keyboard: str = ""
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A valid profile with its text."""

    document: Document
    profile: Profile
    surroundings: Surroundings

    @classmethod
    def new(cls, surroundings: Surroundings) -> Self:
        """Begin a profile."""
        return cls.of(_TEMPLATE.format(name=surroundings.file.stem), surroundings)

    @classmethod
    def of(cls, text: str, surroundings: Surroundings) -> Self:
        """Take a text as it is; raises StepError for one that is no valid profile, with file, line and key."""
        return cls(Document(text), _checked(text, surroundings), surroundings)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.surroundings.file.stem

    @property
    def text(self) -> str:
        """What is to be written."""
        return self.document.text

    @property
    def summary(self) -> str:
        """What it does, in a sentence without its full stop."""
        return summary(self.profile, self.surroundings.settings, self.surroundings.linked)

    def after(self, *edits: Edit) -> Self:
        """Return the draft with `edits` done; raises StepError."""
        try:
            document = self.document.edited(edits)
        except EditError as error:
            raise StepError(str(error)) from None
        return replace(self, document=document, profile=_checked(document.text, self.surroundings))

    # Keyboards.

    def described(self, text: str) -> Self:
        """Give it another description; raises StepError."""
        return self.after(Put(("description",), text))

    def with_keyboard(self, name: str) -> Self:
        """Listen to one more keyboard; raises StepError."""
        return self.after(Put(("inputs",), [*self.profile.inputs, name]))

    def with_every_keyboard(self) -> Self:
        """Listen to whatever keyboard is found; raises StepError."""
        return self.after(Put(("inputs",), [])) if self.profile.inputs else self

    def source(self, keyboard: str) -> str:
        """Return what a zone or binding must name as its input to mean `keyboard`; "" where no other is listened to."""
        return keyboard if self.profile.inputs and self.profile.inputs != (keyboard,) else ""

    @property
    def keyboards(self) -> tuple[str, ...]:
        """What it calls keyboards."""
        return (*self.profile.inputs, *self.profile.sources)

    # Zones.

    def overlapping(self, low: int, high: int, keyboard: str) -> list[Zone]:
        """Return the zones that have keys of this range, too."""
        return [zone for zone in self.profile.zones if self._shares(zone, low, high, keyboard)]

    def _shares(self, zone: Zone, low: int, high: int, keyboard: str) -> bool:
        first, last = self.range_of(zone)
        is_other = bool(zone.input and self.source(keyboard)) and zone.input != keyboard
        return first <= high and low <= last and self._has_notes(zone) and not is_other

    def _has_notes(self, zone: Zone) -> bool:
        return self.profile.filters.notes if zone.filters.notes is None else zone.filters.notes

    def range_of(self, zone: Zone) -> tuple[int, int]:
        """Return the first and last key of a zone."""
        return notes_of(zone.keys, self.surroundings.settings.middle_c)

    def silent_keys(self) -> list[tuple[int, int]]:
        """Return the ranges of keys that no zone has."""
        zones = [self.range_of(zone) for zone in self.profile.effective_zones if self._has_notes(zone)]
        return list(spans(key for key in range(midi.NOTES) if not any(low <= key <= high for low, high in zones)))

    def with_zone(
        self,
        low: int,
        high: int,
        destinations: Sequence[Destination],
        keyboard: str = "",
        *,
        exclusive: bool = False,
        others: bool = False,
    ) -> Self:
        """Send the keys from `low` to `high` (0-127) to `destinations`; raises StepError.

        exclusive: they are taken from all other zones. others: of a profile without zones, whether all other keys go on
        to where they went.
        """
        profile = self.profile
        source = self.source(keyboard)
        is_whole = (low, high) == (0, midi.NOTES - 1)
        if is_whole and len(destinations) == 1 and not (profile.zones or source):
            return self.after(Put(("destination",), str(destinations[0])))
        table: dict[str, object] = {"input": source} if source else {}
        comments = {}
        if not is_whole:
            first, last = str(low) if low else "", str(high) if high < midi.NOTES - 1 else ""
            table["keys"] = str(low) if low == high else f"{first}..{last}"
            comments["keys"] = self.surroundings.keys(low, high)
        places = [str(each) for each in destinations]
        table["destination"] = places if len(places) > 1 else places[0]
        if exclusive:
            table["exclusive"] = True
            comments["exclusive"] = "no other zone has these keys"
        edits: list[Edit] = [*self._without_destination()]
        edits.append(Append(("zones",), table, comments))
        if others and not profile.zones:
            rest = {"name": "other keys", "destination": str(profile.destination)}
            edits.append(Append(("zones",), rest))
        return self.after(*edits)

    def _without_destination(self) -> list[Edit]:
        """Return what makes room for zones: beside them a profile has no destination of its own."""
        return [Remove(("destination",))] if not self.profile.zones and "destination" in self.document.data else []

    # Knobs.

    def macro_of(self, keyboard: str, controller: int) -> str:
        """Return what a control change is turned into already, if it is."""
        for zone in self.profile.zones:
            if zone.input in {"", keyboard}:
                for knob in zone.knobs:
                    if knob.cc == controller:
                        return knob.to if isinstance(knob.to, str) else f"CC {knob.to}"
        return ""

    def with_knob(self, controller: int, macro: str, keyboard: str = "") -> Self:
        """Have a control change (0-119) turn a macro, such as "A"; raises StepError.

        The knob that turned this macro before does so no more, and this knob turns nothing else any more.
        """
        to = f"macro {macro}"
        source = self.source(keyboard)
        sustain = [Put(("sustain",), str(Sustain.DROP))] if self._would_be_pedal(controller) else []
        for at, zone in enumerate(self.profile.zones):
            if zone.input not in {"", source}:
                continue
            place = ("zones", at, "knobs")
            if (same := _index(zone.knobs, lambda knob: knob.cc == controller)) is not None:
                return self.after(*sustain, Put((*place, same, "to"), to))
            if (same := _index(zone.knobs, lambda knob: knob.to == to)) is not None:
                return self.after(*sustain, Put((*place, same, "cc"), controller))
        return self.after(*sustain, *self._new_knob({"cc": controller, "to": to}, source))

    def _would_be_pedal(self, controller: int) -> bool:
        return controller == midi.CC_SUSTAIN and self.profile.sustain is not Sustain.DROP

    def _new_knob(self, knob: dict[str, object], source: str) -> list[Edit]:
        zones = self.profile.zones
        if not zones and not source:
            zone: dict[str, object] = {"destination": str(self.profile.destination), "knobs": [knob]}
            return [*self._without_destination(), Append(("zones",), zone)]
        # Beside knobs of the same keyboard, else where everything goes, else in a zone that has nothing but knobs.
        having = _index(zones, lambda zone: bool(zone.knobs) and zone.input == source)
        if having is None and len(zones) == 1 and zones[0].input == source:
            having = 0
        if having is not None:
            return [Append(("zones", having, "knobs"), knob, inline=True)]
        edits = self._without_destination()
        if not zones:
            edits.append(Append(("zones",), {"name": "keys", "destination": str(self.profile.destination)}))
        filters = dict(_KNOBS_ONLY) | {name: False for name in _MORE if getattr(self.profile.filters, name)}
        table: dict[str, object] = {"name": "knobs"}
        if source:
            table["input"] = source
        table |= {"destination": str(self.profile.only_destination or AUTO), "filters": filters, "knobs": [knob]}
        return [*edits, Append(("zones",), table)]

    # Pedal and pads.

    def with_sustain(self, sustain: Sustain) -> Self:
        """Say what the sustain pedal does; raises StepError."""
        return self.after(Put(("sustain",), str(sustain)))

    def bound_to(self, event: Event) -> str:
        """Return in words what an event does already, if it is bound."""
        if (at := self._binding_of(event)) is None:
            return ""
        binding = self.profile.bindings[at]
        argument = binding.use or binding.track
        return f"{binding.action} {argument}" if argument else str(binding.action)

    def _binding_of(self, event: Event) -> int | None:
        middle_c = self.surroundings.settings.middle_c
        for at, binding in enumerate(self.profile.bindings):
            number = midi.note_number(binding.note, middle_c) if binding.note else binding.cc
            number = binding.program if number is None else number
            same = binding.trigger is event.trigger and number == event.number
            if same and binding.input in {"", event.keyboard} and binding.channel in {None, event.channel}:
                return at
        return None

    def with_binding(self, event: Event, action: Action, argument: str | int | bool = True) -> Self:
        """Have an event do something: `argument` is the profile or the track; raises StepError."""
        value = int(argument) if action is Action.TRACK and str(argument).isdecimal() else argument
        if (at := self._binding_of(event)) is not None:
            place = ("bindings", at)
            before = self.profile.bindings[at].action
            edits: list[Edit] = [] if before is action else [Remove((*place, str(before)))]
            return self.after(*edits, Put((*place, str(action)), value))
        source = self.source(event.keyboard)
        table: dict[str, object] = {"input": source} if source else {}
        if event.channel:
            table["channel"] = event.channel
        table |= {str(event.trigger): event.number, str(action): value}
        names = {"note": midi.note_name(event.number, self.surroundings.settings.middle_c)}
        return self.after(Append(("bindings",), table, names if event.trigger is Trigger.NOTE else {}))


def _index(items: Sequence[_T], fits: Callable[[_T], bool]) -> int | None:
    return next((at for at, item in enumerate(items) if fits(item)), None)


def _checked(text: str, surroundings: Surroundings) -> Profile:
    """Read a text as the bridge will; raises StepError with everything that the bridge would say."""
    file, content = surroundings.file, text.encode()
    try:
        profile = parse(content, file, Profile)
        try:
            compile_route(file.stem, profile, surroundings.settings, surroundings.linked)
        except CompileError as error:
            raise FileErrors(located(file, error.key, str(error), content)) from None
    except FileErrors as errors:
        raise StepError("; ".join(str(error) for error in errors.errors)) from None
    return profile


def place_in_words(destinations: Sequence[Destination]) -> str:
    """Name where keys go, as a person would."""
    words = ["the auto channel" if each == AUTO else str(each) for each in destinations]
    return words[0] if len(words) == 1 else f"{listed(words)}, one note each"
