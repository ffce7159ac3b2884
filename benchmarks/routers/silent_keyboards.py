"""Starts a router beside keyboards on which nobody plays, "silent:number 0" and so on.

python silent_keyboards.py COUNT COMMAND...
"""

import signal
import subprocess
import sys

import rtmidi

keyboards = [rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="silent") for _ in range(int(sys.argv[1]))]
for number, keyboard in enumerate(keyboards):
    keyboard.open_virtual_port(f"number {number}")
router = subprocess.Popen(sys.argv[2:])
signal.signal(signal.SIGTERM, lambda *_: router.terminate())
sys.exit(router.wait())
