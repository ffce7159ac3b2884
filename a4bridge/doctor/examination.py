"""The stations in the order in which a note takes them, and what it comes to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from a4bridge.core.words import capitalised
from a4bridge.doctor import box, keyboard, keys, midi, output, profile, programs, real_time, service
from a4bridge.doctor.checklist import Item, checklist
from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict, worst

VERSION: Final = 1

_STATIONS: Final = (midi, keyboard, keys, box, output, programs, profile, service, real_time)

PLAY: Final = "Play."


@dataclass(frozen=True, slots=True)
class Report:
    """What was found at every station, and what is left to look at."""

    findings: tuple[Finding, ...]
    checklist: tuple[Item, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of the findings; what nobody could tell does not count."""
        found = worst([each.verdict for each in self.findings])
        return Verdict.GOOD if found is Verdict.UNKNOWN else found

    @property
    def says(self) -> str:
        """One sentence: the first that is wrong on a note's way, or "Play."."""
        if self.verdict is Verdict.GOOD:
            return PLAY
        first = next(each for each in self.findings if each.verdict is self.verdict)
        sentence = f"{first.evidence}: {first.remedy}" if first.remedy else first.evidence
        return f"{capitalised(sentence)}."

    def to_data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "version": VERSION,
            "verdict": str(self.verdict),
            "says": self.says,
            "stations": [asdict(each) for each in self.findings],
            "checklist": [asdict(each) for each in self.checklist],
        }


def examine(facts: Facts, more: Sequence[Finding] = ()) -> Report:
    """Go from station to station; more: what was found besides, by playing to the box."""
    return Report((*(station.examine(facts) for station in _STATIONS), *more), checklist(facts))
