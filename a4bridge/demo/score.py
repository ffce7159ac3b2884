"""What is played into a profile, so that each of its zones and knobs has something to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from a4bridge.core.route import Route, Zone
from a4bridge.sim.keyboard import (
    CHANNEL,
    FOUR_VOICES,
    FOUR_VOICES_STRAY,
    LIVE_PHRASE,
    Event,
    in_time_order,
    knob,
    on_channel,
)

_KNOB_MS: Final = 150.0


class Part(NamedTuple):
    """What one keyboard plays, by its place among them."""

    keyboard: int
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The parts that are played together.

    sources: of each keyboard, which of the inputs it is that the route names; none: one that no zone names.
    channel: 1-16, to which the first keyboard is set.
    """

    sources: tuple[tuple[int, ...], ...]
    parts: tuple[Part, ...]
    channel: int = CHANNEL

    @classmethod
    def of(cls, *events: Event) -> Self:
        """Return the score of one keyboard alone."""
        return cls(((),), (Part(0, events),))

    def __iter__(self) -> Iterator[tuple[int, Event]]:
        """Yield all events by time, each with its keyboard."""
        everything = [(part.keyboard, event) for part in self.parts for event in part.events]
        yield from sorted(everything, key=lambda each: each[1].at_ms)


def score_for(route: Route) -> Score:
    """Return one bar that suits `route`: four voices where it has several destinations, else a melody; and its knobs.

    The voices come on channels of their own where the route tells channels apart, and are shared out over as many
    keyboards as its zones name.
    """
    named = sorted({zone.source for zone in route.zones if zone.source is not None})
    sources = tuple((source,) for source in named) or ((),)
    channel = route.zones[0].channel or CHANNEL
    melody = Part(0, tuple(on_channel(channel, LIVE_PHRASE)))
    parts = [melody] if _has_one_destination(route) else list(_four_voices(route, len(sources)))
    parts += [Part(named.index(zone.source) if zone.source is not None else 0, _knobs(zone)) for zone in route.zones]
    return Score(sources, tuple(parts), channel)


def _has_one_destination(route: Route) -> bool:
    places = {zone.channels for zone in route.zones}
    return len(places) == 1 == len(places.pop())


def _four_voices(route: Route, keyboards: int) -> Iterator[Part]:
    tells_apart = any(zone.channel or not zone.channels for zone in route.zones)
    yield Part(0, FOUR_VOICES_STRAY)
    for at, voice in enumerate(FOUR_VOICES):
        channel = CHANNEL + at if tells_apart else CHANNEL
        yield Part(at * keyboards // len(FOUR_VOICES), tuple(on_channel(channel, voice)))


def _knobs(zone: Zone) -> tuple[Event, ...]:
    moves = (knob(each.controller, _KNOB_MS * (1 + at), _KNOB_MS) for at, each in enumerate(zone.knobs))
    return tuple(on_channel(zone.channel or CHANNEL, in_time_order(*moves)))
