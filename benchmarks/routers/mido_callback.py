"""Mido, on its own back end, which is python-rtmidi: a callback that sends a copy on another channel."""

import signal

import mido  # a version of its own in the run

CHANNEL_9 = 8


def port(names: list[str], client: str) -> str:
    return next(name for name in names if name.startswith(f"{client}:"))


sink = mido.open_output(port(mido.get_output_names(), "meter sink"))
source = mido.open_input(
    port(mido.get_input_names(), "meter source"),
    callback=lambda message: sink.send(message.copy(channel=CHANNEL_9)),
)
signal.pause()
