import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from usb import (
    A4_MKI,
    A4_MKII,
    A4_OVERBRIDGE,
    ASOUND,
    KEYSTATION,
    MINILAB,
    Gadget,
    Model,
    RawPort,
    host_card,
    is_on_host,
    plugged,
)

NOTE_ON = bytes([0x90, 60, 100])
NOTE_OFF = bytes([0x80, 60, 64])


def sequencer_ports(client: str) -> list[str]:
    """Return the port names of the sequencer's client of that name, as the kernel lists them."""
    listing = (ASOUND / "seq/clients").read_text()
    clients = re.findall(r'^Client +\d+ : "(.*)" \[.*\]\n((?:  .*\n?)*)', listing, re.MULTILINE)
    ours = "".join(ports for name, ports in clients if name == client)
    return re.findall(r'Port +\d+ : "(.*)"', ours)


def usb_fact(model: Model, fact: str) -> str:
    return (ASOUND / f"card{host_card(model)}" / fact).read_text().strip()


def heard(ports: list[RawPort]) -> list[list[bytes]]:
    return [[arrival.data for arrival in port.received] for port in ports]


@contextmanager
def host_ports(model: Model) -> Iterator[list[RawPort]]:
    """Open the host's own ends of a plugged device's cables."""
    card = host_card(model)
    assert card is not None
    ports = [RawPort(card, number) for number in range(model.ports)]
    yield ports
    for port in ports:
        port.close()


def usb_products() -> list[str]:
    return [file.read_text().strip() for file in Path("/sys/bus/usb/devices").glob("*/product")]


@pytest.mark.parametrize(
    ("model", "ports"),
    [
        (KEYSTATION, ["Keystation 49 MK3 MIDI 1", "Keystation 49 MK3 MIDI 2"]),
        (MINILAB, ["Minilab3 MIDI 1", "Minilab3 MIDI 2", "Minilab3 MIDI 3", "Minilab3 MIDI 4"]),
        (A4_MKI, ["Elektron Analog Four MIDI 1"]),
        (A4_MKII, ["Elektron Analog Four MKII MIDI "]),  # 31 characters; the kernel has no room for the 1
    ],
    ids=lambda value: value.key if isinstance(value, Model) else None,
)
def test_a_device_appears_under_its_true_names_and_id(model: Model, ports: list[str]) -> None:
    with plugged(model):
        assert sequencer_ports(model.product) == ports
        assert usb_fact(model, "usbid") == model.usb_id


def test_the_devices_own_end_is_no_usb_device_and_is_called_f_midi() -> None:
    with plugged(KEYSTATION):
        assert sequencer_ports("f_midi") == ["f_midi-0", "f_midi-1"]
        assert not (ASOUND / KEYSTATION.key / "usbid").exists()


def test_an_overbridge_box_is_a_usb_device_without_midi() -> None:
    with Gadget(A4_OVERBRIDGE):
        wait_until("the box to be seen", lambda: A4_OVERBRIDGE.product in usb_products())
        assert not is_on_host(A4_OVERBRIDGE)
        assert sequencer_ports(A4_OVERBRIDGE.product) == []


def test_unplugging_takes_the_ports_away_and_plugging_brings_them_back_at_another_usb_path() -> None:
    with plugged(KEYSTATION, A4_MKI) as (_, a4):
        path = usb_fact(A4_MKI, "usbbus")
        a4.unplug()
        wait_until("the A4 to be gone", lambda: not is_on_host(A4_MKI))
        assert sequencer_ports(A4_MKI.product) == []
        assert sequencer_ports(KEYSTATION.product)

        a4.plug()
        wait_until("the A4 to be back", lambda: is_on_host(A4_MKI))
        assert sequencer_ports(A4_MKI.product) == ["Elektron Analog Four MIDI 1"]
        assert usb_fact(A4_MKI, "usbbus") != path


@pytest.mark.parametrize("port", range(4))
def test_bytes_pass_both_ways_through_the_port_of_the_same_number_only(port: int) -> None:
    with plugged(MINILAB) as (gadget,), host_ports(MINILAB) as host:
        gadget.ports[port].send(NOTE_ON)
        host[port].send(NOTE_OFF)
        wait_until("both notes to arrive", lambda: host[port].received and gadget.ports[port].received)

        assert heard(host) == [[NOTE_ON] if number == port else [] for number in range(4)]
        assert heard(gadget.ports) == [[NOTE_OFF] if number == port else [] for number in range(4)]


def test_two_thousand_notes_in_a_row_all_arrive_in_order() -> None:
    notes = [bytes([0x90, number % 128, 1 + number % 127]) for number in range(2000)]
    with plugged(A4_MKI) as (gadget,), host_ports(A4_MKI) as (host,):
        for near, far in ((host, gadget.ports[0]), (gadget.ports[0], host)):
            for note in notes:
                near.send(note)
            time.sleep(0.1)

            assert heard([far]) == [notes]


def test_a_long_sysex_arrives_whole_in_pieces_of_three_bytes() -> None:
    sysex = bytes([0xF0, *(number % 128 for number in range(998)), 0xF7])
    with plugged(A4_MKI) as (gadget,), host_ports(A4_MKI) as (host,):
        gadget.ports[0].send(sysex)
        wait_until("its end", lambda: host.received and host.received[-1].data[-1] == 0xF7)

        assert b"".join(arrival.data for arrival in host.received) == sysex
        assert {len(arrival.data) for arrival in host.received[:-1]} == {3}


def test_what_is_played_while_nobody_listens_is_not_kept_for_whoever_comes_later() -> None:
    with plugged(A4_MKI) as (gadget,):
        gadget.ports[0].send(NOTE_ON)
        with host_ports(A4_MKI) as (host,):
            gadget.ports[0].send(NOTE_OFF)
            wait_until("the second", lambda: host.received)

            assert heard([host]) == [[NOTE_OFF]]


def test_an_arrival_is_stamped_by_the_kernel_within_the_microframes_of_usb() -> None:
    with plugged(A4_MKI) as (gadget,), host_ports(A4_MKI) as (host,):
        sent = host.send(NOTE_ON)
        time.sleep(1)  # however late one looks

        (arrival,) = gadget.ports[0].received
        assert 0 < arrival.time_ns - sent < 250_000


def test_a_port_remembers_what_it_heard_before_the_plug_was_pulled() -> None:
    with plugged(A4_MKI) as (gadget,), host_ports(A4_MKI) as (host,):
        host.send(NOTE_ON)
        wait_until("the note", lambda: gadget.ports[0].received)
        gadget.unplug()

        assert heard(gadget.ports) == [[NOTE_ON]]


def test_in_steady_time_the_processor_is_never_idle() -> None:
    def idle_ticks() -> int:
        return int(Path("/proc/stat").read_text().split()[4])

    with steady_time():
        before = idle_ticks()
        time.sleep(0.5)
        assert idle_ticks() - before < 5
