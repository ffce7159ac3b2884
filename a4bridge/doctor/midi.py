"""The MIDI system, and whether this person may use it."""

from typing import Final

from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict

NAME: Final = "midi"


def examine(facts: Facts) -> Finding:
    """Tell whether there is a MIDI system that may be used."""
    if facts.lacking is None:
        return Finding(NAME, Verdict.GOOD, "there is a MIDI system, and you may use it")
    if facts.bridge:
        # It is another user's, who may.
        return Finding(NAME, Verdict.WARNING, f"{facts.lacking.evidence}, but the bridge may", facts.lacking.remedy)
    return Finding(NAME, Verdict.BAD, facts.lacking.evidence, facts.lacking.remedy)
