"""Labelled lines of 80 columns, and what `status` and `bench` say alike of real time and of what it cost."""

import textwrap
from typing import Any, Final

WIDTH: Final = 80
_LABEL: Final = 11


def labelled(label: str, value: str) -> str:
    """Return a line with its label or, where it is too long for one, several."""
    return textwrap.fill(
        value,
        WIDTH,
        initial_indent=f"{label:{_LABEL}}",
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )


def real_time(facts: dict[str, Any]) -> str:
    """Say whether real-time scheduling was granted, and what the threads really run with."""
    if facts["fifo"]:
        return f"no: {facts['fifo']}"
    if (priorities := facts["priorities"]) is None:
        return "yes"
    if not all((priorities["main"], *priorities["callbacks"])):
        return "granted, but not every thread runs with it"
    callbacks = sorted(set(priorities["callbacks"]), reverse=True)
    most = f"callbacks with priority {' and '.join(map(str, callbacks))}, " if callbacks else ""
    return f"yes: {most}main thread with {priorities['main']}"


def memory(facts: dict[str, Any]) -> str:
    """Say whether memory was locked."""
    return f"not locked: {facts['memory']}" if facts["memory"] else "locked"


def faults(facts: dict[str, int]) -> str:
    """Say how many pages were waited for, and how many were only touched for the first time."""
    return f"{facts['major']:,} major, {facts['minor']:,} minor"


def switches(facts: dict[str, int]) -> str:
    """Say how often threads lost the processor, and how often they gave it away."""
    return f"{facts['involuntary']:,} involuntary, {facts['voluntary']:,} voluntary"
