"""Events that do something instead of being forwarded."""

from collections.abc import Callable, Sequence
from typing import Final

from a4bridge.core import midi
from a4bridge.core.outcomes import Outcome
from a4bridge.core.route import Action, Binding, Trigger
from a4bridge.engine.controls import PEDAL_DOWN, Handler
from a4bridge.engine.keys import KEYS, Keys

Act = Callable[[Action, str], None]
"""Has an action and its argument carried out, by somebody who may take time for it."""


class Bindings:
    """What is bound on one channel of one input.

    after_pedal: called when a bound pedal was lifted, and has let go what it held.
    """

    def __init__(self, bindings: Sequence[Binding], keys: Keys, act: Act, after_pedal: Callable[[], None]) -> None:
        self._bound: Final = {(binding.trigger, binding.number): binding for binding in reversed(bindings)}
        self._keys = keys
        self._act = act
        self._after_pedal = after_pedal
        self._down: set[int] = set()

    def numbers(self, trigger: Trigger) -> set[int]:
        """Return the notes, control changes or programs that are bound."""
        return {number for kind, number in self._bound if kind is trigger}

    def strike(self, key: int, _velocity: int) -> Outcome:
        """Carry out what a bound key is for."""
        # A note that it holds from before it was bound must not wait for the note-off: that ends what is begun here.
        self._keys.let_go([each for each in self._keys.held if each % KEYS == key])
        self._press(self._bound[Trigger.NOTE, key & (midi.NOTES - 1)])
        return Outcome.BOUND

    def let_go(self, note: int) -> bool:
        """Tell whether `note` is bound, and end what it did."""
        if binding := self._bound.get((Trigger.NOTE, note)):
            self._release(binding)
        return binding is not None

    def control(self, message: list[int]) -> Outcome:
        """Carry out what a bound control change is for, when it becomes pressed or stops being so."""
        _status, controller, value = message
        binding = self._bound[Trigger.CONTROL, controller]
        if value < PEDAL_DOWN:
            self._down.discard(controller)
            self._release(binding)
        elif controller not in self._down:
            self._down.add(controller)
            self._press(binding)
        return Outcome.BOUND

    def program(self, others: Handler) -> Handler:
        """Make the handler for program changes, of which `others` gets those that are not bound."""

        def program(message: list[int]) -> list[int] | Outcome:
            binding = self._bound.get((Trigger.PROGRAM, message[1]))
            if binding is None:
                return others(message)
            self._press(binding)
            return Outcome.BOUND

        return program

    def _press(self, binding: Binding) -> None:
        if binding.action is Action.SUSTAIN:
            self._keys.press_bound_pedal(binding)
        else:
            self._act(binding.action, binding.argument)

    def _release(self, binding: Binding) -> None:
        if binding.action is Action.SUSTAIN:
            self._keys.lift_pedals()
            self._after_pedal()
