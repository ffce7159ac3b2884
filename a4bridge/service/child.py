"""An engine's process, started and told things without an event loop, which takes longer to load than it does."""

import os
import select
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from a4bridge.engine.protocol import Answer, ProtocolError, Ready, decode

if TYPE_CHECKING:
    from a4bridge.engine.page import Name
    from a4bridge.engine.protocol import Message

_END_SECONDS: Final = 2.0


def engine_command(page: "Name", backend: str, output: str = "") -> list[str]:
    """Return what starts an engine (see a4bridge.engine.__main__)."""
    # -P: nothing in the working directory may stand in for a module.
    return [sys.executable, "-P", "-m", "a4bridge.engine", str(page), backend, *([output] if output else [])]


class Child:
    """An engine that runs. stdin, stdout, stderr: our ends of its pipes. pidfd: readable when it has ended."""

    def __init__(self, page: "Name", backend: str, output: str = "") -> None:
        """Start it; raises OSError. output: as EngineProcess.start takes it."""
        theirs_in, self.stdin = os.pipe()
        self.stdout, theirs_out = os.pipe()
        self.stderr, theirs_err = os.pipe()
        self._aside = self._buffer = b""
        command = engine_command(page, backend, output)
        theirs = (theirs_in, theirs_out, theirs_err)
        try:
            # subprocess takes longer to load than the whole of this.
            self.pid = os.posix_spawn(
                command[0],
                command,
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate(theirs)],
                setsid=True,  # see EngineProcess.start
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
            )
            self.pidfd = os.pidfd_open(self.pid)
        except OSError:
            self._close()
            raise
        finally:
            for end in theirs:
                os.close(end)

    def tell(self, lines: bytes) -> None:
        """Send lines; raises OSError if it has ended."""
        while lines:
            lines = lines[os.write(self.stdin, lines) :]

    @property
    def unread(self) -> bytes:
        """What it said beside what was waited for."""
        return self._aside + self._buffer

    def ready(self, seconds: float) -> Ready:
        """Wait until it is up; raises OSError if that takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while not isinstance(message := self._hear(deadline)[1], Ready):
            pass
        return message

    def answers(self, count: int, seconds: float) -> list[Answer]:
        """Wait for so many answers; raises OSError if they do not come within `seconds`."""
        deadline = time.monotonic() + seconds
        answers: list[Answer] = []
        while len(answers) < count:
            line, message = self._hear(deadline)
            if isinstance(message, Answer):
                answers.append(message)
            else:
                self._aside += line
        return answers

    def _hear(self, deadline: float) -> "tuple[bytes, Message]":
        """Return the next line, and what it says; raises OSError."""
        while b"\n" not in self._buffer:
            if not select.select([self.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the engine does not answer")
            if not (data := os.read(self.stdout, 65536)):
                raise BrokenPipeError("the engine has ended")
            self._buffer += data
        line, end, self._buffer = self._buffer.partition(b"\n")
        try:
            return line + end, decode(line)[1]
        except ProtocolError as error:
            raise BrokenPipeError(str(error)) from None

    def end(self) -> None:
        """Have it release everything and end, as if this process were gone; one that hangs is killed."""
        os.close(self.stdin)
        self.stdin = -1
        if not select.select([self.pidfd], [], [], _END_SECONDS)[0]:
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.pidfd)
        self._close()

    def _close(self) -> None:
        for end in (self.stdin, self.stdout, self.stderr):
            with suppress(OSError):
                os.close(end)
