"""Two ports, "silent source" and "silent sink", for a bridge that is to have nothing to forward."""

import signal

import rtmidi

source = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="silent source")
sink = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name="silent sink")
source.open_virtual_port("out")
sink.open_virtual_port("in")
signal.pause()
