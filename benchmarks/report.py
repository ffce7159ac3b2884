"""docs/latency.md, made from docs/latency.json and the words in latency.md.in."""

from pathlib import Path
from string import Template
from typing import Final

from figures import Figures, Race, Router, ratios

WORDS: Final = Path(__file__).with_name("latency.md.in")

_COLUMNS: Final = {
    "first_us": "first",
    "p50_us": "p50",
    "p90_us": "p90",
    "p99_us": "p99",
    "p99_9_us": "p99.9",
    "max_us": "max",
}


def page(race: Race) -> str:
    """Return the document's text."""
    bridge, plain = race.router("a4bridge").rounds, race.router("callback").rounds
    shares = ratios(bridge["idle"], plain["idle"])
    return Template(WORDS.read_text()).substitute(
        p50=f"{100 * shares['p50_us']:.0f} %",
        p99=f"{100 * shares['p99_us']:.0f} %",
        idle=_table(race, "idle"),
        loaded=_table(race, "loaded"),
        loaded_fifo=_table(race, "loaded_fifo"),
        left_out=_left_out(race),
        asked=f"{bridge['loaded']['load']['status']:,}",
        switches=bridge["loaded"]["load"]["switches"],
        others_asked=plain["loaded"]["load"]["status"],
        others_switches=plain["loaded"]["load"]["switches"],
        gap_ms=f"{race.gap_us / 1000:g}",
        inexact=_inexact(race),
        made_with="".join(f"| {what} | {value} |\n" for what, value in race.made_with.items()),
        above_floor=f"{100 * (bridge['idle']['p50_us'] / race.router('floor').rounds['idle']['p50_us'] - 1):.0f} %",
        regions=_regions(race),
        p99_9=f"{bridge['idle']['p99_9_us']:.0f}",
        loaded_p99_9=f"{bridge['loaded']['p99_9_us']:.0f}",
        few=f"{plain['idle']['notes']:,}",
    )


def _table(race: Race, condition: str) -> str:
    """Return a row for each router that was measured like this, the fastest first."""
    measured = [(router, figures) for router in race.routers if (figures := _figures(router, condition))]
    measured.sort(key=lambda row: (row[1]["p50_us"], row[1]["p99_us"]))
    lines = [
        f"| | notes | lost | {' | '.join(_COLUMNS.values())} |",
        "|---" * (len(_COLUMNS) + 3) + "|",
        *(_row(router, figures) for router, figures in measured),
    ]
    return "\n".join(lines) + "\n"


def _figures(router: Router, condition: str) -> Figures | None:
    """Return the router's figures; a4bridge has SCHED_FIFO in any case, so its own are in each table."""
    return router.rounds.get("loaded" if router.key == "a4bridge" and condition == "loaded_fifo" else condition)


def _row(router: Router, figures: Figures) -> str:
    cells = [router.what, f"{figures['notes']:,}", str(figures["lost"]), *(f"{figures[key]:,.1f}" for key in _COLUMNS)]
    if router.key == "a4bridge":
        cells = [f"**{cell}**" for cell in cells]
    return f"| {' | '.join(cells)} |"


def _regions(race: Race) -> str:
    """Return what each step costs that a note takes on its way through the bridge: a row for each."""
    steps = {
        "the kernel alone: a system call, a wake-up, a system call": ("kernel", "idle"),
        "another program between: it is woken, reads and sends (C on alsa-lib)": ("c", "loaded_fifo"),
        "RtMidi's input, beyond alsa-lib's own: decoder, time stamp, a callback in C++": ("rtmidi_in", "loaded_fifo"),
        "RtMidi's output, beyond alsa-lib's own: encoder and buffer": ("rtmidi", "loaded_fifo"),
        "python-rtmidi: the way into the interpreter, a callback that changes one byte, the way out": (
            "kept",
            "loaded_fifo",
        ),
        "a bridge's work: keys, ledger, clock, record": ("floor", "idle"),
        "to be told any profile, by several keyboards": ("a4bridge", "idle"),
    }
    measured = {router.key: router.rounds for router in race.routers}
    rows, before = "", 0.0
    untold: list[str] = []
    for what, (key, condition) in steps.items():
        untold.append(what)
        if not (rounds := measured.get(key)):  # one that could not be had here: its step is told with the next
            continue
        p50 = rounds[condition]["p50_us"]
        rows += f"| {'; '.join(untold)} | {p50 - before:.1f} |\n"
        untold, before = [], p50
    return rows


def _left_out(race: Race) -> str:
    return "".join(f"{router.key} was left out: {router.left_out}.\n\n" for router in race.routers if router.left_out)


def _inexact(race: Race) -> str:
    told = [
        f"{router.key}, {condition}: {figures['wrong']} wrong, {figures['unexpected']} unexpected"
        for router in race.routers
        for condition, figures in router.rounds.items()
        if figures["wrong"] or figures["unexpected"]
    ]
    return (
        f"Not all notes were right: {'; '.join(told)}." if told else "None came with another channel, key or velocity."
    )
