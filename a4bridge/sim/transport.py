"""Where in its pattern the simulated sequencer is."""

from collections import deque
from typing import Final

STEPS_PER_BEAT: Final = 4
CLOCKS_PER_BEAT: Final = 24
MS_PER_MINUTE: Final = 60_000


class Transport:
    """A position in steps that moves at a tempo while the sequencer plays; all times are in milliseconds.

    A received clock sets the tempo, measured over the last quarter note (24 clocks: MIDI 1.0).
    """

    def __init__(self, bpm: float) -> None:
        self.playing = False
        self.step_ms = MS_PER_MINUTE / bpm / STEPS_PER_BEAT
        self._known_position = 0.0
        self._known_at_ms = 0.0
        self._clocks: deque[float] = deque(maxlen=CLOCKS_PER_BEAT + 1)

    @property
    def bpm(self) -> float:
        """The tempo, in quarter notes a minute."""
        return MS_PER_MINUTE / self.step_ms / STEPS_PER_BEAT

    def position(self, at_ms: float) -> float:
        """Return the steps gone by since the pattern's first, over any number of rounds."""
        if not self.playing:
            return self._known_position
        return self._known_position + (at_ms - self._known_at_ms) / self.step_ms

    def start(self, at_ms: float) -> None:
        """Play from the first step."""
        self.locate(0, at_ms)
        self.playing = True

    def stop(self, at_ms: float) -> None:
        """Stop, and stay where it is."""
        self.locate(self.position(at_ms), at_ms)
        self.playing = False

    def resume(self, at_ms: float) -> None:
        """Play on from where it is."""
        self.locate(self.position(at_ms), at_ms)
        self.playing = True

    def locate(self, position: float, at_ms: float) -> None:
        """Go to `position`; a song position pointer counts in steps too (six clocks, MIDI 1.0)."""
        self._known_position, self._known_at_ms = position, at_ms

    def clock(self, at_ms: float) -> None:
        """Follow the tempo of a clock that comes in."""
        self._clocks.append(at_ms)
        beat_ms = at_ms - self._clocks[0]
        if len(self._clocks) == self._clocks.maxlen and beat_ms > 0:
            self.locate(self.position(at_ms), at_ms)
            self.step_ms = beat_ms / STEPS_PER_BEAT
