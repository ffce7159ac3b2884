"""The installed program between USB devices; the Analog Four's own end feeds a model of its sequencer."""

import os
import pty
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from clock import steady_time, wait_until
from playing import LINKED, feed, has_heard, heard, play
from program import A4BRIDGE, Program, output_of
from usb import A4_MKI, A4_MKII, A4_OVERBRIDGE, KEYSTATION, MINILAB, Gadget, plugged

from a4bridge.sim.analog_four import AnalogFour, Recording
from a4bridge.sim.keyboard import GRID_PHRASE, LIVE_PHRASE, Event
from a4bridge.sim.menu import Menu

CHORD = (60, 64, 67)


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    """Neither the program's own patience nor a test's may end because the clock leaps."""
    with steady_time():
        yield


@pytest.fixture
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        yield keyboard, box


def hold_chord(keyboard: Gadget, box: Gadget) -> None:
    """Press three keys, and wait until the box has heard them."""
    keyboard.ports[0].send(bytes(byte for note in CHORD for byte in (0x90, note, 100)))
    wait_until("the chord at the box", lambda: len(heard(box)) >= len(CHORD))
    assert heard(box) == [bytes([0x98, note, 100]) for note in CHORD]
    box.ports[0].forget()


def ends_chord(box: Gadget) -> None:
    """Wait until the box was told to end each note of the chord, once."""
    wait_until("the chord's note-offs", lambda: len(heard(box)) >= len(CHORD))
    assert sorted(heard(box)) == sorted(bytes([0x88, note, 64]) for note in CHORD)
    box.ports[0].forget()


def test_what_is_played_live_is_recorded_as_it_was_played(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    as_played = AnalogFour(Menu(auto_channel=1, track_channels=(None, None, None, None)))
    as_played.record_live(0)
    notes = [event for event in LIVE_PHRASE if event.data[0] & 0xE0 == 0x80]
    for event in notes:
        as_played.receive(event.data, event.at_ms)
    box_model = AnalogFour()
    box_model.record_live(0)
    with Program("--profile", "liverec") as program:
        program.says(f"^Keystation 49 MK3 {LINKED}, auto channel 9\n")

        began = play(keyboard, LIVE_PHRASE)
        wait_until("the last note-off at the box", lambda: heard(box)[-1:] == [bytes([0x88, 64, 64])])

    feed(box_model, box.ports[0].received, began)
    trigs, played = box_model.pattern.trigs, as_played.pattern.trigs
    assert [(trig.track, trig.step, trig.note, trig.velocity) for trig in trigs] == [
        (1, trig.step, trig.note, trig.velocity) for trig in played
    ]
    # One tick of micro timing is 5.2 ms; a note on a tick's edge may fall to either side of it.
    assert all(abs(trig.micro_timing - other.micro_timing) <= 1 for trig, other in zip(trigs, played, strict=True))
    assert box_model.hanging() == {}
    assert box_model.stray_note_offs == []
    assert set(box_model.turned) == {"mod wheel", "pitch bend"}
    assert box_model.pattern_changes == []
    assert not box_model.transport_commands


def test_notes_under_the_pedal_are_recorded_at_the_length_that_was_heard(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    model = AnalogFour()
    model.record_live(0)
    phrase = [
        Event(100, bytes([0xB0, 64, 127])),
        Event(125, bytes([0x90, 60, 100])),
        Event(200, bytes([0x80, 60, 64])),
        Event(625, bytes([0xB0, 64, 0])),
    ]
    with Program("--profile", "liverec") as program:
        program.says(LINKED)
        began = play(keyboard, phrase)
        wait_until("the note-off at the box", lambda: bytes([0x88, 60, 64]) in heard(box))
        feed(model, box.ports[0].received, began)

    (trig,) = model.pattern.trigs
    assert trig.length == pytest.approx(4, abs=0.05)


def test_what_is_played_with_a_trig_held_is_recorded_on_its_step(
    keyboard_and_box: tuple[Gadget, Gadget],
) -> None:
    keyboard, box = keyboard_and_box
    model = AnalogFour()
    model.recording = Recording.GRID
    with Program("--profile", "gridrec") as program:
        program.says(LINKED)
        for held in GRID_PHRASE:
            model.held_trig = held.step
            box.ports[0].forget()
            for note in held.notes:
                keyboard.ports[0].send(bytes([0xE0, 0, 80, 0x90, note, 100, 0x80, note, 64]))
            wait_until("the step's notes at the box", partial(has_heard, box, 2 * len(held.notes)))
            feed(model, box.ports[0].received, 0)

    grid = model.pattern.grid()[0]
    assert {step: notes for step, notes in enumerate(grid, start=1) if notes} == dict(GRID_PHRASE)
    assert not model.turned


def test_an_mkii_whose_name_the_kernel_cuts_is_found() -> None:
    with plugged(KEYSTATION, A4_MKII) as (keyboard, box), Program("--profile", "liverec") as program:
        program.says("-> Elektron Analog Four MKII, auto channel 9")
        hold_chord(keyboard, box)


def test_of_a_keyboard_with_four_ports_the_first_is_played() -> None:
    with plugged(MINILAB, A4_MKI) as (keyboard, box), Program("--profile", "liverec") as program:
        program.says(f"Minilab3 {LINKED}")
        for port in reversed(keyboard.ports):
            port.send(bytes([0x90, 60, 100]))
        wait_until("the note at the box", lambda: heard(box))
        keyboard.ports[0].send(bytes([0x80, 60, 64]))
        wait_until("its end", lambda: len(heard(box)) == 2)
        assert heard(box) == [bytes([0x98, 60, 100]), bytes([0x88, 60, 64])]


def test_a_port_that_is_not_taken_by_itself_can_be_named(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    with Program("--input", "keystation 49 mk3 midi 2") as program:
        program.says(LINKED)
        keyboard.ports[0].send(bytes([0x90, 62, 100]))
        keyboard.ports[1].send(bytes([0x90, 60, 100]))
        wait_until("the second port's note", lambda: heard(box))
        assert heard(box) == [bytes([0x98, 60, 100])]


def test_a_box_in_overbridge_mode_without_a_port_is_told_from_no_box_at_all() -> None:
    with plugged(KEYSTATION, A4_OVERBRIDGE), Program("--profile", "liverec") as program:
        program.says("waiting for an Analog Four")
        program.says("Overbridge")


def test_ports_gives_every_port_its_verdict(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    lines = {line[13:].split("  ")[0]: line.split()[0] for line in output_of("ports").splitlines()}

    def verdict(start: str) -> str:
        return next(role for name, role in lines.items() if name.startswith(start))

    assert verdict("Keystation 49 MK3:Keystation 49 MK3 MIDI 1") == "keyboard"
    assert verdict("Keystation 49 MK3:Keystation 49 MK3 MIDI 2") == "other"
    assert verdict("Elektron Analog Four:") == "destination"
    assert verdict("Midi Through:") == "refused"
    assert verdict("f_midi:") == "refused"


def test_sigterm_releases_every_note_and_ends_within_250_ms(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    with Program("--profile", "liverec") as program:
        program.says(LINKED)
        hold_chord(keyboard, box)

        began = time.monotonic()
        program.signal(signal.SIGTERM)
        code = program.ends()
        took = time.monotonic() - began

        assert code == 0
        ends_chord(box)
        print(f"SIGTERM to the end: {took * 1e3:.0f} ms")
        assert took <= 0.25


def test_ctrl_c_in_a_terminal_does_the_same(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    pid, terminal = pty.fork()
    if pid == 0:  # a session of its own, with the terminal as its controlling one, as a shell has it
        os.execv(A4BRIDGE, [A4BRIDGE, "--profile", "liverec"])  # noqa: S606 - no shell between it and the terminal
    shown = b""
    with open(terminal, "r+b", buffering=0) as screen:  # noqa: PTH123 - a descriptor
        while LINKED.encode() not in shown:
            shown += screen.read(1024)
        hold_chord(keyboard, box)

        began = time.monotonic()
        screen.write(b"\x03")
        _, status = os.waitpid(pid, 0)
        took = time.monotonic() - began

    assert os.waitstatus_to_exitcode(status) == 0
    ends_chord(box)
    assert took <= 0.25


def test_a_killed_service_leaves_no_chord(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    with Program("--profile", "liverec") as program:
        program.says(LINKED)
        hold_chord(keyboard, box)

        os.kill(program.pid, signal.SIGKILL)

        ends_chord(box)


def test_when_both_are_killed_the_next_start_ends_the_chord(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    with Program("--profile", "liverec") as program:
        program.says(LINKED)
        hold_chord(keyboard, box)
        engine = program.engine
        os.kill(program.pid, signal.SIGSTOP)  # so that it cannot start another engine
        os.kill(engine, signal.SIGKILL)
        os.kill(program.pid, signal.SIGKILL)
        program.ends()
    assert heard(box) == []

    with Program("--profile", "liverec") as program:
        program.says(LINKED)
        ends_chord(box)


def test_it_waits_for_what_is_missing_and_starts_when_it_comes() -> None:
    with Program("--profile", "liverec") as program:
        program.says("waiting for a keyboard")
        program.says("waiting for an Analog Four")
        with plugged(KEYSTATION) as (keyboard,), plugged(A4_MKI) as (box,):
            program.says(LINKED)
            hold_chord(keyboard, box)
            keyboard.unplug()
            ends_chord(box)


def test_a_sysex_that_breaks_off_swallows_no_note(keyboard_and_box: tuple[Gadget, Gadget]) -> None:
    keyboard, box = keyboard_and_box
    with Program("--profile", "liverec") as program:
        program.says(LINKED)
        keyboard.ports[0].send(bytes([0xF0, *range(100)]))
        hold_chord(keyboard, box)


def test_inputs_that_come_and_go_lose_no_note_of_another() -> None:
    """A chromatic stream on one keyboard, while another is pulled and plugged ten times."""
    notes = [bytes([kind, 36 + step % 48, 100]) for step in range(1000) for kind in (0x90, 0x80)]
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (other, keyboard, box), Program() as program:
        program.says(LINKED)
        for count in range(1, 11):
            for message in notes[(count - 1) * 200 : count * 200]:
                keyboard.ports[0].send(message)
                time.sleep(0.002)
            other.unplug()
            program.says("is unplugged", times=count)
            other.plug()
            program.says(LINKED, times=count + 1)
        wait_until("every note at the box", lambda: len(heard(box)) == len(notes))
        assert [bytes([message[0] & 0xF0, *message[1:]]) for message in heard(box)] == notes


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def test_it_stays_small_with_four_inputs() -> None:
    second = replace(MINILAB, key="minilab2", product="Minilab3 B")
    third = replace(MINILAB, key="minilab3", product="Minilab3 C")
    with plugged(KEYSTATION, MINILAB, second, third, A4_MKI) as (*keyboards, box), Program() as program:
        program.says(LINKED)
        for keyboard in keyboards:
            for _ in range(100):
                keyboard.ports[0].send(bytes([0x90, 60, 100, 0x80, 60, 64]))
        wait_until("every note at the box", lambda: len(heard(box)) == 800)
        engine, service = resident_megabytes(program.engine), resident_megabytes(program.pid)
        print(f"engine {engine:.1f} MB, service {service:.1f} MB")
        assert engine <= 25
        assert engine + service <= 60
