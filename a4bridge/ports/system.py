"""Whether this machine has a MIDI system at all, and what to do if not."""

import errno
import os
import sys
from pathlib import Path
from typing import Final

_DEMO: Final = "`a4bridge demo` works without it"

_LOAD: Final = (
    "Load it with `sudo modprobe snd-seq`. Debian's cloud kernels lack it: install linux-image-amd64 or "
    f"linux-image-arm64; {_DEMO}."
)
_SENTENCES: Final = {
    errno.ENOENT: f"No MIDI: there is no /dev/snd/seq, so the kernel module snd-seq is not loaded. {_LOAD}",
    errno.ENXIO: f"No MIDI: the kernel module snd-seq behind /dev/snd/seq is not loaded. {_LOAD}",
    errno.ENODEV: f"No MIDI: the kernel module snd-seq behind /dev/snd/seq is not loaded. {_LOAD}",
    errno.EACCES: (
        "No MIDI: you may not open /dev/snd/seq. Add yourself to the group audio with "
        f"`sudo usermod -aG audio $USER` and log in again; {_DEMO}."
    ),
}


def why_no_midi(root: Path = Path("/")) -> str | None:
    """Return a sentence about what is missing for MIDI on this machine, or None if nothing is.

    Only Linux is looked at: opening the sequencer and closing it again also makes the kernel load it.
    """
    if sys.platform != "linux":
        return None
    try:
        os.close(os.open(root / "dev/snd/seq", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return _SENTENCES.get(error.errno or 0, f"No MIDI: /dev/snd/seq cannot be opened ({error.strerror}); {_DEMO}.")
    return None
