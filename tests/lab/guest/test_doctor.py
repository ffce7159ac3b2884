"""What `a4bridge doctor` finds where the kernel itself tells who is plugged in, and who is connected to whom."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from program import A4BRIDGE, Program
from usb import A4_MKI, A4_OVERBRIDGE, KEYSTATION, Gadget, RawPort, host_card, plugged

from a4bridge.backend.choice import RTMIDI
from a4bridge.cli.examining import examine_machine
from a4bridge.cli.hearing import listen
from a4bridge.doctor.examination import examine
from a4bridge.doctor.facts import Heard
from a4bridge.ports.alsa import AlsaEnumerator

CLIENTS = Path("/proc/asound/seq/clients")
PLAYED = "Keystation 49 MK3:Keystation 49 MK3 MIDI 1"

HOLDER = """
import sys, rtmidi
ports = rtmidi.MidiIn(name=sys.argv[1]), rtmidi.MidiOut(name=sys.argv[2])
for port, stem in zip(ports, ("Keystation", "Analog Four")):
    port.open_port(next(at for at, name in enumerate(port.get_ports()) if stem in name))
print("holding", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    with steady_time():
        yield


# The test with a bridge comes last: for a moment after that was killed its engine still has the ports. The one of a box
# without a port comes first, before another is plugged in.
@pytest.fixture(scope="module")
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        yield keyboard, box


def stations() -> dict[str, dict[str, str]]:
    """Return what is found; in this process, for another start of Python takes the lab as long as all the rest."""
    report = examine(examine_machine(None, RTMIDI, None)).to_data()
    return {each["name"]: each for each in report["stations"]}


@contextmanager
def holding(listens: str, plays: str) -> Iterator[int]:
    """Have a program listen to the keyboard as one client and play to the box as another; gives its process."""
    command = [sys.executable, "-c", HOLDER, listens, plays]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        assert program.stdout.readline() == "holding\n"
        yield program.pid


def test_a_box_in_overbridge_mode_without_a_port_is_named() -> None:
    with plugged(A4_OVERBRIDGE):
        wait_until("the box on USB", lambda: bool(AlsaEnumerator().scan().silent_boxes))
        found = stations()["box"]

    assert found["evidence"] == "Elektron Analog Four (USB 1935:0004) offers no MIDI port: it is in Overbridge mode"
    assert found["remedy"] == "set USB CONFIG in its SYSTEM menu to USB MIDI"


def test_true_devices_are_told_and_pipewires_own_clients_are_exempt(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    with holding("PipeWire-RT-Event", "PipeWire-RT-Event"):
        found = stations()

    assert found["keyboard"]["evidence"] == "Keystation 49 MK3:Keystation 49 MK3 MIDI 1"
    assert found["box"]["evidence"] == "Elektron Analog Four (USB 1935:0003), set to USB MIDI"
    assert found["programs"]["evidence"] == "no other program holds both the keyboard and the box"


def test_a_process_that_holds_both_by_two_clients_is_named(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    with holding("DAW in", "DAW out") as pid:
        found = stations()["programs"]

    assert found["verdict"] == "warning"
    assert f"(process {pid}) holds both Keystation 49 MK3 and Elektron Analog Four" in found["evidence"]


def test_a_program_that_has_the_box_to_itself_is_named(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    """As a DAW has that uses the raw MIDI device."""
    card = host_card(A4_MKI)
    assert card is not None
    port = RawPort(card, 0)
    try:
        found = stations()
    finally:
        port.close()

    assert found["output"]["verdict"] == "bad"
    owner = f"(process {os.getpid()}) has Elektron Analog Four:Elektron Analog Four MIDI 1 to itself"
    assert owner in found["output"]["evidence"]
    assert found["keyboard"]["verdict"] == "good"


def test_a_bridge_starts_while_it_listens_and_beside_one_a_key_on_the_other_port_is_found(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, _ = keyboard_and_box
    with ExitStack() as stack:

        def start_a_bridge_and_play() -> None:
            assert '"a4bridge doctor"' in CLIENTS.read_text()
            bridge = stack.enter_context(Program())
            bridge.says("-> Elektron Analog Four")
            keyboard.ports[0].send(bytes([0x90, 64, 100, 0x80, 64, 64]))

        ports = [port for port in AlsaEnumerator().scan().ports if port.title == PLAYED]
        listened = listen(ports, RTMIDI, None, start_a_bridge_and_play)
        assert listened
        assert Heard(PLAYED, bytes([0x90, 64, 100])) in listened.heard

        command = [A4BRIDGE, "doctor", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as doctor:
            assert doctor.stderr
            assert doctor.stderr.readline().startswith("Press a key on Keystation 49 MK3")
            keyboard.ports[1].send(bytes([0x90, 60, 100, 0x80, 60, 64]))
            found = {each["name"]: each for each in json.loads(doctor.communicate()[0])["stations"]}

    assert found["programs"]["verdict"] == "good"  # the bridge holds both, and is what should
    assert found["keys"]["verdict"] == "bad"
    where = "C5 (60) came from Keystation 49 MK3:Keystation 49 MK3 MIDI 2 on channel 1, and the bridge listens to"
    assert found["keys"]["evidence"].startswith(where)
