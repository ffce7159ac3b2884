"""The verbs that end by themselves, as a shell sees them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from a4bridge.backend.loopback import DevicePort, Hub

CORRUPT_RTMIDI = "raise ImportError('libasound.so.2: cannot open shared object file')\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    # xdist tells its workers how wide a screen they should think of.
    everything = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    return everything | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path), "NO_COLOR": "1"}


def a4bridge(environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    """Run a verb, check its exit code, and return what it printed on both streams."""
    run = subprocess.run(
        [sys.executable, "-P", "-m", "a4bridge", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
        timeout=60,
    )
    assert run.returncode == code, run.stdout
    assert "Traceback" not in run.stdout
    return run.stdout


def test_the_demo_records_with_the_bridge_and_not_without_it(environment: dict[str, str]) -> None:
    live, grid, alone = json.loads(a4bridge(environment, "demo", "--json"))

    assert (live["title"], live["recording"]) == ("liverec", "live")
    assert live["notes_played"] == len(live["trigs"]) == 11
    assert {trig["track"] for trig in live["trigs"]} == {1}
    assert all(int(message[:2], 16) & 0x0F == 8 for message in live["arrived"])
    assert live["outcomes"]["program_change"] == 1
    assert (grid["title"], grid["recording"]) == ("gridrec", "grid")
    assert grid["notes_played"] == len(grid["trigs"]) == 9
    assert alone["notes_played"] == 11
    assert alone["trigs"] == []
    assert any("LIVE REC ON TRACK CHANNEL" in reason for reason in alone["not_recorded"])
    assert live["hanging"] == grid["hanging"] == alone["hanging"] == {}


def test_the_demo_needs_no_rtmidi(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "rtmidi.py").write_text(CORRUPT_RTMIDI)

    shown = a4bridge(environment | {"PYTHONPATH": str(tmp_path)}, "demo")

    assert "11 notes played, 87 bytes arrived, 11 trigs recorded" in shown
    assert "11 notes played, 205 bytes arrived, 0 trigs recorded" in shown


def test_the_demo_shows_the_pattern_as_four_tracks_by_sixteen_steps(environment: dict[str, str]) -> None:
    lines = a4bridge(environment, "demo").splitlines()

    assert lines[1].split() == [str(step) for step in range(1, 17)]
    assert re.fullmatch(r"  T1  A4  ·   ·   A5  C6  .*", lines[2])
    assert [line[:4] for line in lines[2:8]] == ["  T1", "    ", "    ", "  T2", "  T3", "  T4"]


def test_one_profile_can_be_shown_live_and_on_the_grid(environment: dict[str, str], tmp_path: Path) -> None:
    profile = tmp_path / "third.toml"
    profile.write_text('description = "the third track"\ndestination = "track 3"\n')

    live, grid, _ = json.loads(a4bridge(environment, "demo", "--json", "--profile", str(profile)))

    assert live["title"].endswith(", LIVE REC ON TRACK CHANNEL ticked")
    assert {trig["track"] for trig in live["trigs"]} == {3}
    assert len(live["trigs"]) == live["notes_played"]
    assert grid["trigs"] == []
    assert any("grid recording takes the auto channel only" in reason for reason in grid["not_recorded"])


FOUR_CHORDS = [[45, 41, 48, 43], [52, 53, 55, 50], [60, 60, 64, 62], [69, 72, 69, 77, 67, 72, 71, 74]]
"""The demo's four voices, bass first."""


@pytest.mark.parametrize(
    ("profile", "tracks"),
    [
        ("multitrack", FOUR_CHORDS),
        ("spread", FOUR_CHORDS),
        ("daw", FOUR_CHORDS),
        (
            "split",
            [
                [60, 69, 72, 60, 69, 77, 64, 67, 72, 62, 71, 74],
                [note - 12 for chord in zip(*FOUR_CHORDS[:2], strict=True) for note in chord],
                [],
                [],
            ],
        ),
        (
            "duo",
            [
                [45, 52, 41, 53, 48, 55, 43, 50],
                [60, 69, 72, 60, 69, 77, 64, 67, 72, 62, 71, 74],
                [],
                [],
            ],
        ),
        ("play", [[57, 60, 64, 69, 72, 76, 74, 76, 69, 67, 64], [], [], []]),
    ],
)
def test_each_profile_has_a_demo_in_which_all_it_says_is_heard(
    environment: dict[str, str], profile: str, tracks: list[list[int]]
) -> None:
    live, grid, alone = json.loads(a4bridge(environment, "demo", "--json", "--profile", profile))

    assert live["title"] == (profile if profile == "play" else f"{profile}, LIVE REC ON TRACK CHANNEL ticked")
    by_step = sorted(live["trigs"], key=lambda trig: (trig["step"], trig["note"]))
    assert [[trig["note"] for trig in by_step if trig["track"] == track] for track in (1, 2, 3, 4)] == tracks
    assert live["hanging"] == grid["hanging"] == {}
    assert bool(grid["trigs"]) is (profile == "play")
    assert alone["trigs"] == []


def test_the_demos_keyboard_is_set_to_the_channel_that_a_profile_listens_to(
    environment: dict[str, str], tmp_path: Path
) -> None:
    profile = tmp_path / "pads.toml"
    profile.write_text('description = "pads"\n[[zones]]\nchannel = 10\n')

    live, grid, _ = json.loads(a4bridge(environment, "demo", "--json", "--profile", str(profile)))

    assert (len(live["trigs"]), len(grid["trigs"])) == (11, 9)


def test_the_demo_of_knobs_turns_each_of_them(environment: dict[str, str]) -> None:
    shown = a4bridge(environment, "demo", "--profile", "play")

    assert set(re.findall(r"performance macro (\w) moved", shown)) == set("ABCDEFGHIJ")


def test_the_picture_is_drawn_by_the_program_and_fetches_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    a4bridge(environment, "demo", "--svg", str(tmp_path / "demo.svg"))

    picture = (tmp_path / "demo.svg").read_text()
    assert "trigs" in picture
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", picture)


def test_the_readmes_picture_is_what_the_program_draws_now(environment: dict[str, str], tmp_path: Path) -> None:
    a4bridge(environment, "demo", "--svg", str(tmp_path / "demo.svg"))

    def words(file: Path) -> list[str]:
        return re.findall(r">([^<>\s][^<>]*)<", file.read_text())

    shipped = Path(__file__).parents[2] / "docs" / "demo.svg"
    assert words(shipped) == words(tmp_path / "demo.svg"), "make it anew with `make picture`"


def test_every_profile_has_a_line(environment: dict[str, str]) -> None:
    lines = a4bridge(environment, "profiles").splitlines()

    assert [line.split()[0] for line in lines] == [
        "daw",
        "duo",
        "gridrec",
        "liverec",
        "multitrack",
        "play",
        "split",
        "spread",
    ]
    assert [line.split()[0] for line in lines if line.endswith("(the default)")] == ["liverec"]


def test_check_says_what_good_files_do_and_what_is_wrong_with_others(
    environment: dict[str, str], tmp_path: Path
) -> None:
    good, bad, settings = tmp_path / "good.toml", tmp_path / "bad.toml", tmp_path / "settings.toml"
    good.write_text('description = "good"\n')
    bad.write_text('description = "bad"\n[filters]\npitch_bent = true\n')
    settings.write_text('profile = "gridrec"\n')

    shown = a4bridge(environment, "check", str(good), str(bad), str(settings), code=2)

    assert f"{good}: profile, all keys to the auto channel (9 on an Analog Four)" in shown
    assert f'{bad}:3: filters.pitch_bent: is not a key; did you mean "pitch_bend"?' in shown
    assert f"{settings}: settings, " in shown
    assert a4bridge(environment, "check", str(good), str(settings))


def test_explain_says_where_everything_goes(environment: dict[str, str]) -> None:
    shown = a4bridge(environment, "explain", "liverec", "--auto-channel", "12")

    assert "auto channel (12 " in shown
    assert "CC 1 (mod wheel)" in shown
    assert "program change" in shown


def test_explain_and_check_say_what_the_box_cannot_record(environment: dict[str, str], tmp_path: Path) -> None:
    profile = tmp_path / "third.toml"
    profile.write_text('description = "the third track"\ndestination = "track 3"\n')

    explained = a4bridge(environment, "explain", "liverec", "--track", "3")

    assert "track 3 (channel 3 " in explained
    assert "LIVE REC ON TRACK CHANNEL" in explained
    assert "LIVE REC ON TRACK CHANNEL" not in a4bridge(environment, "explain", "liverec")
    assert "grid and step recording do not hear track channels" in a4bridge(environment, "check", str(profile))


@pytest.mark.parametrize("kind", ["profile", "settings"])
def test_the_schema_is_printed_as_it_is_shipped(environment: dict[str, str], kind: str) -> None:
    shipped = Path(__file__).parents[2] / "config" / "schema" / f"{kind}.schema.json"

    assert json.loads(a4bridge(environment, "schema", kind)) == json.loads(shipped.read_text())


def test_ports_lists_every_port_with_its_verdict(environment: dict[str, str]) -> None:
    with Hub() as hub:
        hub.plug(DevicePort("Keystation 49 MK3", "Keystation 49 MK3 MIDI 1", "20:0", card=1, usb_id="0763:0199"))
        hub.plug(DevicePort("Elektron Analog Four", "Elektron Analog Four MIDI 1", "24:0", card=2, usb_id="1935:0003"))
        hub.plug(DevicePort("Midi Through", "Midi Through Port-0", "14:0", kind="software"))
        backend = f"loopback:{hub.address}"

        lines = a4bridge(environment, "ports", "--backend", backend).splitlines()
        data = json.loads(a4bridge(environment, "ports", "--json", "--backend", backend))

    assert [line.split()[0] for line in lines] == ["keyboard", "destination", "refused"]
    assert [(port["role"], port["title"]) for port in data["ports"][:2]] == [
        ("keyboard", "Keystation 49 MK3:Keystation 49 MK3 MIDI 1"),
        ("destination", "Elektron Analog Four:Elektron Analog Four MIDI 1"),
    ]
    assert data["ports"][2]["reason"]


@pytest.mark.parametrize("verb", [("ports",), ("run",)], ids=["ports", "run"])
def test_without_midi_there_is_one_sentence_and_exit_code_3(environment: dict[str, str], verb: tuple[str, ...]) -> None:
    shown = a4bridge(environment, *verb, "--backend", "loopback:/nowhere", code=3)

    assert len(shown.splitlines()) == 1
    assert "a4bridge demo" in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("prots",), "did you mean `ports`"),
        (("--profil", "liverec"), "--profile"),
        (("run", "liverec"), "liverec"),
        (("check",), "FILE"),
        (("explain", "nothing-of-that-name"), "no profile is called"),
        (("explain", "../../etc/passwd"), "passwd"),
        (("explain", "spread", "--track", "2"), "track 2 cannot take everything: spread has several destinations."),
        (("demo", "--profile", "nothing"), "no profile is called"),
        (("schema", "port"), "profile"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_call_is_told_what_would_be_right(
    environment: dict[str, str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in a4bridge(environment, *arguments, code=2)


def test_help_loads_nothing_that_is_slow(environment: dict[str, str]) -> None:
    code = (
        "import sys\n"
        "sys.argv = ['a4bridge', '--help']\n"
        "from a4bridge.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'pydantic', 'rtmidi', 'uvloop', 'structlog', 'rich', 'asyncio'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-P", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)

    assert run.stdout.endswith("[]\n")


def test_a_terminal_that_lacks_a_sign_gets_another(environment: dict[str, str]) -> None:
    shown = a4bridge(environment | {"PYTHONIOENCODING": "ascii"}, "demo")

    assert "liverec ? live recording" in shown


def test_a_picture_that_cannot_be_written_is_told_so(environment: dict[str, str]) -> None:
    shown = a4bridge(environment, "demo", "--svg", "/nowhere/demo.svg", code=1)

    assert shown.endswith("/nowhere/demo.svg cannot be written: No such file or directory.\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_change_nothing(environment: dict[str, str], closed: str) -> None:
    command = f"{sys.executable} -P -m a4bridge demo {closed}"
    run = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=False, timeout=60)

    assert run.returncode == 0, run.stderr


def test_a_full_disk_gets_one_sentence(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -P -m a4bridge explain liverec >/dev/full"
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, check=False)

    assert (run.returncode, run.stderr) == (1, "The output cannot be written: No space left on device.\n")


def test_a_demo_of_a_profile_that_does_not_suit_the_box_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    profile = tmp_path / "sixth.toml"
    profile.write_text('description = "the sixth track"\ndestination = "track 6"\n')

    assert "track 6: an Analog Four has tracks 1 to 4" in a4bridge(environment, "demo", "-p", str(profile), code=2)


def test_a_narrow_terminal_gets_the_pattern_in_parts(environment: dict[str, str]) -> None:
    command = f"stty cols 40 && {sys.executable} -P -m a4bridge demo --profile gridrec"
    run = subprocess.run(
        ["script", "-qec", command, "/dev/null"], capture_output=True, text=True, env=environment, check=True
    )

    lines = re.sub(r"\x1b\[\d*m|\r", "", run.stdout).splitlines()
    assert lines[1].split() == [str(step) for step in range(1, 9)]
    assert lines[2].startswith("  T1  ")
    assert any(line.split() == [str(step) for step in range(9, 17)] for line in lines)


def test_a_reader_that_goes_away_gets_no_traceback(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -P -m a4bridge explain liverec | true"
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, check=False)

    assert run.stderr == ""
