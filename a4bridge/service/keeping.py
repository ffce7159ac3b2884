"""Keeps what a start came to, for the next one to go on there (a4bridge.service.resuming)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from a4bridge.backend.base import BackendError
from a4bridge.core.library import UnknownProfileError
from a4bridge.core.records import replaced
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import FileErrors
from a4bridge.engine.protocol import Command
from a4bridge.ports.glance import glance
from a4bridge.service.beginning import Beginning
from a4bridge.service.last_start import LastStart, conditions, lines_of, write_last
from a4bridge.service.log import Log
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Routing, RoutingError

Keep = Callable[[Routing, Sequence[Command]], None]
"""Takes note of a routing that has linked something as a start would, and of the commands that do it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was kept last, and by which routing and which output that was remembered."""

    routing: Routing
    last_output: str
    start: LastStart


class Keeper:
    """Where nothing can be written, nothing is kept, and every start is an ordinary one.

    arguments: the command line's; beginning: what they ask for. directory: where it is kept, beside what is remembered.
    """

    def __init__(self, arguments: list[str], beginning: Beginning, directory: str, backend: str, log: Log) -> None:
        self._arguments = arguments
        self._beginning = beginning
        self._directory = directory
        self._backend = backend
        self._log = log
        self._kept: _Kept | None = None

    def keep(self, routing: Routing, commands: Sequence[Command]) -> None:
        """Keep the commands that gave the engine its route and its ports, if the next start will come to the same.

        It reads all that the next start will read, and may wait for the disk.
        """
        try:
            kept = self._next_start(routing, commands)
            written = kept is not None and write_last(self._directory, kept.start)
        except (OSError, BackendError, FileErrors, UnknownProfileError, RoutingError, ValueError) as error:
            self._log.debug("start_not_kept", says=f"the next start cannot go on here: {error}", reason=str(error))
            return
        self._kept = kept or self._kept
        if written:
            self._log.debug("start_kept", says="the next start goes on here before it reads the files")

    def _next_start(self, routing: Routing, commands: Sequence[Command]) -> _Kept | None:
        """Return what the next start will come to, if that can be told; raises what `keep` catches."""
        files = self._beginning.files(*self._read())
        now = conditions(self._arguments, map(str, files))
        settings, memory = self._read()
        begun = self._beginning.begin(settings, memory).routing
        if begun == routing:
            start = LastStart(now, glance(self._backend, ours=False), self._backend, lines_of(commands))
        elif self._kept and (self._kept.routing, self._kept.last_output) == (begun, memory.last_output):
            # What was switched to is remembered, and this command line will not ask for it.
            start = replaced(self._kept.start, conditions=now)
        else:
            return None
        if self._beginning.files(settings, memory) != files or conditions(self._arguments, map(str, files)) != now:
            return None
        return _Kept(begun, memory.last_output, start)

    def _read(self) -> tuple[Settings, Memory]:
        return Settings.load(self._beginning.library.settings()), Memory(Path(self._directory))
