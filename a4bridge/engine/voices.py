"""Zones whose keys compete: for the one note that a mono zone has, or for the tracks that a chord is spread over.

A voice is free when the key that struck it holds its note no longer. That is looked up when the next key wants it, so
whatever ends a note (its key, the pedal, another route, a pulled cable) need not know of voices.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from a4bridge.backend.base import Send
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Mono, Order, Steal
from a4bridge.engine.controls import Handler
from a4bridge.engine.keys import KEYS, Keys

_NOTE: Final = 127


class Voice:
    """A note that a key has struck: of which input, by which key, as which number in the ledger, how hard."""

    __slots__ = ("index", "key", "keys", "velocity")

    def __init__(self, keys: Keys, key: int, index: int, velocity: int) -> None:
        self.keys: Final = keys
        self.key: Final = key
        self.index: Final = index
        self.velocity: Final = velocity

    @property
    def sounds(self) -> bool:
        """Tell whether the key holds the note, being down or under the pedal."""
        return self.keys.held.get(self.key) == self.index

    @property
    def is_down(self) -> bool:
        """Tell whether the key is down."""
        return self.key not in self.keys.sustained

    def of(self, keys: Keys, key: int) -> bool:
        """Tell whether that key struck it."""
        return self.keys is keys and self.key == key

    def end(self) -> None:
        """End the note."""
        self.keys.let_go([self.key])


class MonoVoice:
    """The one voice of a mono zone, and the keys that wait for it where they return."""

    def __init__(self, policy: Mono, *, returns: bool) -> None:
        self._policy = policy
        self._returns = returns
        self._now: Voice | None = None
        self._waiting: list[Voice] = []

    def strike(self, keys: Keys, key: int, index: int, velocity: int) -> list[int] | Outcome:
        """Sound the key, or keep it silent, as the policy says."""
        voice = Voice(keys, key, index, velocity)
        self.withdraw(keys, key)
        now = self._now
        if now and now.sounds and not now.of(keys, key):
            if not self._wins(voice, now):
                self._wait(voice)
                return Outcome.NOT_ITS_TURN
            if now.is_down:
                self._wait(now)
            now.end()
        self._now = voice
        return keys.strike(key, index, velocity)

    def withdraw(self, keys: Keys, key: int | None = None) -> None:
        """Take a key that is let go, or all of an input, from those that wait."""
        self._waiting = [
            voice
            for voice in self._waiting
            if voice.keys is not keys or (key is not None and voice.key % KEYS != key % KEYS)
        ]

    def give_back(self) -> None:
        """Let the best of the keys that wait sound again, if none does."""
        if not self._waiting or (self._now and self._now.sounds):
            return
        best = self._waiting[-1]
        if self._policy is not Mono.LAST:
            best = sorted(self._waiting, key=_pitch)[0 if self._policy is Mono.LOW else -1]
        self._waiting.remove(best)
        self._now = best
        best.keys.strike(best.key, best.index, best.velocity)

    def forget(self) -> None:
        """Forget every key."""
        self._now = None
        self._waiting.clear()

    def _wins(self, new: Voice, old: Voice) -> bool:
        if self._policy is Mono.LAST:
            return True
        return _pitch(new) < _pitch(old) if self._policy is Mono.LOW else _pitch(new) > _pitch(old)

    def _wait(self, voice: Voice) -> None:
        if self._returns:
            self._waiting.append(voice)


def _pitch(voice: Voice) -> int:
    return voice.key & _NOTE


_Taken = tuple[dict[int, int], int, int, int]
"""Who took a track: the held keys of an input, the key, the note number that it holds while it sounds, and when."""

_UNTAKEN: Final[_Taken] = ({}, 0, 0, 0)


class SpreadVoices:
    """The tracks of a zone that shares its notes out, one at a time to each.

    The last note of a chord waits for those before it, so this is written out: a chord of four takes 80 us in counted
    time, and took 122 with voices as mono zones have them (benchmarks/latency.py).
    """

    def __init__(self, channels: tuple[int, ...], order: Order, steal: Steal) -> None:
        count = len(channels)
        self._channels = [(channel - 1) << 7 for channel in channels]
        self._taken: list[_Taken] = [_UNTAKEN] * count
        self._struck = 0
        self._inputs: dict[int, Keys] = {}
        # The tracks in the order in which they are looked at; that after each of them, where they take turns.
        self._lowest = tuple(range(count)) if order is Order.LOWEST else None
        self._turns = [tuple((last + 1 + step) % count for step in range(count)) for last in range(count)]
        self._last = count - 1
        self._steals = steal is Steal.OLDEST

    def note_on(
        self,
        channel: int,
        notes: Sequence[int | Outcome],
        velocities: tuple[int, ...],
        keys: Keys,
        send: Send,
        note_off: Handler,
    ) -> Handler:
        """Make the handler for the note-ons of a channel (0-15) whose keys are all this zone's.

        notes: what each note becomes, 0-127, or why it does not sound.
        """
        held, ledger = keys.held, keys.sounding.ledger
        taken, lowest, turns, channels = self._taken, self._lowest, self._turns, self._channels
        statuses = [midi.NOTE_ON | first >> 7 for first in channels]
        base = channel << 7
        becomes = [-1 if isinstance(note, Outcome) else note for note in notes]
        self._inputs[id(held)] = keys

        def note_on(message: list[int]) -> list[int] | Outcome:
            _status, note, velocity = message
            if not velocity:
                return note_off(message)
            key = base + note
            out_note = becomes[note]
            if out_note < 0:
                return Outcome(notes[note])
            if key in held:
                return self.strike(keys, key, out_note, velocities[velocity])
            for track in lowest or turns[self._last]:
                by_held, by_key, by_index, _when = taken[track]
                if by_key not in by_held or by_held[by_key] != by_index:
                    break
            else:
                return self.strike(keys, key, out_note, velocities[velocity])
            index = channels[track] + out_note
            self._struck = struck = self._struck + 1
            taken[track] = (held, key, index, struck)
            self._last = track
            held[key] = index
            ledger[index] += 1
            out = [statuses[track], out_note, velocities[velocity]]
            send(out)
            return out

        return note_on

    def dismiss(self, keys: Keys) -> None:
        """Forget an input that is gone and holds nothing any more."""
        self._inputs.pop(id(keys.held), None)

    def strike(self, keys: Keys, key: int, note: int, velocity: int) -> list[int] | Outcome:
        """Sound `note` (0-127) on the track whose turn it is, or on none."""
        track = self._track(keys, key, note)
        if track is None:
            return Outcome.NO_FREE_TRACK
        index = self._channels[track] + note
        self._struck += 1
        self._inputs[id(keys.held)] = keys
        self._taken[track] = (keys.held, key, index, self._struck)
        self._last = track
        return keys.strike(key, index, velocity)

    def _track(self, keys: Keys, key: int, note: int) -> int | None:
        tracks = self._lowest or self._turns[self._last]
        for track in tracks:
            held, by_key, index, _when = self._taken[track]
            if held is keys.held and by_key == key and index & _NOTE == note and self._sounds(track):
                return track  # struck again before it was let go, or under the pedal
        if key in keys.held:
            keys.let_go([key])
        if free := [track for track in tracks if not self._sounds(track)]:
            return free[0]
        if not self._steals:
            return None
        held, by_key, _index, _when = oldest = min(self._taken, key=itemgetter(3))
        self._inputs[id(held)].let_go([by_key])
        return self._taken.index(oldest)

    def _sounds(self, track: int) -> bool:
        held, key, index, _when = self._taken[track]
        return held.get(key) == index
