"""Which transport a process uses, by a word on its command line."""

from typing import Final

from a4bridge.backend.base import CLIENT, Backend, BackendError

RTMIDI: Final = "rtmidi"
LOOPBACK: Final = "loopback:"
"""Followed by the address of a hub (see a4bridge.backend.loopback)."""


def backend_for(word: str, verb: str = "") -> Backend:
    """Make the transport that `word` names; raises BackendError.

    verb: who opens ports, if it passes nothing on; a bridge then does not take it for another bridge.

    Each is imported only when it is chosen: one needs a library, the other costs an engine 3 MB.
    """
    if word.startswith(LOOPBACK):
        from a4bridge.backend.loopback import LoopbackBackend  # noqa: PLC0415 - imported only where it is needed

        return LoopbackBackend(word.removeprefix(LOOPBACK))
    if word == RTMIDI:
        try:
            from a4bridge.backend.rtmidi import RtMidiBackend  # noqa: PLC0415 - imported only where it is needed
        except ImportError as error:
            raise BackendError(
                f"python-rtmidi cannot be loaded ({error}); install it with `pip install python-rtmidi`, and on Debian "
                "the package libasound2"
            ) from error
        return RtMidiBackend(f"{CLIENT} {verb}".rstrip())
    raise BackendError(f"there is no MIDI transport called {word!r}; there are {RTMIDI} and {LOOPBACK}ADDRESS")
