"""`a4bridge bench` on the kernel's sequencer, in counted time: what it measures, and that nobody notices."""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from clock import steady_time, wait_until
from playing import LINKED, has_heard, heard
from program import A4BRIDGE, Program, output_of
from usb import A4_MKI, KEYSTATION, Gadget, plugged

CLIENTS = Path("/proc/asound/seq/clients")


@pytest.fixture(autouse=True, scope="module")
def steady() -> Iterator[None]:
    """Neither the program's own patience nor a test's may end because the clock leaps."""
    with steady_time():
        yield


@pytest.fixture
def keyboard_and_box() -> Iterator[tuple[Gadget, Gadget]]:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        yield keyboard, box


Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def started() -> Iterator[Started]:
    """Return a function that starts it; none is left at the end."""
    with ExitStack() as stack:

        def start(*arguments: str) -> "subprocess.Popen[str]":
            bench = subprocess.Popen([A4BRIDGE, "bench", *arguments], stdout=subprocess.PIPE, text=True)
            stack.enter_context(bench)
            stack.callback(bench.kill)
            return bench

        yield start


def measured(bench: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return what it found, in its JSON."""
    printed, _ = bench.communicate(timeout=60)
    assert bench.returncode == 0, printed
    data: dict[str, Any] = json.loads(printed)
    print({key: value for key, value in data.items() if key not in {"us", "histogram"}})
    return data


def test_it_and_a_bridge_that_is_started_meanwhile_do_not_disturb_each_other(
    keyboard_and_box: tuple[Gadget, Gadget], started: Started
) -> None:
    keyboard, box = keyboard_and_box
    bench = started("--notes", "5000", "--json")
    listening = f'"bench {bench.pid} source" (R-e-)\n    Connecting To: '
    wait_until("its engine", lambda: listening in CLIENTS.read_text(), within_s=60)
    ours = [line for line in output_of("ports").splitlines() if f"bench {bench.pid}" in line]

    with Program("--profile", "liverec") as program:
        program.says(f"^Keystation 49 MK3 {LINKED}, auto channel 9\n")
        keyboard.ports[0].send(bytes([0x90, 60, 100]))
        wait_until("the note at the box", lambda: has_heard(box, 1))
        bench.send_signal(signal.SIGINT)
        found = measured(bench)
        refused = output_of("bench", "--loopback", "Keystation 49 MK3 MIDI 2", "Analog Four", code=4)

        assert program.said.count("\n") == 1
        assert heard(box) == [bytes([0x98, 60, 100])]

    assert found["interrupted"] is True
    assert (found["lost"], found["others"]) == (0, 0)
    assert 0 < found["played"] < 5000
    assert {device["name"].partition(":")[0]: device["usb"] for device in found["devices"]} == {
        "Keystation 49 MK3": {"mbit_per_s": 480, "hubs": []},
        "Elektron Analog Four": {"mbit_per_s": 480, "hubs": []},
    }
    assert len(ours) == 2
    assert all(line.startswith("refused") and line.endswith("a4bridge's own") for line in ours)
    assert "bench" not in CLIENTS.read_text()
    assert "A bridge is connected to Elektron Analog Four, and its box would be played" in refused


# From here on the program is in the guest's memory: what has to be read first is as slow as the host is.


def test_the_bridge_takes_what_the_meter_says_it_does(started: Started) -> None:
    found = measured(started("--notes", "100", "--json"))

    assert (found["played"], found["lost"], found["others"]) == (100, 0, 0)
    assert found["outcomes"] == {"forwarded": 200, "primed": 1}
    # The meter, which is no Python program, counts some 30 us (benchmarks/README.md), and 4 without the bridge.
    assert 20 < found["p50_us"] < 80
    assert 10 < found["p50_us"] - found["alone"]["p50_us"] < 40
    assert found["p99_us"] < 100
    assert found["p50_us"] < found["first_us"] < 200
    assert found["real_time"] == {"fifo": "", "memory": "", "priorities": {"main": 10, "callbacks": [70]}}
    assert found["faults"]["major"] == 0
    assert found["switches"]["involuntary"] == 0
    assert found["switches"]["voluntary"] >= 100  # it waits for each note


def test_a_cable_between_programs_takes_less_and_no_bridge_starts_meanwhile(started: Started) -> None:
    bench = started("--notes", "5000", "--json", "--loopback", "midi through", "midi through")
    wait_until("its input", lambda: '"in 0" (-We-)' in CLIENTS.read_text())

    refused = output_of("--profile", "liverec", code=4)
    bench.send_signal(signal.SIGINT)
    found = measured(bench)

    assert refused.startswith("another bridge, or `a4bridge bench`, is connected to Midi Through; ")
    assert 20 < found["played"] < 5000
    assert (found["lost"], found["others"]) == (0, 0)
    assert 5 < found["p50_us"] < 50
    assert found["says"] == "Nothing but the kernel and programs took part, and there is nothing to change."


@pytest.mark.parametrize("typed", [["m"], ["midi through", "m"]], ids=["the first", "the second"])
def test_both_names_of_a_cable_are_completed(typed: list[str]) -> None:
    words = ["a4bridge", "bench", "--loopback", *typed]
    environment = {
        "_A4BRIDGE_COMPLETE": "zsh_complete",
        "COMP_WORDS": shlex.join(words),
        "COMP_CWORD": str(len(words) - 1),
    }

    offered = subprocess.run(
        [A4BRIDGE], env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout

    assert "Midi Through" in offered.split("\n")
