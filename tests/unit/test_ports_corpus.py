"""Real listings of MIDI ports and what the bridge makes of them: data/ports, which is made to be read.

A file holds the lines of /proc/asound/seq/clients as they are, and between them what they should come to:

    # a comment
    usb 1 0763:0199                             card 1 is this USB device
    usb - 1935:000e Elektron Analog Four MKII   a USB device that is no sound card
    Client  20 : "Keystation 49 MK3" [Kernel]
      Port   0 : "Keystation 49 MK3 MIDI 1" (RWeX)
        = keyboard                              the verdict on the port above
    in "Keystation 49 MK3"                      a system with bare names instead of clients: in, out, or both
    --input "*" --output "UM-ONE"               what a person names; `nothing named` for neither
        from Keystation 49 MK3                  an input that is then linked
        to Elektron Analog Four                 the output that is then linked
        waiting for a keyboard: ...             what is said about what is still missing

The names are those that owners posted; a file says so where one was worked out instead. The USB ids of
keyboards are stand-ins, those of Elektron boxes are real.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from a4bridge.core.names import Match
from a4bridge.ports.alsa import AlsaEnumerator
from a4bridge.ports.choose import Choice, Wanted, choose
from a4bridge.ports.coremidi import CoreMidiEnumerator
from a4bridge.ports.listing import Listing
from a4bridge.ports.verdict import judge

CORPUS = sorted((Path(__file__).parent / "data/ports").glob("*.txt"))


@dataclass
class Case:
    clients: list[str] = field(default_factory=list)
    cards: dict[str, str] = field(default_factory=dict)
    usb: list[tuple[str, str]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def listing(self, root: Path) -> Listing:
        if self.inputs or self.outputs:
            return CoreMidiEnumerator(lambda: self.inputs, lambda: self.outputs).scan()
        files = {"proc/asound/seq/clients": "\n".join(self.clients)}
        for card, usb_id in self.cards.items():
            files[f"proc/asound/card{card}/usbid"] = f"{usb_id}\n"
        for number, (usb_id, product) in enumerate(self.usb, 1):
            vendor, product_id = usb_id.split(":")
            names = {"idVendor": vendor, "idProduct": product_id, "product": product}
            files |= {f"sys/bus/usb/devices/1-{number}/{name}": f"{text}\n" for name, text in names.items()}
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return AlsaEnumerator(root).scan()


def read(path: Path) -> Case:
    case, choice = Case(), None
    for line in path.read_text().splitlines():
        words = line.split()
        match words[:1]:
            case []:
                continue
            case [word] if word.startswith("#"):
                continue
            case _ if choice is not None and line.startswith("    "):
                choice.append(line.strip())
            case ["usb"] if words[1] == "-":
                case.usb.append((words[2], " ".join(words[3:])))
            case ["usb"]:
                case.cards[words[1]] = words[2]
            case ["="]:
                case.verdicts.append(line.split("= ", 1)[1])
            case ["in" | "out" | "both" as direction]:
                name = line.split('"')[1]
                case.inputs += [name] if direction != "out" else []
                case.outputs += [name] if direction != "in" else []
            case ["--input" | "--output" | "nothing"]:
                choice = case.choices.setdefault(line, [])
            case _:
                case.clients.append(line)
    return case


def wanted(line: str) -> Wanted:
    inputs, output = [], None
    for option, text in re.findall(r'--(input|output) "([^"]*)"', line):
        if option == "input":
            inputs.append(Match.parse(text))
        else:
            output = Match.parse(text)
    return Wanted(inputs=tuple(inputs), output=output, keyboards=not inputs)


def told(choice: Choice) -> list[str]:
    # The address shows which of equal names it is.
    lines = [f"from {' '.join(port.rtmidi_name.split())}" for port in choice.inputs]
    lines += [f"to {' '.join(choice.output.rtmidi_name.split())}"] if choice.output else []
    return [*lines, *choice.waiting]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_port_of_a_real_listing_gets_the_verdict_written_beside_it(path: Path, tmp_path: Path) -> None:
    case = read(path)

    assert [str(verdict) for verdict in judge(case.listing(tmp_path))] == case.verdicts


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_choice_from_a_real_listing_is_the_one_written_below_it(path: Path, tmp_path: Path) -> None:
    case = read(path)
    listing = case.listing(tmp_path)

    assert {line: told(choose(listing, wanted(line))) for line in case.choices} == case.choices


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) > 20
    assert all(case.verdicts and case.choices for case in map(read, CORPUS))
