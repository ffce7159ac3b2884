"""`a4bridge bench` from start to end: through an engine, and through whatever leads from one port to another."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from running import ANALOG_FOUR, KEYSTATION, PATIENCE, plug_both, starting, write_config

from a4bridge.backend.loopback import Device, DevicePort, Hub

UM_ONE = DevicePort("UM-ONE", "UM-ONE MIDI 1", "28:0", card=3, usb_id="0582:012a")
LOOP = ("--loopback", "um-one", "UM-ONE")

NOTE_ON = 0x90
NOTE_OFF = 0x80


class Bench:
    """The verb in a process of its own."""

    def __init__(self, hub: Hub, directory: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "a4bridge", "bench", "--backend", f"loopback:{hub.address}", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ
            | {"XDG_CONFIG_HOME": str(directory / "config"), "RUNTIME_DIRECTORY": str(directory / "run")},
        )

    def ends(self, code: int = 0) -> tuple[str, str]:
        """Wait for its end, check its exit code, and return what it printed on standard output and error."""
        printed, said = self.process.communicate(timeout=2 * PATIENCE)
        assert self.process.returncode == code, said
        assert "Traceback" not in said
        return printed, said


@pytest.fixture
def bench(hub: Hub, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    started: list[Bench] = []

    def start(*arguments: str) -> Bench:
        started.append(Bench(hub, tmp_path, *arguments))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def measured(bench: Bench, code: int = 0) -> dict[str, Any]:
    printed, _ = bench.ends(code)
    data: dict[str, Any] = json.loads(printed)
    return data


def plug_loop(hub: Hub, between: Callable[[Device, bytes], None] | None = None) -> tuple[Device, list[bytes]]:
    """Plug in an interface whose output leads to its input, by way of `between`; returns what it was sent, too."""
    device = hub.plug(UM_ONE)
    sent: list[bytes] = []

    def hear(message: bytes) -> None:
        sent.append(message)
        between(device, message) if between else device.play(message)

    device.hear = hear
    return device, sent


def wait_until_only(hub: Hub, *ports: DevicePort) -> None:
    """Wait until the hub has noticed that whoever made other ports has hung up."""
    deadline = time.monotonic() + PATIENCE
    while {device.port for device in hub._present()} != set(ports):
        assert time.monotonic() < deadline


def hanging(messages: list[bytes]) -> set[int]:
    """Return the keys whose note-on has no note-off behind it."""
    down: set[int] = set()
    for message in messages:
        (down.add if message[0] & 0xF0 == NOTE_ON else down.discard)(message[1])
    return down


def test_notes_go_through_an_engine_and_no_device_hears_of_it(hub: Hub, bench: Callable[..., Bench]) -> None:
    keyboard, synth = plug_both(hub)

    found = measured(bench("--notes", "50", "--json"))

    assert (found["through"], found["profile"]) == ("bridge", "liverec")
    assert (found["asked"], found["played"], found["lost"], found["others"]) == (50, 50, 0, 0)
    assert found["outcomes"] == {"forwarded": 100}
    assert (found["alone"]["played"], found["alone"]["lost"]) == (11, 0)
    assert found["alone"]["p50_us"] > 0
    assert 0 < found["p50_us"] <= found["p99_us"] <= found["max_us"]
    assert found["p50_us"] > found["took_us"]["p50"] / 2 > 0
    assert sum(bar["notes"] for bar in found["histogram"]) == 49
    assert found["first_us"] == found["us"][0]
    assert len(found["real_time"]["priorities"]["callbacks"]) == 1
    assert found["switches"]["voluntary"] >= 50
    assert {device["name"].partition(":")[0] for device in found["devices"]} == {
        "Keystation 49 MK3",
        "Elektron Analog Four",
    }
    assert synth.nothing_more()
    assert not keyboard.is_open
    wait_until_only(hub, KEYSTATION, ANALOG_FOUR)


def test_a_person_sees_a_table_a_histogram_and_a_sentence(hub: Hub, bench: Callable[..., Bench]) -> None:
    printed, said = bench("--notes", "20").ends()

    assert said == ("Playing 20 notes through liverec, between ports of its own: some 1 s; Ctrl-C\nends it sooner.\n")
    lines = printed.splitlines()
    assert lines[0].split() == ["us", "first", "p50", "p99", "p99.9", "max", "lost"]
    assert re.fullmatch(r"through the bridge +[\d,.]+ +[\d,.]+ +[\d,.]+ +[\d,.]+ +[\d,.]+ +0", lines[1])
    assert re.fullmatch(r"without it +- +[\d,.]+ +[\d,.]+ +[\d,.]+ +[\d,.]+ +0", lines[2])
    assert re.search(r"^ *[\d,]+ to [\d,]+ us  █+ \d+$", printed, re.MULTILINE)
    assert "\x1b" not in printed  # it is a pipe
    assert max(map(len, lines)) <= 80
    assert lines[-1].endswith(".")


def test_any_profile_can_be_measured_also_one_for_an_input_of_its_own(
    hub: Hub, bench: Callable[..., Bench], tmp_path: Path
) -> None:
    write_config(
        tmp_path,
        "profiles/mine.toml",
        'description = "two"\n'
        '[[zones]]\ninput = "Nord"\nchannel = 7\nkeys = "C3..D3"\ntranspose = 12\ndestination = "track 2"\n'
        '[[zones]]\ninput = "Nord"\nchannel = 7\nkeys = "C3..D3"\ndestination = "auto"\n',
    )

    found = measured(bench("--notes", "30", "--json", "--profile", "mine"))

    assert (found["profile"], found["played"], found["lost"]) == ("mine", 30, 0)
    assert found["others"] > 0  # the second zone's notes, of which the first is waited for
    assert found["outcomes"] == {"forwarded": 60}


def test_a_profile_without_notes_is_refused(hub: Hub, bench: Callable[..., Bench], tmp_path: Path) -> None:
    write_config(
        tmp_path, "profiles/knobs.toml", 'description = "x"\n[filters]\nnotes = false\ncontrol_changes = [1]\n'
    )

    _, said = bench("--profile", "knobs").ends(2)

    assert said == "knobs lets no note pass, so there is nothing to time; choose another with --profile.\n"


def test_beside_a_running_bridge_neither_is_disturbed(hub: Hub, bench: Callable[..., Bench], tmp_path: Path) -> None:
    keyboard, synth = plug_both(hub)
    with starting(hub, tmp_path) as start:
        bridge = start("--profile", "liverec")
        bridge.says("->")

        found = measured(bench("--notes", "50", "--json"))
        keyboard.play(b"\x90\x3c\x64")

        assert (found["played"], found["lost"]) == (50, 0)
        assert synth.next() == b"\x98\x3c\x64"
        assert synth.nothing_more()
        bridge.process.send_signal(signal.SIGINT)
        assert bridge.ends() == 0
        assert bridge.says("stopped")
        assert [line for line in bridge.said if "a4bridge" in line] == []  # of the ports that came and went


def test_through_a_cable_every_note_is_timed_and_ended(hub: Hub, bench: Callable[..., Bench]) -> None:
    _, sent = plug_loop(hub)

    found = measured(bench("--notes", "40", "--json", *LOOP))

    assert (found["through"], found["played"], found["lost"], found["others"]) == ("cable", 40, 0, 0)
    assert found["input"] == found["output"] == {"name": "UM-ONE:UM-ONE MIDI 1", "usb": None}
    assert 0 < found["p50_us"] <= found["max_us"]
    assert len(sent) == 80
    assert hanging(sent) == set()


def test_ctrl_c_ends_it_with_what_was_measured_and_no_note_hanging(hub: Hub, bench: Callable[..., Bench]) -> None:
    running: list[Bench] = []
    number = count(1)

    def interrupt(device: Device, message: bytes) -> None:
        if next(number) == 21:  # while the eleventh note is on its way
            running[0].process.send_signal(signal.SIGINT)
        device.play(message)

    _, sent = plug_loop(hub, interrupt)
    running.append(bench("--notes", "100000", *LOOP))

    printed, _ = running[0].ends()

    assert re.match(r"1\d of 100,000 notes were played: it was interrupted\.\nus ", printed)
    assert hanging(sent) == set()


@pytest.mark.parametrize(("ending", "port"), [(signal.SIGINT, "sink"), (signal.SIGTERM, "source")])
def test_interrupted_at_any_time_it_takes_engine_and_ports_with_it(
    hub: Hub, bench: Callable[..., Bench], ending: signal.Signals, port: str
) -> None:
    running = bench("--notes", "400", "--json")
    # Somebody listens to the sink from the beginning, and to the source once the engine has begun.
    while not any(device.port.name.endswith(port) and device.is_open for device in hub._present()):
        assert running.process.poll() is None
    running.process.send_signal(ending)

    printed, _ = running.process.communicate(timeout=2 * PATIENCE)

    found = json.loads(printed)
    assert found["interrupted"] is True
    assert found["played"] < 400
    assert running.process.returncode == (0 if found["played"] else 1)
    wait_until_only(hub)


def test_where_nothing_comes_back_it_gives_up_and_says_what_to_check(hub: Hub, bench: Callable[..., Bench]) -> None:
    _, sent = plug_loop(hub, lambda _device, _message: None)

    printed, _ = bench(*LOOP).ends(1)

    assert printed.startswith("3 of 500 notes were played: too many were lost in a row.\n")
    assert " ".join(printed.split()).endswith(
        "No note came back: check that a cable leads from the output of UM-ONE to its own input."
    )
    assert hanging(sent) == set()


def test_a_note_that_is_lost_and_others_that_come_besides_are_counted(hub: Hub, bench: Callable[..., Bench]) -> None:
    struck = count(1)

    def lose_one(device: Device, message: bytes) -> None:
        if message[0] & 0xF0 == NOTE_ON and next(struck) == 5:
            device.play(bytes([NOTE_ON, 1, 1]))  # somebody's else
        else:
            device.play(message)

    plug_loop(hub, lose_one)

    found = measured(bench("--notes", "20", "--json", *LOOP), code=1)

    assert (found["played"], found["lost"], found["others"]) == (20, 1, 1)
    assert found["us"][4] is None
    assert found["says"].startswith("1 of 20 notes did not come back: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ["--loopback", "um-one", "Nord"],
            "There is no output 'Nord': of 'Keystation 49 MK3', 'UM-ONE' none fits.",
            id="no such output",
        ),
        pytest.param(
            ["--loopback", "20:0", "um-one"],
            "'20:0' ends in numbers that change at every plug: leave them out.",
            id="a number",
        ),
        pytest.param(
            ["--profile", "liverec", *LOOP],
            "--profile says what the bridge does, and with --loopback there is none between: leave one out.",
            id="a profile for a cable",
        ),
        pytest.param(["--profile", "nobody"], 'no profile is called "nobody"', id="no such profile"),
        pytest.param(["--notes", "1"], "1 is not in the range 2<=x<=100000", id="a single note"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence(
    hub: Hub, bench: Callable[..., Bench], arguments: list[str], says: str
) -> None:
    hub.plug(KEYSTATION)
    hub.plug(UM_ONE)

    _, said = bench(*arguments).ends(2)

    assert says in said


def test_an_alias_of_the_settings_names_a_port(hub: Hub, bench: Callable[..., Bench], tmp_path: Path) -> None:
    write_config(tmp_path, "settings.toml", '[aliases]\nplug = "UM-ONE"\n')
    plug_loop(hub)

    assert measured(bench("--notes", "5", "--json", "--loopback", "plug", "plug"))["lost"] == 0


def test_without_a_midi_system_it_says_so_in_one_sentence(bench: Callable[..., Bench]) -> None:
    _, said = bench("--backend", "loopback:/nowhere").ends(3)

    assert said.splitlines()[-1].startswith("No MIDI: the loopback hub /nowhere does not answer")
