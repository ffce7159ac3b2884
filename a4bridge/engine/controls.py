"""Handlers for what is no note: control changes, the pedal, NRPN, and whatever is passed on as it is."""

from collections.abc import Callable
from typing import Final

from a4bridge.backend.base import Send
from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome

Handler = Callable[[list[int]], list[int] | Outcome]

PEDAL_DOWN: Final = 64
"""A pedal or switch is down from this value on (MIDI 1.0: 0-63 off, 64-127 on)."""


def drop(outcome: Outcome) -> Handler:
    """Make the handler that sends nothing and says why."""
    return lambda _message: outcome


def pass_unchanged(send: Send) -> Handler:
    """Make the handler that sends a message as it came."""

    def pass_unchanged(message: list[int]) -> list[int]:
        send(message)
        return message

    return pass_unchanged


def pass_on(statuses: tuple[int, ...], send: Send) -> Handler:
    """Make the handler that sends a message under each of `statuses`."""
    if len(statuses) > 1:
        return in_turn([pass_on((status,), send) for status in statuses])
    (status,) = statuses

    def pass_on_(message: list[int]) -> list[int]:
        out = [status, *message[1:]]
        send(out)
        return out

    return pass_on_


def turn_knob(status: int, controller: int, values: tuple[int, ...], send: Send) -> Handler:
    """Make the handler that sends another control change, with the value that stands in `values` for the one played."""
    table = bytes(values)

    def turn_knob(message: list[int]) -> list[int]:
        out = [status, controller, table[message[2]]]
        send(out)
        return out

    return turn_knob


def in_turn(handlers: list[Handler]) -> Handler:
    """Make the handler that has each of `handlers` handle a message; it returns the first thing that was sent."""
    if len(handlers) == 1:
        return handlers[0]

    def in_turn(message: list[int]) -> list[int] | Outcome:
        return first_sent([handler(message) for handler in handlers])

    return in_turn


def first_sent(results: list[list[int] | Outcome]) -> list[int] | Outcome:
    """Return what became of an event that several handlers had: the first message that was sent, if any was."""
    return next((result for result in results if isinstance(result, list)), results[0])


class ChosenParameters:
    """The NRPN or RPN chosen last under each status at the destination, whichever input chose it."""

    def __init__(self) -> None:
        self._chosen: dict[int, tuple[int, int, int]] = {}

    def send(self, status: int, chosen: tuple[int, int, int], data: list[int], send: Send, *, anew: bool) -> list[int]:
        """Send a data entry, with the number of its parameter before it where another was chosen since, or `anew`."""
        if anew or self._chosen.get(status) != chosen:
            controller, coarse, fine = chosen
            self._chosen.pop(status, None)  # half a number, if the second send fails
            send([status, controller, coarse])
            send([status, controller - 1, fine])
            self._chosen[status] = chosen
        out = [status, *data]
        send(out)
        return out


class Parameters:
    """The NRPN and RPN sequences of one channel of one input: a number in two parts, then values.

    The number is kept until its value comes, so that nobody gets between them.
    """

    def __init__(self, statuses: tuple[int, ...], chosen: ChosenParameters, send: Send) -> None:
        self._statuses = statuses
        self._chosen = chosen
        self._send = send
        self._kind = midi.CC_NRPN
        self._parts: dict[int, int] = {}
        self._anew = False

    def choose(self, message: list[int]) -> Outcome:
        """Keep a part of a number: CC 99 and 98 of an NRPN, 101 and 100 of an RPN."""
        _status, controller, value = message
        kind = midi.CC_NRPN if controller in {midi.CC_NRPN, midi.CC_NRPN_FINE} else midi.CC_RPN
        if kind != self._kind:
            self._kind = kind
            self._parts.clear()
        self._parts[controller] = value
        self._anew = True
        return Outcome.PARAMETER_CHOSEN

    def enter(self, message: list[int]) -> list[int] | Outcome:
        """Send a value: CC 6, 38, 96 or 97."""
        if len(self._parts) < 2:  # noqa: PLR2004 - both parts
            return Outcome.PARAMETER
        number = (self._kind, self._parts[self._kind], self._parts[self._kind - 1])
        anew, self._anew = self._anew, False
        return first_sent(
            [self._chosen.send(status, number, message[1:], self._send, anew=anew) for status in self._statuses]
        )
