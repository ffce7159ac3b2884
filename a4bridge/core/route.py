"""The compiled route: what a profile, the settings and the linked box come to, as data for the engine."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

CURRENT_VERSION = 1


class Sustain(StrEnum):
    """What becomes of the sustain pedal (CC 64)."""

    HOLD = "hold"
    DROP = "drop"
    PASS = "pass"  # noqa: S105 - a word of the profile, no password


@dataclass(frozen=True, slots=True)
class Route:
    """Everything the engine must know to decide about an event of any input.

    profile: the name it was found by. channel: 1-16, the channel that everything goes out on.
    notes, pitch_bend, channel_pressure: whether that kind passes.
    control_changes: the CC numbers that pass, 0-119 in ascending order, without 64, which is `sustain`'s.
    """

    profile: str
    channel: int
    notes: bool
    pitch_bend: bool
    channel_pressure: bool
    control_changes: tuple[int, ...]
    sustain: Sustain

    def to_data(self) -> dict[str, Any]:
        """Return the route as JSON-ready data."""
        return asdict(self) | {"version": CURRENT_VERSION}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Read what `to_data` wrote; raises ValueError for another version's data."""
        if data.get("version") != CURRENT_VERSION:
            raise ValueError(f"route of version {data.get('version')!r}; this engine reads {CURRENT_VERSION}")
        return cls(
            profile=data["profile"],
            channel=data["channel"],
            notes=data["notes"],
            pitch_bend=data["pitch_bend"],
            channel_pressure=data["channel_pressure"],
            control_changes=tuple(data["control_changes"]),
            sustain=Sustain(data["sustain"]),
        )
