"""The forwarding core: what the transport's callback does with an event, and what a command may change meanwhile.

One turn orders everything: the callbacks of all inputs, route changes, ports that come and go. It is held over the
send, so the order of what is sent is the order in which the ledger changed.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from a4bridge.backend.base import Event, Receive, Send
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route, Sustain
from a4bridge.engine.handlers import Handler, Keys, drop, handlers_of
from a4bridge.engine.page import SLOTS, Page
from a4bridge.engine.recorder import Recorder
from a4bridge.engine.sounding import Sounding, nowhere
from a4bridge.engine.turn import Turn

DOUBT_SECONDS: Final = 2.0
"""How long a destination may be gone before the engine is told: some scans of a service that is held up."""

_NO_ROUTE: Final[list[Handler]] = [drop(Outcome.NO_DESTINATION)] * 256


class _Input:
    """One open input: its keys, the handlers of the route, and what must run on the thread of its first event."""

    __slots__ = ("_first", "_ready", "handlers", "keys")

    def __init__(self, keys: Keys, first: Callable[[], None] | None) -> None:
        self.keys = keys
        self._first = first
        self.use(_NO_ROUTE)

    def use(self, handlers: list[Handler]) -> None:
        """Handle events by `handlers` from now on."""
        self._ready = handlers
        # Until the first event every handler is `_prime`, so that no later event asks whether it is the first.
        self.handlers = [self._prime] * 256 if self._first else handlers

    def _prime(self, message: list[int]) -> list[int] | Outcome:
        first, self._first = self._first, None
        self.handlers = self._ready
        assert first
        first()
        if message == [midi.ACTIVE_SENSING]:
            return Outcome.PRIMED
        return self._ready[message[0]](message)


class Forwarder:
    """Everything between the inputs' callbacks and the one output."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._turn = Turn()
        self._recorder = Recorder(page)
        self._sounding = Sounding(page.ledger)
        self._inputs: dict[int, _Input] = {}
        self._route: Route | None = None
        self._unsettled = False
        self.troubles: deque[str] = deque(maxlen=16)
        """What went wrong inside a callback, newest last; whoever tells it takes it out."""

    # Commands: the engine's main thread, one at a time.

    def set_route(self, route: Route) -> None:
        """Let everything that begins from now on go by `route`; what sounds ends where it began."""
        with self._turn:
            self._route = route
            for each in self._inputs.values():
                if route.sustain is not Sustain.HOLD:
                    each.keys.lift_pedals()
            self._rebuild()

    def add_input(self, slot: int, first: Callable[[], None] | None = None) -> Receive:
        """Return the callback for a new input in `slot` (0-31); `first` runs once, on the thread of its first event."""
        if not 0 <= slot < SLOTS or slot in self._inputs:
            raise ValueError(f"slot {slot} cannot be used for an input")
        each = _Input(Keys(self._sounding), first)
        self._recorder.start_input(slot)
        with self._turn:
            self._inputs[slot] = each
            if self._route:
                each.use(handlers_of(self._route, each.keys))
        return self._callback(slot, each)

    def remove_input(self, slot: int) -> None:
        """Release what the input's keys hold, on the channels where it sounds, and forget the input."""
        with self._turn:
            each = self._inputs.pop(slot)
            # An event still under way must not begin what nobody would end.
            each.use(_NO_ROUTE)
            each.keys.let_go_all()

    def connect(self, send: Send) -> int:
        """Send to `send` from now on; first the note-offs of all that may sound there. Returns how many."""
        with self._turn:
            self._sounding.send = send
            released = self._release()
            self._rebuild()
            return released

    def disconnect(self) -> int:
        """Release everything and drop events from now on, in one turn, so that nothing begins that nobody would end.

        Returns how many notes were released.
        """
        with self._turn:
            released = self._release()
            self._send_nowhere()
            return released

    def lose(self) -> None:
        """Drop events from now on, for a destination that is gone already, nobody knows since when.

        The ledger keeps what may still sound there. Nothing says whether what was sent lately arrived, so the last
        DOUBT_SECONDS' note-offs count as not heard.
        """
        with self._turn:
            self._send_nowhere()
        self.fold()
        since = time.monotonic_ns() - int(DOUBT_SECONDS * 1e9)
        passed_on = [record.sent for record in self._page.recent() if record.at > since and record.sent]
        with self._turn:
            self._sounding.doubt((sent[0] & 15) << 7 | sent[1] for sent in passed_on if sent[0] & 0xF0 == midi.NOTE_OFF)
            self._sounding.doubt(index for at, index in self._sounding.ended if at > since)

    def fold(self) -> None:
        """Bring what the callbacks noted into the page, and end what could not be ended before."""
        if self._unsettled:
            with self._turn:
                self._settle()
        self._recorder.fold()

    def stop(self) -> int:
        """Release everything and let nothing begin any more; returns how many notes were released."""
        with self._turn:
            for each in self._inputs.values():
                each.use(_NO_ROUTE)
            return self._release()

    def _release(self) -> int:
        if not self._sounding.connected:
            return 0
        self._forget_keys()
        return self._sounding.end_all()

    def _send_nowhere(self) -> None:
        self._sounding.send = nowhere
        self._forget_keys()
        self._rebuild()

    def _forget_keys(self) -> None:
        for each in self._inputs.values():
            each.keys.forget()

    def _rebuild(self) -> None:
        if self._route:
            for each in self._inputs.values():
                each.use(handlers_of(self._route, each.keys))

    # The callback: every line of it is paid for by every note.

    def _callback(self, slot: int, this: _Input) -> Receive:
        turn, rescue, note = self._turn, self._rescue, self._recorder.note
        take, give = turn.take, turn.give
        clock = time.monotonic_ns

        def receive(event: Event, _unused: object = None) -> None:
            entered = clock()
            message = event[0]
            try:
                take()
            except IndexError:
                turn.wait()
            try:
                result = this.handlers[message[0]](message)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the keyboard must not fall silent
                result = rescue(this, message, error)
            note((slot, event, entered, clock(), result))  # before the turn goes: `lose` looks for what was sent
            give(None)

        return receive

    def _rescue(self, this: _Input, message: list[int], error: BaseException) -> Outcome:
        """Tell an exception of the callback, and end the note that its event may have left sounding."""
        self.troubles.append(f"{type(error).__name__}: {error} (event {bytes(message).hex(' ')})")
        keys = this.keys
        if len(message) > 1 and message[0] < midi.POLY_PRESSURE:
            key = (message[0] & 15) << 7 | message[1]
            keys.held.pop(key, None)
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
