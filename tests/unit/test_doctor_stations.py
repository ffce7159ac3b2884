"""The stations of `a4bridge doctor`, by recorded listings and a bridge's answers.

Each cause of a note that is not recorded as it was played is found, or asked about in the checklist.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from test_ports_corpus import read

from a4bridge.core.boxes import box
from a4bridge.core.compile import compile_route
from a4bridge.core.effects import Effects, effects_of
from a4bridge.core.names import Match
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import parse
from a4bridge.doctor.checklist import Item, checklist
from a4bridge.doctor.examination import PLAY, Report, examine
from a4bridge.doctor.facts import Ends, Facts, Heard, Listened, Playing, Service
from a4bridge.doctor.finding import Finding, Verdict
from a4bridge.doctor.probe import conclude, steps
from a4bridge.ports.alsa import AlsaEnumerator
from a4bridge.ports.choose import ANYTHING, Wanted, choose
from a4bridge.ports.connections import HEARS, PLAYS, Connections, Program, connections
from a4bridge.ports.listing import Kind, Listing, Port
from a4bridge.ports.system import Lacking
from a4bridge.ports.usb import UsbPlace
from a4bridge.service.routing import Routing

DATA: Final = Path(__file__).parent / "data"
ANALOG_FOUR: Final = box("analog-four")
LIVEREC: Final = Playing("liverec", Effects((9,), 9, (1, 2, 3, 4)), box="Analog Four")
PORT_CONFIG: Final = "GLOBAL > MIDI CONFIG > MIDI PORT CONFIG"

KEYSTATION: Final = Port(
    "Keystation 49 MK3", "Keystation 49 MK3 MIDI 1", "20:0", True, True, Kind.HARDWARE, 1, "0763:0199"
)
KEYSTATION_2: Final = replace(KEYSTATION, name="Keystation 49 MK3 MIDI 2", address="20:1")
A4: Final = Port(
    "Elektron Analog Four", "Elektron Analog Four MIDI 1", "24:0", True, True, Kind.HARDWARE, 2, "1935:0003"
)
DESK: Final = Listing((KEYSTATION, KEYSTATION_2, A4))
STATUS: Final[dict[str, Any]] = {
    "pid": 1234,
    "profile": {"name": "liverec"},
    "inputs": [{"name": KEYSTATION.title, "state": "open"}],
    "output": {"name": A4.title, "state": "open"},
    "waiting_for": {"inputs": [], "output": []},
    "refused": {},
    "sounding": [],
    "forwarded": 200,
    "used": [],
    "dropped": [],
    "late_us": {"p99": 12.0},
    "real_time": {"fifo": "", "memory": "", "priorities": {"main": 10, "callbacks": [70]}},
    "trouble": None,
    "hushed": False,
}


def facts_of(listing: Listing, wanted: Wanted = ANYTHING, **changes: Any) -> Facts:
    """Return what is known where no bridge runs."""
    ends = Ends.of_choice(choose(listing, wanted))
    return Facts(**{"listing": listing, "ends": ends, "playing": LIVEREC, "connections": Connections(), **changes})


def bridged(listing: Listing = DESK, **status: Any) -> Facts:
    """Return what is known where a bridge runs that answers with STATUS, but for `status`."""
    answer = STATUS | status
    answer = {"since_switch": {key: answer[key] for key in ("forwarded", "used", "dropped")}} | answer
    return replace(facts_of(listing), ends=Ends.of_status(answer, listing), bridge=answer, whose="the user's bridge")


def found(facts: Facts, station: str) -> Finding:
    (finding,) = [each for each in examine(facts).findings if each.name == station]
    return finding


def says(finding: Finding) -> str:
    return f"{finding.verdict}: {finding.evidence} -> {finding.remedy}"


def recorded(name: str, tmp_path: Path) -> Listing:
    return read(DATA / f"ports/{name}.txt").listing(tmp_path)


def playing(text: str = "", key: str = "analog-four", **changes: Any) -> Playing:
    """Return what comes of a profile with these lines on a box."""
    profile = parse(f'description = "x"\n{text}\n'.encode(), Path("mine.toml"), Profile)
    route = compile_route("mine", profile, Settings(), box(key))
    return replace(Playing("mine", effects_of(route, box(key)), box=box(key).name), **changes)


def asked(facts: Facts, item: str) -> Item:
    (one,) = [each for each in checklist(facts) if item in each.item]
    return one


# The whole.


def test_the_stations_come_in_the_order_in_which_a_note_takes_them() -> None:
    names = [each.name for each in examine(bridged()).findings]

    assert names == ["midi", "keyboard", "keys", "box", "output", "programs", "profile", "service", "real-time"]


def test_where_nothing_is_wrong_it_says_play() -> None:
    report = examine(bridged())

    assert (report.verdict, report.says) == (Verdict.GOOD, PLAY)
    assert {each.verdict for each in report.findings} == {Verdict.GOOD}


def test_what_nobody_could_tell_does_not_keep_anybody_from_playing() -> None:
    report = examine(replace(bridged(forwarded=0), connections=None))

    assert {each.verdict for each in report.findings} == {Verdict.GOOD, Verdict.UNKNOWN}
    assert (report.verdict, report.says) == (Verdict.GOOD, PLAY)


def test_of_several_things_that_are_wrong_the_gravest_is_said_and_of_these_the_first() -> None:
    findings = [
        Finding("one", Verdict.WARNING, "this is odd", "look"),
        Finding("two", Verdict.BAD, "that is broken", "mend it"),
        Finding("three", Verdict.BAD, "so is this"),
    ]

    assert Report(tuple(findings), ()).says == "That is broken: mend it."
    assert Report(tuple(findings[2:]), ()).says == "So is this."
    assert Report(tuple(findings[:1]), ()).verdict is Verdict.WARNING


def test_the_report_is_ready_for_json() -> None:
    report = examine(bridged())
    data = report.to_data()

    assert json.loads(json.dumps(data)) == data
    assert set(data) == {"version", "verdict", "says", "stations", "checklist"}
    assert (data["version"], data["verdict"], data["says"]) == (1, "good", "Play.")
    assert {tuple(each) for each in data["stations"]} == {("name", "verdict", "evidence", "remedy")}
    assert {tuple(each) for each in data["checklist"]} == {("menu", "item", "set", "why")}


def test_more_findings_count_as_well() -> None:
    report = examine(bridged(), [Finding("probe", Verdict.BAD, "no note was heard")])

    assert report.says == "No note was heard."


# What a program can see.


@pytest.mark.parametrize("number", ["6.1", "6.12"])
def test_a_connection_straight_from_keyboard_to_box_is_found_in_a_true_listing(number: str) -> None:
    """Then it plays track 1 and nothing is recorded, or every note comes twice."""
    root = DATA / f"linux-{number}"
    listing = AlsaEnumerator(root).scan()
    wanted = Wanted(keyboards=True, output=Match.parse("Elektron Analog Four MIDI 1"))

    finding = found(facts_of(listing, wanted, connections=connections(root)), "programs")

    assert says(finding) == (
        "warning: Keystation 49 MK3 is connected straight to Elektron Analog Four, so each note may come twice, or on "
        "the keyboard's own channel, where it is not recorded -> `aconnect -d 20:0 44:0` takes that connection away"
    )


PIPEWIRE: Final = """
Client 142 : "PipeWire-System" [User Legacy]
  Port   0 : "input           " (-we-)
    Connected From: 0:1, 0:0
Client 143 : "PipeWire-RT-Event" [User Legacy]
  Port   0 : "input           " (rwe-)
    Connecting To: 14:0[real:0], 24:0[real:0]
    Connected From: 14:0[real:0], 20:0[real:0]
"""
DAW: Final = """
Client 128 : "Ardour" [User Legacy]
  Port   0 : "in" (-We-)
    Connected From: 20:0
  Port   1 : "out" (R-e-)
    Connecting To: 24:0[r:0]
"""
TWO_CLIENTS: Final = """
Client 128 : "RtMidiIn Client" [User Legacy]
  Port   0 : "in" (-We-)
    Connected From: 20:0
Client 129 : "RtMidiOut Client" [User Legacy]
  Port   0 : "out" (R-e-)
    Connecting To: 24:0[r:0]
"""
BRIDGE: Final = DAW.replace("Ardour", "a4bridge")


def desk_with(programs: str, tmp_path: Path, keyboard_to: str) -> Connections:
    clients = f"""Client  14 : "Midi Through" [Kernel Legacy]
  Port   0 : "Midi Through Port-0" (RWe-)
{"    Connecting To: 24:0" if "14:0" in keyboard_to else ""}
Client  20 : "Keystation 49 MK3" [Kernel Legacy]
  Port   0 : "Keystation 49 MK3 MIDI 1" (RWeX)
    Connecting To: {keyboard_to}
Client  24 : "Elektron Analog Four" [Kernel Legacy]
  Port   0 : "Elektron Analog Four MIDI 1" (RWeX)
{programs}"""
    (tmp_path / "proc/asound/seq").mkdir(parents=True)
    (tmp_path / "proc/asound/seq/clients").write_text(clients)
    read = connections(tmp_path)
    assert read
    return read


@pytest.mark.parametrize(
    ("programs", "keyboard_to", "through"),
    [
        (DAW, "128:0", "Ardour holds both Keystation 49 MK3 and Elektron Analog Four"),
        (DAW + PIPEWIRE, "128:0, 143:0[real:0]", "Ardour holds both Keystation 49 MK3 and Elektron Analog Four"),
        ("", "14:0[real:0]", "Midi Through holds both Keystation 49 MK3 and Elektron Analog Four"),
    ],
    ids=["a DAW", "a DAW beside PipeWire", "the kernel's own cable"],
)
def test_a_program_that_holds_both_keyboard_and_box_may_double_notes(
    programs: str, keyboard_to: str, through: str, tmp_path: Path
) -> None:
    finding = found(bridged_with(desk_with(programs, tmp_path, keyboard_to)), "programs")

    assert finding.verdict is Verdict.WARNING
    assert finding.evidence.startswith(through)
    assert "each note may come twice" in finding.evidence
    assert finding.evidence.count("holds both") == 1


def bridged_with(known: Connections) -> Facts:
    return replace(bridged(), connections=known)


@pytest.mark.parametrize(
    ("programs", "keyboard_to"),
    [
        (PIPEWIRE, "143:0[real:0]"),
        (BRIDGE, "128:0"),
        (BRIDGE.replace('"a4bridge"', '"a4bridge doctor"'), "128:0"),
        (DAW.replace("    Connecting To: 24:0[r:0]\n", ""), "128:0"),
        (TWO_CLIENTS, "128:0"),
    ],
    ids=["PipeWire", "the bridge itself", "our own verbs", "a program that only listens", "two programs"],
)
def test_who_passes_nothing_on_is_not_blamed(programs: str, keyboard_to: str, tmp_path: Path) -> None:
    finding = found(bridged_with(desk_with(programs, tmp_path, keyboard_to)), "programs")

    assert says(finding) == "good: no other program holds both the keyboard and the box -> "


def test_two_clients_of_one_process_are_one_program(tmp_path: Path) -> None:
    known = desk_with(TWO_CLIENTS, tmp_path, "128:0")
    clients = {
        number: replace(program, pid=77, command="reaper") if number >= 128 else program
        for number, program in known.clients.items()
    }

    finding = found(bridged_with(replace(known, clients=clients)), "programs")

    assert finding.evidence.startswith("reaper (process 77) holds both Keystation 49 MK3 and Elektron Analog Four")
    assert finding.remedy == "close reaper (process 77), or take the keyboard or the box away from it"


def test_where_connections_are_not_told_that_is_said() -> None:
    assert found(replace(bridged(), connections=None), "programs").verdict is Verdict.UNKNOWN


def test_the_overbridge_path_is_named_where_a_program_offers_it(tmp_path: Path) -> None:
    finding = found(facts_of(recorded("overwitch", tmp_path)), "programs")

    assert finding.verdict is Verdict.WARNING
    assert "offers the Overbridge path: what a program plays there is heard and not recorded" in finding.evidence
    assert finding.remedy == "in that program choose the box's own MIDI port"


def test_an_output_that_is_the_overbridge_path_is_refused(tmp_path: Path) -> None:
    listing = recorded("overwitch", tmp_path)
    wanted = Wanted(keyboards=True, output=Match.parse("overwitch"))

    finding = found(facts_of(listing, wanted), "output")

    assert finding.verdict is Verdict.BAD
    assert "refused, as it is on the Overbridge path" in finding.evidence
    assert "name the box's own MIDI port" in finding.remedy


def test_it_is_said_in_words_that_settle_it_where_notes_go() -> None:
    where = "Elektron Analog Four MIDI 1, the box's own MIDI input, not through the Overbridge plug-in"

    assert found(bridged(), "output").evidence == f"notes go to {where}"
    assert found(facts_of(DESK), "output").evidence == f"notes will go to {where}"


def test_a_box_on_a_midi_cable_is_out_of_sight_and_its_input_is_the_socket(tmp_path: Path) -> None:
    listing = recorded("din-interface", tmp_path)
    facts = facts_of(listing, Wanted(keyboards=True, output=Match.parse("UM-ONE")))

    assert "through a MIDI cable into the box's MIDI IN, not through the Overbridge" in found(facts, "output").evidence
    assert found(facts, "output").verdict is Verdict.GOOD
    assert found(facts, "box").verdict is Verdict.UNKNOWN
    assert asked(facts, "INPUT FROM").set == "MIDI, because UM-ONE leads into the MIDI socket"


def test_of_an_output_that_cannot_be_seen_no_cable_is_claimed() -> None:
    facts = bridged(Listing(), output={"name": A4.title, "state": "open"})

    finding = found(facts, "output")

    assert finding.verdict is Verdict.GOOD
    assert finding.evidence.startswith(f"notes go to {A4.title}; whether that is the box's own MIDI port or a cable's")
    assert asked(facts, "INPUT FROM").set == "USB, or MIDI if it is reached through a MIDI cable"


def test_an_output_that_leads_into_software_may_lead_to_the_plug_in() -> None:
    through = Port("Midi Through", "Midi Through Port-0", "14:0", True, True, Kind.SOFTWARE)
    listing = Listing((through, KEYSTATION))

    finding = found(facts_of(listing, Wanted(keyboards=True, output=Match.parse("midi through"))), "output")

    assert finding.verdict is Verdict.WARNING
    assert "a cable between programs" in finding.evidence
    assert "through the Overbridge plug-in, they are heard and never recorded" in finding.evidence


def test_a_box_in_overbridge_mode_without_a_port_is_named_with_what_to_set(tmp_path: Path) -> None:
    facts = facts_of(recorded("overbridge-old-firmware", tmp_path))

    finding = found(facts, "box")

    assert finding.verdict is Verdict.BAD
    assert "Elektron Analog Four (USB 1935:0004) offers no MIDI port: it is in Overbridge mode" in finding.evidence
    assert "set USB CONFIG in its SYSTEM menu to USB MIDI" in finding.remedy
    assert found(facts, "output").evidence.startswith("the bridge waits for an Analog Four")


@pytest.mark.parametrize(
    ("usb_id", "mode"),
    [
        ("1935:0003", "(USB 1935:0003), set to USB MIDI"),
        ("1935:1047", "(USB 1935:1047), set to USB AUDIO/MIDI"),
        ("1935:0b47", "(USB 1935:0b47), in Overbridge mode, in which its firmware offers the MIDI port beside it"),
        ("1935:9999", "(USB 1935:9999), an id that is not known here"),
        ("", "; this system does not tell what its USB CONFIG is"),
    ],
)
def test_the_box_is_told_with_its_mode(usb_id: str, mode: str) -> None:
    finding = found(facts_of(Listing((KEYSTATION, replace(A4, usb_id=usb_id)))), "box")

    assert finding.verdict is Verdict.GOOD
    assert mode in finding.evidence


def test_a_box_that_is_not_there_may_have_a_cable_without_data_or_a_hub() -> None:
    finding = found(facts_of(Listing((KEYSTATION,))), "box")

    assert (finding.verdict, finding.evidence) == (Verdict.BAD, "there is no Elektron box on USB")
    assert "not a hub" in finding.remedy
    assert "carries data and not only current" in finding.remedy


def test_a_hub_between_is_told() -> None:
    facts = replace(bridged(), places={A4: UsbPlace(12.0, ("USB2.0 Hub",)), KEYSTATION: UsbPlace(12.0, ("Dock",))})

    assert found(facts, "box").evidence.endswith("behind USB2.0 Hub")
    assert found(facts, "keyboard").evidence.endswith("behind Dock")


def test_an_input_that_brings_our_own_output_back_is_named() -> None:
    facts = bridged(inputs=[{"name": KEYSTATION.title, "state": "cut"}])

    finding = found(facts, "keyboard")

    assert finding.verdict is Verdict.BAD
    assert "brings back what is sent to the box" in finding.evidence
    assert "OUTPUT TO" in finding.remedy


def test_what_may_be_sounding_is_told_with_what_ends_it() -> None:
    facts = bridged(sounding=[{"channel": 9, "note": 60, "name": "C5"}])

    finding = found(facts, "output")

    assert finding.evidence.endswith("; C5 on channel 9 may be sounding")
    assert "`a4bridge panic`" in finding.remedy


@pytest.mark.parametrize("side", ["keyboard", "output"])
def test_a_port_that_another_program_has_to_itself_is_named_with_the_program(side: str) -> None:
    port = KEYSTATION if side == "keyboard" else A4
    end = {"name": port.title, "state": "settling"}
    status: dict[str, Any] = {"inputs": [end]} if side == "keyboard" else {"output": end}
    facts = bridged(refused={port.title: "the port cannot be opened"}, **status)
    does = HEARS if side == "keyboard" else PLAYS
    owner = Connections(owners={(does, port.address): Program("", 55, "bitwig")})

    assert found(facts, side).evidence == "the port cannot be opened"
    finding = found(replace(facts, connections=owner), side)

    assert finding.verdict is Verdict.BAD
    assert finding.evidence == f"bitwig (process 55) has {port.title} to itself (the port cannot be opened)"
    assert "in the program that uses it" in finding.remedy
    without = found(facts_of(DESK, connections=owner), side)
    assert (without.verdict, without.evidence) == (Verdict.BAD, f"bitwig (process 55) has {port.title} to itself")


def test_a_further_port_of_a_keyboard_is_not_where_the_keys_are(tmp_path: Path) -> None:
    facts = facts_of(recorded("arturia", tmp_path), Wanted(inputs=(Match.parse("MCU/HUI"),)))

    finding = found(facts, "keyboard")

    assert finding.verdict is Verdict.WARNING
    assert "is the control port of a keyboard: keys may come from another" in finding.evidence
    assert finding.remedy.startswith("name Minilab3 MIDI instead")


def test_a_name_that_fits_nothing_any_more_is_told_with_what_is_there() -> None:
    finding = found(facts_of(DESK, Wanted(inputs=(Match.parse("Keystation 49 MK4"),))), "keyboard")

    assert finding.verdict is Verdict.BAD
    assert finding.evidence.startswith("the bridge waits for the input 'Keystation 49 MK4': of ")
    assert "did you mean 'Keystation 49 MK3'?" in finding.evidence


def test_without_a_keyboard_it_says_how_to_plug_one_in() -> None:
    facts = facts_of(Listing((A4,)))

    assert found(facts, "keyboard").verdict is Verdict.BAD
    assert "none is plugged in" in found(facts, "keyboard").evidence
    assert found(facts, "keys").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("state", "word"), [("lost", "is unplugged"), ("absent", "is not plugged in")])
def test_one_of_two_keyboards_that_is_missing_is_only_a_warning(state: str, word: str) -> None:
    inputs = [{"name": KEYSTATION.title, "state": "open"}, {"name": "minilab", "state": state}]

    finding = found(bridged(inputs=inputs), "keyboard")

    assert finding.verdict is Verdict.WARNING
    assert finding.evidence == f"{KEYSTATION.title}; minilab {word}"


# What arrives.


def heard(*heard: Heard) -> Listened:
    return Listened(20, (KEYSTATION.title,), heard)


C5: Final = bytes([0x90, 60, 100])


@pytest.mark.parametrize(
    ("listened", "verdict", "words"),
    [
        (heard(Heard(KEYSTATION.title, C5, "forwarded", True)), "good", "on channel 1, and the bridge passed it on"),
        (
            heard(Heard(KEYSTATION.title, C5, "note, filtered by the profile", False)),
            "bad",
            "the bridge did not pass it on (note, filtered by the profile)",
        ),
        (heard(Heard(KEYSTATION_2.title, C5)), "bad", f"came from {KEYSTATION_2.title} on channel 1, and the bridge"),
        (
            heard(Heard(KEYSTATION.title, bytes([0xF8])), Heard(KEYSTATION.title, bytes([0xB0, 1, 2]))),
            "bad",
            "no key came in 20 s, only clock and something that is no key",
        ),
        (heard(), "bad", f"nothing came in 20 s from {KEYSTATION.title}"),
        (Listened(20, (), (), ("the port is busy",)), "bad", "the port is busy"),
        (heard(Heard(KEYSTATION.title, bytes([0x90, 60, 0]))), "bad", "no key came"),
    ],
    ids=["passed on", "dropped", "another port", "no key", "nothing", "a failure", "a key let go"],
)
def test_what_came_when_a_key_was_asked_for(listened: Listened, verdict: str, words: str) -> None:
    finding = found(replace(bridged(), listened=listened), "keys")

    assert finding.verdict == verdict
    assert words in finding.evidence
    assert finding.remedy or verdict == "good"


def test_one_key_by_two_ways_is_doubled() -> None:
    inputs = [{"name": port.title, "state": "open"} for port in (KEYSTATION, KEYSTATION_2)]
    twice = heard(Heard(KEYSTATION.title, C5, "forwarded", True), Heard(KEYSTATION_2.title, C5, "forwarded", True))

    finding = found(replace(bridged(inputs=inputs), listened=twice), "keys")

    assert finding.verdict is Verdict.WARNING
    assert "so each note comes twice" in finding.evidence


def test_a_key_is_named_as_the_settings_have_it() -> None:
    listened = heard(Heard(KEYSTATION.title, C5))

    assert found(replace(facts_of(DESK), listened=listened, middle_c=3), "keys").evidence.startswith("C3 (60) came")


def test_without_a_key_the_bridges_counts_are_told() -> None:
    dropped = [{"reason": "out_of_range", "says": "note, transposed out of range", "count": 12}]
    none_passed = [{"reason": "notes_filtered", "says": "note, filtered by the profile", "count": 3}]

    assert found(bridged(), "keys").evidence == (
        "200 events came since the bridge began or was switched, and all were passed on"
    )
    assert says(found(bridged(dropped=dropped), "keys")) == (
        "warning: 212 events came since the bridge began or was switched, and 200 were passed on; dropped 12 times: "
        "note, transposed out of range -> `a4bridge explain liverec` tells what the profile does with every key"
    )
    once = [dropped[0] | {"count": 1}]
    assert "dropped once: note, transposed" in found(bridged(dropped=once), "keys").evidence
    assert "dropped 3 times: note, filtered" in found(bridged(forwarded=0, dropped=none_passed), "keys").evidence
    assert found(bridged(forwarded=0), "keys").verdict is Verdict.UNKNOWN
    hushed = [{"reason": "hushed", "says": "not passed on, while somebody set up by playing", "count": 9}]
    assert found(bridged(dropped=hushed), "keys") == found(bridged(), "keys")
    assert found(facts_of(DESK), "keys").verdict is Verdict.UNKNOWN


# The profile.


def profile_of(text: str, key: str = "analog-four") -> Finding:
    return found(replace(bridged(), playing=playing(text, key)), "profile")


def test_the_auto_channel_is_recorded_in_every_way() -> None:
    assert says(profile_of("")) == (
        "good: the profile mine plays the auto channel (9) of an Analog Four, which is recorded live, on the grid and "
        "step by step -> "
    )


def test_a_tracks_own_channel_needs_the_tick_and_is_never_recorded_on_the_grid() -> None:
    finding = profile_of('destination = "track 2"')

    assert finding.verdict is Verdict.WARNING
    assert "plays track 2 of an Analog Four" in finding.evidence
    assert "for live recording LIVE REC ON TRACK CHANNEL must be ticked" in finding.evidence
    assert "grid and step recording do not hear track channels" in finding.evidence
    assert finding.remedy.startswith("tick LIVE REC ON TRACK CHANNEL on the box (MIDI CONFIG > MIDI PORT CONFIG)")


def test_the_keyboards_own_channel_is_mostly_track_1() -> None:
    finding = profile_of('destination = "keep"')

    assert "plays the auto channel (9), tracks 1 to 4 and channels 5 to 8 and 10 to 16" in finding.evidence
    assert finding.verdict is Verdict.WARNING


def test_what_nothing_records_is_bad() -> None:
    finding = profile_of('destination = "channel 16"')

    assert finding.verdict is Verdict.BAD
    assert "nothing is recorded, because no track hears channel 16" in finding.evidence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('sustain = "pass"', "the sustain pedal goes out as CC 64, which is performance macro F and sustains nothing"),
        ("[filters]\ncontrol_changes = [1, 7, 10]", "CC 7 and 10 may change the sound"),
        ('[filters]\ncontrol_changes = "all"', "control changes may change the sound"),
        ("[filters]\nnrpn = true", "NRPN may change the sound"),
        ("[filters]\nprogram_change = true", "a program change on channel 9 may change the pattern"),
        ("[filters]\nclock = true", "clock may set the tempo"),
        ("[filters]\ntransport = true", "start and stop may start and stop the sequencer"),
        ("[filters]\nsysex = true", "system exclusive may overwrite sounds and patterns"),
    ],
)
def test_what_else_a_profile_lets_out_is_told(text: str, words: str) -> None:
    finding = profile_of(text)

    assert finding.verdict is Verdict.WARNING
    assert words in finding.evidence
    assert finding.remedy == "take what you do not want out of the profile's filters, or use liverec"


def test_what_a_program_sends_to_our_own_port_is_what_its_owner_wants() -> None:
    own = bridged(inputs=[{"name": "a4bridge", "state": "open"}])

    finding = found(replace(own, playing=playing("[filters]\nclock = true")), "profile")

    assert finding.verdict is Verdict.GOOD
    assert found(own, "keyboard").evidence == "programs play into the port a4bridge"


def test_a_profile_that_is_wrong_is_told_with_its_line() -> None:
    broken = replace(
        facts_of(DESK), playing=Playing("lead", error='lead.toml:3: keyz: is not a key; did you mean "keys"?')
    )

    assert found(broken, "profile").verdict is Verdict.BAD
    assert found(broken, "profile").evidence.startswith("lead.toml:3: keyz")


def test_before_a_box_is_linked_the_profile_is_not_judged() -> None:
    assert found(replace(bridged(), playing=Playing("liverec")), "profile").verdict is Verdict.UNKNOWN


def test_effects_survive_the_control_socket() -> None:
    effects = playing('[[zones]]\ndestination = ["track 1", "track 2"]').effects

    assert effects
    assert Effects.from_data(json.loads(json.dumps(effects.to_data()))) == effects


def test_a_bridge_tells_the_same_of_its_profile_as_is_found_without_one() -> None:
    routing = Routing("mine", Profile(description="x"), Settings())

    assert routing.effects(routing.route_for(ANALOG_FOUR), ANALOG_FOUR) == playing("").effects


# The machine.


def test_a_machine_without_midi_is_told_first() -> None:
    lacking = Lacking("you may not open /dev/snd/seq", "add yourself to the group audio")
    facts = replace(facts_of(Listing()), lacking=lacking)

    report = examine(facts)

    assert report.says == "You may not open /dev/snd/seq: add yourself to the group audio."
    assert {each.name for each in report.findings if each.verdict is Verdict.BAD} == {"midi"}
    assert found(replace(bridged(), lacking=lacking), "midi").verdict is Verdict.WARNING


def test_without_a_bridge_it_says_how_to_start_one() -> None:
    report = examine(facts_of(DESK))

    assert report.verdict is Verdict.WARNING
    assert report.says.startswith("No bridge is running: start one with `a4bridge`")


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"unasked": "the user's bridge does not answer"}, "warning", "does not answer"),
        (
            {"services": (Service("for this user", True, False, "enabled, failed (exit code 2)"),)},
            "bad",
            "no bridge answers (for this user: enabled, failed (exit code 2))",
        ),
        (
            {"services": (Service("for this user", False, False, "not enabled"),)},
            "warning",
            "no bridge is running (for",
        ),
    ],
)
def test_a_bridge_that_cannot_be_asked_is_told(changes: dict[str, Any], verdict: str, words: str) -> None:
    finding = found(replace(facts_of(DESK), **changes), "service")

    assert (finding.verdict, words in finding.evidence) == (verdict, True)


def test_a_running_bridges_troubles_are_told() -> None:
    trouble = {"says": "settings.toml:1: x: is not a key"}
    both = tuple(Service(whose, True, True, "running") for whose in ("for this user", "for the whole machine"))

    assert "settings.toml:1: x" in found(bridged(trouble=trouble), "service").evidence
    assert found(bridged(trouble=trouble), "service").verdict is Verdict.WARNING
    assert "of which one will not start" in found(replace(bridged(), services=both), "service").evidence
    assert found(bridged(), "service").evidence == "the user's bridge runs as process 1234"


def test_a_bridge_that_is_hushed_is_told_with_what_ends_it() -> None:
    key = heard(Heard(KEYSTATION.title, C5, "not passed on, while somebody set up by playing"))

    assert says(found(bridged(hushed=True), "service")) == (
        "bad: the user's bridge runs as process 1234; nothing that is played passes, for somebody sets up by playing "
        "-> end `a4bridge learn`, which somebody runs"
    )
    assert found(replace(bridged(hushed=True), listened=key), "keys").remedy.startswith("end `a4bridge learn`")


REFUSED: Final = "Operation not permitted; to allow it, put the line `@audio - rtprio 80` into a file"


@pytest.mark.parametrize(
    ("real_time", "late", "words"),
    [
        ({"fifo": REFUSED, "memory": REFUSED}, 1, "real-time scheduling is refused"),
        ({"fifo": "", "memory": REFUSED}, 1, "memory is not locked"),
        ({"fifo": "", "memory": "", "priorities": {"main": 10, "callbacks": [70, 0]}}, 1, "not every thread runs"),
        ({"fifo": "", "memory": ""}, 6000, "one event in a hundred comes 6.0 ms late"),
    ],
)
def test_what_makes_notes_late_is_told(real_time: dict[str, Any], late: float, words: str) -> None:
    facts = bridged(real_time={"priorities": None} | real_time, late_us={"p99": late})

    finding = found(facts, "real-time")

    assert finding.verdict is Verdict.WARNING
    assert words in finding.evidence
    assert finding.remedy


def test_without_a_bridge_real_time_is_asked_for() -> None:
    elsewhere = "this system has no SCHED_FIFO; its own MIDI threads have their priority already"

    assert "refused" in found(replace(facts_of(DESK), refused=REFUSED), "real-time").evidence
    assert found(replace(facts_of(DESK), refused=REFUSED), "real-time").remedy.startswith("put the line")
    assert found(replace(facts_of(DESK), refused=elsewhere), "real-time").verdict is Verdict.GOOD
    untried = found(replace(facts_of(DESK), refused=None), "real-time")
    assert (untried.verdict, untried.remedy) == (Verdict.UNKNOWN, "")


# What no program can see.


@pytest.mark.parametrize(
    ("item", "menu", "set_to", "why"),
    [
        ("INPUT FROM", PORT_CONFIG, "USB", "the box hears nothing"),
        ("INPUT FROM", PORT_CONFIG, "USB", "MIDI+USB hears both, may slow USB down"),
        ("INPUT FROM", PORT_CONFIG, "USB", "doubles notes"),
        ("RECEIVE NOTES", PORT_CONFIG, "ticked", "no key sounds"),
        ("RECEIVE CC/NRPN", PORT_CONFIG, "ticked", "changes the sound"),
        ("AUTO CHANNEL", "GLOBAL > MIDI CONFIG > MIDI CHANNELS", "9", "nothing sounds"),
        ("AUTO CHANNEL", "GLOBAL > MIDI CONFIG > MIDI CHANNELS", "9", "belongs to the project"),
        ("LIVE REC ON TRACK CHANNEL", PORT_CONFIG, "as you like", "not recorded live"),
        ("the MIDI output of its tracks", "in a DAW", "the box's MIDI port", "never recorded"),
        ("the MIDI output of its tracks", "in a DAW", "an interface wired to its MIDI IN", "never recorded"),
        ("the keyboard as an input", "in a DAW", "off", "two ways double the notes"),
        ("the keyboard as an input", "in a DAW", "off", "takes an input for itself"),
        ("local echo", "in a DAW", "off", "two ways double the notes"),
        ("OUTPUT TO", PORT_CONFIG, "DISABLED", "runaway notes, a clock gone mad"),
        ("KEYBOARD CFG", PORT_CONFIG, "INT", "runaway notes"),
        ("POLY CONFIG", "KIT", "voices", "a chord takes notes from other tracks"),
        ("POLY CONFIG", "KIT", "voices", "gets short"),
        ("PRG CH RECEIVE", "GLOBAL > MIDI CONFIG > MIDI SYNC", "unticked", "changes the pattern"),
        ("CLOCK RECEIVE", "GLOBAL > MIDI CONFIG > MIDI SYNC", "unticked", "freeze"),
        ("TRANSPORT RECEIVE", "GLOBAL > MIDI CONFIG > MIDI SYNC", "unticked", "start"),
        ("QUANTIZE LIVE REC", "GLOBAL > SEQUENCER CONFIG", "ticked", "off the steps"),
        ("its buffer", "in a DAW", "small", "recorded late"),
        ("USB CONFIG", "GLOBAL > SYSTEM", "USB MIDI", "no MIDI port"),
    ],
)
def test_what_no_program_can_see_is_asked_for(item: str, menu: str, set_to: str, why: str) -> None:
    one = asked(bridged(), item)

    assert one.menu == menu
    assert set_to in one.set
    assert why in one.why


def test_who_plays_tracks_is_asked_for_the_tick_and_their_channels() -> None:
    facts = replace(bridged(), playing=playing('[[zones]]\ndestination = ["track 1", "track 2"]'))

    assert asked(facts, "LIVE REC ON TRACK CHANNEL").set == "ticked, for tracks 1 and 2"
    assert asked(facts, "TRACK 1 and 2").set == "channels 1 and 2"


def test_the_auto_channel_is_the_one_that_the_bridge_plays() -> None:
    facts = replace(bridged(), playing=Playing("liverec", Effects((12,), 12, (1, 2, 3, 4))))

    assert asked(facts, "AUTO CHANNEL").set == "12"


@pytest.mark.parametrize(
    ("usb_id", "client", "root"),
    [
        ("1935:0003", "Elektron Analog Four", "GLOBAL > "),
        ("1935:000f", "Elektron Analog Four MKII", "SETTINGS > "),
        ("", "Nobody's", "GLOBAL (MKII: SETTINGS) > "),
    ],
)
def test_the_menus_begin_where_the_box_has_them(usb_id: str, client: str, root: str) -> None:
    port = replace(A4, client=client, usb_id=usb_id)
    facts = bridged(Listing((KEYSTATION, port)), output={"name": port.title, "state": "open"})

    assert asked(facts, "RECEIVE NOTES").menu == f"{root}MIDI CONFIG > MIDI PORT CONFIG"


def test_a_rytm_answers_to_four_octaves() -> None:
    port = replace(A4, client="Elektron Analog Rytm", usb_id="1935:0007")
    facts = bridged(Listing((KEYSTATION, port)), output={"name": port.title, "state": "open"})

    assert asked(facts, "its octave").why == "notes outside are not answered by an Analog Rytm, says one player"
    assert not [each for each in checklist(bridged()) if each.item == "its octave"]


# Playing to the box.


def test_each_track_is_played_then_the_auto_channel_and_again_with_another_track() -> None:
    planned = steps(Effects((9,), 9, (1, 2, 3, 4)), asking=True)

    assert [(step.track, step.channel) for step in planned] == [(1, 1), (2, 2), (3, 3), (4, 4), (0, 9), (0, 9)]
    assert planned[-1].before == "select another track on the box"
    assert planned[-1].should.endswith("it must follow")
    assert steps(Effects((9,), 9, (1, 2, 3, 4)), asking=False) == planned[:-1]


@pytest.mark.parametrize(
    ("answers", "verdict", "words"),
    [
        ("yyyyyy", "good", "follows the active track"),
        ("nnnnnn", "bad", "INPUT FROM to USB, RECEIVE NOTES ticked"),
        ("yyyynn", "bad", "AUTO CHANNEL is not 9, or OFF"),
        ("yyyyyn", "bad", "set AUTO CHANNEL to 9, and no track to it"),
        ("ynyyyy", "warning", "MIDI CHANNELS > TRACK 2 is not 2"),
    ],
)
def test_the_answers_mean_something(answers: str, verdict: str, words: str) -> None:
    planned = steps(Effects((9,), 9, (1, 2, 3, 4)), asking=True)

    finding = conclude(planned, [answer == "y" for answer in answers])

    assert finding.verdict == verdict
    assert words in says(finding)


def test_a_channel_that_a_track_shares_with_the_auto_channel_is_the_auto_channels() -> None:
    effects = Effects((9,), 9, (1, 2, 3, 9))

    assert (effects.reaches_auto, effects.tracks) == (True, ())
