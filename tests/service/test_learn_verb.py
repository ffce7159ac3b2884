"""`a4bridge learn` from start to end: by a script, by keys that are pressed, and on a terminal."""

import os
import pty
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from running import ANALOG_FOUR, KEYSTATION, MINILAB, PATIENCE, Running, Synth, plug_both, starting, write_config

from a4bridge.backend.loopback import Device, DevicePort, Hub
from a4bridge.cli.learn import folder_for
from a4bridge.control.wire import Status
from a4bridge.core.library import Library

UM_ONE: Final = DevicePort("UM-ONE", "UM-ONE MIDI 1", "28:0", card=3, usb_id="0582:012a")
C5: Final = (b"\x90\x3c\x64", b"\x80\x3c\x40")
MENU: Final = "What next?"


class Learn:
    """The verb in a process of its own. terminal: whether it talks to one, instead of pipes."""

    def __init__(self, hub: Hub, directory: Path, arguments: tuple[str, ...], *, terminal: bool = False) -> None:
        self.directory = directory
        environment = os.environ | {
            "XDG_CONFIG_HOME": str(directory / "config"),
            "RUNTIME_DIRECTORY": str(directory / "run"),
            "COLUMNS": "300",
            "TERM": "xterm",
        }
        command = [sys.executable, "-P", "-m", "a4bridge", "learn", "--backend", f"loopback:{hub.address}", *arguments]
        if "--system" not in arguments:
            command.append("--user")
        near, far = pty.openpty() if terminal else (None, None)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if far is None else far,
            stdout=subprocess.PIPE if far is None else far,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        self.near = near
        if far is not None:
            os.close(far)
        self.printed = ""
        self._pieces: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        descriptor = self.near
        if descriptor is None:
            assert self.process.stdout
            descriptor = self.process.stdout.fileno()
        while True:
            try:
                piece = os.read(descriptor, 65_536)
            except OSError:  # how a terminal says that nobody is there any more
                piece = b""
            self._pieces.put(piece)
            if not piece:
                return

    def says(self, pattern: str) -> str:
        """Wait until it has printed what matches `pattern`, and return that; what came before counts no more."""
        while not (found := re.search(pattern, self.printed, re.MULTILINE)):
            try:
                piece = self._pieces.get(timeout=PATIENCE)
            except queue.Empty:
                piece = b""
            if not piece:
                pytest.fail(f"never printed {pattern!r}, but {self.printed!r}")
            self.printed += piece.decode().replace("\r", "")
        self.printed = self.printed[found.end() :]
        return found[0]

    def types(self, *lines: str) -> None:
        """Type lines, or send them through the pipe."""
        data = "".join(f"{line}\n" for line in lines).encode()
        if self.near is not None:
            self.says("^> ")  # or the terminal would show the words before that
            os.write(self.near, data)
            return
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def ends(self, code: int = 0) -> str:
        """Wait for its end, check its exit code, and return what it printed and nobody waited for."""
        if self.process.stdin:
            self.process.stdin.close()
        assert self.process.wait(PATIENCE) == code
        while piece := self._pieces.get(timeout=PATIENCE):
            self.printed += piece.decode().replace("\r", "")
        assert "Traceback" not in self.printed
        assert "has a fault" not in self.printed
        return self.printed

    @property
    def written(self) -> str | None:
        """The profile `lead`, if it is there."""
        file = self.directory / "config/a4bridge/profiles/lead.toml"
        return file.read_text() if file.exists() else None

    def clean_up(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.near is not None:
            os.close(self.near)
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


Begin = Callable[..., Learn]
Beside = tuple[Device, Synth, Running]


@pytest.fixture
def begin(hub: Hub, tmp_path: Path) -> Iterator[Begin]:
    begun: list[Learn] = []

    def start(*arguments: str, terminal: bool = False) -> Learn:
        begun.append(Learn(hub, tmp_path, arguments, terminal=terminal))
        return begun[-1]

    yield start
    for each in begun:
        each.clean_up()


@pytest.fixture
def beside(hub: Hub, tmp_path: Path) -> Iterator[Beside]:
    """Give a keyboard, a box, and a bridge that links them."""
    keyboard, synth = plug_both(hub)
    with starting(hub, tmp_path) as start:
        bridge = start("--profile", "liverec")
        bridge.says("->")
        yield keyboard, synth, bridge


def press(device: Device, *notes: int, channel: int = 1) -> None:
    for note in notes:
        device.play(bytes([0x8F + channel, note, 100]))
        device.play(bytes([0x7F + channel, note, 64]))


def turn(device: Device, controller: int) -> None:
    for value in range(4):  # no more than it takes
        device.play(bytes([0xB0, controller, value]))


def test_a_file_of_answers_needs_nobody_who_plays(hub: Hub, begin: Begin, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    lines = ["# the keyboard", "mpk", "zone", "C3", "B4", "2", "yes", "knob", "A", "74", "", "pedal", "64", "hold"]
    answers.write_text("\n".join([*lines, "pad", "cc 80", "gridrec", "describe", "Bass: left", "write", "yes"]))

    printed = begin("lead", "--answers", str(answers)).ends()

    assert "No keyboard is plugged in: waiting for one." in printed
    assert '"mpk", and nothing that is plugged in is called so: it is waited for.' in printed
    assert printed.endswith(
        f"Written: {tmp_path}/config/a4bridge/profiles/lead.toml\n`a4bridge --profile lead` plays by it.\n"
    )
    assert begin("lead").written == (
        "# Set up by playing, with `a4bridge learn`. `a4bridge explain lead` says all that it does; any key of a "
        "profile may be\n# added, and `a4bridge learn lead` leaves it as it is.\n\n"
        'description = "Bass: left"\ninputs = ["mpk"]\nsustain = "hold"\n\n'
        '[[zones]]\nkeys = "36..59"  # C3 (36) to B4 (59)\ndestination = "track 2"\n'
        "exclusive = true  # no other zone has these keys\n\n"
        '[[zones]]\nname = "other keys"\ndestination = "auto"\n\n'
        '[[zones]]\nname = "knobs"\ndestination = "auto"\n'
        "filters = { notes = false, pitch_bend = false, channel_pressure = false, control_changes = [] }\n"
        'knobs = [\n    { cc = 74, to = "macro A" },\n]\n\n'
        '[[bindings]]\ncc = 80\nuse = "gridrec"\n'
    )
    assert (tmp_path / "config/a4bridge/profiles/lead.toml").stat().st_mode & 0o777 == 0o644
    assert not list((tmp_path / "config/a4bridge/profiles").glob(".*"))


def test_a_script_that_waits_for_what_is_played(hub: Hub, begin: Begin) -> None:
    keyboard, synth = plug_both(hub)
    learn = begin("lead")
    learn.types("play", "zone", "play", "play", "1", "no", "knob", "b", "play", "", "pad", "play", "panic", "write", "")
    learn.says("Listening to Keystation 49 MK3")
    learn.says("Press a key")
    press(keyboard, 60)
    learn.says("Press the lowest key")
    press(keyboard, 48)
    learn.says("highest key")
    press(keyboard, 72)
    learn.says("Turn the knob for macro B")
    turn(keyboard, 20)
    learn.says("Hit the pad")
    press(keyboard, 36, channel=10)

    printed = learn.ends()

    assert 'keys = "48..72"  # C4 (48) to C6 (72)' in printed, "it is shown"
    assert "lead: keys C4 (48) to C6 (72) to track 1" in printed
    assert learn.written
    assert '{ cc = 20, to = "macro B" }' in learn.written
    assert learn.written.endswith("[[bindings]]\nchannel = 10\nnote = 36  # C3\npanic = true\n")
    assert synth.nothing_more()


def test_the_script_in_the_documents_works(hub: Hub, begin: Begin, tmp_path: Path) -> None:
    keyboard, _ = plug_both(hub)
    document = (Path(__file__).parents[2] / "docs/commands.md").read_text()
    block = re.search("^    # answers\n(?:    .*\n)+", document, re.MULTILINE)
    assert block
    answers = tmp_path / "answers"
    answers.write_text(block[0].replace("    ", ""))
    learn = begin("lead", "--answers", str(answers))
    learn.says("Turn the knob for macro A")
    turn(keyboard, 20)

    learn.ends()

    assert learn.written
    assert 'destination = "track 2"' in learn.written
    assert '{ cc = 20, to = "macro A" }' in learn.written


def test_on_a_terminal_by_playing_with_a_wrong_word_and_undo(hub: Hub, begin: Begin) -> None:
    keyboard, _ = plug_both(hub)
    learn = begin(terminal=True)
    learn.says("What is the profile called")
    learn.types("My Lead")
    learn.says('^"My Lead" is no name for a profile: .*\\.$')
    learn.types("lead")
    learn.says("Press a key")
    for _ in range(50):  # what keyboards send without being touched
        keyboard.play(b"\xf8")
        keyboard.play(b"\xfe")
    press(keyboard, 60)
    learn.says(MENU)
    learn.types("zonne")
    learn.says('^"zonne" is none of the words; did you mean "zone"\\?$')
    learn.types("knob")
    learn.types("")
    learn.says("Turn the knob for macro A")
    for value in range(9):
        for pair in ((99, 1), (98, 3), (6, value)):
            keyboard.play(bytes([0xB0, *pair]))
    learn.says("^It sends NRPN 1:3, several messages")
    keyboard.play(b"\xd0\x20")
    learn.says("^That is pressure on the keys")
    turn(keyboard, 74)
    learn.says("^CC 74 turns macro A.")
    learn.types("")
    learn.says(MENU)
    learn.types("undo")
    learn.says("^Undone: CC 74 turns macro A.$")
    learn.types("write")
    learn.says('^inputs = \\["Keystation 49 MK3"\\]$')
    learn.says("lead.toml\\?")
    learn.types("y")
    learn.says("^Written: ")

    assert learn.ends() is not None
    assert learn.written
    assert "macro" not in learn.written


def test_while_it_runs_the_bridge_plays_nothing_and_then_goes_by_the_new_profile(
    beside: Beside, begin: Begin, tmp_path: Path
) -> None:
    keyboard, synth, bridge = beside
    learn = begin("lead")
    learn.says(
        f"^A bridge is running \\(the user's bridge, {tmp_path}/run/control\\). Until this ends, it plays nothing"
    )
    learn.types("play")
    learn.says("Press a key")
    press(keyboard, 60)
    learn.says(MENU)
    learn.types("zone", "", "", "3", "write", "", "yes")
    learn.says("Shall the bridge that runs go by it now")
    learn.says("^switched to lead, track 3 \\(channel 3\\)  \\(the user's bridge")
    learn.ends()
    bridge.says("passes again")
    assert synth.nothing_more()

    press(keyboard, 60)

    assert [synth.next(), synth.next()] == [b"\x92\x3c\x64", b"\x82\x3c\x40"]


def test_while_it_is_frozen_the_bridge_plays_again_and_when_it_goes_on_it_says_so(beside: Beside, begin: Begin) -> None:
    keyboard, synth, bridge = beside
    learn = begin("lead")
    learn.says("^A bridge is running")
    bridge.says("nothing")

    learn.process.send_signal(signal.SIGSTOP)
    bridge.says("passes again")
    press(keyboard, 60)
    assert [synth.next(), synth.next()] == [b"\x98\x3c\x64", b"\x88\x3c\x40"]

    learn.process.send_signal(signal.SIGCONT)
    learn.says(
        "^The bridge has played again meanwhile "
        "\\(the hush is over: it was not asked for again for 5 s\\)\\.\nA bridge is running"
    )
    bridge.says("nothing")
    press(keyboard, 60)
    learn.types("quit")
    learn.ends()
    bridge.says("passes again")
    assert synth.nothing_more()


def test_what_is_played_while_it_is_suspended_answers_nothing(hub: Hub, begin: Begin) -> None:
    keyboard, _ = plug_both(hub)
    learn = begin("lead", terminal=True)
    learn.says("Press a key")
    learn.types("", "zone")
    learn.says("Press the lowest key")
    learn.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, learn.process.pid, os.WSTOPPED | os.WNOWAIT)
    press(keyboard, 40, 50)
    learn.process.send_signal(signal.SIGCONT)
    learn.says("^What was played meanwhile does not count.$")
    learn.says("Press the lowest key")

    press(keyboard, 60)

    learn.says(r"^The lowest is C5 \(60\).$")
    assert "The lowest is E3" not in learn.printed


def test_when_it_asks_whether_the_bridge_shall_go_by_it_the_bridge_plays_again(beside: Beside, begin: Begin) -> None:
    keyboard, synth, bridge = beside
    learn = begin("lead", terminal=True)
    learn.types("", "write", "yes", "perhaps")
    learn.says("Answer yes or no.\n\\S*Shall the bridge that runs go by it now")
    bridge.says("passes again")

    press(keyboard, 60)

    assert [synth.next(), synth.next()] == [b"\x98\x3c\x64", b"\x88\x3c\x40"]
    learn.types("yes")
    learn.says("^switched to lead")
    learn.ends()


def test_a_bridge_that_begins_meanwhile_is_hushed_and_may_be_left_as_it_is(
    hub: Hub, begin: Begin, tmp_path: Path
) -> None:
    keyboard, synth = plug_both(hub)
    learn = begin("lead")
    learn.says("Press a key")
    with starting(hub, tmp_path) as start:
        bridge = start("--profile", "liverec")
        learn.says("^A bridge is running")
        learn.types("play")
        press(keyboard, 60)
        learn.says(MENU)
        learn.types("write", "yes", "no")
        learn.says("^`a4bridge use lead` has it go by it later")
        learn.ends()
        bridge.says("passes again")
        assert bridge.ask(Status())["profile"]["name"] == "liverec"
        assert synth.nothing_more()


def test_an_edited_file_keeps_its_comments_and_what_it_is(hub: Hub, begin: Begin, tmp_path: Path) -> None:
    text = '# mine\ndescription = "x"  # of old\ndestination = "auto"  # or another\nlimits = { sysex_bytes = 9 }\n'
    real = tmp_path / "dotfiles.toml"
    real.write_text(text)
    real.chmod(0o600)
    link = write_config(tmp_path, "profiles/lead.toml", "")
    link.unlink()
    link.symlink_to(real)
    learn = begin("lead")
    learn.types("yes", "zone", "C3", "C4", "2", "no", "write", "yes")

    assert learn.ends().startswith(f"There is a profile lead already: {link}\n")
    assert real.read_text() == (
        '# mine\ndescription = "x"  # of old\n# or another\nlimits = { sysex_bytes = 9 }\n\n'
        '[[zones]]\nkeys = "36..48"  # C3 (36) to C4 (48)\ndestination = "track 2"\n'
    )
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600


def test_a_profile_that_comes_with_a4bridge_is_copied_or_another_name_taken(
    hub: Hub, begin: Begin, tmp_path: Path
) -> None:
    learn = begin("play")
    learn.types("no", "lead", "", "quit", "yes")
    assert "a copy of it would count before it" in learn.ends()

    learn = begin("play")
    learn.types("edit", "knob", "a", "20", "", "write", "yes")
    learn.ends()

    text = (tmp_path / "config/a4bridge/profiles/play.toml").read_text()
    assert text.startswith("# Play the active track, with ten knobs on the performance macros A to J.\n")
    assert '{ cc = 20, to = "macro A" }, { cc = 71, to = "macro B" }' in text


def test_a_broken_file_is_told_with_its_line_and_left_alone(hub: Hub, begin: Begin, tmp_path: Path) -> None:
    file = write_config(tmp_path, "profiles/lead.toml", 'description = "x"\nkeyz = 1\n')

    said = begin("lead").ends(2)

    assert said.startswith(f"{file}:2: keyz: is not a key")
    assert said.endswith("Mend it, or take another name. Nothing is written.\n")
    learn = begin("lead", terminal=True)
    learn.says("Mend it first, or take another name.")
    learn.says("What is the profile called")
    learn.types("other")
    learn.says("keyboard")
    assert file.read_text().endswith("keyz = 1\n")


def test_the_words_that_count_at_any_question_count_before_there_is_a_profile(
    hub: Hub, begin: Begin, tmp_path: Path
) -> None:
    learn = begin(terminal=True)
    for word in ("undo", "MENU", "show"):
        learn.says("What is the profile called")
        learn.types(word)
        learn.says("^There is no profile yet.$")
    learn.says("What is the profile called")
    learn.types("play")
    learn.says("Edit it")
    learn.types("show")
    learn.says("^# Play the active track, with ten knobs")
    learn.says("Edit it")
    learn.types("undo")
    learn.says("What is the profile called")
    learn.types("play")
    learn.says("Edit it")
    learn.types("quit")
    assert learn.ends().endswith("\nNothing is written.\n")

    learn = begin(terminal=True)
    learn.says("What is the profile called")
    learn.types("quit")
    assert learn.ends().endswith("\nNothing is written.\n")
    assert not (tmp_path / "config/a4bridge/profiles").exists()


@pytest.mark.parametrize("way", ["ctrl-c", "ctrl-c, in a pipe", "ctrl-d"])
def test_whoever_leaves_writes_nothing(hub: Hub, begin: Begin, way: str) -> None:
    keyboard, _ = plug_both(hub)
    learn = begin("lead", terminal=way != "ctrl-c, in a pipe")
    learn.says("Press a key")
    if way == "ctrl-c, in a pipe":
        learn.types("play")
    press(keyboard, 60)
    learn.says(MENU)
    if way == "ctrl-d":
        assert learn.near is not None
        learn.says("> ")
        os.write(learn.near, b"\x04")
    else:
        learn.process.send_signal(signal.SIGINT)

    assert learn.ends(1).endswith("\nNothing is written.\n")
    assert learn.written is None


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (
            ["keyz", "zone", "C99"],
            "Answer 3: 'C99' is no MIDI note: they reach from C0 (0) to G10 (127). Nothing is written.",
        ),
        (["", "pad", "cc 80", "nobody"], 'Answer 4: No profile is called "nobody"; '),
        (["", "zone", "C3"], "There are no more answers, and the profile is not finished: nothing is written."),
        (["", "zonne"], 'Answer 2: "zonne" is none of the words; did you mean "zone"? Nothing is written.'),
    ],
    ids=["no note", "no profile", "too few", "no word"],
)
def test_a_script_that_goes_wrong_ends_and_writes_nothing(
    hub: Hub, begin: Begin, answers: list[str], says: str
) -> None:
    learn = begin("lead")
    learn.types(*answers)

    assert says in learn.ends(2)
    assert learn.written is None


def test_a_keyboard_that_comes_late_or_is_pulled_is_told_and_waited_for(hub: Hub, begin: Begin) -> None:
    learn = begin("lead")
    learn.says("^No keyboard is plugged in: waiting for one.")
    hub.plug(ANALOG_FOUR, Synth())
    keyboard = hub.plug(KEYSTATION)
    learn.says("^Keystation 49 MK3 is here.")
    hub.unplug(keyboard)
    learn.says("^Keystation 49 MK3 was unplugged.")
    learn.says("^No keyboard is plugged in: waiting for one.")
    learn.says("Press a key")
    cable = hub.plug(UM_ONE)
    learn.says("^UM-ONE is here.")
    learn.types("play")
    press(cable, 60)

    learn.says("^The keyboard is UM-ONE; its key C5")


def test_of_two_equal_keyboards_the_one_that_is_played_is_meant(hub: Hub, begin: Begin) -> None:
    hub.plug(KEYSTATION)
    second = hub.plug(DevicePort("Keystation 49 MK3", "Keystation 49 MK3 MIDI 1", "28:0", card=3, usb_id="0763:0199"))
    hub.plug(MINILAB)
    learn = begin("lead")
    learn.says("Listening to Keystation 49 MK3#1, Keystation 49 MK3#2 and Minilab3.")
    learn.says("Press a key")
    learn.types("play")
    press(second, 60)
    learn.says("^The keyboard is Keystation 49 MK3#2;")
    learn.types("write", "yes")
    learn.ends()

    assert learn.written
    assert 'inputs = ["Keystation 49 MK3#2"]' in learn.written


def test_a_keyboard_is_called_by_its_alias(hub: Hub, begin: Begin, tmp_path: Path) -> None:
    write_config(tmp_path, "settings.toml", '[aliases]\nbig = "keystation"\n')
    keyboard, _ = plug_both(hub)
    learn = begin("lead")
    learn.says("Listening to big")
    learn.says("Press a key")
    learn.types("play")
    press(keyboard, 60)
    learn.says("^The keyboard is big;")


def test_a_file_that_changed_meanwhile_is_left_alone(hub: Hub, begin: Begin, tmp_path: Path) -> None:
    learn = begin("lead")
    learn.types("", "write")
    learn.says("lead.toml\\?")
    file = write_config(tmp_path, "profiles/lead.toml", 'description = "somebody else\'s"\n')
    learn.types("yes")

    assert "was changed by somebody else meanwhile, and is left alone" in learn.ends(2)
    assert file.read_text() == 'description = "somebody else\'s"\n'


def test_where_it_cannot_be_written_it_says_so(hub: Hub, begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("not a folder")
    learn = begin("lead")
    learn.types("", "write", "yes")

    assert "/lead.toml cannot be written: " in learn.ends(2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Lead"], '"Lead" is no name for a profile'),
        (["lead", "--system"], "--system and --user exclude each other."),
        (["lead", "--answers", "/nowhere"], "/nowhere: cannot be read: no such file or directory"),
        (["lead", "--answers", "/dev/null"], "/dev/null: is not a file of text"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence(hub: Hub, begin: Begin, arguments: list[str], says: str) -> None:
    assert says in begin(*arguments, *(["--user"] if "--system" in arguments else [])).ends(2)


def test_without_a_midi_system_it_says_so_in_one_sentence(begin: Begin) -> None:
    assert begin("lead", "--backend", "loopback:/nowhere").ends(3).startswith("No MIDI: ")


def test_a_reader_that_goes_away_is_no_fault(hub: Hub, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.write_text("\n" + "show\n" * 2000)
    command = f'"{sys.executable}" -P -m a4bridge learn lead --user --backend loopback:{hub.address} --answers answers'
    run = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -n 1"],
        cwd=tmp_path,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert (run.returncode, run.stdout, run.stderr) == (1, "No keyboard is plugged in: waiting for one.\n", "")


def test_the_folder_is_one_that_the_bridge_reads(tmp_path: Path) -> None:
    library = Library.standard({"HOME": "/home/me"}, tmp_path)
    own, machines = Path("/home/me/.config/a4bridge/profiles"), tmp_path / "etc/a4bridge/profiles"

    assert folder_for(library, system=False, user=False, is_root=False) == own
    assert folder_for(library, system=True, user=False, is_root=False) == machines
    assert folder_for(library, system=False, user=False, is_root=True) == machines
    assert folder_for(library, system=False, user=True, is_root=True) == own
    homeless = Library.standard({}, tmp_path)
    assert folder_for(homeless, system=False, user=True, is_root=False) == machines
