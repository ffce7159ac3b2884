"""A cable that leads from the box back to a keyboard's port, on kernel USB devices."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

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
