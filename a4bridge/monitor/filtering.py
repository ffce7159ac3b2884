"""Which of all that a bridge tells is shown."""

from dataclasses import dataclass
from enum import StrEnum

from a4bridge.monitor.events import FORWARDED, Entry, Event, Missed, Naming, Said
from a4bridge.monitor.words import line


class Only(StrEnum):
    """A kind of what is told."""

    ALL = "all"
    NOTES = "notes"
    FORWARDED = "forwarded"
    DROPPED = "dropped"
    LOG = "log"

    @property
    def following(self) -> "Only":
        """The next one, and after the last the first."""
        kinds = list(Only)
        return kinds[(kinds.index(self) + 1) % len(kinds)]


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown: of one kind, and with `text` in its line, whatever the case. What was missed is always shown."""

    only: Only = Only.ALL
    text: str = ""

    def lets_pass(self, entry: Entry, naming: Naming) -> bool:
        """Tell whether `entry` is shown."""
        if isinstance(entry, Missed):
            return True
        return self._is_of_kind(entry) and (
            not self.text
            or any(self.text.casefold() in line(entry, naming, raw=raw).casefold() for raw in (False, True))
        )

    def _is_of_kind(self, entry: Event | Said) -> bool:
        if self.only is Only.ALL:
            return True
        if isinstance(entry, Said):
            return self.only is Only.LOG
        match self.only:
            case Only.NOTES:
                return entry.is_note
            case Only.FORWARDED:
                return entry.outcome == FORWARDED
            case Only.DROPPED:
                return entry.is_dropped
        return False
