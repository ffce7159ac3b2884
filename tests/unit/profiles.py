"""Profiles and playing for hypothesis: anything that a profile can say, and streams that meet it on two keyboards.

PROFILES draws what a profile's file says, as `Profile.model_validate` takes it; each compiles for an Analog Four with
the default settings. EVENTS draws what is played: the keyboard, "A" or "B", and one whole message. Keys, controls and
channels are few, and most filters are open, so that what is played often meets zones, knobs and bindings.
"""

from typing import Any, Final

from hypothesis import strategies as st

from a4bridge.core import midi
from a4bridge.core.controls import EVERY, PARAMETER_CCS
from a4bridge.core.profile import Profile

Event = tuple[str, bytes]

KEYBOARDS: Final = "AB"

_KEYBOARDS_CALLED: Final = {"left": "A", "right": "B", "both": "AB", "nobody": ""}

_NOTES: Final = (0, 35, 36, 59, 60, 61, 84, 127)
CHANNELS: Final = {1, 2, 10, 16}
"""Those that zones and bindings may name, and one that none does."""

_CHANNELS: Final = (1, 1, 2, 10)
_CONTROLS: Final = (1, 2, 16, 119)
_DESTINATIONS: Final = {
    "auto": 9,
    "perf": 8,
    "cv": 6,
    "fx": 5,
    **{f"track {number}": number for number in range(1, 5)},
    **{f"channel {number}": number for number in (1, 2, 9, 10, 16)},
}


def sources_of(profile: Profile, keyboard: str) -> frozenset[int]:
    """Return which of the inputs that `profile` names a keyboard is."""
    return frozenset(at for at, name in enumerate(profile.sources) if keyboard in _KEYBOARDS_CALLED[name])


def _sometimes(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys)


_CONTROLLERS = st.sampled_from(_CONTROLS)
_PLACES = st.sampled_from(sorted(_DESTINATIONS))
_ONE_PLACE = _PLACES | st.just("keep")
_SOME_PLACES = st.lists(_PLACES, min_size=2, max_size=4, unique_by=_DESTINATIONS.__getitem__)
_FROM = {"input": st.sampled_from(["", "", "", *_KEYBOARDS_CALLED]), "channel": st.sampled_from(_CHANNELS)}
_KEYS = st.one_of(
    st.sampled_from(["..", "..59", "60..", "60"]),
    st.tuples(st.sampled_from(_NOTES), st.sampled_from(_NOTES)).map(lambda pair: f"{min(pair)}..{max(pair)}"),
)
_VELOCITY = st.integers(1, 127)
_VELOCITIES = st.one_of(
    st.fixed_dictionaries({"fixed": _VELOCITY}),
    st.fixed_dictionaries({"gamma": st.floats(0.1, 10)}),
    st.fixed_dictionaries({"range": st.lists(_VELOCITY, min_size=2, max_size=2)}),
    st.fixed_dictionaries({"table": st.lists(_VELOCITY, min_size=1, max_size=9).map(lambda some: (some * 127)[:127])}),
)
_MOSTLY = st.sampled_from([True, True, False])
_ZONE_FILTERS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "notes": st.sampled_from([True, True, True, True, False]),
    "pitch_bend": _MOSTLY,
    "channel_pressure": _MOSTLY,
    "poly_pressure": _MOSTLY,
    "control_changes": st.just("all") | st.lists(st.sampled_from(EVERY) | _CONTROLLERS, max_size=4),
    "nrpn": _MOSTLY,
    "program_change": _MOSTLY,
}
_KNOBS = st.lists(
    st.fixed_dictionaries(
        {
            "cc": _CONTROLLERS | st.sampled_from(sorted(PARAMETER_CCS)),
            "to": _CONTROLLERS | st.sampled_from(["macro A", "macro F", "macro J"]),
        },
        optional={
            "range": st.lists(st.integers(0, 127), min_size=2, max_size=2),
            "curve": st.floats(0.1, 10),
            "destination": _ONE_PLACE,
        },
    ),
    max_size=3,
    unique_by=lambda knob: knob["cc"],
)


@st.composite
def _zones(draw: st.DrawFn) -> dict[str, Any]:
    zone = draw(
        _sometimes(
            name=st.just("some keys"),
            keys=_KEYS,
            transpose=st.sampled_from([-127, -12, 5, 12, 127]),
            out_of_range=st.sampled_from(["drop", "fold"]),
            velocity=_VELOCITIES,
            exclusive=st.booleans(),
            filters=st.just({}) | _sometimes(**_ZONE_FILTERS),
            knobs=_KNOBS,
            **_FROM,
        )
    )
    if any(knob["cc"] in PARAMETER_CCS for knob in zone.get("knobs", [])):
        zone["filters"] = zone.get("filters", {}) | {"nrpn": False}
    match draw(st.sampled_from(["plain", "mono", "spread"])):
        case "plain":
            return zone | draw(_sometimes(destination=_ONE_PLACE))
        case "mono":
            mono = {"mono": st.sampled_from(["last", "low", "high"])}
            return zone | draw(
                st.fixed_dictionaries(mono, optional={"destination": _ONE_PLACE, "return": st.booleans()})
            )
    order = {"order": st.sampled_from(["lowest", "rotate"]), "steal": st.sampled_from(["oldest", "none"])}
    return zone | draw(st.fixed_dictionaries({"destination": _SOME_PLACES}, optional=order))


_TRIGGERS = st.one_of(
    st.fixed_dictionaries({"note": st.sampled_from(_NOTES)}),
    st.fixed_dictionaries({"cc": _CONTROLLERS}),
)
_ACTIONS = st.sampled_from([{"use": "liverec"}, {"panic": True}, {"sustain": True}])
_BINDINGS = st.lists(
    st.builds(lambda place, trigger, action: place | trigger | action, _sometimes(**_FROM), _TRIGGERS, _ACTIONS)
    | st.fixed_dictionaries({"program": st.integers(0, 3), "panic": st.just(True)}, optional=_FROM),
    max_size=3,
    unique_by=lambda binding: repr(sorted((key, binding.get(key)) for key in ("note", "cc", "program"))),
)

PROFILES: Final = st.fixed_dictionaries(
    {
        "description": st.just("anything"),
        "sustain": st.sampled_from(["hold", "drop", "pass"]),
        "filters": st.fixed_dictionaries({"clock": _MOSTLY, "transport": _MOSTLY, "sysex": _MOSTLY} | _ZONE_FILTERS),
    },
    optional={
        "limits": _sometimes(bend_and_pressure=st.sampled_from([0, 1, 300]), sysex_bytes=st.sampled_from([1, 5, 512])),
        "bindings": _BINDINGS,
    },
).flatmap(
    lambda profile: (
        _sometimes(destination=_ONE_PLACE).map(lambda place: profile | place)
        | st.lists(_zones(), min_size=1, max_size=4).map(lambda zones: profile | {"zones": zones})
    )
)

_DATA = st.integers(0, 127)
_VALUES = st.sampled_from([0, 1, 63, 64, 127]) | _DATA


def _message(kind: int, *data: st.SearchStrategy[int]) -> st.SearchStrategy[bytes]:
    status = st.sampled_from([midi.status(kind, channel) for channel in _CHANNELS])
    return st.tuples(status, *data).map(bytes)


_REALTIME: Final = (midi.CLOCK, midi.START, midi.CONTINUE, midi.STOP, midi.ACTIVE_SENSING, midi.SYSTEM_RESET)
_SYSTEM = st.one_of(
    st.sampled_from(_REALTIME).map(lambda status: [status]),
    st.tuples(st.just(midi.SONG_POSITION), _DATA, _DATA),
    st.tuples(st.sampled_from([midi.TIME_CODE, midi.SONG_SELECT]), _DATA),
    st.just([midi.TUNE_REQUEST]),
    st.lists(_DATA, max_size=8).map(lambda inside: [midi.SYSEX, *inside, midi.SYSEX_END]),
)
_PLAYED = st.one_of(
    _message(midi.NOTE_ON, st.sampled_from(_NOTES), _VALUES),
    _message(midi.NOTE_OFF, st.sampled_from(_NOTES), _VALUES),
    _message(midi.POLY_PRESSURE, st.sampled_from(_NOTES), _VALUES),
    _message(midi.CONTROL_CHANGE, _CONTROLLERS, _VALUES),
    _message(midi.CONTROL_CHANGE, st.just(midi.CC_SUSTAIN), _VALUES),
    _message(midi.CONTROL_CHANGE, _DATA | st.sampled_from(sorted(PARAMETER_CCS)), _VALUES),
    _message(midi.PROGRAM_CHANGE, st.integers(0, 5)),
    _message(midi.CHANNEL_PRESSURE, _VALUES),
    _message(midi.PITCH_BEND, _VALUES, _VALUES),
    _SYSTEM.map(bytes),
)


def _on(channel: int, *kinds_and_data: tuple[int, ...]) -> list[bytes]:
    return [bytes([midi.status(kind, channel), *data]) for kind, *data in kinds_and_data]


def _key(channel: int, note: int, velocity: int) -> list[bytes]:
    return _on(channel, (midi.NOTE_ON, note, velocity), (midi.POLY_PRESSURE, note, 9), (midi.NOTE_OFF, note, 64))


def _parameter(channel: int, coarse: int, value: int) -> list[bytes]:
    numbers = [(midi.CONTROL_CHANGE, coarse, 1), (midi.CONTROL_CHANGE, coarse - 1, 2)]
    return _on(channel, *numbers, (midi.CONTROL_CHANGE, midi.CC_DATA, value))


_CHANNEL = st.sampled_from(_CHANNELS)
_PHRASES = st.one_of(
    _PLAYED.map(lambda message: [message]),
    st.builds(_key, _CHANNEL, st.sampled_from(_NOTES), st.integers(1, 127)),
    st.builds(_parameter, _CHANNEL, st.sampled_from([midi.CC_NRPN, midi.CC_RPN]), _VALUES),
)

EVENTS: Final = st.lists(st.tuples(st.sampled_from(KEYBOARDS), _PHRASES), max_size=30).map(
    lambda phrases: [(keyboard, message) for keyboard, phrase in phrases for message in phrase]
)
