"""The questions about knobs and performance macros."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from a4bridge.core import midi
from a4bridge.core.words import printable, quoted
from a4bridge.learn.asking import NOTHING, Reply, Typed, wrong
from a4bridge.learn.draft import Draft, StepError
from a4bridge.learn.gestures import Played, Turned, Turning


def macros_of(draft: Draft) -> list[str]:
    """Return what the box calls its performance macros; raises StepError where none are known."""
    macros = list(draft.surroundings.box.macros)
    if not macros:
        raise StepError(
            f"Of the {draft.surroundings.box.name} no performance macros are known; the settings can name them "
            "([channels], macros)."
        )
    return macros


def first_to_last(names: Sequence[str]) -> str:
    """Name several in a row."""
    return f"{names[0]} to {names[-1]}"


def _free_macro(draft: Draft) -> str:
    """Return the first macro that no knob turns; the first of all if each has one."""
    taken = {knob.to for zone in draft.profile.zones for knob in zone.knobs}
    macros = macros_of(draft)
    return next((each for each in macros if f"macro {each}" not in taken), macros[0])


@dataclass(frozen=True)
class Macro(Typed):
    """Which performance macro gets a knob."""

    def text(self, draft: Draft) -> str:
        return f"Which performance macro?\n({first_to_last(macros_of(draft))}; Enter: {_free_macro(draft)})"

    def answer(self, word: str, draft: Draft) -> Reply:
        name = word.upper().removeprefix("MACRO ") or _free_macro(draft)
        if name not in macros_of(draft):
            return wrong(f"There is no macro {printable(word)}: they are {first_to_last(macros_of(draft))}.")
        return Reply(next=KnobFor(name))


def controller_in(word: str) -> int:
    """Read the number of a control change (0-119), "74" or "cc 74"; raises StepError."""
    number = word.lower().removeprefix("cc").strip()
    if not number.isascii() or not number.isdecimal() or len(number) > 3 or int(number) > midi.LAST_CONTROLLER:  # noqa: PLR2004 - digits
        raise StepError(f"{quoted(word)} is no control change: type its number, 0 to {midi.LAST_CONTROLLER}.")
    return int(number)


@dataclass(frozen=True)
class KnobFor:
    """Which knob turns a macro. before: the knob that was turned for another; its last messages may still come."""

    macro: str
    before: Turned | None = None
    turning: Turning = field(default_factory=Turning, compare=False)

    listens = True

    def text(self, _draft: Draft) -> str:
        if self.before:
            return f"Turn the knob for macro {self.macro}.\n(Or type the number of its CC; Enter: that was all)"
        return f"Turn the knob for macro {self.macro}.\n(Or type the number of its CC)"

    def answer(self, word: str, draft: Draft) -> Reply:
        if not word and self.before:
            return Reply(done=True)
        return self._use(Turned("", 1, controller_in(word), is_switch=False), draft)

    def play(self, played: Played, draft: Draft) -> Reply:
        if played.is_control and self.before and self._is_before(played):
            return NOTHING
        return self._judge(self.turning.take(played), draft)

    def settle(self, now: float, draft: Draft) -> Reply:
        return self._judge(self.turning.settle(now), draft)

    def _is_before(self, played: Played) -> bool:
        assert self.before
        # The fine half of 14 bits is 32 above (MIDI 1.0).
        numbers = {self.before.controller, self.before.controller + 32}
        return played.keyboard == self.before.keyboard and played.message[1] in numbers

    def _judge(self, found: Turned | str, draft: Draft) -> Reply:
        if isinstance(found, Turned):
            return self._use(found, draft)
        return Reply((f"{found}.",)) if found else NOTHING

    def _use(self, turned: Turned, draft: Draft) -> Reply:
        if turned.controller == midi.CC_SUSTAIN:
            raise StepError("That is the sustain pedal, CC 64: leave this with `menu`, and choose `pedal`.")
        after, says = with_knob(turned, self.macro, draft)
        macros = macros_of(draft)
        at = macros.index(self.macro) + 1
        return Reply(says, KnobFor(macros[at], turned) if at < len(macros) else None, after)


def with_knob(turned: Turned, macro: str, draft: Draft) -> tuple[Draft, tuple[str, ...]]:
    """Give a macro its knob; returns what to say, too. Raises StepError."""
    before = draft.macro_of(turned.keyboard, turned.controller)
    after = draft.with_knob(turned.controller, macro, turned.keyboard)
    instead = f", and {before} no more" if before and before != f"macro {macro}" else ""
    says = [f"CC {turned.controller} turns macro {macro}{instead}."]
    return after, (*says, f"{turned.remark}.") if turned.remark else tuple(says)
