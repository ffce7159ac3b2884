"""What a bridge may tell, for hypothesis: events of true and of hostile keyboards, and anything that JSON can say."""

from typing import Any, Final

from hypothesis import strategies as st

from a4bridge.core.outcomes import WORDS, Outcome
from a4bridge.monitor.events import Entry, Event, Missed, Naming, Said, Standing, event_of

HOSTILE: Final = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "\x1b[2J\x1b]0;mine\x07",
            "[bold red]not markup[/bold red]",
            "[/]",
            "\u202egnihtemos:\n\rport\t20:0",
            "日本語のキーボード" * 4,
            "e\u0301\u0301\u0301🎹👩‍👩‍👧:x 1:2",
            "\ud800",
            "",
        ]
    ),
)
_SCALARS: Final = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), HOSTILE, st.binary(max_size=5).map(bytes.hex)
)
JSON: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def facts(**keys: Any) -> dict[str, Any]:
    """Return an event of `played`, as the bridge tells it."""
    return {
        "number": 17,
        "at": 1767225600.125,
        "input": "Keystation 49 MK3:Keystation 49 MK3 MIDI 1 20:0",
        "in": "903c64",
        "out": "983c64",
        "outcome": "forwarded",
        "says": "forwarded",
        "zones": [],
        "took_us": 31.2,
        "late_us": 8.4,
        **keys,
    }


def event(**keys: Any) -> Event:
    """Return that event, read."""
    return event_of(facts(**keys))


_BYTES: Final = st.binary(max_size=4).map(bytes.hex)
EVENTS: Final = st.builds(
    facts,
    input=HOSTILE,
    **{"in": _BYTES, "out": _BYTES},
    outcome=st.sampled_from([outcome.name.lower() for outcome in Outcome]) | HOSTILE,
    says=st.sampled_from(list(WORDS.values())) | HOSTILE,
    zones=st.lists(HOSTILE, max_size=3),
    took_us=st.floats(0, 1e7),
    late_us=st.floats(0, 1e7),
    at=st.floats(0, 1e14),
).map(event_of)
ENTRIES: Final[st.SearchStrategy[Entry]] = st.one_of(
    EVENTS,
    st.builds(lambda text: Said(0.0, "info", event(input=text).source), HOSTILE),
    st.builds(Missed, st.just(0.0), st.integers(0, 10**9), st.integers(0, 10**9)),
)
_CHANNELS: Final = {1: "track 1", 2: "track 2", 5: "FX track", 9: "auto channel"}
NAMINGS: Final = st.builds(Naming, st.integers(-2, 12), st.sampled_from([{}, _CHANNELS]))
STANDINGS: Final = st.builds(
    Standing,
    profile=st.sampled_from(["liverec", "x" * 64]),
    destination=st.sampled_from(["", "auto channel 9"]),
    inputs=st.lists(st.tuples(HOSTILE.map(lambda text: event(input=text).source), st.just("open")), max_size=2).map(
        tuple
    ),
    waiting=st.sampled_from([(), ("waiting for a keyboard",)]),
    sounding=st.lists(st.tuples(st.integers(1, 16), st.integers(0, 127)), max_size=6).map(tuple),
    took=st.sampled_from([{}, {"p50": 25.0, "p99": 27.0, "max": 1e6}]),
    naming=NAMINGS,
)
