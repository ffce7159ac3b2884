"""What makes a Python callback punctual. Each of these is asked of the system and says what it got."""

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MAIN_PRIORITY: Final = 10
CALLBACK_PRIORITY: Final = 70
"""SCHED_FIFO priorities (1-99): above ordinary work, below the kernel's own threads of an RT kernel (50) and JACK's
servers only for the main thread; the callbacks stand above, they run for microseconds."""

SWITCH_INTERVAL: Final = 1e-5
"""Seconds that a callback waits for the interpreter at most while the main thread obeys a command; it holds the
interpreter for longer than that itself, and is seldom interrupted."""

_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # linux: include/uapi/asm-generic/mman.h


def _how_to_allow(limit: str) -> str:
    return f"to allow it, put the line `@audio - {limit}` into /etc/security/limits.d/audio.conf and log in again"


def _set_fifo(priority: int) -> str:
    """Ask SCHED_FIFO for the calling thread; returns why not, or an empty string."""
    if not hasattr(os, "sched_setscheduler"):
        return "this system has no SCHED_FIFO; its own MIDI threads have their priority already"
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError as error:
        return f"{error.strerror}; {_how_to_allow('rtprio 80')}"
    return ""


def schedule_main() -> str:
    """Put the main thread on SCHED_FIFO, low; returns why not, or an empty string."""
    return _set_fifo(MAIN_PRIORITY)


def refusal() -> str:
    """Say why the engine's callbacks would not get SCHED_FIFO here, or an empty string; nothing stays changed.

    An engine is asked whether it got it; this is for where none runs.
    """
    if not hasattr(os, "sched_setscheduler"):
        return _set_fifo(CALLBACK_PRIORITY)
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    if refused := _set_fifo(CALLBACK_PRIORITY):
        return refused
    os.sched_setscheduler(0, *before)
    return ""


@contextmanager
def callback_priority() -> Iterator[None]:
    """Let threads that are started in this block inherit the callbacks' priority.

    RtMidi starts an input's thread in open_port and leaves its policy to inheritance.
    """
    with _priority(CALLBACK_PRIORITY):
        yield


@contextmanager
def above_callbacks() -> Iterator[None]:
    """Let no callback's thread take the processor from this block.

    RtMidi's close_port wakes an input's thread to end it, and joins it only if it has not ended by then (RtMidi 5.0.0,
    MidiInAlsa::closePort). A thread of a higher priority has, and leaves its stack behind: 8 MB that nobody uses.
    """
    with _priority(CALLBACK_PRIORITY + 1):
        yield


@contextmanager
def _priority(priority: int) -> Iterator[None]:
    if not hasattr(os, "sched_setscheduler"):
        yield
        return
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    refused = _set_fifo(priority)
    try:
        yield
    finally:
        if not refused:
            os.sched_setscheduler(0, *before)


def lock_memory() -> str:
    """Lock memory as it is touched, so that no note waits for a page; returns why not, or an empty string.

    MCL_ONFAULT leaves untouched stacks alone: without it every thread costs 8 MB.
    """
    if not sys.platform.startswith("linux"):
        return "only done on Linux"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        return f"{os.strerror(ctypes.get_errno())}; {_how_to_allow('memlock unlimited')}"
    return ""


class ThreadState:
    """The Python state of one of the transport's threads, kept from its first event to its last.

    RtMidi's threads are not Python's: without this every event makes a thread state, with a frame stack mapped for it,
    and destroys both. While it is kept no exception may leave the callback, and a process that keeps any must end by
    os._exit.
    """

    __slots__ = ("_before",)

    def keep(self) -> None:
        """Keep the calling thread's state."""
        self._before = ctypes.pythonapi.PyGILState_Ensure()

    def give_back(self) -> None:
        """Keep it no longer: called once, by the thread that called `keep`. Some 20 KB go when the callback returns."""
        ctypes.pythonapi.PyGILState_Release(self._before)


def freeze_memory() -> None:
    """Collect garbage once, set what is left aside, and collect no more: the engine makes no cycles.

    tests/unit/test_no_garbage.py holds it to that.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


def hand_over_quickly() -> None:
    """Let a waiting callback have the interpreter after SWITCH_INTERVAL."""
    sys.setswitchinterval(SWITCH_INTERVAL)
