"""Profiles are switched by the socket again and again while somebody plays.

SWITCHES=10000 .venv/bin/python -m pytest tests/service/test_switches_under_fire.py -s --timeout 1800
"""

import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Final

from running import PATIENCE, Start, plug_both

from a4bridge.backend.loopback import Hub
from a4bridge.control.wire import Use

SWITCHES: Final = int(os.environ.get("SWITCHES", "100"))
PROFILES: Final = ("gridrec", "multitrack", "spread", "liverec")
NOTES: Final = 20
"""Notes that are played, as fast as the box takes them, while a switch is under way or soon after it."""
HELD: Final = 2
"""Keys that are down at any moment: `spread` has tracks for them, and each ends under another profile."""


def test_no_switch_loses_doubles_or_hangs_a_note(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    notes = threading.Semaphore(0)

    def play() -> set[int]:
        """Return the channels that the notes went to."""
        held: deque[bytes] = deque()
        channels = set()
        for played in range(SWITCHES * NOTES):
            assert notes.acquire(timeout=PATIENCE)
            note = 24 + played % 80
            keyboard.play(bytes([0x90, note, 100]))
            began = synth.next()
            assert began[0] & 0xF0 == 0x90
            assert began[1:] == bytes([note, 100])
            channels.add(began[0] & 15)
            held.append(began)
            if len(held) > HELD:
                release(held.popleft())
        while held:
            release(held.popleft())
        return channels

    def release(began: bytes) -> None:
        keyboard.play(bytes([0x80, began[1], 64]))
        assert synth.next() == bytes([0x80 | began[0] & 15, began[1], 64])

    with ThreadPoolExecutor(1) as player, bridge.connect() as connection:
        playing = player.submit(play)
        for profile in islice(cycle(PROFILES), SWITCHES):
            notes.release(NOTES)
            connection.ask(Use(profile))
        channels = playing.result()

    assert synth.nothing_more()
    assert channels >= {0, 8}, "the profiles were heard"
