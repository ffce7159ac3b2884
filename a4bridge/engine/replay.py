"""What went to the destination, worked out again from what the page's ring shows of each event.

The ring shows what came in and the first message that went out. What else an event led to (a layer's other notes, what
a pedal let go, the end of a mono zone's note) the same handlers tell that the engine has, when they are given the same
events and commands. The engine itself does not load this: whoever reads the page does.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Route
from a4bridge.engine.controls import ChosenParameters, Handler
from a4bridge.engine.handlers import Ensemble, handlers_of
from a4bridge.engine.keys import KEYS, Keys
from a4bridge.engine.page import LEDGER_SIZE, RingEvent
from a4bridge.engine.protocol import CloseInput, CloseOutput, Command, OpenInput, OpenOutput, Panic, SetRoute
from a4bridge.engine.sounding import Sounding
from a4bridge.engine.thinning import Thinning

_CHANGES_SOMETHING: Final = frozenset(
    (
        Outcome.FORWARDED,
        Outcome.PEDAL_MOVED,
        Outcome.HELD_BY_PEDAL,
        Outcome.HELD_BY_OTHER_KEY,
        Outcome.RELEASED,
        Outcome.THINNED,
        Outcome.PARAMETER_CHOSEN,
        Outcome.BOUND,
        Outcome.NOT_SOUNDING,
        Outcome.NOT_ITS_TURN,
        Outcome.NO_FREE_TRACK,
    )
)
"""What a handler has made of an event that sent something, moved a pedal, or began to wait. All else did nothing."""


@dataclass(slots=True)
class _Input:
    """An open input. handlers: made when it is first played, as most are never played on most routes."""

    keys: Keys
    sources: frozenset[int]
    may_overlap: bool = False
    handlers: list[Handler] = field(default_factory=list)


class Replay:
    """A second engine that sends to nobody. It is told commands and events in the order in which the first had them.

    Bend, pressure and whatever else a slow destination got only the newest value of come out as they were played.
    Where it finds something else than the ring shows, as after events that nobody saw, the ring is right.
    """

    def __init__(self) -> None:
        self._sent: list[bytes] = []
        self._sounding = Sounding(memoryview(bytearray(LEDGER_SIZE)))
        self._sounding.send = self._send
        self._sounding.ended = deque(maxlen=0)
        self._thinning = Thinning(lambda: None)  # of which nothing is asked, so it passes everything
        self._chosen = ChosenParameters()
        self._ensemble: Ensemble | None = None
        self._inputs: dict[int, _Input] = {}
        self._doubted: set[int] = set()

    def obey(self, command: Command) -> list[bytes]:
        """Do what the engine did at `command`; returns the messages that ended something, of a panic only those."""
        match command:
            case SetRoute(data, sources):
                self._set_route(
                    Route.from_data(data), {int(slot): frozenset(numbers) for slot, numbers in sources.items()}
                )
            case OpenInput(slot, _name, numbers):
                self._remove(slot)
                self._inputs[slot] = _Input(Keys(self._sounding), frozenset(numbers))
            case CloseInput(slot):
                self._remove(slot)
            case OpenOutput() | CloseOutput() | Panic():
                self._end_all()
        return self._taken()

    def play(self, record: RingEvent) -> list[bytes]:
        """Return the messages that `record`'s event led to."""
        message, sent = list(record.received), list(record.sent)
        if record.outcome not in _CHANGES_SOMETHING or not _is_of_a_channel(message):
            return []
        result = self._handle(record.input, message)
        mine = result if isinstance(result, list) else []
        if mine != sent and (not sent or _is_of_a_channel(sent)) and record.outcome is not Outcome.THINNED:
            self._correct(record.input, message, sent)
        return self._taken()

    def settle(self, ledger: memoryview) -> list[bytes]:
        """End what sounds here and, by the engine's `ledger`, neither there nor when this was last asked.

        Twice, because the ledger is ahead of the ring. Returns the messages that ended it.
        """
        mine = self._sounding.ledger
        silent = set()
        if mine.tobytes().count(0) < LEDGER_SIZE:
            silent = {index for index, holders in enumerate(mine) if holders and not ledger[index]}
        for index in self._doubted & silent:
            self._end(index)
        self._doubted = silent
        return self._taken()

    def _send(self, message: list[int]) -> None:
        self._sent.append(bytes(message))
        if message[0] < midi.POLY_PRESSURE:
            self._doubted.discard(_index_of(message))

    def _taken(self) -> list[bytes]:
        sent, self._sent = self._sent, []
        return sent

    def _set_route(self, route: Route, sources: Mapping[int, frozenset[int]]) -> None:
        overlapped = self._ensemble is not None and self._ensemble.overlaps
        self._ensemble = Ensemble(route, self._thinning, self._chosen, lambda _action, _argument: None)
        for slot in self._inputs.keys() - sources.keys():  # as after the end of an engine
            self._remove(slot)
        for slot, numbers in sources.items():
            each = self._inputs.setdefault(slot, _Input(Keys(self._sounding), numbers))
            each.sources = numbers
            each.may_overlap = overlapped or each.keys.overlap
            each.handlers.clear()
            each.keys.follow(route, numbers)

    def _remove(self, slot: int) -> None:
        if each := self._inputs.pop(slot, None):
            each.keys.let_go_all()
            each.keys.lift_pedals()
            if self._ensemble:
                self._ensemble.withdraw(each.keys)
                self._ensemble.dismiss(each.keys)

    def _end_all(self) -> None:
        for each in self._inputs.values():
            each.keys.forget()
        if self._ensemble:
            self._ensemble.forget_keys()
        self._sounding.end_all()

    def _handle(self, slot: int, message: list[int]) -> list[int] | Outcome:
        each = self._inputs.get(slot)
        if each is None or self._ensemble is None:
            return Outcome.NO_DESTINATION
        if not each.handlers:
            each.handlers = handlers_of(
                self._ensemble, each.sources, each.keys, self._sounding.send, may_overlap=each.may_overlap
            )
        return each.handlers[message[0]](message)

    def _correct(self, slot: int, message: list[int], sent: list[int]) -> None:
        """Take back the notes that an event began here and not there, and let `sent` have been sent instead."""
        begun = [each for each in self._sent if _begins_note(each)]
        self._sent = [each for each in self._sent if not _begins_note(each) and list(each) != sent]
        keys = self._inputs[slot].keys if slot in self._inputs else Keys(self._sounding)
        ledger = self._sounding.ledger
        struck = (message[0] & 15) << 7 | message[1] if len(message) > 1 else 0
        if begun:
            for key in [key for key in keys.held if key % KEYS == struck]:
                index = keys.held.pop(key)
                keys.sustained.discard(key)
                ledger[index] = max(0, ledger[index] - 1)
        if not sent:
            return
        if _begins_note(sent):
            index = _index_of(sent)
            if keys.held.get(struck) != index:
                keys.let_go([struck] if struck in keys.held else [])
                keys.held[struck] = index
                ledger[index] += 1
        elif sent[0] & 0xF0 in {midi.NOTE_OFF, midi.NOTE_ON}:
            self._forget(_index_of(sent))
        self._send(sent)

    def _end(self, index: int) -> None:
        self._forget(index)
        self._sounding.end(index)

    def _forget(self, index: int) -> None:
        """Let no key hold note number `index`."""
        for each in self._inputs.values():
            for key in [key for key, held in each.keys.held.items() if held == index]:
                del each.keys.held[key]
                each.keys.sustained.discard(key)
        self._sounding.ledger[index] = 0


def _is_of_a_channel(message: list[int]) -> bool:
    return (
        bool(message)
        and midi.NOTE_OFF <= message[0] < midi.SYSEX
        and len(message) == midi.LENGTHS[message[0]]
        and max(message[1:]) < midi.NOTE_OFF
    )


def _begins_note(message: bytes | list[int]) -> bool:
    return message[0] & 0xF0 == midi.NOTE_ON and message[2] > 0


def _index_of(message: list[int]) -> int:
    return (message[0] & 15) << 7 | message[1]
