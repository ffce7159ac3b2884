"""More than anybody plays, into a box that keeps up and into one at the end of a MIDI cable.

FLOOD_SECONDS in the environment says how long it goes on; the tests do it for a shorter time than a minute.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest
from clock import steady_time, wait_until
from din import Interface
from playing import LINKED
from program import Program
from usb import A4_MKI, KEYSTATION, Arrival, Gadget, plugged

SECONDS = float(os.environ.get("FLOOD_SECONDS", "3"))
NOTES_PER_SECOND = 3000
AT_ONCE = 6
"""Notes that are sent together: each 2 ms, as a burst within one transfer."""

CABLE = "-> UM-1"
FULL = (
    r"the MIDI cable to the box is full: (?:(\d+) notes?)?(?: and )?(?:(\d+) other events?)? (?:was|were) left out"
    r"(?: \((\d+) times? more\))?"
)


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    """Neither the program's own patience nor a test's may end because the clock leaps."""
    with steady_time():
        yield


def note_of(number: int) -> tuple[int, int]:
    """Return note and velocity of the note of that number: all different for a while."""
    return number % 120, 1 + number // 120 % 127


def flood(keyboard: Gadget, seconds: float, also: Callable[[], None] = lambda: None) -> int:
    """Play NOTES_PER_SECOND, each at its time and ended at once; return how many. also: called each 2 ms."""
    began = time.monotonic()
    count = int(seconds * NOTES_PER_SECOND)
    for first in range(0, count, AT_ONCE):
        time.sleep(max(0.0, began + first / NOTES_PER_SECOND - time.monotonic()))
        data = bytearray()
        for number in range(first, first + AT_ONCE):
            note, velocity = note_of(number)
            data += bytes([0x90, note, velocity, 0x80, note, velocity])
        keyboard.ports[0].send(bytes(data))
        also()
    took = time.monotonic() - began
    print(f"{count} notes in {took:.2f} s")
    assert took < seconds * 1.02, "the player itself was too slow"
    return count


def sounding(arrivals: Iterable[Arrival]) -> list[tuple[int, int]]:
    """Return channel and note of what a synth would still sound; a note-off without its note ends nothing."""
    notes: Counter[tuple[int, int]] = Counter()
    for arrival in arrivals:
        status, note = arrival.data[:2]
        if status & 0xF0 == 0x90:
            notes[status & 15, note] += 1
        elif status & 0xF0 == 0x80:
            notes[status & 15, note] = 0
    return [which for which, count in notes.items() if count]


def settle(box: Interface) -> list[Arrival]:
    """Return everything that has come out of the cable, once nothing has for a while."""
    seen = -1
    while seen != len(box.received):
        seen = len(box.received)
        time.sleep(0.3)
    return box.received


def test_a_box_that_keeps_up_gets_every_note_of_three_thousand_a_second() -> None:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box), Program() as program:
        program.says(LINKED)
        arrived: list[bytes] = []

        def take_in() -> None:
            arrived.extend(arrival.data for arrival in box.ports[0].take())

        count = flood(keyboard, SECONDS, take_in)
        expected = []
        for number in range(count):
            note, velocity = note_of(number)
            expected += [bytes([0x98, note, velocity]), bytes([0x88, note, velocity])]

        def all_arrived() -> bool:
            take_in()
            return len(arrived) >= len(expected)

        wait_until("every note and its end", all_arrived)
        assert arrived == expected
        assert "left out" not in program.said


ANYBODY = """
import sys, threading, time
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
ended = threading.Event()
longest, began, last = 0.0, time.monotonic(), time.monotonic()
while not ended.is_set():
    now = time.monotonic()
    longest, last = max(longest, now - last), now
print(longest, time.process_time() / (last - began))
"""


def test_other_programs_go_on_while_it_has_real_time_and_is_flooded() -> None:
    """On one processor, beside the engine that comes before everybody, and a player that takes his share."""
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box), Program("--profile", "liverec") as program:
        program.says(LINKED)
        assert os.sched_getscheduler(program.engine) == os.SCHED_FIFO
        anybody = (sys.executable, "-c", ANYBODY)
        with subprocess.Popen(anybody, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            count = flood(keyboard, 1)
            said, _ = other.communicate()

        longest, share = map(float, said.split())
        print(f"others had {share:.0%} of the processor and never waited longer than {longest * 1e3:.1f} ms")
        assert share > 0.2
        assert longest < 0.05
        wait_until("every note at the box", lambda: len(box.ports[0].received) == 2 * count)


def test_a_midi_cable_carries_what_it_can_and_every_note_off_and_what_was_left_out_is_said() -> None:
    with plugged(KEYSTATION) as (keyboard,), Interface() as box, Program("--output", "UM-1") as program:
        program.says(CABLE)
        wheel = iter(range(1 << 30))

        def turn() -> None:
            value = next(wheel) % 128
            keyboard.ports[0].send(bytes([0xE0, 0, value, 0xB0, 1, value]))

        count = flood(keyboard, SECONDS, turn)
        keyboard.ports[0].send(bytes([0xE0, 1, 99, 0xB0, 1, 99]))
        arrivals = settle(box)
        time.sleep(1.5)  # until the last sentence is due
        wait_until("what was left out", lambda: left_out(program) >= count - note_ons(arrivals))

        notes = [arrival.data for arrival in arrivals if arrival.data[0] == 0x98]
        assert sounding(arrivals) == []
        assert left_out(program) == count - len(notes)
        assert len(re.findall(FULL, program.said)) <= SECONDS + 2
        last = {arrival.data[0]: arrival.data for arrival in arrivals}
        assert last[0xE8] == bytes([0xE8, 1, 99])
        assert last[0xB8] == bytes([0xB8, 1, 99])
        cable = sum(len(arrival.data) for arrival in arrivals) / (arrivals[-1].time_ns - arrivals[0].time_ns) * 1e9
        print(f"{len(notes)} of {count} notes passed, {cable:.0f} bytes a second")
        assert cable > 2500


def note_ons(arrivals: Iterable[Arrival]) -> int:
    return sum(arrival.data[0] == 0x98 for arrival in arrivals)


def left_out(program: Program) -> int:
    return sum(int(notes or 0) * int(times or 1) for notes, _others, times in re.findall(FULL, program.said))


def test_what_is_held_when_it_is_stopped_in_a_flood_is_ended_at_the_end_of_the_cable() -> None:
    with plugged(KEYSTATION) as (keyboard,), Interface() as box, Program("--output", "UM-1") as program:
        program.says(CABLE)
        keyboard.ports[0].send(bytes(byte for note in range(120, 128) for byte in (0x90, note, 100)))
        wait_until("held notes", lambda: len(box.received) == 8)
        flood(keyboard, 0.5)
        began = time.monotonic()
        program.signal(signal.SIGTERM)
        assert program.ends() == 0
        print(f"SIGTERM to the end: {(time.monotonic() - began) * 1e3:.0f} ms")
        assert sounding(settle(box)) == []


def test_a_cable_that_is_pulled_in_a_flood_leaves_nothing_sounding_when_it_is_back() -> None:
    with plugged(KEYSTATION) as (keyboard,), Interface() as box, Program("--output", "UM-1") as program:
        program.says(CABLE)
        keyboard.ports[0].send(bytes([0x90, 127, 100]))
        wait_until("a held note", lambda: box.received)
        flood(keyboard, 0.5)
        box.unplug()
        program.says("UM-1 is unplugged")
        box.plug()
        program.says(CABLE, times=2)
        assert sounding(settle(box)) == []
