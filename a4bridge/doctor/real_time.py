"""Real time: whether the system lets notes go before other work, and whether they were late."""

from collections.abc import Mapping
from typing import Any, Final

from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict

NAME: Final = "real-time"

_LATE_US: Final = 5000.0
"""The box keeps a recorded note's time in steps of some 5 ms: 1/384 of a bar, at 120 beats a minute."""
_ENOUGH: Final = 100
"""Events of which one in a hundred says something."""
_NOT_NEEDED: Final = "its own MIDI threads have their priority already"
_HOW: Final = "; to allow it, "


def examine(facts: Facts) -> Finding:
    """Tell whether notes are punctual, and what would make them so."""
    if facts.bridge is None:
        return _refused(facts.refused) or Finding(NAME, Verdict.GOOD, "real-time scheduling is allowed")
    told: Mapping[str, Any] = facts.bridge["real_time"]
    if refused := _refused(told["fifo"]):
        return refused
    late = facts.bridge["late_us"]["p99"]
    if facts.bridge["forwarded"] >= _ENOUGH and late > _LATE_US:
        return Finding(
            NAME,
            Verdict.WARNING,
            f"one event in a hundred comes {late / 1000:.1f} ms late or more",
            "close other programs; `a4bridge bench` tells what takes the time",
        )
    priorities = told["priorities"]
    if priorities and not told["fifo"] and not all((priorities["main"], *priorities["callbacks"])):
        return Finding(
            NAME,
            Verdict.WARNING,
            "real-time scheduling was granted, and not every thread runs with it",
            "start the bridge again",
        )
    if told["memory"] and not told["fifo"]:
        why, _, how = told["memory"].partition(_HOW)
        return Finding(NAME, Verdict.WARNING, f"memory is not locked, so a note may wait for a page ({why})", how)
    return Finding(NAME, Verdict.GOOD, "notes go before other work")


def _refused(reason: str | None) -> Finding | None:
    if reason is None:
        return Finding(NAME, Verdict.UNKNOWN, "not tried: whoever asks is allowed less than a bridge")
    if not reason or _NOT_NEEDED in reason:
        return None
    why, _, how = reason.partition(_HOW)
    return Finding(
        NAME, Verdict.WARNING, f"real-time scheduling is refused, so a busy computer makes notes late ({why})", how
    )
