"""Beside programs that open MIDI devices directly, as some DAWs do, and not through the sequencer (docs/daws.md)."""

import errno
import fcntl
import os
import re
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from playing import LINKED, heard
from program import Program, output_of
from usb import A4_MKI, KEYSTATION, Model, RawPort, host_card, plugged


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    with steady_time():
        yield


def card_of(model: Model) -> int:
    card = host_card(model)
    assert card is not None
    return card


@contextmanager
def opened_raw(card: int, flags: int) -> Iterator[int]:
    """Open the first port of a card as a raw device, as a program on the host does."""
    control = os.open(f"/dev/snd/controlC{card}", os.O_RDWR)
    try:
        fcntl.ioctl(control, RawPort._PREFER_SUBDEVICE, struct.pack("i", 0))
        device = os.open(f"/dev/snd/midiC{card}D0", flags | os.O_NONBLOCK)
    finally:
        os.close(control)
    try:
        yield device
    finally:
        os.close(device)


@pytest.mark.parametrize(("held", "flags"), [(KEYSTATION, os.O_RDONLY), (A4_MKI, os.O_WRONLY)], ids=["keys", "box"])
def test_what_another_program_holds_is_told_and_played_as_soon_as_it_is_let_go(held: Model, flags: int) -> None:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box), ExitStack() as holding:
        holding.enter_context(opened_raw(card_of(held), flags))
        with Program("--profile", "liverec") as program:
            program.says(f"the port {held.product}:.* cannot be opened")
            assert LINKED not in program.said

            holding.close()

            program.says(LINKED)
            keyboard.ports[0].send(bytes([0x90, 60, 100]))
            wait_until("the note at the box", lambda: heard(box) == [bytes([0x98, 60, 100])])


def test_what_the_bridge_holds_is_busy_for_others_but_the_box_can_be_listened_to() -> None:
    with plugged(KEYSTATION, A4_MKI), Program("--profile", "liverec") as program:
        program.says(LINKED)

        for model, flags in ((KEYSTATION, os.O_RDONLY), (A4_MKI, os.O_WRONLY)):
            with pytest.raises(OSError, match="busy") as refused, opened_raw(card_of(model), flags):
                pass
            assert refused.value.errno == errno.EBUSY
        with opened_raw(card_of(A4_MKI), os.O_RDONLY):
            pass


def test_a_virtual_raw_device_leads_into_the_bridge_if_it_is_named() -> None:
    subprocess.run(["modprobe", "snd-virmidi", "midi_devs=1"], check=True)
    cards = Path("/proc/asound/cards").read_text()
    card = re.search(r"^ *(\d+) \[VirMIDI", cards, re.MULTILINE)
    assert card, cards
    assert re.search(r"^refused +Virtual Raw MIDI .* a virtual cable$", output_of("ports"), re.MULTILINE)

    with (
        plugged(A4_MKI) as (box,),
        opened_raw(int(card[1]), os.O_WRONLY) as device,
        Program("--profile", "daw", "--input", "virmidi") as program,
    ):
        program.says(LINKED)
        os.write(device, bytes([0x93, 60, 100, 0x83, 60, 0]))
        wait_until("the note at the box", lambda: heard(box) == [bytes([0x93, 60, 100]), bytes([0x83, 60, 0])])
