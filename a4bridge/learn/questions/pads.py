"""The questions about pedals and pads, and what they do."""

from dataclasses import dataclass, field

from a4bridge.core import midi
from a4bridge.core.destination import Target
from a4bridge.core.route import Action, Sustain, Trigger
from a4bridge.core.words import closed, did_you_mean, listed, printable, quoted
from a4bridge.learn.asking import NOTHING, Listening, Reply, Typed, wrong
from a4bridge.learn.draft import Draft, Event, StepError
from a4bridge.learn.gestures import Played, Turned, Turning, is_pressed, stray
from a4bridge.learn.questions.knobs import controller_in, first_to_last, with_knob
from a4bridge.learn.questions.zones import note_in


@dataclass(frozen=True)
class Pedal:
    """Which pedal is meant."""

    turning: Turning = field(default_factory=Turning, compare=False)

    listens = True

    def text(self, _draft: Draft) -> str:
        return "Tread the pedal.\n(Or type the number of its CC; the sustain pedal's is 64)"

    def answer(self, word: str, _draft: Draft) -> Reply:
        return Reply(next=PedalDoes(Turned("", 1, controller_in(word or "64"), is_switch=True)))

    def play(self, played: Played, draft: Draft) -> Reply:
        if played.is_key:
            event = Event(Trigger.NOTE, played.message[1], played.keyboard, played.channel)
            what = f"It plays the note {draft.surroundings.key(event.number)} on channel {event.channel}."
            return Reply((what,), PedalIsNote(event))
        if played.kind == midi.PROGRAM_CHANGE:
            return Reply(("It sends a program change, which says nothing of when the foot is lifted: no pedal.",))
        return self._judge(self.turning.take(played))

    def settle(self, now: float, _draft: Draft) -> Reply:
        return self._judge(self.turning.settle(now))

    @staticmethod
    def _judge(found: Turned | str) -> Reply:
        if isinstance(found, Turned):
            return Reply((f"It sends CC {found.controller}.",), PedalDoes(found))
        return Reply((f"{found}.",)) if found else NOTHING


@dataclass(frozen=True)
class PedalDoes(Typed):
    """What a pedal with a control change does."""

    pedal: Turned

    @property
    def _is_sustain(self) -> bool:
        return self.pedal.controller == midi.CC_SUSTAIN

    def text(self, draft: Draft) -> str:
        macros = list(draft.surroundings.box.macros)
        or_macro = f"; {first_to_last(macros)}: that performance macro" if macros else ""
        if self._is_sustain:
            return (
                "What does the sustain pedal do?\n(hold, or Enter: notes ring in the bridge; drop: nothing; pass: it "
                f"goes out as CC 64{or_macro})"
            )
        return f"What does it do?\n(sustain, or Enter: it holds notes, as the sustain pedal does{or_macro})"

    def answer(self, word: str, draft: Draft) -> Reply:
        choice = word.lower()
        if word.upper() in draft.surroundings.box.macros:
            after, says = with_knob(self.pedal, word.upper(), draft)
            return Reply(says, draft=after)
        if not self._is_sustain:
            return _sustain(Event(Trigger.CONTROL, self.pedal.controller, self.pedal.keyboard), choice, draft)
        if choice not in {"", "sustain", *Sustain}:
            return wrong(f"Answer {listed(list(Sustain), 'or')}, or the letter of a macro.")
        sustain = Sustain.HOLD if choice in {"", "sustain"} else Sustain(choice)
        sentences = {
            Sustain.HOLD: "While the pedal is down notes ring.",
            Sustain.DROP: "The pedal does nothing.",
            Sustain.PASS: "The pedal goes out as CC 64, which is performance macro F on an Analog Four.",
        }
        return Reply((sentences[sustain],), draft=draft.with_sustain(sustain))


@dataclass(frozen=True)
class PedalIsNote(Typed):
    """Whether a pedal that plays a note holds others."""

    event: Event

    def text(self, _draft: Draft) -> str:
        return "What does it do?\n(sustain, or Enter: it holds notes, as the sustain pedal does, and plays none)"

    def answer(self, word: str, draft: Draft) -> Reply:
        return _sustain(self.event, word.lower(), draft)


def _sustain(event: Event, choice: str, draft: Draft) -> Reply:
    if choice not in {"", "sustain", "hold"}:
        return wrong("Answer sustain, or leave this with `menu`.")
    return Reply((f"{_named(event, draft)} is a sustain pedal.",), draft=draft.with_binding(event, Action.SUSTAIN))


# Pads.


@dataclass(frozen=True)
class Pad(Listening):
    """Which pad, key or button does something."""

    def text(self, _draft: Draft) -> str:
        return "Hit the pad, key or button.\n(Or type it: a note such as C3, cc 80, or program 5)"

    def answer(self, word: str, draft: Draft) -> Reply:
        kind, _, number = word.lower().partition(" ")
        match kind:
            case "cc":
                event = Event(Trigger.CONTROL, controller_in(number))
            case "program" if number.isascii() and number.isdecimal() and int(number[:4]) < midi.NOTES:
                event = Event(Trigger.PROGRAM, int(number))
            case "program":
                return wrong(f"Programs are numbered 0 to {midi.NOTES - 1}.")
            case _:
                event = Event(Trigger.NOTE, note_in(number if kind == "note" else word, draft))
        return Reply(next=PadDoes(event))

    def play(self, played: Played, draft: Draft) -> Reply:
        if not is_pressed(played):
            what = "" if played.kind == midi.CONTROL_CHANGE else stray(played)
            return (
                Reply((f"That is {what}; it takes a note, a control change or a program change.",)) if what else NOTHING
            )
        triggers = {midi.NOTE_ON: Trigger.NOTE, midi.CONTROL_CHANGE: Trigger.CONTROL}
        trigger = triggers.get(played.kind, Trigger.PROGRAM)
        # Pads play the same notes as keys, on another channel.
        channel = played.channel if trigger is Trigger.NOTE else None
        event = Event(trigger, played.message[1], played.keyboard, channel)
        bound = draft.bound_to(event)
        return Reply((f"That is {_named(event, draft)}{f', now: {bound}' if bound else ''}.",), PadDoes(event))


def _named(event: Event, draft: Draft) -> str:
    match event.trigger:
        case Trigger.NOTE:
            channel = f" on channel {event.channel}" if event.channel else ""
            return f"the note {draft.surroundings.key(event.number)}{channel}"
        case Trigger.CONTROL:
            return f"CC {event.number}"
    return f"program change {event.number}"


@dataclass(frozen=True)
class PadDoes(Typed):
    """What a pad does."""

    event: Event

    def text(self, draft: Draft) -> str:
        return (
            f"What does it do?\n(1 to {len(draft.surroundings.box.tracks)} or auto: everything goes to that track; "
            "panic: every note ends; sustain: it is a pedal; or the name of a profile, to go on with that)"
        )

    def answer(self, word: str, draft: Draft) -> Reply:
        words = word.split()
        match words:
            case [number] if number.isdecimal() or number.lower() == "auto":
                return self._track(number.lower(), draft)
            case [kind, number] if kind.lower() == "track":
                return self._track(number.lower(), draft)
            case [action] if action.lower() == "panic":
                return self._does(Action.PANIC, True, "ends every note", draft)
            case [action] if action.lower() == "sustain":
                return self._does(Action.SUSTAIN, True, "is a sustain pedal", draft)
            case [name] | [_, name] if len(words) == 1 or words[0].lower() in {"use", "profile"}:
                return self._use(name, draft)
        return wrong("Answer the number of a track, auto, panic, sustain, or the name of a profile.")

    def _track(self, number: str, draft: Draft) -> Reply:
        tracks = len(draft.surroundings.box.tracks)
        if number != Target.AUTO and not (number.isascii() and number.isdecimal() and 1 <= int(number[:3]) <= tracks):
            return wrong(f"There is no track {printable(number)}: they are 1 to {tracks}, and auto.")
        if draft.profile.only_destination is None:
            raise StepError("This profile has several destinations; everything can go to a track only if it has one.")
        where = "the auto channel" if number == Target.AUTO else f"track {int(number)}"
        return self._does(Action.TRACK, number, f"sends everything to {where}", draft)

    def _use(self, name: str, draft: Draft) -> Reply:
        profiles = [*draft.surroundings.profiles, draft.name]
        if name not in profiles:
            hint = did_you_mean(name, profiles) or f"; there are {listed(sorted(profiles))}"
            return wrong(closed(f"No profile is called {quoted(name)}{hint}"))
        return self._does(Action.USE, name, f"switches to {name}", draft)

    def _does(self, action: Action, argument: str | int | bool, says: str, draft: Draft) -> Reply:
        named = _named(self.event, draft)
        after = draft.with_binding(self.event, action, argument)
        return Reply((f"{named[0].upper()}{named[1:]} {says}.",), draft=after)
