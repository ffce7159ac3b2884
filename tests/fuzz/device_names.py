"""Devices with names that nobody would think of, and people who name them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dice import Dice
from scratch import scratch
from sentences import assert_sentence

from a4bridge.core.boxes import box_of, is_elektron
from a4bridge.core.names import Match, names_of, nearest, normalise, shown, strip_address, text_for
from a4bridge.ports.alsa import AlsaEnumerator
from a4bridge.ports.choose import OWN_PORT, Choice, Wanted, choose
from a4bridge.ports.coremidi import CoreMidiEnumerator
from a4bridge.ports.listing import Kind, Listing, Port
from a4bridge.ports.verdict import Role, by_role, judge

_MOST: Final = 4
"""Clients in a list, less one; ports of a client."""

_LONGEST: Final = 63
"""Bytes of a name in the kernel (linux include/uapi/sound/asequencer.h: 64 with the zero)."""

_WORDS: Final = (
    *(b"Keystation 49 MK3", b"Keystation 49 MK3 MIDI 1", b"MIDI 1", b"Elektron Analog Four", b"Analog Four"),
    *(b"Elektron Digitakt", b"Minilab3 MIDI   ", b"Launchkey DAW", b"Midi Through", b"UM-ONE", b"Analog Heat"),
    *(b"a4bridge", b"Overbridge", b"A", b"a", b"SS", b"", b" ", b":", b"20:0", b" 20:0", b"x 1:1"),
    *(b"*", b"?", b"[", b"[a]", b"[!a]", b"#1", b"#2", b" #0", b"#", b'"', b'" (RWeX)', b'" [Kernel]'),
    *(b"\n", b"\r", b"\x00", b"\x1b[2J", b"\x85", b"\xff", b"\xc3"),
    *(each.encode() for each in ("\u2028", "\u202e", "\u0130", "\u0301", "\u00a0", "\ufffd", "\ufb00", "ß", "🎹")),
)
_ROOT: Final = scratch("linux")
_CLIENTS: Final = scratch("linux/proc/asound/seq/clients")
_CARDS: Final = [scratch(f"linux/proc/asound/card{card}/usbid") for card in range(_MOST)]
_USB_DEVICE: Final = [scratch(f"linux/sys/bus/usb/devices/1-1/{name}") for name in ("idVendor", "idProduct", "product")]
_TYPES: Final = (b"Kernel", b"User", b"Kernel Legacy", b"User UMP MIDI1", b"Kernel UMP MIDI2", b"")
_FLAGS: Final = (b"RWeX", b"R-e-", b"-We-", b"rweX", b"--e-", b"RWeX) [In/Out]", b"Rwe", b"")
_USB_IDS: Final = (b"", b"0763:0199", b"1935:0003", b"1935:000e", b"1935:ffff", b"\xff\n\n", b":")


def check(data: bytes) -> None:
    """List the devices that `data` makes; nothing raises, and a name that is offered for a port means that port."""
    dice = Dice(data)
    listing = _coremidi(dice) if dice.below(4) == 1 else _alsa(dice)
    verdicts = judge(listing)
    assert [verdict.port for verdict in verdicts] == list(listing.ports)
    texts = [_text(dice) for _ in range(1 + dice.below(4))]
    for port in listing.ports:
        _check_port(port)
    _check_texts(listing.ports, texts)
    for role, direction in ((Role.KEYBOARD, "readable"), (Role.DESTINATION, "writable")):
        nameable = [each.port for each in by_role(verdicts, role) if each.nameable and getattr(each.port, direction)]
        _check_offers(nameable, listing, direction)
    _check_choices(dice, listing, [match for text in texts if (match := _match(text))])


def _name(dice: Dice) -> bytes:
    """Return a name made of some words, or of any bytes, as long as the kernel lets one be."""
    parts = [dice.some(8) if dice.below(4) == 1 else dice.one_of(_WORDS) for _ in range(1 + dice.below(3))]
    return b"".join(parts)[:_LONGEST]


def _text(dice: Dice) -> str:
    return _name(dice).decode("utf-8", "replace")


def _alsa(dice: Dice) -> Listing:
    """Have Linux list some clients."""
    lines: list[bytes] = []
    cards: dict[int, bytes] = {}
    for at in range(dice.below(_MOST)):
        client = dice.one_of((20 + 4 * at, 20 + 4 * at, 128 + at, 14 - at, at, 999 + at))  # no two have the same
        name = _name(dice)
        lines.append(b'Client %3d : "%s" [%s]' % (client, name, dice.one_of(_TYPES)))
        for port in range(dice.below(_MOST)):
            own = name + b" MIDI %d" % port if dice.flag() else _name(dice)
            lines.append(b'  Port %3d : "%s" (%s)' % (port, own[:_LONGEST], dice.one_of(_FLAGS)))
            if dice.below(4) == 1:
                lines.append(b"    Connecting To: %d:0, 129:%d[r:0]" % (dice.byte(), dice.byte()))
        cards[(client - 16) // 4] = dice.one_of(_USB_IDS)
    text = b"\n".join(lines) + b"\n"
    if dice.below(8) == 1:
        text = text[: dice.below(len(text) + 1)] + dice.some(16)
    _CLIENTS.write_bytes(text)
    for card, file in enumerate(_CARDS):
        file.write_bytes(cards.get(card, b""))
    vendor, _, number = dice.one_of(_USB_IDS).partition(b":")
    for file, content in zip(_USB_DEVICE, (vendor, number, _name(dice)), strict=True):
        file.write_bytes(content)
    return AlsaEnumerator(_ROOT).scan()


def _coremidi(dice: Dice) -> Listing:
    """Have macOS list some names."""
    inputs, outputs = ([_text(dice) for _ in range(dice.below(4))] for _ in range(2))
    return CoreMidiEnumerator(lambda: inputs, lambda: outputs).scan()


def _check_port(port: Port) -> None:
    assert shown(port.title).isprintable()
    assert normalise(normalise(port.title)) == normalise(port.title)
    strip_address(port.rtmidi_name)
    if box_of(port.client, port.usb_id):
        assert is_elektron(port.client, port.usb_id)


def _match(text: str) -> Match | None:
    try:
        return Match.parse(text)
    except ValueError as error:
        assert str(error).startswith(repr(text))  # noqa: PT017 - what is refused depends on the text
        return None


def _check_texts(ports: Sequence[Port], texts: Sequence[str]) -> None:
    for text in texts:
        nearest(text, ports)
        if match := _match(text):
            picked = match.pick(ports)
            assert [each for each in ports if each in picked] == picked


def _check_offers(nameable: Sequence[Port], listing: Listing, direction: str) -> None:
    """Assert that each name that is offered means that very port, also to who chooses."""
    for port in nameable:
        text = text_for(port, nameable)
        match = _match(text)
        if match is None:
            assert not any(map(_match, names_of(port)))
            continue
        assert [each is port for each in match.pick(nameable)] == [True], f"{text!r} does not mean {port.title!r} alone"
        if direction == "writable":
            chosen = choose(listing, Wanted(output=match)).output
            assert chosen == port, f"{text!r} does not choose {port.title!r}"


def _check_choices(dice: Dice, listing: Listing, matches: Sequence[Match]) -> None:
    """Assert that whatever is wished, only what is there is chosen, and what is missing is told."""
    named = tuple(match for match in matches if dice.flag())
    output = dice.one_of((None, *matches))
    wanted = Wanted(named[:2], named[2:], keyboards=dice.flag() or not named, output=output)
    linked = dice.one_of((None, *listing.ports, Port("Gone", "Gone", "30:0", True, True, Kind.HARDWARE)))
    first = choose(listing, wanted, last_used=dice.one_of(("", *(port.title for port in listing.ports))), linked=linked)
    _check_choice(first, listing, wanted)
    fewer = replace(listing, ports=tuple(port for port in listing.ports if dice.below(4) != 1))
    _check_choice(choose(fewer, wanted, linked=first.output, held=first.inputs), fewer, wanted)


def _check_choice(choice: Choice, listing: Listing, wanted: Wanted) -> None:
    assert all(port is OWN_PORT or (port in listing.ports and port.readable) for port in choice.inputs)
    assert all(names <= {*wanted.named} for names in choice.inputs.values())
    assert choice.output is None or (choice.output in listing.ports and choice.output.writable)
    assert (choice.output and choice.inputs) or choice.waiting
    for sentence in choice.waiting:
        assert_sentence(sentence, 4000)  # it may list every port
