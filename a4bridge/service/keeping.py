"""Keeps what a start came to, for the next one to go on there (a4bridge.service.resuming)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from a4bridge.backend.base import BackendError
from a4bridge.engine.protocol import Command
from a4bridge.ports.glance import glance
from a4bridge.service.last_start import LastStart, conditions, lines_of, write_last
from a4bridge.service.log import Log


class Keeper:
    """Is made when the files have just been read.

    arguments: the command line's. files: every one that was read or looked for. state: the file that a start may still
    change. directory: where it is kept; where nothing can be written, nothing is, and every start is an ordinary one.
    """

    def __init__(
        self, arguments: list[str], files: Iterable[Path], state: Path, directory: str, backend: str, log: Log
    ) -> None:
        self._arguments = arguments
        self._files = [str(file) for file in files]
        self._state = str(state)
        self._directory = directory
        self._backend = backend
        self._log = log
        self._read = conditions(arguments, self._files)

    def keep(self, commands: Sequence[Command]) -> None:
        """Keep the commands that gave the engine its route and its ports, unless a file has changed meanwhile."""
        if conditions(self._arguments, self._files) != self._read:
            return
        now = conditions(self._arguments, [*self._files, self._state])
        try:
            ports = glance(self._backend, ours=False)
            written = write_last(self._directory, LastStart(now, ports, self._backend, lines_of(commands)))
        except (OSError, BackendError) as error:
            self._log.debug("start_not_kept", says=f"the next start cannot go on here: {error}", reason=str(error))
        else:
            if written:
                self._log.debug("start_kept", says="the next start goes on here before it reads the files")
