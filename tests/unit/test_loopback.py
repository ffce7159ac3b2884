"""The transport without MIDI, which behaves as RtMidi does where that matters."""

import queue
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from multiprocessing.connection import Listener

import pytest
from desk import bytes_of, text_of
from hypothesis import example, given
from hypothesis import strategies as st

from a4bridge.backend import loopback
from a4bridge.backend.base import BackendError, Event, Input
from a4bridge.backend.choice import LOOPBACK, RTMIDI, backend_for
from a4bridge.backend.loopback import UNDEFINED, DevicePort, Hub, LoopbackBackend, list_ports, whole_messages
from a4bridge.core import midi

KEYS = DevicePort("Keys", "Keys MIDI 1", "20:0")
BOX = DevicePort("Box", "Box MIDI 1", "24:0")
PATIENCE = 30.0

# One delivery.


def is_whole(message: bytes) -> bool:
    """Tell whether ALSA would have delivered `message`, or it is the sign of what it would not have."""
    if message in {bytes([UNDEFINED]), bytes([midi.SYSEX])}:
        return True
    data_bytes = message[1:]
    if message[:1] == bytes([midi.SYSEX]):
        data_bytes = message[1:-1]
        return message[-1] == midi.SYSEX_END and data_bytes.isascii()
    return len(message) == midi.LENGTHS[message[0]] and data_bytes.isascii()


STATUSES = st.integers(0x80, 0xFF)
DATA = st.integers(0, 0x7F)


@given(st.binary() | st.lists(STATUSES | DATA | DATA | DATA).map(bytes))
@example(b"")
@example(b"\xf7")
@example(b"\x90\x3c")
@example(b"\x90\x3c\x90")
@example(b"\xf0\x01\x90\x3c\x64")
def test_whatever_is_delivered_comes_out_as_whole_messages(delivery: bytes) -> None:
    messages = whole_messages(delivery)

    assert messages
    assert [message for message in messages if not is_whole(message)] == []


@given(st.lists(DATA).map(bytes), st.tuples(st.sampled_from(range(0x80, 0xC0)), DATA, DATA).map(bytes))
def test_an_interrupted_sysex_never_swallows_the_message_after_it(begun: bytes, note: bytes) -> None:
    assert whole_messages(b"\xf0" + begun + note) == [note]


@pytest.mark.parametrize(
    ("delivery", "messages"),
    [
        pytest.param("90 3C 64", ["90 3C 64"], id="a note"),
        pytest.param("90 3C 64 80 3C 40", ["90 3C 64", "80 3C 40"], id="two notes"),
        pytest.param("90 3C 64 3C 00", ["90 3C 64", "90 3C 00"], id="running status"),
        pytest.param("F8", ["F8"], id="a clock"),
        pytest.param("90 F8 3C 64", ["F8", "90 3C 64"], id="a clock inside a note"),
        pytest.param("F0 01 02 F7", ["F0 01 02 F7"], id="SysEx"),
        pytest.param("F0 01 02", ["F0"], id="SysEx without an end"),
        pytest.param("F0 01 F8 90 3C 64", ["F8", "90 3C 64"], id="SysEx, interrupted, with a clock inside"),
        pytest.param("90 3C", ["F4"], id="half a note"),
        pytest.param("3C 64", ["F4"], id="no status"),
        pytest.param("90 3C 80", ["F4"], id="as long as a note, but none"),
        pytest.param("", ["F4"], id="nothing"),
    ],
)
def test_a_delivery_falls_into(delivery: str, messages: list[str]) -> None:
    assert [text_of(message) for message in whole_messages(bytes_of(delivery))] == messages


# A hub.


class Listening:
    """An engine's open input."""

    def __init__(self, hub: Hub, name: str, *, virtual: bool = False, sysex: bool = False) -> None:
        self._arrived: queue.Queue[Event] = queue.Queue()
        backend = LoopbackBackend(hub.address)
        open_input = backend.open_virtual_input if virtual else backend.open_input
        self.input: Input = open_input(name, lambda event, _: self._arrived.put(event), sysex=sysex)

    def next(self) -> Event:
        return self._arrived.get(timeout=PATIENCE)

    def close(self) -> list[Event]:
        """Close it; returns what arrived before and was not asked for."""
        list(self.input.closing())
        return [self._arrived.get_nowait() for _ in range(self._arrived.qsize())]


class Clock:
    """Stands in for the module time."""

    def __init__(self) -> None:
        self.nanoseconds = 10**9

    def monotonic_ns(self) -> int:
        return self.nanoseconds


def test_what_a_device_plays_reaches_every_open_input_with_the_seconds_since_the_message_before(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(loopback, "time", clock)
    keys = hub.plug(KEYS)
    early = Listening(hub, KEYS.full_name)

    keys.play(b"\x90\x3c\x64")
    clock.nanoseconds += 250_000_000
    late = Listening(hub, KEYS.full_name)
    keys.play([0x90, 0x40, 100, 0x40, 0])
    clock.nanoseconds += 500_000_000
    keys.play(b"\x80\x3c\x40")

    pressed = ([0x90, 60, 100], 0.0)
    released = ([0x80, 60, 64], 0.5)
    assert [early.next() for _ in range(4)] == [pressed, ([0x90, 64, 100], 0.25), ([0x90, 64, 0], 0.0), released]
    assert [late.next() for _ in range(3)] == [([0x90, 64, 100], 0.0), ([0x90, 64, 0], 0.0), released]
    assert early.close() == late.close() == []


def test_an_input_hears_its_own_device_only(hub: Hub) -> None:
    keys, box = hub.plug(KEYS), hub.plug(BOX)
    listening = Listening(hub, BOX.full_name)

    keys.play(b"\x90\x3c\x64")
    box.play(b"\xf8")

    assert listening.next() == ([0xF8], 0.0)
    assert listening.close() == []


def test_what_was_sent_the_device_has_heard(hub: Hub) -> None:
    heard: list[bytes] = []
    heard_elsewhere: list[bytes] = []
    hub.plug(KEYS, heard_elsewhere.append)
    hub.plug(BOX, heard.append)
    output = LoopbackBackend(hub.address).open_output(BOX.full_name)

    for note in range(100):
        output.send([0x98, note, 100])
        assert heard[-1] == bytes([0x98, note, 100])

    assert len(heard) == 100
    output.close()
    output.send([0x98, 60, 100])
    assert len(heard) == 100
    assert heard_elsewhere == []


def test_a_device_that_nobody_opened_plays_and_is_lost(hub: Hub) -> None:
    keys = hub.plug(KEYS)
    keys.play(b"\x90\x3c\x64")

    assert Listening(hub, KEYS.full_name).close() == []


def test_an_unplugged_device_is_silent_and_deaf_and_tells_nobody(hub: Hub) -> None:
    heard: list[bytes] = []
    box = hub.plug(BOX, heard.append)
    listening = Listening(hub, BOX.full_name)
    output = LoopbackBackend(hub.address).open_output(BOX.full_name)

    hub.unplug(box)
    box.play(b"\x90\x3c\x64")
    output.send([0x98, 60, 100])
    output.send([0x88, 60, 64])

    assert listening.close() == []
    assert heard == []
    output.close()


@pytest.mark.parametrize(
    "again", [KEYS, replace(KEYS, address="28:0")], ids=["under its address", "under another address"]
)
def test_a_device_that_was_plugged_in_again_must_be_opened_again(hub: Hub, again: DevicePort) -> None:
    heard: list[bytes] = []
    keys = hub.plug(KEYS, heard.append)
    backend = LoopbackBackend(hub.address)
    listening, output = Listening(hub, KEYS.full_name), backend.open_output(KEYS.full_name)

    hub.unplug(keys)
    keys = hub.plug(again, heard.append)
    keys.play(b"\x90\x3c\x64")
    output.send([0x98, 60, 100])

    assert listening.close() == []
    assert heard == []
    output.close()
    listening, output = Listening(hub, again.full_name), backend.open_output(again.full_name)
    keys.play(b"\x80\x3c\x40")
    output.send([0x88, 60, 64])
    assert listening.next() == ([0x80, 60, 64], 0.0)
    assert heard == [b"\x88\x3c\x40"]
    assert listening.close() == []
    output.close()


def test_an_input_can_be_closed_while_its_device_plays_and_nothing_arrives_afterwards(hub: Hub) -> None:
    keys = hub.plug(KEYS)
    arrived: list[Event] = []
    streaming, closed = threading.Event(), threading.Event()

    def receive(event: Event, _unused: object) -> None:
        arrived.append(event)
        if len(arrived) == 100:
            streaming.set()

    def stream() -> None:
        while not closed.is_set():
            keys.play(b"\xf8")
        for _ in range(100):
            keys.play(b"\x90\x3c\x64")

    listening = LoopbackBackend(hub.address).open_input(KEYS.full_name, receive)
    player = threading.Thread(target=stream)
    player.start()
    assert streaming.wait(PATIENCE)

    closing = threading.Thread(target=listening.closing, daemon=True)
    closing.start()
    closing.join(PATIENCE)
    still_closing, before = closing.is_alive(), len(arrived)
    closed.set()
    player.join(PATIENCE)

    assert not still_closing
    assert before >= 100
    assert len(arrived) == before
    assert arrived[-1][0] == [0xF8]


def test_closing_an_input_waits_for_the_event_that_is_under_way(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = hub.plug(KEYS)
    happened: list[str] = []
    under_way, hub_knows = threading.Event(), threading.Event()
    monkeypatch.setattr(keys, "leave", lambda _connection: hub_knows.set())

    def receive(_event: Event, _unused: object) -> None:
        under_way.set()
        assert hub_knows.wait(PATIENCE)
        happened.append("received")

    listening = LoopbackBackend(hub.address).open_input(KEYS.full_name, receive)
    keys.play(b"\xf8")
    assert under_way.wait(PATIENCE)
    list(listening.closing())
    happened.append("closed")

    assert happened == ["received", "closed"]


def test_the_hub_lists_what_is_plugged_in(hub: Hub) -> None:
    hub.plug(KEYS)
    box = hub.plug(replace(BOX, usb_id="1935:0003", card=2, readable=False))
    assert list_ports(hub.address)() == [asdict(KEYS), asdict(box.port)]

    hub.unplug(box)
    assert list_ports(hub.address)() == [asdict(KEYS)]


@pytest.mark.parametrize("name", [KEYS.full_name, "Box:Box MIDI 1 20:0", "Box:Box MIDI 1", ""])
def test_a_port_that_is_gone_cannot_be_opened(hub: Hub, name: str) -> None:
    hub.unplug(hub.plug(KEYS))
    hub.plug(BOX)
    backend = LoopbackBackend(hub.address)

    with pytest.raises(BackendError, match=f"^the port {name} is gone$"):
        backend.open_input(name, lambda _event, _unused: None)
    with pytest.raises(BackendError, match=f"^the port {name} is gone$"):
        backend.open_output(name)


def test_a_hub_that_is_gone_does_not_answer() -> None:
    with Hub() as hub:
        hub.plug(KEYS)
        address = hub.address
    backend = LoopbackBackend(address)

    with pytest.raises(BackendError, match=r"^the loopback hub .* does not answer"):
        backend.open_input(KEYS.full_name, lambda _event, _unused: None)
    with pytest.raises(BackendError, match=r"^the loopback hub .* does not answer"):
        backend.open_output(KEYS.full_name)
    with pytest.raises(BackendError, match=r"^the loopback hub .* does not answer"):
        list_ports(address)


@pytest.fixture
def dying_hub() -> Iterator[str]:
    """Give the address of a hub that hears one request and dies."""
    with Listener() as listener:

        def die() -> None:
            with listener.accept() as connection:
                connection.recv_bytes()

        dying = threading.Thread(target=die)
        dying.start()
        yield str(listener.address)
        dying.join()


def test_a_port_of_a_hub_that_dies_meanwhile_is_gone(dying_hub: str) -> None:
    with pytest.raises(BackendError, match=r"^the port Keys:Keys MIDI 1 20:0 is gone$"):
        LoopbackBackend(dying_hub).open_output(KEYS.full_name)


def test_the_list_of_a_hub_that_dies_meanwhile_is_gone(dying_hub: str) -> None:
    scan = list_ports(dying_hub)

    with pytest.raises(BackendError, match=r"^the loopback hub .* is gone$"):
        scan()


# SysEx, and ports of our own.

SYSEX = bytes([midi.SYSEX, *range(100), midi.SYSEX_END])


@pytest.mark.parametrize("virtual", [False, True], ids=["a device's port", "a port of our own"])
def test_beside_an_ordinary_input_another_hears_nothing_but_whole_sysex(hub: Hub, *, virtual: bool) -> None:
    keys = hub.virtual("ours") if virtual else hub.plug(KEYS)
    name = "ours" if virtual else KEYS.full_name
    ordinary = Listening(hub, name, virtual=virtual)
    sysex = Listening(hub, name, virtual=virtual, sysex=True)

    for message in (b"\x90\x3c\x64", SYSEX, b"\xf8", b"\xf0\x01", b"\x80\x3c\x40"):
        keys.play(message)

    heard = [bytes(ordinary.next()[0]) for _ in range(5)]
    assert heard == [b"\x90\x3c\x64", SYSEX, b"\xf8", b"\xf0", b"\x80\x3c\x40"]
    assert [bytes(sysex.next()[0]) for _ in range(2)] == [SYSEX, b"\xf0"]
    assert ordinary.close() == sysex.close() == []


def test_a_port_of_our_own_is_there_and_listed_while_it_is_open(hub: Hub) -> None:
    scan = list_ports(hub.address)
    hub.virtual("ours").play(b"\x90\x3c\x64")
    assert scan() == []

    listening = Listening(hub, "ours", virtual=True)

    (listed,) = scan()
    assert (listed["client"], listed["name"], listed["kind"]) == ("a4bridge", "ours", "software")
    assert (listed["readable"], listed["writable"]) == (False, True)
    hub.virtual("ours").play(b"\x80\x3c\x40")
    assert listening.next()[0] == [0x80, 60, 64]
    assert listening.close() == []


def test_ports_of_our_own_are_apart(hub: Hub) -> None:
    one, other = Listening(hub, "one", virtual=True), Listening(hub, "other", virtual=True)

    hub.virtual("other").play(b"\x90\x3c\x64")

    assert other.next()[0] == [0x90, 60, 100]
    assert one.close() == other.close() == []


# Which transport.


def test_a_loopback_is_chosen_by_its_hubs_address(hub: Hub) -> None:
    heard: list[bytes] = []
    hub.plug(BOX, heard.append)

    output = backend_for(LOOPBACK + hub.address).open_output(BOX.full_name)

    output.send([0x98, 60, 100])
    assert heard == [b"\x98\x3c\x64"]
    output.close()


@pytest.mark.parametrize("word", ["", "jack", "RTMIDI", "loopback", "rtmidi "])
def test_a_transport_that_does_not_exist_is_refused_with_those_that_do(word: str) -> None:
    with pytest.raises(BackendError, match=f"called '{word}'; there are rtmidi and loopback:ADDRESS$"):
        backend_for(word)


def test_without_python_rtmidi_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "a4bridge.backend.rtmidi", raising=False)
    monkeypatch.setitem(sys.modules, "rtmidi", None)

    with pytest.raises(BackendError, match=r"^python-rtmidi cannot be loaded \(.*\); install it with `pip install"):
        backend_for(RTMIDI)


def test_what_one_engine_sends_out_of_a_port_of_its_own_another_hears_and_can_play_into_one(hub: Hub) -> None:
    backend = LoopbackBackend(hub.address)
    listed = list_ports(hub.address)
    sink = Listening(hub, "sink", virtual=True)
    source = backend.open_virtual_output("source")
    names = {port["name"]: DevicePort(**port) for port in listed()}
    heard = Listening(hub, names["source"].full_name)
    played = backend.open_output(names["sink"].full_name)

    source.send([0x90, 0x3C, 0x64])
    played.send([0x80, 0x3C, 0x40])

    assert (names["source"].readable, names["source"].writable) == (True, False)
    assert (names["sink"].readable, names["sink"].writable) == (False, True)
    assert heard.next()[0] == [0x90, 0x3C, 0x64]
    assert sink.next()[0] == [0x80, 0x3C, 0x40]
    source.close()
    sink.close()
    while listed():  # the hub hears of the end a moment later
        pass
