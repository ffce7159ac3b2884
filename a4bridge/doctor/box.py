"""The box on USB: which one it is, and what its USB CONFIG is set to."""

from typing import Final

from a4bridge.core.boxes import UsbMode
from a4bridge.core.names import shown
from a4bridge.core.words import listed
from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict, joined
from a4bridge.ports.listing import Port
from a4bridge.ports.verdict import Role, box_at, is_box, judge, why_silent

NAME: Final = "box"

_MODES: Final = {
    UsbMode.MIDI: "set to USB MIDI",
    UsbMode.AUDIO_MIDI: "set to USB AUDIO/MIDI",
    UsbMode.OVERBRIDGE: "in Overbridge mode, in which its firmware offers the MIDI port beside it: what comes there is "
    "recorded",
}
_ABSENT: Final = (
    "switch it on and plug it into the computer itself, not a hub, with a USB cable that carries data and not only "
    "current; older firmware in Overbridge mode: set SYSTEM > USB CONFIG to USB MIDI; a box on a MIDI cable is reached "
    "by naming the interface: --output NAME"
)


def examine(facts: Facts) -> Finding:
    """Tell which box is there, and in which mode."""
    output = facts.ends.output_port
    if output is None:
        return _unlinked(facts)
    if is_box(output):
        return Finding(NAME, Verdict.GOOD, _described(facts, output))
    return Finding(NAME, Verdict.UNKNOWN, f"it is behind {shown(output.client)}, where nobody can see it")


def _unlinked(facts: Facts) -> Finding:
    """Tell why no box is written to."""
    if facts.listing.silent_boxes:
        return joined([Finding(NAME, Verdict.BAD, *why_silent(each)) for each in facts.listing.silent_boxes])
    verdicts = [verdict for verdict in judge(facts.listing) if is_box(verdict.port)]
    there = list({each.port.client: each.port for each in verdicts if each.role is Role.DESTINATION}.values())
    if there:
        return Finding(NAME, Verdict.GOOD, listed([_described(facts, port) for port in there]))
    if verdicts:
        return Finding(NAME, Verdict.BAD, f"{shown(verdicts[0].port.client)} is {verdicts[0].reason}", _ABSENT)
    if facts.lacking:
        return Finding(NAME, Verdict.UNKNOWN, "without a MIDI system no box can be seen")
    return Finding(NAME, Verdict.BAD, "there is no Elektron box on USB", _ABSENT)


def _described(facts: Facts, port: Port) -> str:
    name = shown(port.client)
    hubs = facts.hubs(port)
    if not port.usb_id:
        return f"{name}; this system does not tell what its USB CONFIG is{hubs}"
    box = box_at(port)
    mode = box.usb_ids.get(port.usb_id) if box else None
    how = _MODES[mode] if mode else "an id that is not known here, so what its USB CONFIG is cannot be told"
    return f"{name} (USB {port.usb_id}), {how}{hubs}"
