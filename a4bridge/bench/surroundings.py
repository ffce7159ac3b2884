"""What of the computer makes notes early or late: how fast its processor may run, and how busy it is."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

_ROOT: Final = Path("/")
_IDLE: Final = slice(3, 5)
"""Of the numbers of a line in /proc/stat those of an idle processor: idle and iowait (proc_stat(5))."""
_GUEST: Final = 8
"""From here on they count once more what "user" has counted already."""


class Ticks(NamedTuple):
    """What the processors have spent since the start, in ticks of the kernel's."""

    busy: int
    all: int

    @classmethod
    def now(cls, root: Path = _ROOT) -> "Ticks":
        """Read /proc/stat; all is zero where there is none."""
        with suppress(OSError, ValueError, IndexError):
            first = (root / "proc/stat").read_text().splitlines()[0]
            ticks = [int(number) for number in first.split()[1:]][:_GUEST]
            return cls(sum(ticks) - sum(ticks[_IDLE]), sum(ticks))
        return cls(0, 0)

    def busy_since(self, before: "Ticks") -> float | None:
        """Return the share of the processors' time (0 to 1) that was used since `before`; None: nobody knows."""
        return (self.busy - before.busy) / passed if (passed := self.all - before.all) > 0 else None


@dataclass(frozen=True, slots=True)
class Computer:
    """The computer while it was measured.

    system: kernel and its version. processors: how many there are. governors: what decides on their frequency, by how
    many are under each; none where nothing does. busy: the share of their time that was used, 0 to 1; None: not known.
    """

    system: str
    processors: int
    governors: dict[str, int]
    busy: float | None


def look(before: Ticks, root: Path = _ROOT) -> Computer:
    """Return how the computer is, and how busy it was since `before`."""
    uname = os.uname()
    busy = Ticks.now(root).busy_since(before)
    return Computer(f"{uname.sysname} {uname.release}", os.cpu_count() or 1, _governors(root), busy)


def _governors(root: Path) -> dict[str, int]:
    """Count them as Linux has them in Documentation/admin-guide/pm/cpufreq.rst."""
    governors: dict[str, int] = {}
    for file in sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")):
        with suppress(OSError):
            governor = file.read_text().strip()
            governors[governor] = governors.get(governor, 0) + 1
    return governors
