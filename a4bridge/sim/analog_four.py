"""A model of how an Analog Four plays and records what arrives at its MIDI input."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from math import floor
from typing import Final

from a4bridge.core import midi
from a4bridge.sim.menu import CV_TRACK, InputPort, Menu
from a4bridge.sim.parameters import DATA_ENTRY, MACROS, NRPN, PARAMETERS, RPN, Owner, nrpn_name, nrpn_owner
from a4bridge.sim.pattern import STEPS, TRACKS, Pattern, Trig
from a4bridge.sim.transport import Transport

TICKS_PER_STEP: Final = 24
"""Micro timing moves a trig by 1/384 of a bar of 16 steps (from memory of the manual)."""

DEFAULT_LENGTH: Final = 1.0
"""Steps that a trig lasts which was not played in time: a 1/16 note (from memory of the manual)."""

NEW_PROJECT: Final = Menu()


class Recording(StrEnum):
    """The sequencer's recording modes; all but LIVE ask nothing of the time at which a note comes."""

    OFF = "off"
    LIVE = "live"
    GRID = "grid"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class _Voice:
    """A note that sounds on a track, and the trig whose length its key still decides."""

    track: int
    struck_ms: float
    pattern: Pattern
    trig: Trig | None


class AnalogFour:
    """An Analog Four (MKI, MKII or Keys) whose patterns have 16 steps, fed raw bytes at explicit times.

    It has no clock and no thread; times are in milliseconds and never go back. Each rule names its source
    where it stands. Chosen here and not confirmed on a real box: a held note ends on the track it began on,
    whichever is active by then; a note struck again ends its former self; a note is recorded on the nearest
    step; a program change takes effect at once; step recording moves on at each note; poly pressure and
    CC 120, 121 and 123 do nothing.

    Left out: voice stealing. All tracks share four voices (elektronauts.com/t/56276), but which one is stolen
    depends on KIT > POLY CONFIG in ways that no source at hand says: here a note sounds until its note-off.
    Left out too: what is recorded on the FX and CV tracks, the Sound browser, mutes and parameter locks.

    What a player sets: active_track (1-4), recording, held_trig (the step, 1-16, whose [TRIG] is held, or
    None), next_step (1-16, where step recording is). What there is to see, besides `hanging` and `pattern`:
    played: notes struck, by track (1-4, and 6 for CV). unrecorded: those that were not recorded, by reason.
    stray_note_offs: (channel, note) of each note-off without its note-on. turned: moves, by parameter.
    values: where each parameter that was moved by a control change is now, 0-127.
    pattern_changes: names, in order. transport_commands: by name. ignored: what had no effect, by reason.
    """

    def __init__(self, menu: Menu = NEW_PROJECT, *, bpm: float = 120) -> None:
        self.menu = menu
        self.active_track = 1
        self.recording = Recording.OFF
        self.held_trig: int | None = None
        self.next_step = 1
        self.pattern_name = "A01"
        self.patterns: defaultdict[str, Pattern] = defaultdict(Pattern)
        self.played: Counter[int] = Counter()
        self.unrecorded: Counter[str] = Counter()
        self.stray_note_offs: list[tuple[int, int]] = []
        self.turned: Counter[str] = Counter()
        self.values: dict[str, int] = {}
        self.pattern_changes: list[str] = []
        self.transport_commands: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self._transport = Transport(bpm)
        self._voices: dict[tuple[int, int], list[_Voice]] = {}
        self._nrpn: dict[tuple[int, int], int] = {}
        self._splitters = {port: midi.Splitter() for port in InputPort}

    @property
    def pattern(self) -> Pattern:
        """The pattern that plays and records."""
        return self.patterns[self.pattern_name]

    @property
    def playing(self) -> bool:
        """Whether the sequencer runs."""
        return self._transport.playing

    @property
    def bpm(self) -> float:
        """The tempo, in quarter notes a minute: the one it was given, or that of the clock it follows."""
        return self._transport.bpm

    def hanging(self) -> dict[int, list[int]]:
        """Return the notes that sound now, by track (6 is CV); empty once everything was let go."""
        sounding: dict[int, list[int]] = {}
        for (_, note), voices in self._voices.items():
            for voice in voices:
                sounding.setdefault(voice.track, []).append(note)
        return {track: sorted(notes) for track, notes in sorted(sounding.items())}

    def press_play(self, at_ms: float) -> None:
        """Press [PLAY]: the pattern runs from its first step."""
        self._finish_trigs(at_ms)
        self._transport.start(at_ms)

    def press_stop(self, at_ms: float) -> None:
        """Press [STOP]."""
        self._finish_trigs(at_ms)
        self._transport.stop(at_ms)

    def record_live(self, at_ms: float) -> None:
        """Press [RECORD] and [PLAY]."""
        self.recording = Recording.LIVE
        self.press_play(at_ms)

    def receive(self, data: bytes, at_ms: float, port: InputPort = InputPort.USB) -> None:
        """Take `data` as it comes out of a transport, which may cut messages anywhere."""
        for message in self._splitters[port].feed(data):
            # Analog Four manual, p. 56; elektronauts.com/t/92471: set to MIDI, it ignores what USB brings.
            if port not in self.menu.input_from:
                self.ignored[f"INPUT FROM does not include {port.name}"] += 1
            elif message[0] < midi.SYSEX:
                self._take_channel_message(message, at_ms)
            else:
                self._take_system_message(message, at_ms)

    def _take_channel_message(self, message: bytes, at_ms: float) -> None:
        channel = midi.channel_of(message[0])
        match (message[0] & 0xF0, *message[1:]):
            case (midi.NOTE_ON | midi.NOTE_OFF, _, _) if not self.menu.receive_notes:
                self.ignored["RECEIVE NOTES is not ticked"] += 1  # Analog Four manual, p. 56
            case (midi.NOTE_ON | midi.NOTE_OFF, _, _) if not self._tracks(channel):
                self._ignore_channel(channel, "notes")
            case (midi.NOTE_ON, note, velocity) if velocity:
                self._strike(channel, note, velocity, at_ms)
            case (midi.NOTE_ON | midi.NOTE_OFF, note, _):  # MIDI 1.0: velocity 0 is a note-off
                if not self._end(channel, note, at_ms):
                    self.stray_note_offs.append((channel, note))
            case (midi.CONTROL_CHANGE, number, value):
                self._control_change(channel, number, value)
            case (midi.PROGRAM_CHANGE, program):
                self._change_pattern(channel, program)
            # SOUND SETTINGS say what these two move: Analog Four manual, p. 33.
            case (midi.PITCH_BEND, *_):
                self._turn("pitch bend", Owner.SYNTH, channel)
            case (midi.CHANNEL_PRESSURE, _):
                self._turn("aftertouch", Owner.SYNTH, channel)
            case _:
                self.ignored["poly pressure is in no list of the manual"] += 1

    def _take_system_message(self, message: bytes, at_ms: float) -> None:
        # Analog Four manual, p. 56, MIDI SYNC: which of these the box obeys.
        match message[0]:
            case midi.CLOCK:
                if self.menu.clock_receive:
                    self._transport.clock(at_ms)
                else:
                    self.ignored["CLOCK RECEIVE is not ticked"] += 1
            case midi.START | midi.CONTINUE | midi.STOP | midi.SONG_POSITION:
                if self.menu.transport_receive:
                    self._obey(message, at_ms)
                else:
                    self.ignored["TRANSPORT RECEIVE is not ticked"] += 1
            case midi.SYSEX:
                self.ignored["system exclusive is not modelled"] += 1
            case status:
                self.ignored[f"status {status:02X} is in no list of the manual"] += 1

    def _obey(self, message: bytes, at_ms: float) -> None:
        match message[0]:
            case midi.START:
                name = "start"
                self.press_play(at_ms)
            case midi.CONTINUE:
                name = "continue"
                self._transport.resume(at_ms)
            case midi.STOP:
                name = "stop"
                self.press_stop(at_ms)
            case _:
                name = "song position"
                self._transport.locate(message[1] | message[2] << 7, at_ms)
        self.transport_commands[name] += 1

    def _strike(self, channel: int, note: int, velocity: int, at_ms: float) -> None:
        # A note struck again ends its former self: one note-off is to end it, and a trig has one length.
        self._end(channel, note, at_ms)
        tracks = self._tracks(channel)
        self.played.update(tracks)
        self._voices[channel, note] = [
            _Voice(track, at_ms, self.pattern, self._record(channel, track, note, velocity, at_ms)) for track in tracks
        ]

    def _end(self, channel: int, note: int, at_ms: float) -> bool:
        voices = self._voices.pop((channel, note), [])
        for voice in voices:
            self._finish_trig(voice, at_ms)
        return bool(voices)

    def _record(self, channel: int, track: int, note: int, velocity: int, at_ms: float) -> Trig | None:
        reason = self._reason_not_to_record(channel, track)
        if reason:
            self.unrecorded[reason] += 1
            return None
        step, micro_timing, length = self._place(at_ms)
        trig = Trig(track, step, note, velocity, micro_timing, length)
        if not self.pattern.write(trig):
            self.unrecorded["the step holds four notes already"] += 1
            return None
        return trig

    def _reason_not_to_record(self, channel: int, track: int) -> str | None:
        # The auto channel is the active track's: Analog Four manual, p. 56; elektronauts.com/t/92471.
        automatic = channel == self.menu.auto_channel and track == self.active_track
        plays = f"channel {channel} is the channel of track {track}: it plays, and"
        live = self.recording is Recording.LIVE
        rules = (
            (self.recording is Recording.OFF, "recording is off"),
            (track == CV_TRACK, "the CV track plays it; the model records tracks 1 to 4 only"),
            # elektronauts.com/t/92471; of the box's siblings: /t/84252, /t/129229, /t/133202.
            (not automatic and not live, f"{plays} {self.recording} recording takes the auto channel only"),
            # The manual as quoted in elektronauts.com/t/92471; of the Analog Keys: /t/115251.
            (
                not automatic and not self.menu.live_rec_on_track_channel,
                f"{plays} LIVE REC ON TRACK CHANNEL is not ticked",
            ),
            # [RECORD] and [PLAY] record live, [RECORD] alone on the grid (from memory of the manual).
            (live and not self.playing, "the sequencer does not run"),
            (self.recording is Recording.GRID and self.held_trig is None, "no [TRIG] is held"),
        )
        return next((reason for applies, reason in rules if applies), None)

    def _place(self, at_ms: float) -> tuple[int, int, float | None]:
        """Return step, micro timing and length of a note that is recorded now."""
        match self.recording, self.held_trig:
            case Recording.LIVE, _:
                ticks = floor(self._transport.position(at_ms) * TICKS_PER_STEP + 0.5)
                steps, rest = divmod(ticks + TICKS_PER_STEP // 2, TICKS_PER_STEP)
                # Analog Four manual, p. 54: QUANTIZE LIVE REC snaps to full steps, else micro timing is kept.
                micro_timing = 0 if self.menu.quantize_live_rec else rest - TICKS_PER_STEP // 2
                return steps % STEPS + 1, micro_timing, None
            case Recording.GRID, int(held):
                return held, 0, DEFAULT_LENGTH
            case _:
                step, self.next_step = self.next_step, self.next_step % STEPS + 1
                return step, 0, DEFAULT_LENGTH

    def _finish_trigs(self, at_ms: float) -> None:
        """End the trigs of held keys, because the sequencer leaves the place where they began."""
        for voices in self._voices.values():
            for voice in voices:
                self._finish_trig(voice, at_ms)

    def _finish_trig(self, voice: _Voice, at_ms: float) -> None:
        if voice.trig and voice.trig.length is None:
            voice.pattern.finish(voice.trig, (at_ms - voice.struck_ms) / self._transport.step_ms)

    def _control_change(self, channel: int, number: int, value: int) -> None:
        if not self.menu.receive_cc_nrpn:
            self.ignored["RECEIVE CC/NRPN is not ticked"] += 1  # Analog Four manual, p. 56
        elif number in NRPN:
            self._nrpn[channel, number] = value
        elif number in DATA_ENTRY and {(channel, half) for half in NRPN} <= self._nrpn.keys():
            self._enter(channel, number, value)
        elif number in PARAMETERS:
            name = PARAMETERS[number]
            if self._turn(name, Owner.MACROS if number in MACROS else Owner.SYNTH, channel):
                self.values[name] = value
        else:
            self.ignored[f"CC {number} is in no list of the manual"] += 1
            if number in RPN:  # MIDI 1.0: data entry is for whichever was chosen last
                for half in NRPN:
                    self._nrpn.pop((channel, half), None)

    def _enter(self, channel: int, number: int, value: int) -> None:
        msb, lsb = (self._nrpn[channel, half] for half in NRPN)
        name, owner = nrpn_name(msb, lsb), nrpn_owner(msb)
        if owner is None:
            self.ignored[f"{name} is in no list of the manual"] += 1
        elif self._turn(name, owner, channel) and number == midi.CC_DATA:
            self.values[name] = value

    def _turn(self, name: str, owner: Owner, channel: int) -> bool:
        """Move a parameter of `owner`, if that listens to the channel; tell whether it does."""
        reaches_synth = any(track in TRACKS for track in self._tracks(channel))
        reaches = {
            # PERF CHANNEL (Analog Keys manual, p. 58) is taken to reach the macros and nothing else.
            Owner.MACROS: reaches_synth or channel == self.menu.perf_channel,
            Owner.SYNTH: reaches_synth,
            # That these two are reached on their own channels alone is not confirmed.
            Owner.FX: channel == self.menu.fx_channel,
            Owner.CV: channel == self.menu.cv_channel,
        }[owner]
        if reaches:
            self.turned[name] += 1
        else:
            self._ignore_channel(channel, name)
        return reaches

    def _change_pattern(self, channel: int, program: int) -> None:
        # Analog Four manual, p. 56. 0-127 are A01 to H16: said of a sibling, whose patterns are named alike.
        if not self.menu.prg_ch_receive:
            self.ignored["PRG CH RECEIVE is not ticked"] += 1
        elif channel != self.menu.program_channel():
            self.ignored[f"program changes are not taken from channel {channel}"] += 1
        else:
            self.pattern_name = f"{'ABCDEFGH'[program // 16]}{program % 16 + 1:02d}"
            self.pattern_changes.append(self.pattern_name)

    def _tracks(self, channel: int) -> tuple[int, ...]:
        return self.menu.tracks_on(channel, self.active_track)

    def _ignore_channel(self, channel: int, what: str) -> None:
        if channel == self.menu.fx_channel:
            # That it plays no notes is not confirmed: it has no voice.
            self.ignored[f"channel {channel} is the FX track's, which takes no {what}"] += 1
        else:
            self.ignored[f"no track takes {what} from channel {channel}"] += 1
