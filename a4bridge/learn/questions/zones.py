"""The questions about keyboards and keys."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from a4bridge.core import midi
from a4bridge.core.compile import channel_of
from a4bridge.core.destination import AUTO, Destination, Target
from a4bridge.core.profile import Zone
from a4bridge.core.words import closed, listed, printable, quoted
from a4bridge.learn.asking import NO, NOTHING, YES, Listening, Reply, Typed, wrong
from a4bridge.learn.draft import Draft, StepError, place_in_words
from a4bridge.learn.gestures import Played, stray

_WHOLE: Final = (0, midi.NOTES - 1)


@dataclass(frozen=True)
class Keyboard(Listening):
    """Which keyboard is played. finds: tells which of the inputs that are there a name means."""

    finds: Callable[[str], Sequence[str]]

    def text(self, draft: Draft) -> str:
        now = f" besides {listed(draft.profile.inputs)}" if draft.profile.inputs else ""
        return (
            f"Press a key on the keyboard that is played{now}.\n(Or type its name; Enter: every keyboard that is found)"
        )

    def answer(self, word: str, draft: Draft) -> Reply:
        if not word:
            return Reply(("Every keyboard that is found is played.",), draft=draft.with_every_keyboard())
        found = self.finds(word)
        now = (
            f"which is {listed(found)} now"
            if found
            else "and nothing that is plugged in is called so: it is waited for"
        )
        return self._listen_to(word, f"{quoted(word)}, {now}", draft)

    def play(self, played: Played, draft: Draft) -> Reply:
        if not played.is_key:
            what = stray(played)
            return Reply((f"That is {what} of {printable(played.keyboard)}; press a key.",)) if what else NOTHING
        key = f"its key {draft.surroundings.key(played.message[1])} came on channel {played.channel}"
        return self._listen_to(played.keyboard, f"{printable(played.keyboard)}; {key}", draft)

    @staticmethod
    def _listen_to(name: str, says: str, draft: Draft) -> Reply:
        if name in draft.profile.inputs:
            return Reply((f"{says}. It is played already.",), done=True)
        return Reply((f"The keyboard is {says}.",), draft=draft.with_keyboard(name))


# Zones.


def note_in(word: str, draft: Draft) -> int:
    """Read a note (0-127) as the settings name it; raises StepError."""
    try:
        return midi.note_number(word, draft.surroundings.settings.middle_c)
    except ValueError as error:
        raise StepError(f"{error}.") from None


def _key_played(played: Played) -> Reply | None:
    """Return what to say of something that is no key; None for a key."""
    if played.is_key:
        return None
    what = stray(played)
    return Reply((f"That is {what}; press a key.",)) if what else NOTHING


@dataclass(frozen=True)
class LowestKey(Listening):
    """Where a zone begins."""

    def text(self, _draft: Draft) -> str:
        return "Press the lowest key of the zone.\n(Or type it, such as C3 or 36; Enter: from the bottom)"

    def answer(self, word: str, draft: Draft) -> Reply:
        return Reply(next=HighestKey(note_in(word, draft) if word else 0))

    def play(self, played: Played, draft: Draft) -> Reply:
        if (reply := _key_played(played)) is not None:
            return reply
        note = played.message[1]
        return Reply((f"The lowest is {draft.surroundings.key(note)}.",), HighestKey(note, played.keyboard))


@dataclass(frozen=True)
class HighestKey(Listening):
    """Where a zone ends."""

    low: int
    keyboard: str = ""

    def text(self, _draft: Draft) -> str:
        return "Press its highest key.\n(Or type it; Enter: to the top)"

    def answer(self, word: str, draft: Draft) -> Reply:
        return self._to(note_in(word, draft) if word else _WHOLE[1], self.keyboard, draft)

    def play(self, played: Played, draft: Draft) -> Reply:
        if (reply := _key_played(played)) is not None:
            return reply
        if self.keyboard and played.keyboard != self.keyboard:
            ours, other = printable(self.keyboard), printable(played.keyboard)
            return Reply((f"That key is on {other}, and the lowest is on {ours}: press the highest there, too.",))
        return self._to(played.message[1], played.keyboard, draft)

    def _to(self, note: int, keyboard: str, draft: Draft) -> Reply:
        low, high = sorted((self.low, note))
        return Reply((f"The zone has {draft.surroundings.keys(low, high)}.",), Place(low, high, keyboard))


@dataclass(frozen=True)
class Place(Typed):
    """Where a zone goes."""

    low: int
    high: int
    keyboard: str

    def text(self, draft: Draft) -> str:
        tracks = len(draft.surroundings.box.tracks)
        return (
            f"Where do they go?\n(auto, or Enter: the active track; 1 to {tracks}: that track; several, such as 1 2 3: "
            "one note to each; or fx, cv, channel N)"
        )

    def answer(self, word: str, draft: Draft) -> Reply:
        try:
            places = _places(word)
            for place in places:
                if place.target is not Target.KEEP:  # which has no channel of its own
                    channel_of(place, draft.surroundings.box)
        except ValueError as error:
            return wrong(closed(str(error)))
        whole = (self.low, self.high) == _WHOLE
        zone = _NewZone(self.low, self.high, places, self.keyboard)
        if not draft.profile.zones and not whole:
            return Reply(next=OtherKeys(zone))
        shared = [] if whole else draft.overlapping(self.low, self.high, self.keyboard)
        # A zone for whatever keys are left gives them away without being asked.
        if shared and all(draft.range_of(each) == _WHOLE for each in shared):
            return zone.made(draft, exclusive=True)
        return Reply(next=Overlap(zone, tuple(shared))) if shared else zone.made(draft)


def _places(word: str) -> list[Destination]:
    """Read where keys go; raises ValueError with a sentence."""
    words = [each for each in re.split(r"[,\s]+", word.lower()) if each]
    if words and all(each.isdecimal() for each in words):
        return list(dict.fromkeys(Destination.parse(f"track {int(each)}") for each in words))
    return [Destination.parse(" ".join(words))] if words else [AUTO]


@dataclass(frozen=True)
class _NewZone:
    """All that was said of a zone."""

    low: int
    high: int
    places: Sequence[Destination]
    keyboard: str

    def made(self, draft: Draft, *, exclusive: bool = False, others: bool = False) -> Reply:
        after = draft.with_zone(self.low, self.high, self.places, self.keyboard, exclusive=exclusive, others=others)
        keys = draft.surroundings.keys(self.low, self.high)
        says = [f"{keys[0].upper()}{keys[1:]}: to {place_in_words(self.places)}."]
        if exclusive:
            says.append("No other zone has these keys any more.")
        if silent := after.silent_keys():
            names = listed([draft.surroundings.keys(*each) for each in silent])
            says.append(f"No zone has {names}: they play nothing, unless you add a zone.")
        return Reply(tuple(says), draft=after)


@dataclass(frozen=True)
class OtherKeys(Typed):
    """What becomes of all keys that the first zone does not have."""

    zone: _NewZone

    def text(self, draft: Draft) -> str:
        where = place_in_words([draft.profile.destination])
        return f"Do all other keys still go to {where}?\n(yes, or Enter; no: they play nothing until a zone has them)"

    def answer(self, word: str, draft: Draft) -> Reply:
        if word.lower() in YES:
            return self.zone.made(draft, exclusive=True, others=True)
        return self.zone.made(draft) if word.lower() in NO else wrong("Answer yes or no.")


@dataclass(frozen=True)
class Overlap(Typed):
    """Whether keys that other zones have, too, sound in all of them."""

    zone: _NewZone
    others: tuple[Zone, ...]

    def text(self, draft: Draft) -> str:
        surroundings = draft.surroundings
        where = [
            f"{surroundings.keys(*draft.range_of(each))} to {place_in_words(each.destination)}" for each in self.others
        ]
        return (
            f"Some of these keys have a zone already: {listed(where)}. Do they sound in both?\n(both, or Enter; only: "
            "they sound in the new zone alone)"
        )

    def answer(self, word: str, draft: Draft) -> Reply:
        if word.lower() in {*YES, "both"}:
            return self.zone.made(draft)
        return self.zone.made(draft, exclusive=True) if word.lower() in {*NO, "only"} else wrong("Answer both or only.")
