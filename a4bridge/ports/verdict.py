"""What each port is to the bridge, before anybody has named one.

The rules are the code below; the names they go by are in known.toml beside it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from a4bridge.backend.base import CLIENT
from a4bridge.core.boxes import Box, UsbMode, box_of, is_elektron
from a4bridge.core.names import normalise, shown
from a4bridge.ports.listing import Kind, Listing, Port, SilentBox


class Role(StrEnum):
    """What the bridge uses a port for if nobody says otherwise."""

    KEYBOARD = "keyboard"
    DESTINATION = "destination"
    REFUSED = "refused"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A port's role, and why it has no better one: `reason` completes "this port is ...".

    nameable: whether a person who names the port gets it.
    """

    port: Port
    role: Role
    reason: str = ""
    nameable: bool = True

    def __str__(self) -> str:
        """Write the verdict as a person reads it."""
        return f"{self.role}: {self.reason}" if self.reason else str(self.role)


# The MIDI ports of an Overbridge client on JACK: dagargo/overwitch before 2.0 (jclient.c before d470cbf).
_OVERWITCH_PORTS: Final = ("midi in", "midi out")
_CABLE_BYTES_PER_SECOND: Final = 3125  # MIDI 1.0: 31,250 bits, ten for each byte
OVERBRIDGE: Final = "on the Overbridge path, where a box plays notes but does not record them"


@cache
def _known() -> Mapping[str, Mapping[str, str]]:
    with Path(__file__).with_name("known.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _pattern(table: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, _known()[table])) + ")")


def _meaning(table: str, name: str) -> str | None:
    found = _pattern(table).search(name)
    return _known()[table][found[0]] if found else None


def is_box(port: Port) -> bool:
    """Tell whether a port belongs to an Elektron box, whatever it is used for."""
    return is_elektron(port.client, port.usb_id)


def is_ours(port: Port) -> bool:
    """Tell whether a port may be one that this bridge made itself."""
    return is_our_client(port.client)


def is_our_client(name: str) -> bool:
    """Tell whether a client may be a bridge's, or one of a4bridge's verbs."""
    return normalise(name).startswith(CLIENT)


def _refused_always(port: Port) -> str | None:
    client, title = normalise(port.client), normalise(port.title)
    if is_ours(port):
        return "a4bridge's own"
    if "overbridge" in title or "overwitch" in title:
        return OVERBRIDGE
    is_jack_box = port.kind is not Kind.HARDWARE and "elektron" not in client and box_of(client) is not None
    return OVERBRIDGE if is_jack_box and normalise(port.name) in _OVERWITCH_PORTS else None


def _by_itself(port: Port) -> Verdict:
    """Judge a port by its name and kind; a keyboard's further ports still count as the keyboard."""
    title = normalise(port.title)
    if reason := _refused_always(port):
        return Verdict(port, Role.REFUSED, reason, nameable=False)
    if reason := _meaning("virtual", title):
        return Verdict(port, Role.REFUSED, reason)
    if port.kind is Kind.SOFTWARE:
        return Verdict(port, Role.OTHER, "software, or a Bluetooth device")
    if is_box(port):
        return _of_box(port)
    if reason := _meaning("interfaces", title):
        return Verdict(port, Role.OTHER, reason)
    return Verdict(port, Role.KEYBOARD) if port.readable else Verdict(port, Role.OTHER, "not an Elektron box")


def box_at(port: Port | None) -> Box | None:
    """Tell which box is behind an output, if it is one that is known."""
    return box_of(port.client, port.usb_id) if port else None


def _of_box(port: Port) -> Verdict:
    box = box_at(port)
    if box and not box.tracks:
        return Verdict(port, Role.OTHER, "an effect, with no sequencer to record into")
    if not port.writable:
        return Verdict(port, Role.OTHER, "an Elektron box, but only its output")
    return Verdict(port, Role.DESTINATION)


def _further(port: Port, among: Sequence[Port]) -> str | None:
    """Say which further port of a keyboard this is by its name, if its name says so."""
    name = normalise(port.name)
    if port.title != port.name:
        # A keyboard may itself be called "Remote".
        name = name.replace(normalise(port.client), " ")
    elif name[-1:] in set("23456789") and any(normalise(other.name) == f"{name[:-1]}1" for other in among):
        # All that CoreMIDI gives is the name, and that in the user's language: "Puerto 1", "Puerto 2".
        return "second"
    return _meaning("further_ports", name)


def _without_further_ports(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    ports = [verdict.port for verdict in verdicts if verdict.role is Role.KEYBOARD]
    keys: dict[str, Port] = {}
    others: dict[Port, Verdict] = {}
    for port in ports:
        if further := _further(port, ports):
            others[port] = Verdict(port, Role.OTHER, f"the {further} port of a keyboard")
        # Without a name to go by, the keys are on a device's first port.
        elif (first := keys.setdefault(port.device, port)) is not port:
            others[port] = Verdict(
                port, Role.OTHER, f"a further port of a keyboard, whose keys are on {shown(first.name)}"
            )
    return tuple(others.get(verdict.port, verdict) for verdict in verdicts)


def bytes_per_second(port: Port) -> int:
    """Return what the cable behind an output carries: a MIDI cable 3,125; 0 for one that takes all that it is sent.

    A MIDI cable is behind what known.toml calls an interface, and behind the DIN port of a keyboard.
    """
    title = normalise(port.title)
    if port.kind is Kind.SOFTWARE or is_box(port) or _meaning("virtual", title):
        return 0
    has_cable = _meaning("interfaces", title) or _further(port, ()) == "DIN"
    return _CABLE_BYTES_PER_SECOND if has_cable else 0


def judge(listing: Listing) -> tuple[Verdict, ...]:
    """Return a verdict for every port, in the listing's order."""
    return _without_further_ports([_by_itself(port) for port in listing.ports])


def by_role(verdicts: Sequence[Verdict], role: Role) -> list[Verdict]:
    """Return the verdicts in the order in which a person's numbers count the ports: first those with `role`."""
    return sorted(verdicts, key=lambda verdict: verdict.role is not role)


def silence(silent: SilentBox) -> str:
    """Return a sentence about a box without a MIDI port: why, and what to set on it."""
    joint = ": " if _is_set_right(silent) else "; "
    return joint.join(why_silent(silent))


def why_silent(silent: SilentBox) -> tuple[str, str]:
    """Return the two halves of that sentence: what is, and what to do."""
    who = f"{shown(silent.product) or 'an Elektron box'} (USB {silent.usb_id}) offers no MIDI port"
    if _is_set_right(silent):
        return f"{who} yet", "plug it in again (Linux needs the modules snd-usb-audio and snd-seq-midi)"
    modes = "USB MIDI"
    if silent.box and UsbMode.AUDIO_MIDI in silent.box.usb_ids.values():
        modes += " or USB AUDIO/MIDI, or update its OS"
    state = ": it is in Overbridge mode" if silent.mode is UsbMode.OVERBRIDGE else ""
    return f"{who}{state}", f"set USB CONFIG in its SYSTEM menu to {modes}"


def _is_set_right(silent: SilentBox) -> bool:
    return silent.mode in {UsbMode.MIDI, UsbMode.AUDIO_MIDI}
