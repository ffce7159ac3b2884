"""What the simulated Analog Four's sequencer has recorded, as data without words."""

from dataclasses import dataclass, replace
from typing import Final

TRACKS: Final = (1, 2, 3, 4)
STEPS: Final = 16
NOTES_PER_STEP: Final = 4
"""A root note and NOT2 to NOT4 (from memory of the manual; live recording is not confirmed to fill them)."""


@dataclass(frozen=True, slots=True)
class Trig:
    """One note on one step of one track.

    micro_timing: off the step by so many 1/384 of a bar, -12 to 11 (the unit is from memory of the manual).
    length: in steps; None while the key that recorded it is still down.
    """

    track: int
    step: int
    note: int
    velocity: int
    micro_timing: int = 0
    length: float | None = None


class Pattern:
    """Four tracks of 16 steps; a step keeps up to four notes, and a note that comes again replaces itself."""

    def __init__(self) -> None:
        self._trigs: dict[tuple[int, int, int], Trig] = {}

    @property
    def trigs(self) -> tuple[Trig, ...]:
        """Return what is recorded, by track, then step, then note."""
        return tuple(trig for _, trig in sorted(self._trigs.items()))

    def grid(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """Return for each of the four tracks its 16 steps, each as the notes on it, lowest first."""
        return tuple(
            tuple(tuple(trig.note for trig in self._on(track, step)) for step in range(1, STEPS + 1))
            for track in TRACKS
        )

    def write(self, trig: Trig) -> bool:
        """Put `trig` on its step; return False if four other notes are on it."""
        others = [other for other in self._on(trig.track, trig.step) if other.note != trig.note]
        if len(others) == NOTES_PER_STEP:
            return False
        self._trigs[trig.track, trig.step, trig.note] = trig
        return True

    def finish(self, trig: Trig, length: float) -> None:
        """Give `trig` its length in steps, unless it has one or has been replaced since."""
        place = trig.track, trig.step, trig.note
        if self._trigs[place] is trig:
            self._trigs[place] = replace(trig, length=length)

    def _on(self, track: int, step: int) -> list[Trig]:
        return [trig for trig in self.trigs if (trig.track, trig.step) == (track, step)]
