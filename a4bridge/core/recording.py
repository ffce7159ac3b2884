"""What the box records of what a route sends: it depends on the channel on which a note reaches it.

What each box records is in boxes.toml, with its sources.
"""

from typing import Final

from a4bridge.core.boxes import Box, Recorded, Records
from a4bridge.core.destination import AUTO, Destination, Target
from a4bridge.core.reach import Kind, reach_of
from a4bridge.core.route import Route
from a4bridge.core.spans import numbered
from a4bridge.core.words import an, listed

TICK: Final = "LIVE REC ON TRACK CHANNEL"
PORT_CONFIG: Final = "MIDI CONFIG > MIDI PORT CONFIG"

_OTHERS: Final = {
    Target.FX: "the FX track",
    Target.CV: "the CV track",
    Target.PERF: "the performance channel",
}
"""What plays notes, perhaps; whether it records them no source says for any box."""

_NOBODY_SAYS: Final = {
    Target.FX: "not known; no source says what notes on the FX track do",
    Target.CV: "not confirmed for the CV track",
    Target.PERF: "not known; no source says that the performance channel plays notes",
}


def listener_on(channel: int, box: Box) -> Destination | None:
    """Tell what of the box listens on `channel` (1-16); None: nothing."""
    if channel == box.auto:
        return AUTO
    if channel in box.tracks:
        return Destination(Target.TRACK, box.tracks.index(channel) + 1)
    others = {box.fx: Target.FX, box.cv: Target.CV, box.perf: Target.PERF}
    return Destination(others[channel]) if channel in others else None


def cannot_record(route: Route, box: Box) -> list[str]:
    """Say what the box, set to its channels, does not record of what the route sends, or only if it is told to.

    Each is a part of a sentence, without its full stop. Nothing is said of what nothing stands in the way of.
    """
    heard = _Heard(route, box)
    if reason := heard.why_nothing:
        return [f"nothing is recorded, because {reason}"]
    if box.records == Records():
        return [f"what {an(box.name)} records is not known"]
    records = box.records
    return [
        *([f"nothing on {an(box.name)} hears {numbered('channel', heard.silent)}"] if heard.silent else []),
        *_shortcoming(records.live_auto, "live recording", "the auto channel", heard.auto),
        *_shortcoming(records.live_track, "live recording", "track channels", bool(heard.tracks)),
        *_shortcoming(records.grid_auto, "grid and step recording", "the auto channel", heard.auto),
        *_shortcoming(records.grid_track, "grid and step recording", "track channels", bool(heard.tracks)),
        *([f"whether notes on {heard.named_others} are recorded is not known"] if heard.others else []),
    ]


def recording(route: Route, box: Box) -> list[str]:
    """Say in sentences what the box, set to its channels, records of what the route sends, in each way of recording."""
    heard = _Heard(route, box)
    if reason := heard.why_nothing:
        return [f"Recording: nothing, because {reason}."]
    if box.records == Records():
        return [f"Recording: not known for {an(box.name)}; what is known is about other boxes."]
    live = [
        *_word(box.records.live_auto, "the active track", heard.auto, heard.alone),
        *_word(box.records.live_track, heard.named_tracks, bool(heard.tracks), heard.alone),
        *(_NOBODY_SAYS[other] for other in heard.others if heard.alone),
        *([f"not known for {heard.named_others}"] if heard.others and not heard.alone else []),
    ]
    return [f"Live recording: {'; '.join(live)}.", f"Grid and step recording: {_grid(box.records, heard)}."]


class _Heard:
    """What of a box hears the notes of a route.

    silent: channels that a zone names, and on which nothing listens; a zone that keeps the channel names none.
    """

    def __init__(self, route: Route, box: Box) -> None:
        channels = sorted(reach_of(route).channels(Kind.NOTE))
        listeners = {channel: listener_on(channel, box) for channel in channels}
        there = [listener for listener in listeners.values() if listener]
        named = {channel for zone in route.zones for channel in zone.channels}
        self._box = box
        self._channels = channels
        self.silent = [channel for channel, listener in listeners.items() if listener is None and channel in named]
        self.auto = AUTO in there
        self.tracks = sorted(listener.number for listener in there if listener.target is Target.TRACK)
        self.others = [target for target in _OTHERS if Destination(target) in there]
        self.beside_auto = bool(self.tracks or self.others)
        self.alone = len(there) == 1

    @property
    def why_nothing(self) -> str:
        """The reason why nothing at all is recorded, if it is so."""
        if not self._channels:
            return "no notes pass"
        if not self._box.tracks:
            return f"{an(self._box.name)} has no sequencer"
        if not self.auto and not self.beside_auto:
            return f"no track hears {numbered('channel', self._channels)}"
        return ""

    @property
    def named_tracks(self) -> str:
        """The tracks, in words."""
        if not self.tracks:
            return ""
        return "this track" if self.alone else numbered("track", self.tracks)

    @property
    def named_others(self) -> str:
        """The other parts, in words."""
        return listed([_OTHERS[other] for other in self.others])


def _shortcoming(recorded: Recorded, way: str, where: str, concerned: bool) -> list[str]:
    sentences = {
        Recorded.NO: f"{way} {'does' if way.startswith('live') else 'do'} not hear {where}",
        Recorded.TICKED: f"for {way} {TICK} must be ticked ({PORT_CONFIG})",
        Recorded.UNKNOWN: f"whether {way} hear{'s' if way.startswith('live') else ''} {where} is not known",
    }
    return [sentences[recorded]] if concerned and recorded in sentences else []


def _word(recorded: Recorded, where: str, concerned: bool, alone: bool) -> list[str]:
    words = {
        Recorded.YES: f"yes, on {where}" if alone else f"on {where}",
        Recorded.NO: "no" if alone else f"not on {where}",
        Recorded.TICKED: f"on {where}, if {TICK} is ticked ({PORT_CONFIG})",
        Recorded.UNKNOWN: "not known" if alone else f"not known for {where}",
    }
    return [words[recorded]] if concerned else []


def _grid(records: Records, heard: _Heard) -> str:
    auto_only = records.grid_auto is Recorded.YES and records.grid_track is Recorded.NO
    if auto_only and heard.beside_auto:
        return (
            "on the active track, from the auto channel only" if heard.auto else "no, they hear the auto channel only"
        )
    others = listed([text for text in (heard.named_tracks, heard.named_others) if text])
    return "; ".join(
        [
            *_word(records.grid_auto, "the active track", heard.auto, heard.alone),
            *_word(records.grid_track, others, heard.beside_auto, heard.alone),
        ]
    )
