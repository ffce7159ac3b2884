"""The Elektron boxes: their names, USB ids and factory channels. The figures are in boxes.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from a4bridge.core.midi import CHANNELS

ELEKTRON_USB_VENDOR: Final = "1935"
"""Elektron Music Machines' vendor id (dagargo/overwitch, udev/91-usb-elektron.hwdb)."""


class UsbMode(StrEnum):
    """What a box is set to be on USB (its SYSTEM menu, USB CONFIG)."""

    MIDI = "midi"
    AUDIO_MIDI = "audio-midi"
    OVERBRIDGE = "overbridge"


@dataclass(frozen=True, slots=True)
class Box:
    """A model of box.

    key: how settings name it, "analog-four". name: as Elektron writes it.
    stems: what to look for in port names, in lower case. usb_ids: "1935:0003" to the mode that it stands for.
    tracks, auto, fx, cv: factory channels, 1-16. No tracks: no sequencer. None: no such channel.
    preferred: chosen before the others.
    """

    key: str
    name: str
    stems: tuple[str, ...]
    usb_ids: Mapping[str, UsbMode]
    tracks: tuple[int, ...]
    auto: int
    fx: int | None
    cv: int | None
    preferred: bool


def _box(key: str, facts: Mapping[str, Any]) -> Box:
    box = Box(
        key=key,
        name=facts["name"],
        stems=tuple(facts["stems"]),
        usb_ids={usb_id: UsbMode(mode) for usb_id, mode in facts["usb"].items()},
        tracks=tuple(facts["tracks"]),
        auto=facts["auto"],
        fx=facts.get("fx"),
        cv=facts.get("cv"),
        preferred=facts.get("preferred", False),
    )
    for channel in (*box.tracks, box.auto, box.fx, box.cv):
        if channel is not None and not 1 <= channel <= CHANNELS:
            raise ValueError(f"boxes.toml: {key} has the channel {channel}, which is not between 1 and 16")
    return box


@cache
def boxes() -> tuple[Box, ...]:
    """Return every known box, the Analog Four first."""
    with Path(__file__).with_name("boxes.toml").open("rb") as file:
        return tuple(_box(key, facts) for key, facts in tomllib.load(file).items())


def box(key: str) -> Box:
    """Return the box that settings call `key`; raises KeyError with a sentence that lists the keys."""
    for each in boxes():
        if each.key == key:
            return each
    raise KeyError(f"no box is called {key!r}; the boxes are {', '.join(each.key for each in boxes())}")


def box_of(client_name: str, usb_id: str = "") -> Box | None:
    """Tell which box a port belongs to: by its USB id, else by the longest stem in its client's name."""
    for each in boxes():
        if usb_id in each.usb_ids:
            return each
    name = client_name.casefold()
    stems = [(len(stem), each) for each in boxes() for stem in each.stems if stem in name]
    return max(stems, key=lambda stem: stem[0])[1] if stems else None


def is_elektron(client_name: str, usb_id: str = "") -> bool:
    """Tell whether a port is an Elektron box's, also one that is not in boxes.toml."""
    return (
        usb_id.startswith(f"{ELEKTRON_USB_VENDOR}:")
        or "elektron" in client_name.casefold()
        or box_of(client_name, usb_id) is not None
    )
