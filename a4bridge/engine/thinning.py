"""Bend and pressure, no faster than the destination can take: the newest value now, or in a moment.

A MIDI cable carries some 1,000 messages a second, and a wheel can fill it alone; notes would wait behind it.
"""

import time
from collections.abc import Callable
from typing import Final

from a4bridge.backend.base import Send
from a4bridge.core.outcomes import Outcome

_SECOND: Final = 1_000_000_000


class Thinning:
    """What was sent lately, and what is kept until its time comes; whoever uses it has the turn.

    wake: called when something is kept, so that somebody calls `flush` in time.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._due: dict[int, int] = {}
        self._kept: dict[int, list[int]] = {}
        self._interval = 0

    def per_second(self, messages: int) -> None:
        """Let so many messages a second pass from now on, by status byte; 0: any number."""
        self._interval = _SECOND // messages if messages else 0

    def pass_on(self, statuses: tuple[int, ...], send: Send) -> Callable[[list[int]], list[int] | Outcome]:
        """Make the handler that sends what comes under `statuses`."""
        due, kept = self._due, self._kept
        clock = time.monotonic_ns

        def pass_on(message: list[int]) -> list[int] | Outcome:
            now = clock()
            result: list[int] | Outcome = Outcome.THINNED
            for status in statuses:
                out = [status, *message[1:]]
                if now >= due.get(status, 0):
                    due[status] = now + self._interval
                    kept.pop(status, None)
                    send(out)
                    result = out
                else:
                    if not kept:
                        self._wake()
                    kept[status] = out
            return result

        return pass_on

    @property
    def keeps(self) -> bool:
        """Tell whether something waits for its time."""
        return bool(self._kept)

    def flush(self, send: Send) -> float | None:
        """Send what is due; returns the seconds until the next will be, or None if nothing is kept."""
        now = time.monotonic_ns()
        for status in [status for status in self._kept if self._due[status] <= now]:
            self._due[status] = now + self._interval
            send(self._kept.pop(status))
        return max(0, min(self._due[status] for status in self._kept) - now) / _SECOND if self._kept else None

    def forget(self) -> None:
        """Forget what is kept: the destination that it was for is gone."""
        self._kept.clear()
