"""The menu of the simulated Analog Four, as far as it decides what becomes of incoming MIDI."""

from dataclasses import dataclass
from enum import Flag
from typing import Final, Literal

CV_TRACK: Final = 6
"""The CV track comes after the synth tracks 1-4 and FX, as on the box's row of [TRACK] keys."""

Channel = int | None
"""A MIDI channel (1-16); None is the menu's OFF."""


class InputPort(Flag):
    """What INPUT FROM offers; MIDI and USB are also the two ports by themselves."""

    DISABLED = 0
    MIDI = 1
    USB = 2
    MIDI_USB = 3


@dataclass(frozen=True, slots=True)
class Menu:
    """MIDI CONFIG of one GLOBAL slot: the items and their values, named as on the box.

    Items and meanings: Analog Four manual, pp. 54 (SEQUENCER CONFIG) and 56 (the others).
    LIVE REC ON TRACK CHANNEL exists on newer systems only: elektronauts.com/t/92471 and /t/115251.
    Channels of a new project: elektronauts.com/t/11301; AUTO CHANNEL 9 also /t/92471 and /t/16526.
    The other defaults are not confirmed: here the box listens to all that reaches it, and records no more
    than it must.
    """

    quantize_live_rec: bool = False
    clock_receive: bool = True
    transport_receive: bool = True
    prg_ch_receive: bool = True
    input_from: InputPort = InputPort.MIDI_USB
    receive_notes: bool = True
    receive_cc_nrpn: bool = True
    live_rec_on_track_channel: bool = False
    track_channels: tuple[Channel, Channel, Channel, Channel] = (1, 2, 3, 4)
    fx_channel: Channel = 5
    cv_channel: Channel = 6
    perf_channel: Channel = 8
    auto_channel: Channel = 9
    program_change_in_channel: Channel | Literal["AUTO"] = "AUTO"

    def tracks_on(self, channel: int, active_track: int) -> tuple[int, ...]:
        """Return the tracks (1-4, 6 is CV) whose channel this is; on the auto channel, the active one too."""
        tracks = {track for track, own in enumerate(self.track_channels, start=1) if own == channel}
        if channel == self.cv_channel:
            tracks.add(CV_TRACK)
        if channel == self.auto_channel:
            tracks.add(active_track)
        return tuple(sorted(tracks))

    def program_channel(self) -> Channel:
        """Return the channel of program changes; AUTO is the auto channel (Analog Four manual, p. 56)."""
        if self.program_change_in_channel == "AUTO":
            return self.auto_channel
        return self.program_change_in_channel
