"""Whether this machine has a MIDI system at all, and what to do if not."""

import errno
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from a4bridge.core.words import capitalised

_DEMO: Final = "`a4bridge demo` works without it"


@dataclass(frozen=True, slots=True)
class Lacking:
    """What this machine lacks for MIDI, and what to do about it: sentences without a full stop; remedy may be empty."""

    evidence: str
    remedy: str


_LOAD: Final = (
    "load it with `sudo modprobe snd-seq`; Debian's cloud kernels lack it, so there install linux-image-amd64 or "
    "linux-image-arm64"
)
_NOT_LOADED: Final = Lacking("the kernel module snd-seq behind /dev/snd/seq is not loaded", _LOAD)
_LACKING: Final = {
    errno.ENOENT: Lacking("there is no /dev/snd/seq, so the kernel module snd-seq is not loaded", _LOAD),
    errno.ENXIO: _NOT_LOADED,
    errno.ENODEV: _NOT_LOADED,
    errno.EACCES: Lacking(
        "you may not open /dev/snd/seq",
        "add yourself to the group audio with `sudo usermod -aG audio $USER` and log in again",
    ),
}


def midi_lacking(root: Path = Path("/")) -> Lacking | None:
    """Return what is missing for MIDI on this machine, or None if nothing is.

    Only Linux is looked at: opening the sequencer and closing it again also makes the kernel load it.
    """
    if sys.platform != "linux":
        return None
    try:
        os.close(os.open(root / "dev/snd/seq", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return _LACKING.get(error.errno or 0, Lacking(f"/dev/snd/seq cannot be opened ({error.strerror})", ""))
    return None


def why_no_midi(root: Path = Path("/")) -> str | None:
    """Return the same as one sentence for who wanted MIDI, or None."""
    if (lacking := midi_lacking(root)) is None:
        return None
    remedy = f". {capitalised(lacking.remedy)}" if lacking.remedy else ""
    return f"No MIDI: {lacking.evidence}{remedy}; {_DEMO}."
