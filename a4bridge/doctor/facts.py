"""All that the stations go by, as data: whoever examines a machine fills it in, and so may a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from a4bridge.core import midi
from a4bridge.core.boxes import Box
from a4bridge.core.effects import Effects
from a4bridge.core.names import shown
from a4bridge.core.words import listed
from a4bridge.ports.choose import OWN_PORT, Choice
from a4bridge.ports.connections import Connections
from a4bridge.ports.listing import Listing, Port
from a4bridge.ports.system import Lacking
from a4bridge.ports.usb import UsbPlace
from a4bridge.ports.verdict import box_at


class State(StrEnum):
    """How far an input or the output has come; all but the first is what a running bridge says (docs/control.md)."""

    FOUND = "found"
    """No bridge runs; one would open it."""
    OPEN = "open"
    SETTLING = "settling"
    LOST = "lost"
    ABSENT = "absent"
    CUT = "cut"


_PLAYED: Final = {State.FOUND, State.OPEN}


@dataclass(frozen=True, slots=True)
class End:
    """An input or the output: its title, or what is wanted; its port, if it is plugged in."""

    title: str
    state: State
    port: Port | None = None

    @property
    def is_played(self) -> bool:
        """Whether notes pass here, or would if a bridge ran."""
        return self.state in _PLAYED


@dataclass(frozen=True, slots=True)
class Ends:
    """Both sides of the bridge, and a sentence for each thing that is waited for."""

    inputs: tuple[End, ...] = ()
    output: End | None = None
    waiting_inputs: tuple[str, ...] = ()
    waiting_output: tuple[str, ...] = ()

    @property
    def played(self) -> tuple[End, ...]:
        """The inputs from which notes pass."""
        return tuple(end for end in self.inputs if end.is_played)

    @property
    def output_port(self) -> Port | None:
        """The output's port, if it is plugged in."""
        return self.output.port if self.output else None

    @property
    def only_programs(self) -> bool:
        """Whether nothing is played but the bridge's own port for programs."""
        return bool(self.inputs) and all(end.title == OWN_PORT.title for end in self.inputs)

    @classmethod
    def of_choice(cls, choice: Choice) -> Self:
        """Return what a bridge would open."""
        return cls(
            tuple(End(port.title, State.FOUND, port) for port in choice.inputs),
            End(choice.output.title, State.FOUND, choice.output) if choice.output else None,
            choice.waiting_inputs,
            choice.waiting_output,
        )

    @classmethod
    def of_status(cls, status: Mapping[str, Any], listing: Listing) -> Self:
        """Return what a running bridge says of its ends."""
        waiting: Mapping[str, Sequence[str]] = status.get("waiting_for") or {}
        inputs = [port for port in listing.ports if port.readable]
        outputs = [port for port in listing.ports if port.writable]
        return cls(
            tuple(_end(facts, inputs) for facts in status["inputs"]),
            _end(status["output"], outputs) if status["output"] else None,
            tuple(waiting.get("inputs", ())),
            tuple(waiting.get("output", ())),
        )


def _end(facts: Mapping[str, str], ports: Sequence[Port]) -> End:
    found = [port for port in ports if port.title == facts["name"]]
    # Of equal titles the one that the bridge is connected to.
    port = next((port for port in found if port.held), found[0] if found else None)
    return End(facts["name"], State(facts["state"]), port)


@dataclass(frozen=True, slots=True)
class Playing:
    """The profile that is played, or would be. error: why it cannot be. box: the name of the box that it is for."""

    name: str
    effects: Effects | None = None
    error: str = ""
    box: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came from the port of that title; says: what a bridge made of it, passed: whether it went on.

    Without a bridge says is empty and passed None.
    """

    port: str
    message: bytes
    says: str = ""
    passed: bool | None = None

    @property
    def key(self) -> int | None:
        """The key (0-127) that was struck, if it was one."""
        is_struck = self.message[:1] and self.message[0] & 0xF0 == midi.NOTE_ON and self.message[2]
        return self.message[1] if is_struck else None


@dataclass(frozen=True, slots=True)
class Listened:
    """What came while somebody was asked to press a key: in `seconds`, from the ports of these titles.

    failures: why ports could not be listened to.
    """

    seconds: float
    ports: tuple[str, ...]
    heard: tuple[Heard, ...]
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """The bridge as a service, in one scope; whose: "for this user". says: in words how it stands."""

    whose: str
    enabled: bool
    running: bool
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A machine, as far as it was looked at.

    lacking: what is missing for MIDI. bridge: what a running one answers to `status`, and whose it is. unasked: why one
    that may be running could not be asked. refused: why real-time scheduling is refused where no bridge runs; None
    where that was not tried.
    listened: None if nobody was asked to press a key. places: how a port's device is plugged in. middle_c: the octave
    in which note 60 is shown.
    """

    listing: Listing = field(default_factory=Listing)
    lacking: Lacking | None = None
    ends: Ends = field(default_factory=Ends)
    playing: Playing = field(default_factory=lambda: Playing(""))
    connections: Connections | None = None
    bridge: Mapping[str, Any] | None = None
    whose: str = ""
    unasked: str = ""
    services: tuple[Service, ...] = ()
    refused: str | None = ""
    listened: Listened | None = None
    places: Mapping[Port, UsbPlace] = field(default_factory=dict)
    middle_c: int = 5

    @property
    def box(self) -> Box | None:
        """The box that is written to, if it can be seen which one that is."""
        return box_at(self.ends.output_port)

    def hubs(self, port: Port | None) -> str:
        """Say which hubs a port's device is behind, as the end of a sentence; nothing where there are none."""
        place = self.places.get(port) if port else None
        return f", behind {listed([shown(hub) for hub in place.hubs])}" if place and place.hubs else ""

    def refusal(self, end: End) -> str:
        """Return why a running bridge could not open an end the last time, or an empty string."""
        refused: Mapping[str, str] = (self.bridge or {}).get("refused") or {}
        return refused.get(end.title, "")

    def owner(self, end: End, does: str) -> str:
        """Name the program that has an end's port to itself, if one has; does: HEARS or PLAYS."""
        owners = self.connections.owners if self.connections else {}
        owner = owners.get((does, end.port.address)) if end.port else None
        return f"{owner.command or 'a program'} (process {owner.pid})" if owner else ""
