"""The least that does a bridge's work, written out for one keyboard and one channel: what a4bridge is held against.

    python floor.py [bytes|table|reused|in-place|no-clock|no-ledger|no-record|locked|promoted]

It keeps the thread's state, knows which keys are down, marks in a ledger what sounds, looks at the clock before and
after, and notes the event for whoever counts. With a word it does something otherwise, or leaves it out.
"""

import ctypes
import gc
import mmap
import os
import signal
import sys
import time
from collections import deque
from pathlib import Path

from meter_ports import CHANNEL_9, open_ports

NOTE_ON = 0x90
NOTE_OFF = 0x80
VELOCITIES = 128
CALLBACK_PRIORITY = 70
MCL_CURRENT, MCL_FUTURE = 1, 2  # linux: include/uapi/asm-generic/mman.h

source, sink = open_ports()
variant = next(iter(sys.argv[1:]), "")
send = sink.send_message
clock = time.monotonic_ns
ledger = memoryview(mmap.mmap(-1, 4096))
held: dict[int, int] = {}
record = deque[object](maxlen=1 << 15).append
kept: list[int] = []
reused = [NOTE_ON, 0, 0]
messages = [
    [[kind | CHANNEL_9, note, velocity] for velocity in range(VELOCITIES)]
    for kind in (NOTE_OFF, NOTE_ON)
    for note in range(128)
]


def forward(event: tuple[list[int], float], _data: object) -> None:
    if not kept:
        kept.append(ctypes.pythonapi.PyGILState_Ensure())
    entered = clock()
    status, note, velocity = event[0]
    if status == NOTE_ON and velocity:
        if note not in held:
            held[note] = index = CHANNEL_9 << 7 | note
            ledger[index] += 1
        out = [NOTE_ON | CHANNEL_9, note, velocity]
    else:
        index = held.pop(note)
        ledger[index] -= 1
        out = [NOTE_OFF | CHANNEL_9, note, velocity]
    send(out)
    record((event, entered, clock(), out))


def forward_otherwise(event: tuple[list[int], float], _data: object) -> None:
    if not kept:
        kept.append(ctypes.pythonapi.PyGILState_Ensure())
    entered = 0 if variant == "no-clock" else clock()
    message = event[0]
    status, note, velocity = message
    sounds = status == NOTE_ON and velocity > 0
    if variant != "no-ledger":
        if sounds:
            held[note] = index = CHANNEL_9 << 7 | note
            ledger[index] += 1
        else:
            ledger[held.pop(note)] -= 1
    kind = (NOTE_ON if sounds else NOTE_OFF) | CHANNEL_9
    out: list[int] | bytes
    if variant == "bytes":
        out = bytes((kind, note, velocity))
    elif variant == "table":
        out = messages[128 * sounds + note][velocity]
    elif variant == "reused":
        out = reused
        reused[0], reused[1], reused[2] = kind, note, velocity
    elif variant == "in-place":
        message[0] = kind
        out = message
    else:
        out = [kind, note, velocity]
    send(out)
    if variant != "no-record":
        record((event, entered, 0 if variant == "no-clock" else clock(), out))


def promote_callbacks() -> None:
    for thread in [int(task.name) for task in Path("/proc/self/task").iterdir()]:
        if thread != os.getpid():
            os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(CALLBACK_PRIORITY))


if variant == "locked":
    ctypes.CDLL(None).mlockall(MCL_CURRENT | MCL_FUTURE)
gc.collect()
gc.disable()
source.set_callback(forward_otherwise if variant not in {"", "locked", "promoted"} else forward)
if variant == "promoted":
    promote_callbacks()
signal.pause()
