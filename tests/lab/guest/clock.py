"""Waiting, in a machine whose clock leaps."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def wait_until(what: str, predicate: Callable[[], object], within_s: float = 10) -> None:
    """Return once the predicate holds; fail, naming what was awaited, after that much virtual time."""
    deadline = time.monotonic() + within_s
    while not predicate():
        assert time.monotonic() < deadline, f"waited {within_s} s in vain: {what}"
        time.sleep(0.005)


@contextmanager
def steady_time() -> Iterator[None]:
    """Let virtual time pass no faster than instructions are executed, at two seconds of ours for one.

    An idle guest leaps to its next timer: good for sleeping, bad while it waits for a file of the host's; a
    program's start then seems to take 10 s, and another's patience ends. So something must always run, at the
    one priority that delays nobody.
    """
    endless = "echo here; while :; do :; done"
    with subprocess.Popen(("chrt", "--idle", "0", "sh", "-c", endless), stdout=subprocess.PIPE) as busy:
        assert busy.stdout
        assert busy.stdout.readline() == b"here\n"
        try:
            yield
        finally:
            busy.kill()
