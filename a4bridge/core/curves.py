"""How hard a key counts, and how a knob gets from one end to the other: as tables of what becomes of each value."""

from typing import Final

from a4bridge.core.midi import NOTES
from a4bridge.core.profile import Knob, Velocity
from a4bridge.core.route import ANY_VELOCITY

_MOST: Final = NOTES - 1


def velocities(velocity: Velocity | None) -> tuple[int, ...]:
    """Return what each velocity (0-127) becomes, 1-127 for all but the unused first; ANY_VELOCITY for no change."""
    if velocity is None:
        return ANY_VELOCITY
    struck = range(1, NOTES)
    if velocity.fixed is not None:
        become = [velocity.fixed for _ in struck]
    elif velocity.gamma is not None:
        become = [max(1, round(_MOST * (each / _MOST) ** velocity.gamma)) for each in struck]
    elif velocity.range is not None:
        low, high = velocity.range
        become = [round(low + (high - low) * (each - 1) / (_MOST - 1)) for each in struck]
    else:
        become = list(velocity.table or struck)
    return (1, *become)


def knob_values(knob: Knob) -> tuple[int, ...]:
    """Return what each value (0-127) of a knob becomes, 0-127."""
    low, high = knob.range
    return tuple(round(low + (high - low) * (value / _MOST) ** knob.curve) for value in range(NOTES))
