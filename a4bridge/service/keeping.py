"""Keeps what a start came to, for the next one to go on there (a4bridge.service.resuming)."""

from collections.abc import Callable, Sequence

from a4bridge.backend.base import BackendError
from a4bridge.core.library import Library
from a4bridge.core.records import replaced
from a4bridge.engine.protocol import Command
from a4bridge.ports.glance import glance
from a4bridge.service.last_start import Conditions, LastStart, conditions, lines_of, write_last
from a4bridge.service.log import Log
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Routing, RoutingError

Keep = Callable[[Routing, Sequence[Command]], None]
"""Takes note of a routing that has linked something, and of the commands that did it."""


class Keeper:
    """Where nothing can be written, nothing is kept, and every start is an ordinary one.

    arguments: the command line's. named: the profile that they or the settings name. fixed: the routing that they lead
    to whatever is remembered, if they do. directory: where it is kept, beside the memory's file.
    """

    def __init__(
        self,
        arguments: list[str],
        named: str,
        fixed: Routing | None,
        library: Library,
        memory: Memory,
        directory: str,
        backend: str,
        log: Log,
    ) -> None:
        self._arguments = arguments
        self._named = named
        self._fixed = fixed
        self._library = library
        self._memory = memory
        self._directory = directory
        self._backend = backend
        self._log = log
        self._kept: tuple[str, LastStart] | None = None
        """And the output that was remembered then."""

    def keep(self, routing: Routing, commands: Sequence[Command]) -> None:
        """Keep the commands that gave the engine its route and its ports, if the next start will come to the same."""
        try:
            if (last := self._next_start(routing, commands)) is None:
                return
            written = write_last(self._directory, last)
        except (OSError, BackendError) as error:
            self._log.debug("start_not_kept", says=f"the next start cannot go on here: {error}", reason=str(error))
            return
        self._kept = self._memory.last_output, last
        if written:
            self._log.debug("start_kept", says="the next start goes on here before it reads the files")

    def _next_start(self, routing: Routing, commands: Sequence[Command]) -> LastStart | None:
        """Return what the next start will come to, if that can be told; raises OSError, BackendError."""
        now = self._conditions()
        if not self._memory.is_written or not self._is_as_written(self._fixed or routing):
            return None
        if self._fixed is None or self._fixed == routing:
            last = LastStart(now, glance(self._backend, ours=False), self._backend, lines_of(commands))
        elif self._kept and self._kept[0] == self._memory.last_output:
            # What was switched to is remembered, and this command line will not ask for it.
            last = replaced(self._kept[1], conditions=now)
        else:
            return None
        return last if self._conditions() == now else None

    def _is_as_written(self, routing: Routing) -> bool:
        try:
            return routing.again(self._library) == routing
        except RoutingError:
            return False

    def _conditions(self) -> Conditions:
        """Return the conditions, with every file that a start would read or look for."""
        chosen = self._memory.chosen
        names = [self._named, *([chosen.profile] if chosen else [])]
        profiles = [file for name in names for file in self._library.files_called(name)]
        files = [*self._library.settings_files, *profiles, self._memory.path]
        return conditions(self._arguments, map(str, files))
