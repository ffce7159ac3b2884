"""`a4bridge monitor` beside a running bridge: in a pseudo-terminal that is looked at as a person does, and in pipes."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import pytest
from running import ANALOG_FOUR, PATIENCE, Running, Start, Synth, plug_both, started

import pyte
from a4bridge.backend.loopback import DevicePort, Hub
from a4bridge.control.wire import Status, Use

C5_ON: Final = b"\x90\x3c\x64"
C5_OFF: Final = b"\x80\x3c\x40"
VERB: Final = (sys.executable, "-P", "-m", "a4bridge", "monitor")
LEAVES_SCREEN: Final = b"\x1b[?1049l"
SHOWS_CURSOR: Final = b"\x1b[?25h"


class Terminal:
    """A terminal with the monitor in it; what it shows is read where somebody looks at it."""

    def __init__(self, bridge: Running, *options: str, columns: int = 80, lines: int = 24, term: str = "xterm") -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.drew = b""
        self._window, terminal = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(terminal)
        self._terminal = terminal
        environment = {**bridge.environment, "TERM": term, "LANG": "C.UTF-8"}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [*VERB, *options], stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._window)
        os.close(self._terminal)

    def resize(self, columns: int, lines: int) -> None:
        """Have another size, and tell it."""
        fcntl.ioctl(self._window, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def type(self, text: str) -> None:
        os.write(self._window, text.encode())

    def shows(self, pattern: str) -> str:
        """Wait until a line matches, and return it."""

        def found() -> str | None:
            return next((line.rstrip() for line in self._screen.display if re.search(pattern, line)), None)

        self._look_until(lambda: found() is not None, pattern)
        return found() or ""

    def shows_no(self, pattern: str) -> None:
        """Wait until no line matches."""
        self._look_until(lambda: not any(re.search(pattern, line) for line in self._screen.display), f"no {pattern}")

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    def ends(self) -> int:
        """Wait for the end, and return the exit code; what was drawn until then is read."""
        while self.process.poll() is None:
            self._read(0.01)
        while self._read(0):
            pass
        return self.process.returncode

    def mode(self) -> list[object]:
        """Return how the terminal is set."""
        return termios.tcgetattr(self._terminal)

    def _look_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None or self._read(0), f"it ended; {what!r} is not in {self.lines()}"
            self._read(0.05)
            assert time.monotonic() < deadline, f"{what!r} was awaited in {self.lines()}"

    def _read(self, wait: float) -> bool:
        if not select.select([self._window], [], [], wait)[0]:
            return False
        drew = os.read(self._window, 65_536)
        self.drew += drew
        self._stream.feed(drew)
        return True


def test_it_shows_what_came_what_went_what_sounds_and_how_fast(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    with Terminal(started(start)) as terminal:
        assert terminal.shows("^a4bridge monitor  liverec → auto channel 9 +live")
        assert terminal.shows("^Keystation 49 MK3 → Elektron Analog Four")
        terminal.shows("watching the user's bridge")

        keyboard.play(C5_ON)
        terminal.shows(r"ch 1 on C5\(60\) v100 +ch 9 on C5\(60\) v100 +auto +\d+ us")
        assert terminal.shows("_A _") == "  _ _ __ _ _ __ _ __ _ _ _A _ __ _ _ __ _ __ _ _ __ _ __ _ _ __ _ __ _ _ _"
        terminal.shows("^auto +[▁▂]")
        terminal.shows("^took +[▁▂▃▄▅▆▇█].* p99 ")

        keyboard.play(C5_OFF)
        keyboard.play(b"\xb0\x07\x50")
        terminal.shows(r"ch 1 CC 7 = 80 +control change, filtered")
        terminal.shows_no("_A _")


def test_keys_pause_filter_find_and_show_bytes(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    with Terminal(started(start)) as terminal:
        terminal.shows("watching")
        keyboard.play(C5_ON)
        terminal.shows(r"on C5\(60\)")

        terminal.type(" ")
        terminal.shows("PAUSED, 0 more")
        keyboard.play(b"\xb0\x07\x50")
        terminal.shows("PAUSED, 1 more")
        terminal.shows_no("CC 7")
        terminal.type(" ")
        terminal.shows("CC 7 = 80")

        terminal.type("r")
        terminal.shows(r"90 3c 64 +98 3c 64")
        terminal.type("ff")
        terminal.shows("^showing forwarded")
        terminal.shows_no("b0 07 50")
        terminal.type("\x1b")
        terminal.shows("b0 07 50")
        terminal.type("/b0 0")
        terminal.shows("^find: b0 0_")
        terminal.shows_no("90 3c 64")
        terminal.type("\r")
        terminal.shows('^with "b0 0"')
        terminal.type("q")
        assert terminal.ends() == 0


@pytest.mark.parametrize("columns", [40, 120])
def test_it_follows_the_size_of_its_terminal(hub: Hub, start: Start, columns: int) -> None:
    keyboard, _ = plug_both(hub)
    with Terminal(started(start)) as terminal:
        terminal.shows("^a4bridge monitor.{60}live$")

        terminal.resize(columns, 24)
        terminal.process.send_signal(signal.SIGWINCH)  # as the kernel does, where the terminal is its own
        terminal.shows(f"^a4bridge monitor.{{{columns - 21}}} live$")
        keyboard.play(C5_ON)
        terminal.shows(r"1 on C5\(60\) v100 +.*9 on C5\(60\) v100")


def test_it_says_when_the_bridge_ends_and_goes_on_with_the_next(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    bridge = started(start)
    with Terminal(bridge) as terminal:
        terminal.shows("live$")
        bridge.process.terminate()
        bridge.ends()
        terminal.shows("NO BRIDGE")
        terminal.shows("^the user's bridge has hung up; looking for it")

        started(start)
        terminal.shows("watching the user's bridge, started anew")
        terminal.shows("live$")
        keyboard.play(C5_ON)
        terminal.shows(r"ch 9 on C5\(60\) v100")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)]
)
def test_however_it_ends_the_terminal_is_as_it_was(hub: Hub, start: Start, number: signal.Signals, code: int) -> None:
    plug_both(hub)
    with Terminal(started(start)) as terminal:
        terminal.shows("live$")
        assert terminal.mode() != terminal.before

        terminal.process.send_signal(number)

        assert terminal.ends() == code
        assert terminal.mode() == terminal.before
        assert LEAVES_SCREEN in terminal.drew
        assert SHOWS_CURSOR in terminal.drew
        assert b"Traceback" not in terminal.drew


def test_stopped_by_hand_it_leaves_the_terminal_and_comes_back(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    with Terminal(started(start)) as terminal:
        terminal.shows("live$")

        terminal.process.send_signal(signal.SIGTSTP)
        os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED)
        assert terminal.mode() == terminal.before
        keyboard.play(C5_ON)
        terminal.process.send_signal(signal.SIGCONT)

        terminal.shows(r"ch 9 on C5\(60\) v100")
        assert terminal.mode() != terminal.before


def test_frozen_it_holds_up_nobody_and_tells_what_it_missed(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    with Terminal(bridge, "--raw") as terminal:
        terminal.shows("live$")
        terminal.process.send_signal(signal.SIGSTOP)

        for number in range(2_500):
            keyboard.play(bytes([0x90, number % 128, 100]))
            keyboard.play(bytes([0x80, number % 128, 64]))
            assert synth.next()[0] == 0x98
            assert synth.next()[0] == 0x88
        while bridge.ask(Status())["forwarded"] < 5_000:
            pass

        terminal.process.send_signal(signal.SIGCONT)
        terminal.type("/nothing else\r")
        terminal.shows(r"missed \d+ of what was played|watching the user's bridge again")


def test_a_hostile_name_is_shown_and_not_obeyed(hub: Hub, start: Start) -> None:
    hub.plug(ANALOG_FOUR, Synth())
    keyboard = hub.plug(DevicePort("[red]\x1b[2J\u202eKeys[/]", "MIDI 1", "20:0", card=1, usb_id="0763:0199"))
    with Terminal(started(start), columns=120) as terminal:
        terminal.shows("^" + re.escape("[red]\ufffd[2J\ufffdKeys[/] → Elektron Analog Four"))
        keyboard.play(C5_ON)
        terminal.shows(re.escape("[red]\ufffd[2J\ufffdKeys[/") + r".* ch 1 on C5\(60\) v100")


def test_a_terminal_without_fancy_signs_gets_plain_ones(hub: Hub, start: Start) -> None:
    plug_both(hub)
    with Terminal(started(start), term="linux") as terminal:
        terminal.shows("liverec -> auto channel 9")
        terminal.shows("# #  # # #")


# Where it is no terminal.


@contextmanager
def piped(bridge: Running, *options: str, term: str = "xterm") -> Iterator[subprocess.Popen[str]]:
    """Give a running monitor that writes into a pipe, and has said that it watches."""
    with subprocess.Popen(
        [*VERB, *options],
        env={**bridge.environment, "TERM": term, "FORCE_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as verb:
        assert verb.stdout
        try:
            said = verb.stdout.readline()
            assert said.endswith(f" watching the user's bridge, {bridge.directory}/run/control\n"), said
            yield verb
        finally:
            verb.kill()


def test_in_a_pipe_it_prints_lines_until_it_is_ended(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    bridge = started(start)
    with piped(bridge) as verb:
        assert verb.stdout
        keyboard.play(C5_ON)
        played = verb.stdout.readline()
        bridge.ask(Use("gridrec"))
        said = verb.stdout.readline()
        verb.send_signal(signal.SIGINT)
        rest = verb.communicate(timeout=PATIENCE)

    words = (
        r"Keystation 49 MK3: ch 1 on C5\(60\) v100 -> ch 9 on C5\(60\) v100, auto channel \([\d.]+ us, late [\d.]+ us\)"
    )
    assert re.fullmatch(rf"\d\d:\d\d:\d\d\.\d\d\d {words}\n", played)
    assert said.endswith(" switched to gridrec, auto channel 9\n")
    assert rest == ("", "")
    assert verb.returncode == -signal.SIGINT


def test_options_choose_what_is_printed_and_how(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    with piped(started(start), "--only", "dropped", "--find", "c5(60)", "--raw") as verb:
        assert verb.stdout
        keyboard.play(C5_ON)
        keyboard.play(b"\xb0\x07\x50")
        keyboard.play(b"\xa0\x3c\x50")

        assert re.search(r"MIDI 1 20:0: a0 3c 50  poly pressure, filtered \(", verb.stdout.readline())


def test_in_a_pipe_it_says_when_the_bridge_ends_and_goes_on_with_the_next(hub: Hub, start: Start) -> None:
    keyboard, _ = plug_both(hub)
    bridge = started(start)
    with piped(bridge, "--only", "notes") as verb:
        assert verb.stdout
        bridge.process.terminate()
        assert bridge.ends() == 0
        assert verb.stdout.readline().endswith(" warning: the user's bridge has hung up; looking for it\n")

        started(start)
        assert " watching the user's bridge, started anew, " in verb.stdout.readline()
        keyboard.play(C5_ON)
        assert "ch 9 on C5(60) v100" in verb.stdout.readline()


def test_a_reader_that_is_gone_ends_it_and_nothing_else(hub: Hub, start: Start) -> None:
    keyboard, synth = plug_both(hub)
    bridge = started(start)
    with piped(bridge) as verb:
        assert verb.stdout
        assert verb.stderr
        verb.stdout.close()
        keyboard.play(C5_ON)

        assert verb.wait(PATIENCE) == 1
        assert verb.stderr.read() == ""
    keyboard.play(C5_OFF)
    assert [synth.next()[0], synth.next()[0]] == [0x98, 0x88]


def test_where_none_runs_it_says_so(hub: Hub, start: Start, tmp_path: Path) -> None:
    plug_both(hub)
    bridge = started(start)
    bridge.process.kill()
    bridge.ends()

    assert bridge.told("monitor", code=5).startswith("No bridge is running (looked for ")
    other = tmp_path / "other"
    assert bridge.told("monitor", "--socket", str(other), code=5).startswith(
        f"No bridge is running (looked for {other})."
    )
    assert "Invalid value for '--only'" in bridge.told("monitor", "--only", "nothing", code=2)


@pytest.mark.parametrize("options", [["--plain"], []], ids=["asked for", "a dumb terminal"])
def test_lines_on_a_terminal(hub: Hub, start: Start, options: list[str]) -> None:
    keyboard, _ = plug_both(hub)
    with Terminal(started(start), *options, term="xterm" if options else "dumb", columns=120) as terminal:
        terminal.shows("watching")
        keyboard.play(C5_ON)
        terminal.shows(r"Keystation 49 MK3: ch 1 on C5\(60\) v100 -> ")
        assert b"\x1b" not in terminal.drew
