"""The guard against loops: an input that brings back what we sent, which goes out again, and round and round.

Three steps, each only taken because of the one before, so that what is played is never touched:

1. Suspicion. Many events of one input, close together, were equal to a message that had just been sent, and were passed
   on again. A keyboard that plays on the output's own channel and repeats itself looks just so; nothing is cut for it.
2. Proof. A probe goes down the output: three note-offs that nobody else would send, of notes that nothing holds. If
   they come back on that very input, it is a loop.
3. The cut. The input's events are dropped, and what it held is released. A probe every now and then tells when its
   cable was pulled: then the input is let in again.

What an input brings back but the profile drops goes round no further, and is no loop.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import Final

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route
from a4bridge.engine.controls import Handler, drop
from a4bridge.engine.keys import Keys
from a4bridge.engine.protocol import Doubled, Looped
from a4bridge.engine.recorder import SYSEX_SLOTS, Note

LOOK_EVERY: Final = 11
"""Events of all inputs from one look to the next. What repeats itself should not do so in step with the looks: it would
always be the same note of each chord that waits, or the same input that is looked at."""

_MS: Final = 1_000_000
_ENOUGH: Final = 5
_WINDOW_NS: Final = 25 * _MS
"""So many echoes within so much time, 200 a second, make an input suspicious. With what comes round until the next
look and while a probe is under way, that is a cut at the 6th to the 16th. A message goes round fast enough where its
way takes less than 5 ms; 1/64 notes at 300 BPM are 160 events a second."""

_NEAR: Final = 7
_FAR: Final = 24
_FARTHEST: Final = 256
"""The newest events of all inputs in which an echo's origin is looked for: one more than the messages that go round.
In counted time the near ones take 10 us, the far ones 20, and the farthest 55."""
_FEW: Final = 32
_MANY: Final = 128
"""The newest events in which echoes are counted if there is an origin: 0.2 ms and 0.7 at most. It takes many where most
of what goes round is not in the notes, or another input plays fast."""
_FARTHEST_NS: Final = 250 * _MS
_MANY_NS: Final = 50 * _MS
"""How often the farthest and the many are gone through at most."""

_PROOF_NS: Final = 2000 * _MS
"""How long a probe may be under way: a MIDI cable carries what the kernel keeps for it in 1.3 s."""
_REST_NS: Final = 3000 * _MS
"""How long an input that was wrongly suspected is left alone: a flood must not cause a flood of probes."""
_CUT_PROBE_NS: Final = 2000 * _MS
_CUT_RETURN_NS: Final = 500 * _MS
"""How often an input that is cut is asked whether it still brings our messages back, and how soon it has to."""

_PROOF: Final = 3
_BETWEEN: Final = 16
"""Note-offs that prove a loop, and how many other events may come between them. Of floods of note-offs at random, 3,000
a second on the right channel, one in three million would bring the same by chance."""

PROBE_NOTES: Final = (*range(12), *range(116, midi.NOTES))
"""The notes of probes: those that hardly anybody plays."""

_CUT: Final[list[Handler]] = [drop(Outcome.LOOP)] * 256

_UNNOTED: Final = 16

_SENT: Final = itemgetter(4)  # of a Note
_MESSAGE: Final = itemgetter(1)


class Traffic:
    """What went in and out lately, by all inputs.

    notes: what the callbacks noted, newest last; folded: what the main thread has taken from there. unnoted: what was
    sent by nobody's event, and when (monotonic ns).
    """

    def __init__(self, notes: Sequence[Note], folded: Sequence[Note]) -> None:
        self._notes = notes
        self._folded = folded
        self._channels = frozenset[int]()
        self._farthest_at = self._many_at = 0
        self.unnoted: Final = deque[tuple[int, list[int]]](maxlen=_UNNOTED)

    def follow(self, route: Route) -> None:
        """Learn on which channels `route` sends."""
        channels = [channel for zone in route.zones for channel in zone.channels or range(1, midi.CHANNELS + 1)]
        turned = [knob.channel for zone in route.zones for knob in zone.knobs]
        if None in turned:
            channels += range(1, midi.CHANNELS + 1)
        self._channels = frozenset(channel - 1 for channel in (*channels, *turned) if channel)

    def may_come_back(self, status: int) -> bool:
        """Tell whether what has that status byte may have been sent by us."""
        return status & 15 in self._channels or status >= midi.SYSEX

    def brings_echoes(self, slot: int, message: list[int], now: int) -> bool:
        """Tell whether input `slot`, of which `message` is the newest event, brings what we sent."""
        try:
            newest = list(self._newest(_NEAR))
            if len(newest) <= _ENOUGH or now - newest[_ENOUGH][2] > _WINDOW_NS:
                return False
            del newest[0]  # what it was sent as itself
            has_origin = (
                message in map(_SENT, newest) or self._was_kept_back(message, now) or self._has_far_origin(message, now)
            )
            return has_origin and self._has_echoes(slot, now)
        except RuntimeError:  # "deque mutated during iteration": the main thread came between
            return False

    def _was_kept_back(self, message: list[int], now: int) -> bool:
        unnoted = self.unnoted
        return bool(unnoted) and now - unnoted[-1][0] <= _WINDOW_NS and message in map(_MESSAGE, unnoted)

    def _has_far_origin(self, message: list[int], now: int) -> bool:
        newest = list(self._newest(_FAR))
        if message in map(_SENT, newest[1:]):
            return True
        if len(newest) < _FAR or now - newest[-1][2] > _WINDOW_NS or now < self._farthest_at:
            return False
        self._farthest_at = now + _FARTHEST_NS
        return message in map(_SENT, islice(self._newest(_FARTHEST), 1, None))

    def _has_echoes(self, slot: int, now: int) -> bool:
        few = self._since(now - _WINDOW_NS, _FEW)
        if count_echoes(few, slot, self.unnoted) >= _ENOUGH:
            return True
        if len(few) < _FEW or now < self._many_at:
            return False
        self._many_at = now + _MANY_NS
        return count_echoes(self._since(now - _WINDOW_NS, _MANY), slot, self.unnoted) >= _ENOUGH

    def _since(self, since: int, at_most: int) -> list[Note]:
        """Return the events that entered since then, oldest first, but no more than the newest `at_most`."""
        found: list[Note] = []
        for note in list(self._newest(at_most)):
            if note[2] < since:
                break
            found.append(note)
        found.reverse()
        return found

    def _newest(self, count: int) -> Iterator[Note]:
        notes = self._notes
        if len(notes) >= count:
            return islice(reversed(notes), count)
        return islice(chain(reversed(notes), reversed(self._folded)), count)


def count_echoes(notes: Iterable[Note], slot: int, unnoted: Iterable[tuple[int, list[int]]] = ()) -> int:
    """Count the events of `slot` that were equal to a message sent before, and were passed on.

    Each message that was sent has one echo at the most. notes: oldest first.
    """
    others = deque(unnoted)
    sent: dict[tuple[int, ...], int] = {}
    echoes = 0
    for number, (message, _), entered, _done, result in notes:
        while others and others[0][0] <= entered:
            other = tuple(others.popleft()[1])
            sent[other] = sent.get(other, 0) + 1
        if number % SYSEX_SLOTS == slot and _was_passed_on(result) and sent.get(received := tuple(message), 0):
            sent[received] -= 1
            echoes += 1
        if isinstance(result, list):
            out = tuple(result)
            sent[out] = sent.get(out, 0) + 1
    return echoes


def _was_passed_on(result: list[int] | Outcome) -> bool:
    return isinstance(result, list) or result is Outcome.THINNED


def _do_nothing() -> None:
    pass


class Probe:
    """Note-offs on their way; `sent_at` in monotonic ns."""

    def __init__(self, note_offs: list[list[int]], sent_at: int) -> None:
        self.note_offs: Final = note_offs
        self.sent_at: Final = sent_at
        self._heard = 0
        self._between = 0

    def hears(self, message: list[int]) -> bool:
        """Tell whether `message` is the note-off that comes next."""
        if message == self.note_offs[self._heard]:
            self._heard += 1
            self._between = 0
            return True
        self._between += 1
        if self._between > _BETWEEN:
            self._heard = 0
        return False

    @property
    def is_back(self) -> bool:
        """Tell whether all of it was heard; then there is nothing more to hear."""
        return self._heard == len(self.note_offs)


class Guard:
    """Watches one input. Whoever uses it has the turn.

    show: called when `over` would answer something else. release: ends what the input holds.
    """

    def __init__(
        self,
        slot: int,
        keys: Keys,
        traffic: Traffic,
        *,
        clock: Callable[[], int],
        show: Callable[[], None],
        release: Callable[[], None],
        tell: Callable[[Looped | Doubled], None],
    ) -> None:
        self._slot = slot
        self._keys = keys
        self._traffic = traffic
        self._clock = clock
        self._show = show
        self._release = release
        self._tell = tell
        self._rests_until = 0
        self._asks_at = 0
        self._channel = 0
        self._lets_go = False
        self._probe: Probe | None = None
        self.cut = False

    def over(self, handlers: list[Handler]) -> list[Handler]:
        """Return what handles the input's events where the route says `handlers`."""
        passing = _CUT if self.cut else handlers
        probe = self._probe
        if probe is None:
            return passing
        held = self._keys.held

        def watch(message: list[int]) -> list[int] | Outcome:
            let_go = message[0] < midi.NOTE_ON and (message[0] & 15) << 7 | message[1] in held
            if not let_go and probe.hears(message) and probe.is_back:
                self._found()
                return Outcome.LOOP
            return passing[message[0]](message)  # which ends what only looks like a probe: nothing holds its note

        return [watch] * 256

    # In the callback.

    def look(self, entered: int, message: list[int], result: list[int] | Outcome) -> None:
        """Send a probe if it is time to suspect the input, which just brought `message`; `entered` in monotonic ns.

        To be called once every LOOK_EVERY events.
        """
        status = message[0]
        # Hands let go as often as they strike; then the search is made while they do, and a chord need not wait for it.
        waits, self._lets_go = self._lets_go, status < midi.NOTE_ON
        if waits and not self._lets_go:
            return
        if not self._traffic.may_come_back(status) or not _was_passed_on(result) or entered < self._rests_until:
            return
        if self._probe:
            if entered - self._probe.sent_at > _PROOF_NS:  # in a flood the main thread may not get to it
                self._acquit(entered)
        elif self._traffic.brings_echoes(self._slot, message, entered):
            self._channel = status & 15 if status < midi.SYSEX else 0
            self._ask(_PROOF)

    def _found(self) -> None:
        """Cut the input, as a probe came back; or let it be cut."""
        was_cut, self.cut = self.cut, True
        self._probe = None
        self._asks_at = self._clock() + _CUT_PROBE_NS
        self._show()  # first: what fails below must leave no loop
        if not was_cut:
            self._tell(Looped(self._slot, cut=True))
            self._release()

    def _ask(self, count: int) -> None:
        """Send a probe of so many note-offs, and listen for it."""
        note_offs = self._unlikely(count)
        if not note_offs:
            self._acquit(self._clock())
            return
        self._probe = Probe(note_offs, self._clock())
        self._show()
        for note_off in note_offs:
            self._keys.sounding.send(list(note_off))

    def _unlikely(self, count: int) -> list[list[int]]:
        """Make note-offs of notes that nothing holds, at speeds of release that nobody could guess."""
        base = self._channel << 7
        ledger, held = self._keys.sounding.ledger, self._keys.held
        free = [note for note in PROBE_NOTES if not ledger[base | note] and base | note not in held]
        if not free:
            return []
        dice = iter(os.urandom(2 * count))
        return [
            [midi.NOTE_OFF | self._channel, free[die % len(free)], 1 + other % (midi.RELEASE_VELOCITY - 1)]
            for die, other in zip(dice, dice, strict=True)
        ]

    def _acquit(self, now: int) -> None:
        self._probe = None
        self._rests_until = now + _REST_NS
        self._show()

    # On the main thread.

    @property
    def is_busy(self) -> bool:
        """Tell whether `check` has something to do."""
        return self.cut or self._probe is not None

    def check(self) -> bool:
        """Give up a probe that does not come back; ask again whether the loop is closed. Tells whether it is open."""
        now = self._clock()
        if not self.cut:
            if self._probe and now - self._probe.sent_at > _PROOF_NS:
                self._acquit(now)
            return False
        if not self._keys.sounding.connected:
            return True
        if self._probe:
            return now - self._probe.sent_at > _CUT_RETURN_NS
        if now >= self._asks_at:
            self._ask(1)
        return False

    def let_in(self) -> None:
        """Let the input's events pass again."""
        self._probe = None
        self.cut = False
        self._show()
        self._tell(Looped(self._slot, cut=False))

    def retire(self) -> None:
        """Watch no more, for an input that is closed."""
        self._probe = None
        self.cut = False
        self._show()
        self._show = self._release = _do_nothing  # or input and guard would hold each other, and nothing collects them
