"""A client has nothing that is played pass for a while, as `a4bridge learn` does, by the whole program."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from running import KEYSTATION, Running, Start, plug_both, starting, write_config

from a4bridge.backend.loopback import Hub
from a4bridge.control.wire import Hush, Status, Use

C5_ON: Final = b"\x90\x3c\x64"
C5_OFF: Final = b"\x80\x3c\x40"
PAD: Final = b"\x90\x24\x64"


@pytest.fixture
def start(hub: Hub, tmp_path: Path) -> Iterator[Start]:
    pad = "[[bindings]]\nnote = 36\ntrack = 3\n"
    write_config(tmp_path, "profiles/pads.toml", f'description = "pads"\nsustain = "drop"\n{pad}')
    write_config(tmp_path, "profiles/second.toml", 'description = "second"\ndestination = "track 2"\n')
    with starting(hub, tmp_path) as start:
        yield start


def wait_for_events(bridge: Running, count: int) -> None:
    """Wait until the engine has dealt with so many events besides those that it forwarded."""
    with bridge.connect() as connection:
        while sum(each["count"] for each in connection.ask(Status())["dropped"]) < count:
            pass


def test_nothing_passes_as_long_as_the_connection_lasts_and_what_sounds_ends_where_it_began(
    hub: Hub, start: Start
) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64"

    with bridge.connect() as connection:
        assert connection.ask(Hush())["says"].startswith("nothing that is played passes")
        assert bridge.says("nothing") == "nothing that is played passes: somebody sets up by playing"
        for message in (b"\x90\x40\x64", b"\x80\x40\x40", PAD, b"\xe0\x00\x50", b"\xb0\x01\x20"):
            keyboard.play(message)
        wait_for_events(bridge, 5)
        assert {each["reason"]: each["count"] for each in bridge.ask(Status())["dropped"]} == {
            "hushed": 4,
            "not_sounding": 1,
        }
        assert bridge.ask(Status())["hushed"] is True
        assert "\nhushed     nothing that is played passes" in bridge.told("status")
        keyboard.play(C5_OFF)
        assert synth.next() == b"\x88\x3c\x40"

    assert bridge.says("passes again") == "what is played passes again"
    keyboard.play(C5_ON)
    assert synth.next() == b"\x98\x3c\x64", "and no pad was obeyed"
    assert bridge.ask(Status())["hushed"] is False


def test_it_outlasts_a_switch_another_box_another_engine_and_the_first_of_two(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")

    with bridge.connect() as second:
        with bridge.connect() as first:
            first.ask(Hush())
            second.ask(Hush())
        bridge.ask(Use("second"))
        os.kill(bridge.engine_pid(), signal.SIGKILL)
        bridge.says("->")
        second.ask(Hush())  # again, for this may have taken a while
        keyboard.play(C5_ON)
        wait_for_events(bridge, 1)

    bridge.says("passes again")
    assert synth.nothing_more()
    keyboard.play(C5_ON)
    assert synth.next() == b"\x91\x3c\x64"


def test_a_client_that_dies_hushes_nobody_for_longer(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "pads")
    bridge.says("->")
    for _ in range(3):
        connection = bridge.connect()
        connection._socket.sendall(b'{"version": 1, "do": "hush"}\n')
        connection._socket.close()  # before it has read the answer
        bridge.says("passes again")

    keyboard.play(C5_ON)

    assert synth.next() == b"\x98\x3c\x64"
    assert KEYSTATION.client in bridge.told("status")
