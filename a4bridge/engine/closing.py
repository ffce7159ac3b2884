"""Inputs that are being closed step by step, while notes on others go on and commands are obeyed."""

import time
from collections.abc import Callable, Iterator

from a4bridge.backend.base import Input
from a4bridge.engine import realtime


class Closing:
    """What is left of inputs that nobody wants any more; only the main thread uses it. clock: monotonic ns."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._steps: list[tuple[int, Iterator[float]]] = []

    def begin(self, given_up: Input) -> None:
        """Take the first step of closing `given_up`."""
        self._steps.append((0, given_up.closing()))
        self.go_on()

    def go_on(self) -> float | None:
        """Take the steps that are due; returns the seconds until the next will be, None if nothing is being closed."""
        now = self._clock()
        waiting = []
        for due, steps in self._steps:
            when = due
            if due <= now:
                with realtime.above_callbacks():
                    pause = next(steps, None)
                if pause is None:
                    continue
                when = now + int(pause * 1e9)
            waiting.append((when, steps))
        self._steps = waiting
        return max(0, min(due for due, _ in waiting) - self._clock()) / 1e9 if waiting else None
