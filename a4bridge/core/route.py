"""The compiled route: what a profile, the settings and the linked box come to, as data for the engine."""

from enum import StrEnum
from typing import Any, Final, Self

from a4bridge.core.records import Record, as_data

CURRENT_VERSION = 2

ANY_VELOCITY: Final[tuple[int, ...]] = ()
"""The velocities of a zone that leaves them as they are."""


class Sustain(StrEnum):
    """What becomes of the sustain pedal (CC 64)."""

    HOLD = "hold"
    DROP = "drop"
    PASS = "pass"  # noqa: S105 - a word of the profile, no password


class Mono(StrEnum):
    """Which of a zone's keys sounds: all of them, or only the last, lowest or highest."""

    ALL = "all"
    LAST = "last"
    LOW = "low"
    HIGH = "high"


class Order(StrEnum):
    """Which free destination of several gets the next note: the first of them, or the one after the last used."""

    LOWEST = "lowest"
    ROTATE = "rotate"


class Steal(StrEnum):
    """What a note does that finds no destination free: end the oldest note, or stay silent."""

    OLDEST = "oldest"
    NONE = "none"


class Trigger(StrEnum):
    """The kinds of event that can be bound to an action."""

    NOTE = "note"
    CONTROL = "cc"
    PROGRAM = "program"


class Action(StrEnum):
    """What a bound event does."""

    USE = "use"
    TRACK = "track"
    PANIC = "panic"
    SUSTAIN = "sustain"


class Knob(Record):
    """A control change that becomes another.

    controller: its number, 0-119. to: the number it gets, 0-119. channel: 1-16, where it goes; None: the channel it
    came on. values: 128 of them, 0-127, by the value that came.
    """

    controller: int
    to: int
    channel: int | None
    values: tuple[int, ...]


class Zone(Record):
    """Keys that go to a destination; the defaults are those of a zone that lets nothing but notes through.

    source: which of the inputs that the profile names, counted from 0; None: every input.
    channel: 1-16, on which it listens; None: on all. low, high: its first and last key, 0-127.
    channels: 1-16, where its notes go; several: each note to one of them, by `order` and `steal`; none: to the channel
    that they came on. transpose: semitones. fold: what falls outside 0-127 is brought back by octaves; else dropped.
    velocities: 128 of them by velocity, the first unused, the others 1-127; or ANY_VELOCITY.
    returns: a key that was kept silent by another sounds when that one is let go.
    exclusive: no other zone gets its keys.
    notes to nrpn: whether that kind passes. control_changes: the numbers that pass, 0-119 in ascending order, without
    64, which is `Route.sustain`'s; with `nrpn` also without 6, 38 and 96-101, which make up such sequences.
    """

    channels: tuple[int, ...] = ()
    source: int | None = None
    channel: int | None = None
    low: int = 0
    high: int = 127
    order: Order = Order.LOWEST
    steal: Steal = Steal.OLDEST
    transpose: int = 0
    fold: bool = False
    velocities: tuple[int, ...] = ANY_VELOCITY
    mono: Mono = Mono.ALL
    returns: bool = False
    exclusive: bool = False
    notes: bool = True
    pitch_bend: bool = False
    channel_pressure: bool = False
    poly_pressure: bool = False
    program_change: bool = False
    nrpn: bool = False
    control_changes: tuple[int, ...] = ()
    knobs: tuple[Knob, ...] = ()


class Binding(Record):
    """An event that does something instead of being forwarded.

    source, channel: as a zone's. number: of the note, control change or program, 0-127.
    argument: the profile that `use` names, or the track ("1" to "16", "auto"); else empty.
    """

    trigger: Trigger
    number: int
    action: Action
    argument: str = ""
    source: int | None = None
    channel: int | None = None


class Route(Record):
    """Everything the engine must know to decide about an event of any input.

    profile: the name it was found by. clock, transport: whether they pass; song position belongs to transport.
    sysex_bytes: the longest SysEx that passes; 0: none. thinning: messages a second that pitch bend or pressure may
    make on one channel; 0: any number.
    """

    profile: str
    zones: tuple[Zone, ...]
    bindings: tuple[Binding, ...] = ()
    sustain: Sustain = Sustain.HOLD
    clock: bool = False
    transport: bool = False
    sysex_bytes: int = 0
    thinning: int = 0

    def to_data(self) -> dict[str, Any]:
        """Return the route as JSON-ready data."""
        return as_data(self) | {"version": CURRENT_VERSION}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Read what `to_data` wrote; raises ValueError for another version's data."""
        facts = dict(data)
        if (version := facts.pop("version", None)) != CURRENT_VERSION:
            raise ValueError(f"route of version {version!r}; this engine reads {CURRENT_VERSION}")
        return cls(
            **facts
            | {
                "zones": tuple(map(_zone, facts["zones"])),
                "bindings": tuple(map(_binding, facts["bindings"])),
                "sustain": Sustain(facts["sustain"]),
            }
        )


def _zone(data: dict[str, Any]) -> Zone:
    return Zone(
        **data
        | {name: tuple(data[name]) for name in ("channels", "velocities", "control_changes")}
        | {"order": Order(data["order"]), "steal": Steal(data["steal"]), "mono": Mono(data["mono"])}
        | {"knobs": tuple(Knob(**knob | {"values": tuple(knob["values"])}) for knob in data["knobs"])}
    )


def _binding(data: dict[str, Any]) -> Binding:
    return Binding(**data | {"trigger": Trigger(data["trigger"]), "action": Action(data["action"])})
