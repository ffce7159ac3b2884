"""What is found at a station: a verdict, the evidence, and the remedy."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """How a station is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"
    """Nobody could tell; nothing speaks against it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How a station is. evidence and remedy: sentences without a full stop; remedy: empty where there is none."""

    name: str
    verdict: Verdict
    evidence: str
    remedy: str = ""


_GRAVITY: Final = (Verdict.GOOD, Verdict.UNKNOWN, Verdict.WARNING, Verdict.BAD)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the gravest of `verdicts`."""
    return max(verdicts, key=_GRAVITY.index)


def joined(findings: Sequence[Finding]) -> Finding:
    """Put together what was found at one station: its gravest verdict, all the evidence, each remedy once."""
    return Finding(
        findings[0].name,
        worst([each.verdict for each in findings]),
        "; ".join(each.evidence for each in findings),
        "; ".join(dict.fromkeys(each.remedy for each in findings if each.remedy)),
    )
