"""Setting up by playing, as a machine of its own: what is asked, what is heard, and the way back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from a4bridge.core.words import did_you_mean, quoted
from a4bridge.learn.asking import Ending, Question, Reply
from a4bridge.learn.draft import Draft, StepError
from a4bridge.learn.gestures import Played
from a4bridge.learn.questions.ends import Description, Leaving, Writing
from a4bridge.learn.questions.knobs import Macro
from a4bridge.learn.questions.pads import Pad, Pedal
from a4bridge.learn.questions.zones import Keyboard, LowestKey

MENU: Final[Mapping[str, str]] = {
    "keyboard": "press a key: that keyboard is played",
    "zone": "press its lowest and its highest key, and say where they go",
    "knob": "turn a knob: it turns a performance macro",
    "pedal": "tread a pedal, and say what it does",
    "pad": "hit a pad, key or button: it chooses a track or profile, or ends every note",
    "describe": "say what the profile is for",
    "show": "see the profile as it is now",
    "undo": "take back the last step",
    "write": "write it, and be done",
    "quit": "leave, and write nothing",
}
"""The words of the menu, numbered from 1, and what each does."""

QUIT: Final = "quit"
ANYWHERE: Final = ("undo", "menu", "show", QUIT)
"""The words that mean the same at any question."""

HELP: Final = (
    "At any question `undo` goes back, `menu` leaves the step, `show` shows the profile, `quit` writes nothing."
)


@dataclass(frozen=True, slots=True)
class Said:
    """Sentences for the player; text: what is to be shown as it is. wrong: what was typed was no answer."""

    lines: tuple[str, ...] = ()
    wrong: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question of the step that is under way; draft, steps: how things were when it was asked."""

    question: Question
    draft: Draft
    steps: int


@dataclass(frozen=True, slots=True)
class _Step:
    """Something that was done: what was said of it, and how it was before."""

    says: str
    before: Draft


class Session:
    """The state: a draft, the question that stands, and all that can be undone.

    finds: tells which of the inputs that are there a name means. ending: set when it is over.
    """

    def __init__(self, draft: Draft, finds: Callable[[str], Sequence[str]], *, new: bool) -> None:
        self.draft = draft
        self.ending: Ending | None = None
        self._finds = finds
        self._begin = draft
        self._new = new
        self._steps: list[_Step] = []
        self._asked: list[_Asked] = []
        self._said: set[str] = set()
        self._explained = False
        if new:
            self._ask(Keyboard(finds))

    # What is asked.

    @property
    def question(self) -> str:
        """The question that stands."""
        return self._asked[-1].question.text(self.draft) if self._asked else self._menu()

    @property
    def listens(self) -> bool:
        """Whether something played can answer it."""
        return bool(self._asked) and self._asked[-1].question.listens

    @property
    def number(self) -> int:
        """Changes whenever another question stands, or the same is asked anew."""
        return self._number

    _number = 0

    def _menu(self) -> str:
        words = ", ".join(f"{number} {word}" for number, word in enumerate(MENU, 1))
        if self._explained:
            return f"What next? {words}"
        self._explained = True
        width = max(map(len, MENU))
        lines = [f"{number:>4} {word:{width}}  {does}" for number, (word, does) in enumerate(MENU.items(), 1)]
        return "\n".join(["What next?\n(The word, or its number)", *lines, HELP])

    def _ask(self, question: Question) -> None:
        question.text(self.draft)  # raises StepError where there is nothing to ask
        self._asked.append(_Asked(question, self.draft, len(self._steps)))
        self._moved()

    def _moved(self) -> None:
        self._said.clear()
        self._number += 1

    # What is answered.

    def answer(self, line: str) -> Said:
        """Take a line that was typed."""
        word = " ".join(line.split())
        if word.lower() in ANYWHERE:
            return self._anywhere(word.lower())
        if not self._asked:
            return self._choose(word)
        return self._after(lambda: self._asked[-1].question.answer(word, self.draft), typed=True)

    def hear(self, played: Played) -> Said:
        """Take something played; what nothing is to be made of is said once for each question."""
        if not self.listens:
            return Said()
        return self._once(self._after(lambda: self._asked[-1].question.play(played, self.draft)))

    def settle(self, now: float) -> Said:
        """Take note that nothing more was played until `now`, in the seconds of `Played.at`."""
        if not self.listens:
            return Said()
        return self._once(self._after(lambda: self._asked[-1].question.settle(now, self.draft)))

    def _once(self, said: Said) -> Said:
        lines = tuple(line for line in said.lines if line not in self._said)
        self._said.update(lines)
        return Said(lines, said.wrong)

    def _after(self, take: Callable[[], Reply], *, typed: bool = False) -> Said:
        try:
            reply = take()
            self._go_on(reply)
        except StepError as error:
            return Said((str(error),), wrong=typed)
        return Said(reply.says, reply.wrong)

    def _go_on(self, reply: Reply) -> None:
        if reply.draft is not None and reply.draft != self.draft:
            self._steps.append(_Step(" ".join(reply.says), self.draft))
            self.draft = reply.draft
        if reply.ending:
            self.ending = reply.ending
        elif reply.next:
            self._ask(reply.next)
        elif reply.draft is not None or reply.done:
            self._to_menu()

    def _to_menu(self) -> None:
        self._asked.clear()
        self._moved()

    def _choose(self, word: str) -> Said:
        words = list(MENU)
        if word.isascii() and word.isdecimal() and 1 <= int(word[:3]) <= len(words):
            word = words[int(word[:3]) - 1]
        chosen = [each for each in words if each.startswith(word.lower())] if word else []
        if len(chosen) != 1:
            hint = did_you_mean(word, words) if word else ""
            return Said(
                (f"{quoted(word)} is none of the words{hint or '.'}" if word else "Choose one of the words.",),
                wrong=True,
            )
        if chosen[0] in ANYWHERE:
            return self._anywhere(chosen[0])
        questions: dict[str, Callable[[], Question]] = {
            "keyboard": lambda: Keyboard(self._finds),
            "zone": LowestKey,
            "knob": Macro,
            "pedal": Pedal,
            "pad": Pad,
            "describe": Description,
            "write": Writing,
        }
        if chosen[0] == "write" and not self._new and self.draft.text == self._begin.text:
            return Said(("Nothing has changed, so there is nothing to write; `quit` leaves.",), wrong=True)
        try:
            self._ask(questions[chosen[0]]())
        except StepError as error:
            return Said((str(error),), wrong=True)
        return self._shown() if chosen[0] == "write" else Said()

    def _anywhere(self, word: str) -> Said:
        match word:
            case "show":
                self._number += 1
                return self._shown()
            case "undo":
                return self._undo()
            case "menu":
                self._to_menu()
                return Said()
        if self._steps and not (self._asked and isinstance(self._asked[-1].question, Leaving)):
            self._ask(Leaving())
        else:
            self.ending = Ending.QUIT
        return Said()

    def _undo(self) -> Said:
        """Go back by one question or, from the menu, by one step."""
        if len(self._asked) > 1:
            self._asked.pop()
            before = self._asked.pop()
            said = self._back_to(before.draft, before.steps)
            self._ask(before.question)
            return said
        if self._asked:
            self._to_menu()
            return Said()
        if not self._steps:
            return Said(("There is nothing to undo.",))
        said = self._back_to(self._steps[-1].before, len(self._steps) - 1)
        self._moved()
        return said

    def _back_to(self, draft: Draft, steps: int) -> Said:
        undone = [f"Undone: {step.says}" for step in self._steps[steps:]]
        del self._steps[steps:]
        self.draft = draft
        return Said(tuple(undone))

    def _shown(self) -> Said:
        """Show the profile as it would be written, and what it does."""
        return Said((f"{self.draft.name}: {self.draft.summary}.",), text=self.draft.text)

    def go_on(self) -> None:
        """Go on after all, where what it ended with could not be done."""
        self.ending = None
        self._to_menu()
