"""Draws the figures of the race: python plot.py latency.json latency.svg.

It runs with matplotlib, in an environment of its own. The same figures give the same bytes.
"""

import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl  # type: ignore[import-not-found]  # installed for the run only
from figures import CONDITIONS, Race, read
from matplotlib import pyplot as plt
from matplotlib.patches import Patch  # type: ignore[import-not-found]  # as above

LABELS: Final = dict(zip(CONDITIONS, ("idle", "loaded", "loaded, with SCHED_FIFO"), strict=True))
COLOURS: Final = dict(zip(CONDITIONS, ("#1f6f8b", "#d1495b", "#8d6a9f"), strict=True))
FIRST_US: Final = 3
LAST_US: Final = 10_000
STEPS_A_DECADE: Final = 30


def heights(histogram: list[list[float]]) -> dict[int, float]:
    """Return the height at each step of the scale that a note falls into, 0 to 1.

    It is logarithmic: one note in thousands is to be seen.
    """
    counts: Counter[int] = Counter()
    for us, count in histogram:
        counts[math.floor(STEPS_A_DECADE * math.log10(us / FIRST_US) + 1e-9)] += int(count)
    everything = math.log1p(counts.total())
    return {step: math.log1p(count) / everything for step, count in counts.items()}


def edge_us(step: int) -> float:
    """Return where the step begins."""
    return float(FIRST_US * 10 ** (step / STEPS_A_DECADE))


def draw(race: Race, file: Path) -> None:
    """Draw the picture: the routers by their p50, the fastest on top."""
    mpl.rcParams.update({"svg.hashsalt": "a4bridge", "svg.fonttype": "none", "font.size": 9})
    routers = sorted((each for each in race.routers if each.rounds), key=lambda each: each.rounds["idle"]["p50_us"])
    figure, axes = plt.subplots(figsize=(9, 0.3 * sum(len(router.rounds) for router in routers) + 1.6))
    at = 0.0
    ticks: list[Any] = []
    for router in routers:
        top = at
        for condition, figures in router.rounds.items():
            steps = heights(figures["histogram"])
            axes.bar(
                [edge_us(step) for step in steps],
                [-0.8 * height for height in steps.values()],
                [edge_us(step + 1) - edge_us(step) for step in steps],
                bottom=at + 0.9,
                align="edge",
                color=COLOURS[condition],
                linewidth=0,
            )
            for key, size in (("p50_us", 5.0), ("p99_us", 3.0)):
                axes.plot(figures[key], at + 0.95, "^", color="black", markersize=size)
            at += 1
        ticks.append(((top + at) / 2, router.what))
        at += 0.5
        axes.axhline(at - 0.25, color="#dddddd", lw=0.5)
    axes.set_xscale("log")
    axes.set_xlim(FIRST_US, LAST_US)
    axes.set_ylim(at - 0.25, -0.25)
    axes.set_yticks([place for place, _ in ticks], [what for _, what in ticks])
    axes.set_xticks([3, 10, 30, 100, 300, 1000, 3000, 10_000], ["3", "10", "30", "100", "300", "1 ms", "3 ms", "10 ms"])
    axes.minorticks_off()
    axes.grid(axis="x", color="#dddddd", lw=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel("microseconds of counted time for a note (heights are logarithmic; large mark: p50, small: p99)")
    handles = [Patch(color=COLOURS[each], label=LABELS[each]) for each in CONDITIONS]
    axes.legend(handles=handles, loc="upper right", framealpha=1)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None, "Description": f"figures {race.digest}"})


if __name__ == "__main__":
    draw(read(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
