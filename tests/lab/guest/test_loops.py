"""A cable that leads from the box back to a keyboard's port, and a connection that does so without any cable."""

import fcntl
import os
import re
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from playing import LINKED, heard
from program import Program
from usb import A4_MKI, KEYSTATION, MINILAB, Gadget, plugged

CUT = "Minilab3 brings back what is sent"
CHORD = bytes.fromhex("90 3C 64 90 40 65 90 43 66")
CHORD_UP = bytes.fromhex("80 3C 40 80 40 40 80 43 40")
PROBED = {*range(12), *range(116, 128)}


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    """Neither the program's own patience nor a test's may end because the clock leaps."""
    with steady_time():
        yield


@contextmanager
def loop(box: Gadget, keyboard: Gadget) -> Iterator[list[bytes]]:
    """Lead what the box hears back to the first port of a keyboard; yields what went that way."""
    went: list[bytes] = []
    pulled = threading.Event()

    def carry() -> None:
        while not pulled.is_set():
            for data in heard(box)[len(went) :]:
                keyboard.ports[0].send(data)
                went.append(data)
            time.sleep(0.0005)

    carrier = threading.Thread(target=carry)
    carrier.start()
    try:
        yield went
    finally:
        pulled.set()
        carrier.join()


def without_probes(messages: list[bytes]) -> list[bytes]:
    return [message for message in messages if message[1] not in PROBED]


def test_only_the_input_that_brings_back_what_we_send_is_cut_until_the_cable_is_pulled() -> None:
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (keyboard, looped, box), Program("--profile", "liverec") as program:
        program.says(f"Minilab3.*{LINKED}")
        with loop(box, looped) as went:
            keyboard.ports[0].send(CHORD)
            program.says(CUT)
            keyboard.ports[0].send(CHORD_UP)
            wait_until(
                "the ends of the chord", lambda: {b[:2] for b in heard(box)} >= {b"\x88\x3c", b"\x88\x40", b"\x88\x43"}
            )
            assert len(went) < 60

            time.sleep(3)  # so that it is asked whether the cable is still there
            before = len(without_probes(went))
            keyboard.ports[0].send(bytes.fromhex("90 30 64 80 30 40"))
            wait_until("the other keyboard's note", lambda: len(without_probes(went)) == before + 2)
            time.sleep(0.1)
            assert without_probes(went)[before:] == [bytes.fromhex("98 30 64"), bytes.fromhex("88 30 40")]
            assert len(went) > len(without_probes(went))

        program.says("Minilab3 brings nothing back any more")
        box.ports[0].forget()
        looped.ports[0].send(bytes.fromhex("90 3C 64 80 3C 40"))
        wait_until("what is played on it", lambda: len(without_probes(heard(box))) == 2)
        assert without_probes(heard(box)) == [bytes.fromhex("98 3C 64"), bytes.fromhex("88 3C 40")]


class Subscription:
    """Connects two ports of the sequencer as aconnect does (linux include/uapi/sound/asequencer.h)."""

    _MAKE, _UNDO = 0x40505330, 0x40505331  # SNDRV_SEQ_IOCTL_SUBSCRIBE_PORT and _UNSUBSCRIBE_PORT
    _PORTS = struct.Struct("4B76x")  # sender, destination; then nothing that matters here

    def __init__(self, sender: tuple[int, int], destination: tuple[int, int]) -> None:
        self._ports = self._PORTS.pack(*sender, *destination)
        self._sequencer = os.open("/dev/snd/seq", os.O_RDWR)
        fcntl.ioctl(self._sequencer, self._MAKE, self._ports)

    def undo(self) -> None:
        fcntl.ioctl(self._sequencer, self._UNDO, self._ports)
        os.close(self._sequencer)


def port_of_bridge(name: str, heard_from: str = "") -> tuple[int, int]:
    """Return the bridge's port whose name begins so, and that is connected to a client of that name."""
    text = Path("/proc/asound/seq/clients").read_text()
    clients = {
        int(number): (who, ports) for number, who, ports in re.findall(r'Client +(\d+) : "(.*?)"(.*(?:\n  .*)*)', text)
    }
    for number, (who, ports) in clients.items():
        for port, connected in re.findall(rf'  Port +(\d+) : "{name}.*((?:\n    .*)*)', ports):
            names = {clients[int(other)][0] for other in re.findall(r"(\d+):\d+", connected) if int(other) in clients}
            if who == "a4bridge" and (not heard_from or heard_from in names):
                return number, int(port)
    raise AssertionError(f"no port {name} in {text}")


def test_a_loop_inside_the_kernel_is_cut_though_nothing_else_gets_to_run() -> None:
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (keyboard, _, box), Program("--profile", "liverec") as program:
        program.says(f"Minilab3.*{LINKED}")
        subscription = Subscription(port_of_bridge("out"), port_of_bridge("in ", "Minilab3"))

        keyboard.ports[0].send(CHORD)

        program.says(CUT)
        time.sleep(0.1)
        assert len(heard(box)) < 60
        subscription.undo()
        program.says("Minilab3 brings nothing back any more")
        box.ports[0].forget()
        keyboard.ports[0].send(CHORD_UP)
        wait_until("the ends of the chord", lambda: len(without_probes(heard(box))) >= 3)
        assert len(without_probes(heard(box))) == 3
