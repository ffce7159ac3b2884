"""The forwarding core: what the transport's callback does with an event, and what a command may change meanwhile.

One turn orders everything: the callbacks of all inputs, route changes, ports that come and go. It is held over the
send, so the order of what is sent is the order in which the ledger changed.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from a4bridge.backend.base import Event, Receive, Send
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Action, Route
from a4bridge.engine.controls import ChosenParameters, Handler, drop
from a4bridge.engine.handlers import Ensemble, handlers_of
from a4bridge.engine.keys import KEYS, Keys
from a4bridge.engine.loops import LOOK_EVERY, Guard, Traffic
from a4bridge.engine.pacing import UNPACED, Cable, Pacing
from a4bridge.engine.page import SLOTS, Page
from a4bridge.engine.protocol import Doubled, Looped
from a4bridge.engine.recorder import SYSEX_SLOTS, Recorder
from a4bridge.engine.sounding import NOTE_OFFS, Sounding, nowhere
from a4bridge.engine.thinning import Thinning
from a4bridge.engine.turn import Turn

DOUBT_SECONDS: Final = 2.0
"""How long a destination may be gone before the engine is told: some scans of a service that is held up."""

_CABLE_SECONDS: Final = 0.00096
"""What a note-off takes on a MIDI cable: 3 bytes of 10 bits at 31,250 a second."""

_ALIVE_EVERY: Final = 8
"""Note-offs of a panic from one sign of life to the next: a destination may be slow to take them."""

_FEW: Final = 4
"""Events that the end of a note is followed by the counting of: its own, its beginning's, and some that lagged."""

_NO_ROUTE: Final[list[Handler]] = [drop(Outcome.NO_DESTINATION)] * 256


_NOTHING: Final = frozenset[int]()


class _Input:
    """One open input: its keys, the handlers of the route, its guard, and what its thread must run first and last.

    sources: which of the inputs that the route names it is.
    """

    __slots__ = ("_by_route", "_first", "_last", "guard", "handlers", "keys", "sources")

    guard: Guard

    def __init__(
        self,
        keys: Keys,
        sources: frozenset[int],
        first: Callable[[], None] | None,
        last: Callable[[], None] | None,
    ) -> None:
        self.keys = keys
        self.sources = sources
        self._first = first
        self._last = last
        self._by_route = self.handlers = _NO_ROUTE

    def use(self, handlers: list[Handler]) -> None:
        """Handle events by `handlers` from now on, unless the guard has something against it."""
        self._by_route = handlers
        self.show()

    def show(self) -> None:
        """Put in place what handles the next event."""
        # Until the first event every handler is `_prime`, so that no later event asks whether it is the first.
        self.handlers = [self._prime] * 256 if self._first else self.guard.over(self._by_route)

    def retire(self) -> None:
        """Let no event begin anything any more."""
        self._by_route = _NO_ROUTE
        self.guard.retire()

    def leave(self) -> None:
        """Retire; the next event, whatever it is, runs what its thread must run at last."""
        has_begun = self._first is None
        self._first = None
        self.retire()
        if has_begun and self._last:
            self.handlers = [self._part] * 256

    def _prime(self, message: list[int]) -> list[int] | Outcome:
        first, self._first = self._first, None
        self.show()
        assert first
        first()
        if message == [midi.ACTIVE_SENSING]:
            return Outcome.PRIMED
        return self.handlers[message[0]](message)

    def _part(self, message: list[int]) -> Outcome:
        self.handlers = _NO_ROUTE
        assert self._last
        self._last()
        return Outcome.PRIMED if message == [midi.ACTIVE_SENSING] else Outcome.NO_DESTINATION


class Forwarder:
    """Everything between the inputs' callbacks and the one output.

    wake: called, on any thread, when `flush_late`, `actions` or `findings` want somebody's attention.
    clock: tells the time, in monotonic ns.
    """

    def __init__(
        self, page: Page, wake: Callable[[], None] = lambda: None, clock: Callable[[], int] | None = None
    ) -> None:
        self._page = page
        self._wake = wake
        self._clock = clock or time.monotonic_ns
        self._turn = Turn(rounds_of=LOOK_EVERY)
        self._recorder = Recorder(page)
        self._traffic = Traffic(self._recorder.notes, self._recorder.folded)
        self._sounding = Sounding(page.ledger, clock)
        self._inputs: dict[int, _Input] = {}
        self._thinning = Thinning(wake)
        self._chosen = ChosenParameters()
        self._ensemble: Ensemble | None = None
        self._cable: Cable | None = None
        self._unsettled = False
        self.troubles: deque[str] = deque(maxlen=16)
        """What went wrong inside a callback, newest last; whoever tells it takes it out."""
        self.actions: deque[tuple[Action, str]] = deque(maxlen=16)
        """What was played that is bound to an action, and its argument; whoever carries it out takes it out."""
        self.findings: deque[Looped | Doubled] = deque(maxlen=64)
        """Inputs that were cut or let in again, and pairs that bring the same; whoever tells it takes it out."""

    # Commands: the engine's main thread, one at a time.

    def set_route(self, route: Route, sources: Mapping[int, frozenset[int]] | None = None) -> None:
        """Let everything that begins from now on go by `route`; what sounds ends where it began.

        sources: by slot, which of the inputs that the route names an open input is now; those left out are none.
        """
        before = self._ensemble
        ensemble = Ensemble(route, self._thinning, self._chosen, self._act)
        handlers = self._handlers(
            ensemble, self._sounding.send, sources or {}, may_overlap=_overlaps(before), pacing=self._pacing
        )
        with self._turn:
            self._ensemble = ensemble
            self._traffic.follow(route)
            self._thinning.per_second(route.thinning)
            for slot, each in self._inputs.items():
                each.sources = (sources or {}).get(slot, _NOTHING)
                each.keys.follow(route, each.sources)
                each.use(handlers[slot])

    def add_input(
        self,
        slot: int,
        first: Callable[[], None] | None = None,
        sources: frozenset[int] = _NOTHING,
        last: Callable[[], None] | None = None,
    ) -> Receive:
        """Return the callback for a new input in `slot` (0-31).

        first: runs once, on the thread of its first event. last: runs once if `first` did, on the thread of the first
        event after the input was removed.
        """
        if not 0 <= slot < SLOTS or slot in self._inputs:
            raise ValueError(f"slot {slot} cannot be used for an input")
        each = _Input(Keys(self._sounding), sources, first, last)
        each.guard = Guard(
            slot,
            each.keys,
            self._traffic,
            clock=self._clock,
            show=each.show,
            release=lambda: self._let_go(each.keys),
            tell=self._find,
        )
        handlers = _NO_ROUTE
        if self._ensemble:
            handlers = handlers_of(
                self._ensemble, sources, each.keys, self._sounding.send, may_overlap=False, pacing=self._pacing
            )
        self._fold_notes()
        with self._turn:
            self._recorder.start_input(slot)
            self._inputs[slot] = each
            each.use(handlers)
        return self._callback(slot, each)

    def sysex_receiver(self, slot: int) -> Receive:
        """Return the callback for an input beside that of `slot` on which nothing but SysEx comes."""
        number = slot + SYSEX_SLOTS
        beside = self._inputs[slot]
        with self._turn:
            self._recorder.start_input(number)

        def receive(event: Event, _unused: object = None) -> None:
            entered = self._clock()
            with self._turn:
                result = Outcome.LOOP if beside.guard.cut else self._pass_sysex(event[0])
                self._recorder.note((number, event, entered, self._clock(), result))
                self._look(beside, entered, event[0], result)

        return receive

    def remove_input(self, slot: int) -> None:
        """Release what the input's keys hold, on the channels where it sounds, and forget the input."""
        with self._turn:
            each = self._inputs.pop(slot)
            # An event still under way must not begin what nobody would end.
            each.leave()
            self._let_go(each.keys)
            if self._ensemble:
                self._ensemble.dismiss(each.keys)

    def connect(self, send: Send, cable: Cable | None = None) -> int:
        """Send to `send` from now on; first the note-offs of all that may sound there. Returns how many.

        cable: what `send` is behind, where that may carry less than is played; then `send` is the cable's.
        """
        handlers = self._rebuilt(send, cable or UNPACED)
        with self._turn:
            self._sounding.send = send
            self._cable = cable
            released = self._release()
            self._use(handlers)
            return released

    def disconnect(self) -> int:
        """Release everything and drop events from now on, in one turn, so that nothing begins that nobody would end.

        Returns how many notes were released.
        """
        handlers = self._rebuilt(nowhere)
        with self._turn:
            released = self._release()
            self._send_nowhere(handlers)
            return released

    def lose(self) -> None:
        """Drop events from now on, for a destination that is gone already, nobody knows since when.

        The ledger keeps what may still sound there. Nothing says whether what was sent lately arrived, so the last
        DOUBT_SECONDS' note-offs count as not heard.
        """
        handlers = self._rebuilt(nowhere)
        cable = self._cable
        with self._turn:
            self._send_nowhere(handlers)
        self.fold()
        since = self._clock() - int(DOUBT_SECONDS * 1e9)
        passed_on = [record.sent for record in self._page.recent() if record.at > since and record.sent]
        with self._turn:
            self._sounding.doubt((sent[0] & 15) << 7 | sent[1] for sent in passed_on if sent[0] & 0xF0 == midi.NOTE_OFF)
            self._sounding.doubt(index for at, index in self._sounding.ended if at > since)
            if cable:  # what it had not yet carried is nowhere else
                self._sounding.doubt(cable.unheard(DOUBT_SECONDS))

    def panic(self, channel: int, alive: Callable[[], None] = lambda: None) -> None:
        """Release everything, then end every note of `channel` (1-16), whatever the ledger says, and add CC 123.

        It takes an eighth of a second: no faster than a MIDI cable carries it. Calls `alive` now and then meanwhile.
        """
        with self._turn:
            self._release()
        for index in range((channel - 1) << 7, channel << 7):
            time.sleep(_CABLE_SECONDS)
            with self._turn:
                self._sounding.send(list(NOTE_OFFS[index]))
            if index % _ALIVE_EVERY == 0:
                alive()
        with self._turn:
            self._sounding.send([midi.status(midi.CONTROL_CHANGE, channel), midi.CC_ALL_NOTES_OFF, 0])

    def flush_late(self) -> float | None:
        """Send what was kept and is due; returns the seconds until the next will be, None if nothing is kept."""
        waits = []
        if self._thinning.keeps:  # whoever keeps something wakes us
            with self._turn:
                waits.append(self._thinning.flush(self._send_unnoted))
        if (cable := self._cable) and cable.keeps:
            with self._turn:
                waits.append(cable.flush(self._note_late))
        return min((wait for wait in waits if wait is not None), default=None)

    def fold(self) -> None:
        """Bring what the callbacks noted into the page, end what could not be ended before, and look after loops."""
        if self._unsettled:
            with self._turn:
                self._settle()
        for each in self._inputs.values():
            if each.guard.is_busy:
                self._check_loop(each)
        self._fold_notes()
        doubled = self._recorder.doubled
        with self._turn:
            doubled.look(self._clock())
        while doubled.found:
            self._find(Doubled(*doubled.found.popleft()))
        if self._cable and (complaint := self._cable.complaint()):
            self.troubles.append(complaint)

    def stop(self) -> int:
        """Release everything and let nothing begin any more; returns how many notes were released."""
        with self._turn:
            for each in self._inputs.values():
                each.retire()
            return self._release()

    def _fold_notes(self) -> None:
        """Bring what is noted into the page, one event a turn, so that a note that comes waits for one at most.

        What was heard before this is among it: a callback that has sent keeps the turn until it has noted that.
        """
        more = True
        while more:
            with self._turn:
                self._recorder.fold(1)
                more = bool(self._recorder.notes)
            time.sleep(0)

    def _release(self) -> int:
        if not self._sounding.connected:
            return 0
        self._forget_keys()
        return self._sounding.end_all()

    def _send_nowhere(self, handlers: dict[int, list[Handler]]) -> None:
        self._sounding.send = nowhere
        if self._cable:
            self._cable.forget()
        self._cable = None
        self._forget_keys()
        self._thinning.forget()
        self._use(handlers)

    def _forget_keys(self) -> None:
        for each in self._inputs.values():
            each.keys.forget()
        if self._ensemble:
            self._ensemble.forget_keys()

    @property
    def _pacing(self) -> Pacing:
        return self._cable or UNPACED

    def _rebuilt(self, send: Send, pacing: Pacing = UNPACED) -> dict[int, list[Handler]]:
        """Return the handlers of the present route for another destination."""
        if self._ensemble is None:
            return {}
        sources = {slot: each.sources for slot, each in self._inputs.items()}
        return self._handlers(self._ensemble, send, sources, may_overlap=False, pacing=pacing)

    def _handlers(
        self,
        ensemble: Ensemble,
        send: Send,
        sources: Mapping[int, frozenset[int]],
        *,
        may_overlap: bool,
        pacing: Pacing,
    ) -> dict[int, list[Handler]]:
        """Make every input's handlers; not in our turn, as it takes longer than a note should wait."""
        return {
            slot: handlers_of(
                ensemble,
                sources.get(slot, _NOTHING),
                each.keys,
                send,
                may_overlap=may_overlap or each.keys.overlap,
                pacing=pacing,
            )
            for slot, each in self._inputs.items()
        }

    def _use(self, handlers: dict[int, list[Handler]]) -> None:
        for slot, each in handlers.items():
            self._inputs[slot].use(each)

    def _let_go(self, keys: Keys) -> None:
        """Release what an input's keys hold, and what waits for it."""
        keys.let_go_all()
        keys.lift_pedals()
        if self._ensemble:
            self._ensemble.withdraw(keys)

    def _send_unnoted(self, message: list[int]) -> None:
        """Send what no event's note says; it may come back all the same."""
        self._sounding.send(message)
        self._note_late(message)

    def _note_late(self, message: list[int]) -> None:
        self._traffic.unnoted.append((self._clock(), message))

    def _check_loop(self, each: _Input) -> None:
        try:
            with self._turn:
                is_open = each.guard.check()
            if is_open:
                # Made anew: what the old ones remember of half a gesture is from before the cut.
                handlers = self._handlers_of(each)
                with self._turn:
                    each.guard.let_in()
                    each.use(handlers)
        except BaseException as error:  # noqa: BLE001 - as in the callback
            self.troubles.append(f"{type(error).__name__}: {error} (while looking for a loop)")

    def _handlers_of(self, each: _Input) -> list[Handler]:
        if self._ensemble is None:
            return _NO_ROUTE
        return handlers_of(
            self._ensemble,
            each.sources,
            each.keys,
            self._sounding.send,
            may_overlap=each.keys.overlap,
            pacing=self._pacing,
        )

    def _find(self, finding: Looped | Doubled) -> None:
        self.findings.append(finding)
        self._wake()

    def _act(self, action: Action, argument: str) -> None:
        self.actions.append((action, argument))
        self._wake()

    def _pass_sysex(self, message: list[int]) -> list[int] | Outcome:
        if (refusal := self._why_no_sysex(message)) is not None:
            return refusal
        try:
            self._sounding.send(message)
        except BaseException as error:  # noqa: BLE001 - as in the callback
            self.troubles.append(f"{type(error).__name__}: {error} (SysEx of {len(message)} bytes)")
            return Outcome.FAILED
        return message

    def _why_no_sysex(self, message: list[int]) -> Outcome | None:
        longest = self._ensemble.route.sysex_bytes if self._ensemble else 0
        if not longest:
            return Outcome.SYSEX
        if not self._sounding.connected:
            return Outcome.NO_DESTINATION
        if len(message) > longest:
            return Outcome.TOO_LONG
        if message[-1] != midi.SYSEX_END or max(message[1:-1], default=0) >= midi.NOTE_OFF:
            return Outcome.MALFORMED
        return Outcome.OVERLOAD if self._cable and not self._cable.has_room(message) else None

    # The callback: every line of it is paid for by every note.

    def _callback(self, slot: int, this: _Input) -> Receive:
        turn, rescue, look, note = self._turn, self._rescue, self._look, self._recorder.note
        fold, note_on = self._fold_some, midi.NOTE_ON
        take, give = turn.take, turn.give
        clock = self._clock

        def receive(event: Event, _unused: object = None) -> None:
            entered = clock()
            message = event[0]
            try:
                token = take()
            except IndexError:
                token = turn.wait()
            try:
                result = this.handlers[message[0]](message)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the keyboard must not fall silent
                result = rescue(this, message, error)
            note((slot, event, entered, clock(), result))  # before the turn goes: `lose` looks for what was sent
            if token.ends_round:
                look(this, entered, message, result)
            if message[0] < note_on:  # a note-off: the next note is a while away
                fold()
            give(token.following)

        return receive

    def _look(self, this: _Input, entered: int, message: list[int], result: list[int] | Outcome) -> None:
        try:
            this.guard.look(entered, message, result)
        except BaseException as error:  # noqa: BLE001 - as in the callback
            self.troubles.append(f"{type(error).__name__}: {error} (while looking for a loop)")

    def _fold_some(self) -> None:
        try:
            self._recorder.fold(_FEW)
        except BaseException as error:  # noqa: BLE001 - as in the callback
            self.troubles.append(f"{type(error).__name__}: {error} (while counting)")

    def _rescue(self, this: _Input, message: list[int], error: BaseException) -> Outcome:
        """Tell an exception of the callback, and end the note that its event may have left sounding."""
        self.troubles.append(f"{type(error).__name__}: {error} (event {bytes(message).hex(' ')})")
        keys = this.keys
        if len(message) > 1 and message[0] < midi.POLY_PRESSURE:
            struck = (message[0] & 15) << 7 | message[1]
            for key in [key for key in keys.held if key % KEYS == struck]:
                keys.held.pop(key)
                keys.sustained.discard(key)
        self._settle()
        return Outcome.FAILED

    def _settle(self) -> None:
        """End what the ledger marks and no key holds; what fails is tried again at the next `fold`."""
        try:
            self._sounding.settle(index for each in self._inputs.values() for index in each.keys.held.values())
        except BaseException as error:  # noqa: BLE001 - as in the callback
            self._unsettled = True
            self.troubles.append(f"{type(error).__name__}: {error} (while releasing)")
        else:
            self._unsettled = False


def _overlaps(ensemble: Ensemble | None) -> bool:
    return ensemble is not None and ensemble.overlaps
