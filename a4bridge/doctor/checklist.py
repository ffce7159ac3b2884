"""What no program can see: what is set on the box, and in a DAW. The items' names are the menus' own.

Sources: docs/analog-four.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from a4bridge.core.effects import Effects
from a4bridge.core.names import shown
from a4bridge.core.recording import TICK
from a4bridge.core.spans import numbered, spelled
from a4bridge.core.words import listed
from a4bridge.doctor.facts import Facts
from a4bridge.ports.verdict import is_box

_PORTS: Final = "MIDI CONFIG > MIDI PORT CONFIG"
_CHANNELS: Final = "MIDI CONFIG > MIDI CHANNELS"
_SYNC: Final = "MIDI CONFIG > MIDI SYNC"
_KIT: Final = "KIT"
_DAW: Final = "in a DAW"
_KEYBOARD: Final = "on the keyboard"
_NO_MENUS: Final = {_DAW, _KEYBOARD}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at: where it is, what it is called, what to set it to, and what happens otherwise."""

    menu: str
    item: str
    set: str
    why: str


def checklist(facts: Facts) -> tuple[Item, ...]:
    """Return what to look at, the likeliest first."""
    root = _root(facts)
    effects = facts.playing.effects or Effects((9,), 9, (1, 2, 3, 4))
    return tuple(
        each if each.menu in _NO_MENUS or each.menu == _KIT else replace(each, menu=f"{root} > {each.menu}")
        for each in _items(facts, effects)
    )


def _root(facts: Facts) -> str:
    """Return where the menus begin: the first Analog Four's and Keys' are under GLOBAL, the MKII's under SETTINGS."""
    if facts.box is None:
        return "GLOBAL (MKII: SETTINGS)"
    return "GLOBAL" if facts.box.key in {"analog-four", "analog-keys"} else "SETTINGS"


def _items(facts: Facts, effects: Effects) -> Iterator[Item]:
    yield from _receiving(facts)
    yield from _channels(effects)
    yield from _elsewhere()
    yield Item(
        "SEQUENCER CONFIG",
        "QUANTIZE LIVE REC",
        "ticked, or not if you want the notes where you played them",
        "unticked, live recorded notes are off the steps",
    )
    yield from _sync()
    yield Item(
        _KIT,
        "POLY CONFIG",
        "the voices that each track may use",
        "the four voices are shared: a chord takes notes from other tracks, and what is recorded there gets short",
    )
    yield Item(
        _PORTS,
        "OUTPUT TO, and KEYBOARD CFG",
        "DISABLED, unless something shall hear the box; KEYBOARD CFG: INT",
        "what the box sends may come back through a DAW or a cable: runaway notes, a clock gone mad",
    )
    yield Item(
        "SYSTEM",
        "USB CONFIG",
        "USB MIDI (MKII: or USB AUDIO/MIDI); Overbridge mode only with firmware that offers the port there",
        "in Overbridge mode older firmware offers no MIDI port",
    )
    if _is_rytm(facts):
        yield Item(
            _KEYBOARD,
            "its octave",
            "within four octaves of the pads' notes",
            "notes outside are not answered by an Analog Rytm, says one player",
        )


def _receiving(facts: Facts) -> Iterator[Item]:
    yield Item(
        _PORTS,
        "INPUT FROM",
        _input_from(facts),
        "set to DISABLED or the other one, the box hears nothing; MIDI+USB hears both, may slow USB down, and doubles "
        "notes that come both ways",
    )
    yield Item(_PORTS, "RECEIVE NOTES", "ticked", "unticked, no key sounds")
    yield Item(
        _PORTS,
        "RECEIVE CC/NRPN",
        "ticked, for the mod wheel and knobs",
        "unticked, no control works; ticked, a knob that reaches the box past the bridge changes the sound",
    )


def _input_from(facts: Facts) -> str:
    output = facts.ends.output_port
    if output is not None and not is_box(output):
        return f"MIDI, because {shown(output.client)} leads into the MIDI socket"
    is_unseen = output is None and facts.ends.output is not None and facts.ends.output.is_played
    return "USB, or MIDI if it is reached through a MIDI cable" if is_unseen else "USB"


def _channels(effects: Effects) -> Iterator[Item]:
    yield Item(
        _CHANNELS,
        "AUTO CHANNEL",
        str(effects.auto_channel),
        "with another, or OFF, nothing sounds or a track does that is not the active one; it belongs to the project",
    )
    yield Item(
        _PORTS,
        TICK,
        f"ticked, for {numbered('track', effects.tracks)}"
        if effects.tracks
        else "as you like: the auto channel is played",
        "unticked, notes on a track's own channel sound and are not recorded live",
    )
    if effects.tracks:
        channels = listed(spelled([effects.track_channels[track - 1] for track in effects.tracks]))
        yield Item(
            _CHANNELS,
            numbered("TRACK", effects.tracks).replace("TRACKs", "TRACK"),
            f"{'channel' if len(effects.tracks) == 1 else 'channels'} {channels}",
            "with others, or OFF, these tracks do not sound",
        )


def _elsewhere() -> Iterator[Item]:
    yield Item(
        _DAW,
        "the MIDI output of its tracks",
        "the box's MIDI port, or an interface wired to its MIDI IN; never the Overbridge plug-in",
        "notes through the plug-in are heard and never recorded",
    )
    yield Item(
        _DAW,
        "the keyboard as an input, thru, and the keyboard's own local echo",
        "off, while the bridge plays the keyboard",
        "two ways double the notes; and a program that takes an input for itself leaves the bridge without",
    )
    yield Item(
        _DAW,
        "its buffer and the delay of plug-ins",
        "small, or the bridge plays without the DAW",
        "what passes through the DAW is recorded late",
    )


def _sync() -> Iterator[Item]:
    yield Item(
        _SYNC,
        "PRG CH RECEIVE",
        "unticked, unless a program change shall select patterns",
        "ticked, a program change that reaches the box changes the pattern",
    )
    yield Item(
        _SYNC,
        "CLOCK RECEIVE and TRANSPORT RECEIVE",
        "unticked, unless something shall drive the sequencer",
        "ticked, start, stop or clock from a keyboard may start, stop or freeze it",
    )


def _is_rytm(facts: Facts) -> bool:
    return facts.box is not None and "rytm" in facts.box.key
