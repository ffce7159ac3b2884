"""Takes as a person sees them: the pattern as a grid, what was filtered, and why nothing was recorded."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from a4bridge.core.midi import note_name
from a4bridge.core.outcomes import WORDS, Outcome, is_drop
from a4bridge.demo.performance import Take
from a4bridge.sim.pattern import STEPS, TRACKS

WIDTH: Final = 108
"""Columns that a take needs."""

_CELL: Final = 4
_MARGIN: Final = 6


def show(take: Take, console: Console, middle_c: int) -> None:
    """Print one take."""
    lines = [
        Text.assemble((take.title, "bold"), f" · {take.recording} recording"),
        *_grid(take, middle_c, console.width if console.is_terminal else WIDTH),
        *(Text("  ").append_text(fact) for fact in _facts(take)),
    ]
    for line in lines:
        line.rstrip()
        console.print(line, soft_wrap=not console.is_terminal)
    console.print()


def _facts(take: Take) -> Iterator[Text]:
    count = len(take.trigs)
    yield Text(
        f"{take.played} notes played, {sum(map(len, take.arrived))} bytes arrived, {count} trigs recorded",
        style="green" if count >= take.played else "red",
    )
    for reason, notes in take.box.unrecorded.items():
        yield Text(f"{notes:3} not recorded: {reason}", style="red")
    for parameter, moves in take.box.turned.items():
        yield Text(f"{moves:3} {parameter} moved", style="dim")
    for outcome, events in take.outcomes.items():
        if outcome not in {Outcome.FORWARDED, Outcome.PRIMED}:
            yield Text(f"{events:3} {WORDS[outcome]}", style="yellow" if is_drop(outcome) else "dim")
    hanging = sum(map(len, take.box.hanging().values()))
    yield Text(f"{hanging} notes hang" if hanging else "no note hangs", style="red" if hanging else "dim")


def _grid(take: Take, middle_c: int, columns: int) -> Iterator[Text]:
    """Yield the pattern's lines; on a narrow terminal in parts, as the box's own pages show it."""
    part = next((steps for steps in (STEPS, 8) if _MARGIN + _CELL * steps <= columns), 4)
    pattern = take.box.pattern.grid()
    for first in range(0, STEPS, part):
        shown = range(first, first + part)
        header = [Text(f"{step + 1:<{_CELL}}", style="dim" if step % 4 else "bold") for step in shown]
        yield Text(" " * _MARGIN).append_text(Text.assemble(*header))
        for track, steps in zip(TRACKS, pattern, strict=True):
            for line in range(max(1, *(len(steps[step]) for step in shown))):
                label = f"  T{track}" if line == 0 else ""
                cells = [_cell(step, steps[step], line, middle_c) for step in shown]
                yield Text(f"{label:<{_MARGIN}}", style="bold").append_text(Text.assemble(*cells))


def _cell(step: int, notes: tuple[int, ...], line: int, middle_c: int) -> Text:
    # A trig is lit red on the box; an empty step is a dot, heavier on the beat.
    if line < len(notes):
        return Text(f"{note_name(notes[line], middle_c):<{_CELL}}", style="bold red")
    dot = "" if line else ("·" if step % 4 else "•")
    return Text(f"{dot:<{_CELL}}", style="dim")


def as_data(take: Take) -> dict[str, Any]:
    """Return a take for programs."""
    return {
        "title": take.title,
        "recording": str(take.recording),
        "notes_played": take.played,
        "arrived": [message.hex(" ") for message in take.arrived],
        "trigs": [
            {
                "track": trig.track,
                "step": trig.step,
                "note": trig.note,
                "velocity": trig.velocity,
                "micro_timing": trig.micro_timing,
                "length": trig.length,
            }
            for trig in take.trigs
        ],
        "not_recorded": dict(take.box.unrecorded),
        "outcomes": {outcome.name.lower(): events for outcome, events in take.outcomes.items()},
        "hanging": take.box.hanging(),
    }
