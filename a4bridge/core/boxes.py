"""The Elektron boxes: their names, USB ids and factory channels. The figures are in boxes.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from a4bridge.core.midi import CHANNELS, LAST_CONTROLLER

ELEKTRON_USB_VENDOR: Final = "1935"
"""Elektron Music Machines' vendor id (dagargo/overwitch, udev/91-usb-elektron.hwdb)."""


class UsbMode(StrEnum):
    """What a box is set to be on USB (its SYSTEM menu, USB CONFIG)."""

    MIDI = "midi"
    AUDIO_MIDI = "audio-midi"
    OVERBRIDGE = "overbridge"


class Recorded(StrEnum):
    """Whether notes on a channel are recorded."""

    YES = "yes"
    NO = "no"
    TICKED = "ticked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Records:
    """What a box records: notes on its auto channel and on a track's, live, and in grid and step recording.

    TICKED: if LIVE REC ON TRACK CHANNEL is ticked on it.
    """

    live_auto: Recorded = Recorded.UNKNOWN
    live_track: Recorded = Recorded.UNKNOWN
    grid_auto: Recorded = Recorded.UNKNOWN
    grid_track: Recorded = Recorded.UNKNOWN


@dataclass(frozen=True, slots=True)
class Box:
    """A model of box.

    key: how settings name it, "analog-four". name: as Elektron writes it.
    stems: what to look for in port names, in lower case. usb_ids: "1935:0003" to the mode that it stands for.
    tracks, auto, fx, cv, perf: factory channels, 1-16. No tracks: no sequencer. None: no such channel.
    macros: the control change (0-119) that turns each performance macro, by what the box calls it: "A", or "1".
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
    perf: int | None
    macros: Mapping[str, int]
    records: Records
    preferred: bool


_REQUIRED: Final = {"name", "stems", "tracks", "auto"}
_OPTIONAL: Final = {"fx", "cv", "perf", "macros", "records", "usb", "preferred"}


def _box(key: str, facts: Mapping[str, Any]) -> Box:
    _check(key, facts)
    return Box(
        key=key,
        name=facts["name"],
        stems=tuple(facts["stems"]),
        usb_ids={usb_id: UsbMode(mode) for usb_id, mode in facts.get("usb", {}).items()},
        tracks=tuple(facts["tracks"]),
        auto=facts["auto"],
        fx=facts.get("fx"),
        cv=facts.get("cv"),
        perf=facts.get("perf"),
        macros=dict(facts.get("macros", {})),
        records=Records(**{where: Recorded(word) for where, word in facts.get("records", {}).items()}),
        preferred=facts.get("preferred", False),
    )


def _check(key: str, facts: Mapping[str, Any]) -> None:
    def wrong(what: str) -> ValueError:
        return ValueError(f"boxes.toml: [{key}] {what}")

    if lacking := _REQUIRED - {*facts}:
        raise wrong(f"lacks {', '.join(sorted(lacking))}")
    if unknown := {*facts} - _REQUIRED - _OPTIONAL:
        raise wrong(f"has {', '.join(sorted(unknown))}, which no box has")
    for channel in (*facts["tracks"], *(facts[part] for part in ("auto", "fx", "cv", "perf") if part in facts)):
        if not 1 <= channel <= CHANNELS:
            raise wrong(f"has the channel {channel}, which is not between 1 and 16")
    for controller in facts.get("macros", {}).values():
        if not 0 <= controller <= LAST_CONTROLLER:
            raise wrong(f"has a macro on CC {controller}, which is not between 0 and {LAST_CONTROLLER}")
    places = [field.name for field in fields(Records)]
    if unknown := {*facts.get("records", {})} - {*places}:
        raise wrong(f"records {', '.join(sorted(unknown))}, which is none of {', '.join(places)}")


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
