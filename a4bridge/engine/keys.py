"""The keys and pedals of one input, and what they hold at the destination."""

from typing import Final

from a4bridge.core import midi
from a4bridge.core.route import Binding, Route, Sustain
from a4bridge.engine.sounding import NOTE_OFFS, Sounding

KEYS: Final = midi.CHANNELS * midi.NOTES
"""Keys of an input: (channel - 1) << 7 | note. A key's further notes, where zones overlap, count on by this much."""


class Keys:
    """The keys and pedals of one input.

    held: note number at the destination by key, for keys that are down or held by the pedal. Where zones overlap, a key
    holds a note in each: the first as `key`, the others as `key + KEYS`, `key + 2 * KEYS` and so on.
    sustained: those of them that are up. pedals: the channels, counted from 0, whose pedal is down. bound_pedal: what
    is pressed that is bound to be a pedal, for all channels.
    """

    __slots__ = ("bound_pedal", "held", "pedals", "sounding", "sustained")

    def __init__(self, sounding: Sounding) -> None:
        self.sounding = sounding
        self.held: dict[int, int] = {}
        self.sustained: set[int] = set()
        self.pedals: set[int] = set()
        self.bound_pedal: Binding | None = None

    @property
    def overlap(self) -> bool:
        """Tell whether a key holds more than one note; it may be asked without having the turn."""
        return max(list(self.held), default=0) >= KEYS  # list() copies in one step, whoever plays meanwhile

    def strike(self, key: int, index: int, velocity: int) -> list[int]:
        """Let `key` hold note number `index`, and send its note-on."""
        if key not in self.held or self.strike_again(key, index):
            self.held[key] = index
            self.sounding.ledger[index] += 1
        out = [midi.NOTE_ON | index >> 7, index & 127, velocity]
        self.sounding.send(out)
        return out

    def strike_again(self, key: int, index: int) -> bool:
        """Make way for a note-on of a key whose last note has not ended; tells whether the key now holds none.

        Under the pedal the note is ended first, so that the destination hears (and records) a second stroke. A key
        that sends two note-ons in a row just passes. In both cases the key holds its note as before, and the ledger
        marks it throughout.
        """
        if self.held[key] != index:
            self.let_go([key])
            return True
        if key in self.sustained:
            self.sustained.discard(key)
            self.sounding.send(list(NOTE_OFFS[index]))
        return False

    def let_go(self, keys: list[int]) -> None:
        """Take the hold of `keys` off their notes."""
        # All is forgotten before any is sent: should a send fail, what is still in the ledger has no holder left.
        indices = [self.held.pop(key) for key in keys]
        self.sustained.difference_update(keys)
        for index in indices:
            self.sounding.take_off(index)

    def let_go_all(self) -> None:
        """Take the hold of every key off its note."""
        self.let_go(list(self.held))

    def lift_pedal(self, channel: int) -> None:
        """Raise the pedal of `channel` (0-15) and let go what only it held."""
        self.pedals.discard(channel)
        self.let_go([key for key in self.sustained if key % KEYS >> 7 == channel])

    def press_bound_pedal(self, binding: Binding) -> None:
        """Press the pedal of every channel."""
        self.bound_pedal = binding
        self.pedals.update(range(midi.CHANNELS))

    def follow(self, route: Route, sources: frozenset[int]) -> None:
        """Raise the pedals that nobody could raise any more under `route`, where the input is one of `sources`."""
        if (bound := self.bound_pedal) is not None:
            stays = bound in route.bindings and (bound.source is None or bound.source in sources)
        else:
            stays = route.sustain is Sustain.HOLD
        if not stays:
            self.lift_pedals()

    def lift_pedals(self) -> None:
        """Raise every pedal."""
        self.bound_pedal = None
        for channel in list(self.pedals):
            self.lift_pedal(channel)

    def forget(self) -> None:
        """Forget every key without sending anything; pedals stay where the feet have them."""
        self.held.clear()
        self.sustained.clear()
