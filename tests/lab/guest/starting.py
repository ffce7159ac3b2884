"""How long a bridge takes from its start to the first note that it forwards, in virtual time.

python starting.py NUMBER     start it so many times, as a player does and as systemd does, and print the seconds
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Final
from unittest.mock import patch

from clock import steady_time, wait_until
from program import Program
from usb import A4_MKI, KEYSTATION, Gadget, plugged

from a4bridge.core import midi

GAP_SECONDS: Final = 0.01
"""How often a note is played: so exact is what is measured."""

WITHIN_SECONDS: Final = 30.0

PLAYER: Final = ("--profile", "liverec")


def seconds_to_first_note(keyboard: Gadget, box: Gadget, *arguments: str) -> float:
    """Start a bridge while notes are played, and return when the first came out at the box, then end it."""
    for gadget in (keyboard, box):
        gadget.ports[0].forget()
    began = time.monotonic_ns()
    with Program(*arguments) as program:
        notes = _notes()
        while not (arrived := box.ports[0].received):
            assert time.monotonic_ns() - began < WITHIN_SECONDS * 1e9, program.said
            keyboard.ports[0].send(next(notes))
            time.sleep(GAP_SECONDS)
        program.says("->")
        program.signal(signal.SIGTERM)
        assert program.ends() == 0
    return (arrived[0].time_ns - began) / 1e9


def seconds_to_silence(keyboard: Gadget, box: Gadget) -> float:
    """Kill both processes of a bridge while a note sounds, and return how long after another start it ends.

    The other has another command line, so that it is an ordinary start.
    """
    with Program(*PLAYER) as program:
        program.says("->")
        box.ports[0].forget()  # the end of what sounded before
        keyboard.ports[0].send(bytes((midi.NOTE_ON, 60, 64)))
        wait_until("the note", lambda: box.ports[0].received)
        engine = program.engine
        program.signal(signal.SIGSTOP)  # so that it cannot start another engine
        os.kill(engine, signal.SIGKILL)
        program.signal(signal.SIGKILL)
        program.ends()
    box.ports[0].forget()
    began = time.monotonic_ns()
    with Program(*PLAYER, "--track", "3") as program:
        wait_until("the note's end", lambda: box.ports[0].received)
        program.says("1 note released that was left sounding")
        program.says("->")
    return (box.ports[0].received[0].time_ns - began) / 1e9


def _notes() -> Iterator[bytes]:
    while True:
        for status in (midi.NOTE_ON, midi.NOTE_OFF):
            yield bytes((status, 60, 64))


@contextmanager
def as_a_service() -> Iterator[None]:
    """Let whatever is started meanwhile have somebody to tell that it is ready, as systemd does."""
    address = Path(os.environ["TMPDIR"], "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        with patch.dict(os.environ, NOTIFY_SOCKET=str(address)):
            yield
    address.unlink()


def measure(times: int) -> Mapping[str, list[float]]:
    """Start it as often as each of the two start it; the first time each is the only one that nothing remembers."""
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box), steady_time():
        seconds_to_first_note(keyboard, box, "--profile", "play")  # the files come into memory
        player = [seconds_to_first_note(keyboard, box, *PLAYER) for _ in range(times)]
        with as_a_service():
            service = [seconds_to_first_note(keyboard, box, "run") for _ in range(times)]
    return {"a4bridge --profile liverec": player, "a4bridge run, as by systemd": service}


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # what each program said
        starts = measure(int(sys.argv[1]))
    print(json.dumps(starts))
