"""The engine switches Python's collector of cycles off, so whatever it lets go of must go by itself."""

import gc
from collections.abc import Iterator

import pytest
from desk import LIVEREC, Desk, altered, rich_routes
from hypothesis import Phase, given, settings

from a4bridge.core.route import Route
from a4bridge.engine.keys import Keys

pytestmark = pytest.mark.stdlib


@pytest.fixture
def nothing_is_collected() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def garbage_of_ours() -> list[str]:
    """Collect, and return what of the engine's only a collection could free."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    names = [f"{getattr(each, '__module__', '')} {type(each).__name__}" for each in gc.garbage]
    gc.garbage.clear()
    return [name for name in names if name.startswith("a4bridge.")]


def come_and_go(desk: Desk, route: Route) -> None:
    """Let an input, a route and the box come, be used, and go again."""
    desk.plug("B", lambda: None)
    desk.play("90 3C 64", "B")
    desk.use(route)
    desk.forwarder.disconnect()
    desk.connect()
    desk.play("90 40 64", "B")
    desk.unplug("B")
    desk.forwarder.lose()
    desk.connect()


# Not made smaller: each try of a rich route takes a tenth of a second.
@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate], max_examples=25)
@given(rich_routes(), rich_routes())
@pytest.mark.usefixtures("nothing_is_collected")
def test_routes_inputs_and_outputs_that_went_leave_no_cycle_behind(one: Route, other: Route) -> None:
    desk = Desk(one, "A")
    gc.collect()

    come_and_go(desk, other)
    come_and_go(desk, one)

    assert garbage_of_ours() == []


@pytest.mark.usefixtures("nothing_is_collected")
def test_the_keys_of_an_input_that_went_are_not_kept_by_the_tracks_that_they_took() -> None:
    spread = altered(LIVEREC, channels=(1, 2, 3, 4))
    desk = Desk(spread, "A")

    for _ in range(9):
        desk.plug("B")
        desk.play("90 3C 64", "B")
        desk.unplug("B")

    # The desk itself knows two keyboards.
    assert sum(isinstance(each, Keys) for each in gc.get_objects()) == 2
