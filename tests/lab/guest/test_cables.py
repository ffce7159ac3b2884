"""Cables pulled and plugged, and how long the player notices: in the machine's own counted time."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from clock import steady_time, wait_until
from playing import LINKED, heard
from program import Program
from usb import A4_MKI, KEYSTATION, MINILAB, Gadget, Model, host_card, is_on_host, plugged

CHORD = (60, 64, 67)
ON = [bytes([0x98, note, 100]) for note in CHORD]
OFF = [bytes([0x88, note, 64]) for note in CHORD]


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    with steady_time():
        yield


def hold_chord(keyboard: Gadget, box: Gadget) -> None:
    box.ports[0].forget()
    keyboard.ports[0].send(bytes(byte for note in CHORD for byte in (0x90, note, 100)))
    wait_until("the chord at the box", lambda: heard(box) == ON)


def seconds_until_played(keyboard: Gadget, box: Gadget, since: float) -> float:
    """Strike a key every 10 ms until the box hears it; return how long after `since` that was."""
    before = len(heard(box))

    def is_heard() -> bool:
        keyboard.ports[0].send(bytes([0x90, 36, 1, 0x80, 36, 64]))
        time.sleep(0.01)
        return bytes([0x98, 36, 1]) in heard(box)[before:]

    wait_until("a note at the box", is_heard)
    first = next(arrival for arrival in box.ports[0].received[before:] if arrival.data == bytes([0x98, 36, 1]))
    return first.time_ns / 1e9 - since


class Removal:
    """The moment at which the kernel takes a device's card away."""

    def __init__(self, model: Model) -> None:
        self.at = 0.0
        self._model = model
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while host_card(self._model) is not None:
            time.sleep(0.001)
        self.at = time.monotonic()

    def seconds_before(self, time_ns: int) -> float:
        self._thread.join()
        return time_ns / 1e9 - self.at


def test_what_a_pulled_keyboard_held_ends_within_100_ms_and_nothing_else_does() -> None:
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (keyboard, other, box), Program() as program:
        program.says(LINKED)
        other.ports[0].send(bytes([0x90, 72, 100]))
        wait_until("the other keyboard's note", lambda: heard(box))
        hold_chord(keyboard, box)
        box.ports[0].forget()

        removal = Removal(KEYSTATION)
        keyboard.unplug()

        wait_until("the chord's ends", lambda: len(heard(box)) == len(OFF))
        assert sorted(heard(box)) == OFF
        took = removal.seconds_before(box.ports[0].received[-1].time_ns)
        print(f"silent {took * 1e3:.0f} ms after the kernel took the keyboard away")
        assert took <= 0.1


@pytest.mark.parametrize("another_number", [False, True], ids=["the same number", "another number"])
def test_both_pulled_and_plugged_in_either_order_play_again_within_a_second(another_number: bool) -> None:
    with plugged(KEYSTATION, A4_MKI) as devices, Program() as program:
        program.says(LINKED)
        keyboard, box = devices
        orders = list(itertools.permutations(devices))
        if another_number:
            orders.reverse()
        for round_number, (first, second) in enumerate(itertools.pairwise([*orders, orders[0]])):
            hold_chord(keyboard, box)
            numbers = [host_card(each.model) for each in devices]
            for each in first:
                each.unplug()
            wait_until("both gone", lambda: not any(is_on_host(each.model) for each in devices))
            with plugged(*([MINILAB] if another_number else [])):  # it takes the number of one of them
                for each in second:
                    each.plug()
                wait_until("both back", lambda: all(is_on_host(each.model) for each in devices))
                back = time.monotonic()
                if another_number:
                    assert [host_card(each.model) for each in devices] != numbers
                took = seconds_until_played(keyboard, box, back)
                print(f"round {round_number}: played {took * 1e3:.0f} ms after both were back")
                assert took <= 1
                # First of all what sounded when it was pulled, or was ended so shortly before that it may be unheard.
                first_on = next(at for at, message in enumerate(heard(box)) if message[0] == ON[0][0])
                assert set(OFF) <= set(heard(box)[:first_on]) <= {*OFF, bytes([0x88, 36, 64])}


def test_a_box_alone_away_for_long_hears_first_what_ends_and_then_what_is_played() -> None:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box), Program() as program:
        program.says(LINKED)
        hold_chord(keyboard, box)
        box.unplug()
        program.says("Elektron Analog Four is unplugged")
        for note in range(40, 50):
            keyboard.ports[0].send(bytes([0x90, note, 100, 0x80, note, 64]))

        box.plug()
        wait_until("the box", lambda: is_on_host(A4_MKI))
        back = time.monotonic()

        took = seconds_until_played(keyboard, box, back)
        print(f"played {took * 1e3:.0f} ms after the box was back")
        assert took <= 1
        assert sorted(heard(box)[:3]) == OFF
        assert set(heard(box)[3:]) <= {bytes([0x98, 36, 1]), bytes([0x88, 36, 64])}


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
@pytest.mark.parametrize("held", ["keys", "pedal"])
def test_after_the_death_of_the_engine_it_is_silent_within_a_second(ending: signal.Signals, held: str) -> None:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box), Program() as program:
        program.says(LINKED)
        keyboard.ports[0].send(bytes([0xB0, 64, 127] if held == "pedal" else [0xB0, 64, 0]))
        hold_chord(keyboard, box)
        if held == "pedal":
            keyboard.ports[0].send(bytes(byte for note in CHORD for byte in (0x80, note, 64)))
        box.ports[0].forget()

        died = time.monotonic()
        os.kill(program.engine, ending)

        wait_until("the chord's ends", lambda: len(heard(box)) == len(OFF))
        assert sorted(heard(box)) == OFF
        took = box.ports[0].received[-1].time_ns / 1e9 - died
        print(f"silent {took * 1e3:.0f} ms after its death")
        assert took <= 1
        program.says(LINKED, times=2)
        keyboard.ports[0].send(bytes([0xB0, 64, 0]))
        hold_chord(keyboard, box)
