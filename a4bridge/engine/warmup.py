"""Every kind of event once through the code before the first real one.

CPython specialises a function's bytecode over its first calls and touches memory for the first time; both would be
paid by the first notes of an evening.
"""

import gc
import mmap
from collections import deque
from collections.abc import Iterator
from typing import Final

from a4bridge.core import midi
from a4bridge.core.records import replaced
from a4bridge.core.route import Mono, Route, Zone
from a4bridge.engine.forwarder import Forwarder
from a4bridge.engine.page import SIZE, Page

_ROUNDS: Final = 12  # CPython 3.11 specialises after 8 calls, 3.13 after 2 with a back-off
_EVENTS: Final = (
    (midi.NOTE_ON, 60, 100),
    (midi.NOTE_OFF, 60, 64),
    (midi.NOTE_ON, 60, 100),
    (midi.NOTE_ON, 60, 0),
    (midi.CONTROL_CHANGE, midi.CC_SUSTAIN, 127),
    (midi.NOTE_ON, 61, 100),
    (midi.NOTE_OFF, 61, 64),
    (midi.NOTE_ON, 61, 100),
    (midi.CONTROL_CHANGE, midi.CC_SUSTAIN, 0),
    (midi.NOTE_OFF, 61, 64),
    (midi.PITCH_BEND, 0, 64),
    (midi.CHANNEL_PRESSURE, 64),
    (midi.CONTROL_CHANGE, midi.CC_MOD_WHEEL, 64),
    (midi.CONTROL_CHANGE, 7, 64),
    (midi.PROGRAM_CHANGE, 1),
    (midi.POLY_PRESSURE, 60, 1),
    (midi.CLOCK,),
    (midi.ACTIVE_SENSING,),
)


_STRAIGHT: Final = Zone((9,), pitch_bend=True, channel_pressure=True, control_changes=(midi.CC_MOD_WHEEL,))
_ROUTES: Final = (
    Route("one zone", (_STRAIGHT,)),
    Route("a split keyboard", (replaced(_STRAIGHT, high=59), replaced(_STRAIGHT, low=60, channels=(2,))), thinning=300),
    Route("spread", (replaced(_STRAIGHT, channels=(1, 2, 3, 4)),)),
    Route("overlap and spread", (_STRAIGHT, replaced(_STRAIGHT, channels=(1, 2, 3, 4)))),
    Route("mono", (replaced(_STRAIGHT, mono=Mono.LAST, returns=True),)),
)


def warm_up() -> Iterator[None]:
    """Run a forwarder of its own, on a page of its own, over every kind of event and every kind of zone.

    Yields after each kind of zone, the commonest first: together they take a quarter of an engine's start.
    """
    gc.collect()
    gc.freeze()  # or each collection below would look through all that was imported
    forwarder = Forwarder(Page(mmap.mmap(-1, SIZE)))
    receive = forwarder.add_input(0)
    forwarder.connect(deque[list[int]](maxlen=1).append)
    for route in _ROUTES:
        forwarder.set_route(route)
        for _ in range(_ROUNDS):
            for event in _EVENTS:
                receive((list(event), 0.001), None)
        forwarder.fold()
        gc.collect()  # before the next route's handlers: or the engine would keep room for those of all routes
        yield
    forwarder.stop()
