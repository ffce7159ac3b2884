"""What an incoming control change or NRPN turns on an Analog Four.

Source: Analog Four manual, appendix D, and the MKII's table at github.com/pencilresearch/midi. Not confirmed:
the order within a group (attack before decay, speed before multiplier), and what 24-31 reach exactly. No hold
pedal is among them: CC 64 turns a macro. Nor are bank select, CC 120, 121 and 123.
"""

from enum import StrEnum
from typing import Final

from a4bridge.core import midi

NRPN: Final = (midi.CC_NRPN, midi.CC_NRPN_FINE)
RPN: Final = (midi.CC_RPN, midi.CC_RPN_FINE)
DATA_ENTRY: Final = (midi.CC_DATA, midi.CC_DATA_FINE)


class Owner(StrEnum):
    """Whose parameter it is: what has to listen on a channel for it to be turned there."""

    MACROS = "performance"
    SYNTH = "synth"
    FX = "FX"
    CV = "CV"


_OSCILLATOR: Final = ("level", "waveform", "sub oscillator", "pulse width", "PWM speed", "PWM depth")
_ENVELOPE: Final = ("attack", "decay", "sustain", "release")
_MACRO_NUMBERS: Final = (3, 4, 8, 9, 11, 64, 65, 66, 67, 68)

MACROS: Final = {
    number: f"performance macro {letter}" for number, letter in zip(_MACRO_NUMBERS, "ABCDEFGHIJ", strict=True)
}
"""The performance macros by CC number; NRPN 0:0 to 0:9 turn them in the same order."""

_COARSE_AND_FINE: Final = {
    1: "mod wheel",
    2: "breath",
    16: "OSC1 pitch",
    17: "OSC2 pitch",
    18: "filter 1 frequency",
    19: "filter 2 frequency",
    20: "filter envelope depth A",
    21: "filter envelope depth B",
    22: "envelope 2 depth A",
    23: "envelope 2 depth B",
}

PARAMETERS: Final[dict[int, str]] = {
    **MACROS,
    **_COARSE_AND_FINE,
    **{number + 32: name for number, name in _COARSE_AND_FINE.items()},
    5: "slide time",
    7: "amp volume",
    10: "amp pan",
    **dict.fromkeys(range(24, 32), "LFO depth"),
    **{69 + index: f"OSC1 {name}" for index, name in enumerate(_OSCILLATOR)},
    75: "noise S&H",
    76: "noise fade",
    77: "noise level",
    **{78 + index: f"OSC2 {name}" for index, name in enumerate(_OSCILLATOR)},
    84: "sync amount",
    85: "bend amount",
    86: "filter 1 overdrive",
    87: "vibrato speed",
    88: "vibrato depth",
    89: "filter 1 resonance",
    90: "filter 2 resonance",
    91: "chorus send",
    92: "delay send",
    93: "reverb send",
    94: "track mute",
    95: "track level",
    102: "filter 1 envelope depth",
    103: "filter 2 envelope depth",
    **{104 + index: f"amp {name}" for index, name in enumerate(_ENVELOPE)},
    **{108 + index: f"filter envelope {name}" for index, name in enumerate(_ENVELOPE)},
    **{112 + index: f"envelope 2 {name}" for index, name in enumerate(_ENVELOPE)},
    116: "LFO1 speed",
    117: "LFO1 multiplier",
    118: "LFO2 speed",
    119: "LFO2 multiplier",
}
"""The parameter by CC number; a number that is missing here is in no list of the manual."""

_NRPN_OWNERS: Final = (Owner.MACROS, Owner.SYNTH, Owner.FX, Owner.CV)
"""By the number's upper half. FX and CV have no control changes of their own (the MKII's table)."""

_NRPN: Final = {
    **{(0, index): name for index, name in enumerate(MACROS.values())},
    (1, 100): "track level",
    (1, 101): "track mute",
}


def nrpn_owner(msb: int) -> Owner | None:
    """Tell whose parameters the NRPN with the upper half `msb` (0-127) are; None: nobody's."""
    return _NRPN_OWNERS[msb] if msb < len(_NRPN_OWNERS) else None


def nrpn_name(msb: int, lsb: int) -> str:
    """Name the parameter that NRPN `msb`:`lsb` (0-127 each) turns, by its number where only that is known."""
    return _NRPN.get((msb, lsb), f"NRPN {msb}:{lsb}")
