"""What of a route a player should know before playing.

That is where its notes go, what of them the box does not record, and what else goes out.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from a4bridge.core import midi
from a4bridge.core.boxes import Box
from a4bridge.core.reach import Kind, Reach, reach_of
from a4bridge.core.recording import cannot_record
from a4bridge.core.route import Route
from a4bridge.core.spans import numbered, spelled
from a4bridge.core.words import listed

_MUSICAL: Final = {midi.CC_MOD_WHEEL, midi.CC_BREATH}
_FEW: Final = 6


@dataclass(frozen=True, slots=True)
class Effects:
    """Where the notes of a route go on a box, and what comes of it.

    channels: 1-16, those on which notes may go out. auto_channel, track_channels: 1-16, as the box is set as far as is
    known. not_recorded, side_effects: parts of sentences, without a full stop.
    """

    channels: tuple[int, ...]
    auto_channel: int
    track_channels: tuple[int, ...]
    not_recorded: tuple[str, ...] = ()
    side_effects: tuple[str, ...] = ()

    @property
    def tracks(self) -> tuple[int, ...]:
        """The tracks (from 1) on whose own channel notes may go out."""
        return tuple(
            number for number, channel in enumerate(self.track_channels, 1) if channel in self.channels_of_tracks
        )

    @property
    def channels_of_tracks(self) -> frozenset[int]:
        """The channels (1-16) on which notes may go out to one track and no other."""
        return frozenset(self.channels) & frozenset(self.track_channels) - {self.auto_channel}

    @property
    def reaches_auto(self) -> bool:
        """Whether notes may go out on the auto channel."""
        return self.auto_channel in self.channels

    def to_data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Read what `to_data` made."""
        return cls(
            channels=tuple(data["channels"]),
            auto_channel=data["auto_channel"],
            track_channels=tuple(data["track_channels"]),
            not_recorded=tuple(data["not_recorded"]),
            side_effects=tuple(data["side_effects"]),
        )


def effects_of(route: Route, box: Box) -> Effects:
    """Return what comes of `route` on `box`, set to its channels."""
    reach = reach_of(route)
    return Effects(
        channels=tuple(sorted(reach.channels(Kind.NOTE))),
        auto_channel=box.auto,
        track_channels=box.tracks,
        not_recorded=tuple(cannot_record(route, box)),
        side_effects=tuple(_side_effects(reach)),
    )


def _side_effects(reach: Reach) -> Iterator[str]:
    """Say what may go out that does more than a player expects; sources are in docs/analog-four.md.

    A knob that the profile turns into another is what its author wanted, and not told.
    """
    there = {outlet.kind for outlet in reach.outlets}
    numbers = {number for each in reach.outlets if each.kind is Kind.CONTROL_CHANGE for number in each.numbers}
    if turning := sorted(numbers - _MUSICAL):
        which = f"{len(turning)} control changes" if len(turning) > _FEW else f"CC {listed(spelled(turning))}"
        yield f"{which} may change the sound (nearly every control change is a parameter of it)"
    if Kind.NRPN in there:
        yield "NRPN may change the sound"
    if Kind.PEDAL in there:
        yield "the sustain pedal goes out as CC 64, which is performance macro F and sustains nothing"
    if Kind.PROGRAM_CHANGE in there:
        on = numbered("channel", sorted(reach.channels(Kind.PROGRAM_CHANGE)))
        yield f"a program change on {on} may change the pattern"
    if reach.clock:
        yield "clock may set the tempo"
    if reach.transport:
        yield "start and stop may start and stop the sequencer"
    if reach.sysex_bytes:
        yield "system exclusive may overwrite sounds and patterns"
