"""How something is asked while a profile is set up, and what becomes of an answer."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from a4bridge.learn.draft import Draft
from a4bridge.learn.gestures import Played

YES: Final = ("", "y", "yes")
NO: Final = ("n", "no")


class Ending(Enum):
    """How it ends: the draft is to be written, or is not."""

    WRITE = auto()
    QUIT = auto()


class Question(Protocol):
    """One question. It may keep what it has heard so far, and nothing else."""

    @property
    def listens(self) -> bool:
        """Whether something played can answer it."""

    def text(self, draft: Draft) -> str:
        """Ask it."""

    def answer(self, word: str, draft: Draft) -> "Reply":
        """Take what was typed, without blanks at its ends; raises StepError."""

    def play(self, played: Played, draft: Draft) -> "Reply":
        """Take what was played; raises StepError."""

    def settle(self, now: float, draft: Draft) -> "Reply":
        """Take note that nothing more was played until `now`; raises StepError."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of an answer.

    says: sentences for the player. next: the question that comes now. draft: what the profile has become; without
    `next` the step is done with that. done: the step is done, and changed nothing. ending: all is done. wrong: what was
    typed is no answer.
    None of these: the same question stands.
    """

    says: tuple[str, ...] = ()
    next: Question | None = None
    draft: Draft | None = None
    done: bool = False
    ending: Ending | None = None
    wrong: bool = False


NOTHING: Final = Reply()


def wrong(sentence: str) -> Reply:
    """Say why what was typed is no answer."""
    return Reply((sentence,), wrong=True)


class Typed:
    """A question that only typing answers."""

    listens = False

    def play(self, _played: Played, _draft: Draft) -> Reply:
        """Make nothing of it."""
        return NOTHING

    def settle(self, _now: float, _draft: Draft) -> Reply:
        """Make nothing of it."""
        return NOTHING


class Listening:
    """A question that one message answers."""

    listens = True

    def settle(self, _now: float, _draft: Draft) -> Reply:
        """Make nothing of it."""
        return NOTHING
