"""Python-rtmidi as its examples show it: a callback that changes the channel and sends.

    python callback.py [--keep-state]

RtMidi's thread is none of Python's, so Python makes a thread state for each callback and throws it away afterwards.
With --keep-state the first callback takes it once more and so keeps it: the least that a callback costs.
"""

import ctypes
import signal
import sys

from meter_ports import CHANNEL_9, open_ports

source, sink = open_ports()
kept: list[int] = []


def forward(event: tuple[list[int], float], _data: object) -> None:
    message = event[0]
    message[0] = message[0] & 0xF0 | CHANNEL_9
    sink.send_message(message)


def keep_state_and_forward(event: tuple[list[int], float], _data: object) -> None:
    if not kept:
        kept.append(ctypes.pythonapi.PyGILState_Ensure())
    message = event[0]
    message[0] = message[0] & 0xF0 | CHANNEL_9
    sink.send_message(message)


source.set_callback(keep_state_and_forward if "--keep-state" in sys.argv else forward)
signal.pause()
