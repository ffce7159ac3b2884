"""Everything at once: cables, switches, broken files, deaths. No note may hang, and nothing may grow.

The same seed makes the same storm. Each thing happens once; benchmarks/soak.py lets them happen for two hours, with
two minutes of playing after each.
"""

import json
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clock import wait_until
from package import heard, journal, output_of, play_until_heard, property_of_service
from usb import A4_MKI, KEYSTATION, MINILAB, Gadget, is_on_host, plugged

from a4bridge.engine.loops import PROBE_NOTES
from a4bridge.sim.analog_four import AnalogFour

SECONDS = float(os.environ.get("STORM_SECONDS") or 0)
"""How long the storm goes on after each thing has happened once."""
CALM_SECONDS = 120 if SECONDS else 1
"""How long the keyboards play in peace after each."""
BEAT_SECONDS = 0.125
PROFILES = ("liverec", "gridrec", "multitrack", "split", "spread", "play")
RESULT, PROGRESS = Path("/out/storm.json"), Path("/out/progress")
SILENCE_SECONDS = 1.0
"""How long after the last death or cable a note may still sound."""


@pytest.fixture
def devices() -> Iterator[tuple[Gadget, Gadget, Gadget]]:
    with plugged(KEYSTATION, MINILAB, A4_MKI) as (first, second, box):
        play_until_heard(first, box)
        yield first, second, box


class Storm:
    """One keyboard that comes and goes, one that stays, the box, and everything that may happen to them."""

    def __init__(self, first: Gadget, second: Gadget, box: Gadget) -> None:
        self._random = random.Random(4)
        self.first, self.second, self.box = first, second, box
        self.pulled = False
        """Whether the box was away in this round: what it then heard may lack a note-on."""
        self.happenings: list[Callable[[], None]] = [
            self.pull_keyboard,
            self.pull_box,
            self.pull_both,
            self.switch,
            self.switch_often,
            self.choose_track,
            self.break_a_file,
            self.reload,
            self.kill_engine,
            self.stop_engine,
            self.kill_service,
            self.kill_both,
            self.panic,
            self.ask_nonsense,
        ]

    def round(self, number: int) -> str:
        """Play while something happens; return what it was. Each thing happens once before one happens again."""
        happening = self.happenings[number % len(self.happenings)]
        self.pulled = False
        held = self.play()
        happening()
        self.play_on_the_second()
        self.let_go(held)
        return happening.__name__

    def play(self) -> list[int]:
        """Hold some keys and the pedal on the first keyboard, and one on the second."""
        held = self._random.sample(range(40, 80), 3)
        self.first.ports[0].send(bytes([0xB0, 64, 127 * self._random.randrange(2)]))
        for note in held:
            self.first.ports[0].send(bytes([0x90, note, 100]))
        self.second.ports[0].send(bytes([0x90, 84, 100]))
        return held

    def play_on_the_second(self) -> None:
        """Play so fast, on a channel that some profiles send on, that it may look like a loop: no more than a probe."""
        for note in self._random.choices(range(85, 100), k=20):
            self.second.ports[0].send(bytes([0x90, note, 90, 0x80, note, 64]))

    def let_go(self, held: list[int]) -> None:
        for note in held:
            self.first.ports[0].send(bytes([0x80, note, 64]))
        self.first.ports[0].send(bytes([0xB0, 64, 0]))
        self.second.ports[0].send(bytes([0x80, 84, 64]))

    def play_in_peace(self) -> int:
        """Play both keyboards, no faster than fingers do; return how many notes it was."""
        ends, notes = time.monotonic() + CALM_SECONDS, 0
        while time.monotonic() < ends:
            one, two = bytes([self._random.randrange(40, 64), 100]), bytes([self._random.randrange(64, 90), 80])
            self.first.ports[0].send(b"\x90" + one)
            time.sleep(BEAT_SECONDS)
            self.second.ports[0].send(b"\x90" + two)
            self.first.ports[0].send(b"\x80" + one)
            time.sleep(BEAT_SECONDS)
            self.second.ports[0].send(b"\x80" + two)
            notes += 2
        return notes

    def pull_keyboard(self) -> None:
        self.replug(self.first)

    def pull_box(self) -> None:
        self.replug(self.box)

    def pull_both(self) -> None:
        self.replug(self.box, self.first)

    def replug(self, *gadgets: Gadget) -> None:
        self.pulled |= self.box in gadgets
        for gadget in gadgets:
            gadget.unplug()
        wait_until("it is gone", lambda: not any(is_on_host(gadget.model) for gadget in gadgets))
        for gadget in gadgets:
            gadget.plug()
        wait_until("it is back", lambda: all(is_on_host(gadget.model) for gadget in gadgets))

    def switch(self) -> None:
        output_of("a4bridge", "use", self._random.choice(PROFILES))

    def switch_often(self) -> None:
        for profile in PROFILES:
            output_of("a4bridge", "use", profile)

    def choose_track(self) -> None:
        output_of("a4bridge", "use", "liverec")
        output_of("a4bridge", "track", self._random.choice(("1", "2", "3", "4", "auto")))

    def break_a_file(self) -> None:
        output_of("a4bridge", "use", "liverec")
        profile = Path("/etc/a4bridge/profiles/liverec.toml")
        right = profile.read_text()
        profile.write_text(right + "colour = 'red'\n")
        try:
            said = output_of("a4bridge", "reload", code=2)
            assert re.search(r"liverec\.toml:\d+: ", said)
            assert json.loads(output_of("a4bridge", "status", "--json"))["trouble"]["key"].endswith("colour")
        finally:
            profile.write_text(right)

    def reload(self) -> None:
        os.kill(int(property_of_service("MainPID")), signal.SIGHUP)

    def kill_engine(self) -> None:
        os.kill(self.engine(), signal.SIGKILL)
        self.pulled = True

    def stop_engine(self) -> None:
        os.kill(self.engine(), signal.SIGSTOP)
        self.pulled = True

    def kill_service(self) -> None:
        output_of("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "a4bridge")
        self.pulled = True

    def kill_both(self) -> None:
        output_of("systemctl", "kill", "--signal=KILL", "--kill-whom=all", "a4bridge")
        self.pulled = True

    def engine(self) -> int:
        pid: int = json.loads(output_of("a4bridge", "status", "--json"))["engine_pid"]
        return pid

    def panic(self) -> None:
        output_of("a4bridge", "panic")
        self.pulled = True

    def ask_nonsense(self) -> None:
        for nonsense in (b"{" * 5000 + b"\n", b"\xff\x00\n", b'{"version": 1, "do": "explode"}\n'):
            subprocess.run(("python3", "-c", _SEND, repr(nonsense)), check=True, stdout=subprocess.DEVNULL, cwd="/")


_SEND = (
    "import ast, socket, sys; s = socket.socket(socket.AF_UNIX); s.connect('/run/a4bridge/control'); "
    "s.sendall(ast.literal_eval(sys.argv[1])); answer = s.recv(999); assert b'\"ok\":false' in answer, answer"
)


def is_playing() -> bool:
    run = subprocess.run(("a4bridge", "status"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return run.returncode == 0


def growth() -> dict[str, int]:
    """Return what must not grow: of both processes descriptors, threads and KiB; clients of the sequencer."""
    service = int(property_of_service("MainPID"))
    engine: int = json.loads(output_of("a4bridge", "status", "--json"))["engine_pid"]
    counts = {"clients": Path("/proc/asound/seq/clients").read_text().count("a4bridge")}
    for name, pid in (("service", service), ("engine", engine)):
        process = Path(f"/proc/{pid}")
        status = (process / "status").read_text()
        counts[f"{name}'s descriptors"] = len(list((process / "fd").iterdir()))
        counts[f"{name}'s threads"] = int(status.partition("Threads:")[2].split()[0])
        counts[f"{name}'s KiB"] = int(status.partition("VmRSS:")[2].split()[0])
    return counts


def box_after(box: Gadget) -> AnalogFour:
    """Return a box that heard what this one did since it last forgot."""
    model = AnalogFour()
    for arrival in box.ports[0].received:
        model.receive(arrival.data, arrival.time_ns / 1e6)
    return model


def test_nothing_hangs_or_grows_whatever_happens(devices: tuple[Gadget, Gadget, Gadget]) -> None:
    first, second, box = devices
    storm = Storm(*devices)
    output_of("systemctl", "restart", "a4bridge")
    wait_until("the bridge", is_playing, within_s=30)
    play_until_heard(first, box)
    before, began, notes, number = growth(), time.monotonic(), 0, 0

    while number < len(storm.happenings) or time.monotonic() < began + SECONDS:
        box.ports[0].forget()
        happened = storm.round(number)
        number += 1
        wait_until(f"the bridge plays after {happened}", is_playing, within_s=30)
        output_of("a4bridge", "use", "liverec")
        time.sleep(SILENCE_SECONDS)
        model = box_after(box)
        assert model.hanging() == {}, f"round {number}, {happened}: {heard(box)}\n{journal()}"
        if not storm.pulled:
            strays = [note for _, note in model.stray_note_offs if note not in PROBE_NOTES]
            assert strays == [], f"round {number}, {happened}: {heard(box)}"
        play_until_heard(first, box)
        play_until_heard(second, box, note=38)

        box.ports[0].forget()
        played = storm.play_in_peace()
        wait_until(f"all notes after {happened}", lambda: len(heard(box)) >= 2 * played)  # noqa: B023 - called at once
        model = box_after(box)
        assert len(heard(box)) == 2 * played
        assert (model.hanging(), model.stray_note_offs) == ({}, [])
        notes += played
        minutes = (time.monotonic() - began) / 60
        with PROGRESS.open("a") as progress:
            print(f"minute {minutes:.0f}: {number} things have happened, the last was {happened}", file=progress)

    after = growth()
    result = {"minutes": minutes, "happenings": number, "notes": notes, "before": before, "after": after}
    RESULT.write_text(json.dumps(result, indent=1))
    for name, count in after.items():
        assert count <= before[name] + (3072 if name.endswith("KiB") else 0), f"{name}: {before} -> {after}"
    assert "has a fault" not in journal()
