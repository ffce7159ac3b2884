"""The questions about the profile as a whole."""

from dataclasses import dataclass

from a4bridge.core.words import printable, quoted
from a4bridge.learn.asking import NO, YES, Ending, Reply, Typed, wrong
from a4bridge.learn.draft import Draft


@dataclass(frozen=True)
class Description(Typed):
    """What the profile is for."""

    def text(self, draft: Draft) -> str:
        return f"What is it for, in one line?\n(Enter: {printable(draft.profile.description)})"

    def answer(self, word: str, draft: Draft) -> Reply:
        return (
            Reply((f"It is described as {quoted(word)}.",), draft=draft.described(word)) if word else Reply(done=True)
        )


@dataclass(frozen=True)
class Writing(Typed):
    """Whether it shall be written as it was shown."""

    def text(self, draft: Draft) -> str:
        return f"Write this to {printable(str(draft.surroundings.file))}?\n(yes, or Enter; no)"

    def answer(self, word: str, _draft: Draft) -> Reply:
        if word.lower() in YES:
            return Reply(ending=Ending.WRITE)
        return Reply(done=True) if word.lower() in NO else wrong("Answer yes or no.")


@dataclass(frozen=True)
class Leaving(Typed):
    """Whether what was done shall be lost."""

    def text(self, _draft: Draft) -> str:
        return "Leave, and write nothing of this?\n(yes, or Enter; no)"

    def answer(self, word: str, _draft: Draft) -> Reply:
        if word.lower() in YES:
            return Reply(ending=Ending.QUIT)
        return Reply(done=True) if word.lower() in NO else wrong("Answer yes or no.")
