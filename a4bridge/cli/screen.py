"""The terminal that `a4bridge monitor` draws on: keys, signals, and leaving it as it was."""

import os
import select
import signal
import socket
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from a4bridge.monitor.events import Standing
from a4bridge.monitor.filtering import Filter
from a4bridge.monitor.following import Following
from a4bridge.monitor.keys import KeyReader
from a4bridge.monitor.screen import ASCII, UNICODE, Signs, screen
from a4bridge.monitor.state import State

_FRAME_SECONDS: Final = 0.1
"""From one picture to the next at least: what is played is told eight times a second."""

_SOUNDING_SECONDS: Final = 0.25
"""How soon it is asked again what sounds, after something was played."""

_READ: Final = 4096
_ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)


def show(following: Following, shown: Filter, *, raw: bool) -> None:
    """Fill the terminal with what is followed, until somebody ends it; raises ControlError."""
    _Screen(following, State(shown, raw=raw), Console(highlight=False)).run()


class _Screen:
    """A terminal that is drawn on. It is in order again at the end, and while the program is stopped by Ctrl-Z."""

    def __init__(self, following: Following, state: State, console: Console) -> None:
        self._following = following
        self._state = state
        self._console = console
        self._signs = _signs_for(console)
        self._keyboard = KeyReader()
        self._drawn: Text | None = None
        self._is_stale = True
        self._caught: set[int] = set()

    def run(self) -> None:
        """Show until somebody ends it; a signal that ends programs does so when the terminal is in order."""
        with self._signals() as woken:
            while not self._ended():
                with _keys_come_at_once(), Live(console=self._console, screen=True, auto_refresh=False) as live:
                    self._drawn, self._is_stale = None, True
                    self._show(live, woken)
                if signal.SIGTSTP in self._caught:
                    self._caught.discard(signal.SIGTSTP)
                    signal.raise_signal(signal.SIGSTOP)
        for number in self._caught & {*_ENDINGS}:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def _ended(self) -> bool:
        return self._state.ended or bool(self._caught & {signal.SIGINT, *_ENDINGS})

    def _show(self, live: Live, woken: socket.socket) -> None:
        drawable_at = 0.0
        while not self._ended() and signal.SIGTSTP not in self._caught:
            now = time.monotonic()
            self._look(now)
            if self._is_stale and now >= drawable_at:
                drawable_at = now + _FRAME_SECONDS
                self._draw(live)
            until = min(self._following.due, drawable_at if self._is_stale else int(now) + 1.0)
            ready, _, _ = select.select(
                [sys.stdin, woken, *self._following.connections], [], [], max(0.0, until - time.monotonic())
            )
            if woken in ready:
                woken.recv(_READ)
                self._drawn, self._is_stale = None, True
            if sys.stdin in ready:
                self._type()

    def _look(self, now: float) -> None:
        if self._state.advance(now):  # which moves the bars
            self._is_stale = True
        news = self._following.look(now)
        for each in news:
            self._state.take(each, time.time())
            self._is_stale = True
        if any(not isinstance(each, Standing) for each in news):
            self._following.want(_SOUNDING_SECONDS, now)

    def _type(self) -> None:
        typed = b""
        with suppress(OSError):  # the terminal is gone
            typed = os.read(sys.stdin.fileno(), _READ)
        if not typed:
            self._state.ended = True
        for key in self._keyboard.read(typed):
            self._state.type(key)
            self._is_stale = True

    def _draw(self, live: Live) -> None:
        width, height = self._console.size
        picture = Text("\n").join(screen(self._state, width, height, self._signs))
        picture.no_wrap = True
        if picture != self._drawn:
            live.update(picture, refresh=True)
        self._drawn, self._is_stale = picture, False

    @contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """Take note of signals, and wake who waits for the socket that this gives."""

        def catch(number: int, _frame: FrameType | None) -> None:
            self._caught.add(number)

        woken, waking = socket.socketpair()
        waking.setblocking(False)
        numbers = (signal.SIGINT, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH, *_ENDINGS)
        before = {number: signal.signal(number, catch) for number in numbers}
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        try:
            yield woken
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            woken.close()
            waking.close()


@contextmanager
def _keys_come_at_once() -> Iterator[None]:
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin, termios.TCSANOW)
        yield
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _signs_for(console: Console) -> Signs:
    """Return what the terminal can show; the Linux console's fonts have no eighths of blocks."""
    return ASCII if console.options.ascii_only or os.environ.get("TERM") == "linux" else UNICODE
