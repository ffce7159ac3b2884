"""What the routers on python-rtmidi have in common: the meter's two ports, and the channel."""

import rtmidi

CHANNEL_9 = 8


def open_ports() -> tuple[rtmidi.MidiIn, rtmidi.MidiOut]:
    """Open the meter's source and its sink."""
    source = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA)
    sink = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA)
    sink.open_port(_index(sink, "meter sink"))
    source.open_port(_index(source, "meter source"))
    return source, sink


def _index(client: rtmidi.MidiIn | rtmidi.MidiOut, name: str) -> int:
    return next(at for at, port in enumerate(client.get_ports()) if port.startswith(f"{name}:"))
