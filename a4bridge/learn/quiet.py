"""A running bridge, kept from playing what is played while something is learned."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from a4bridge.control.client import Connection, ControlError, NotRunningError, places
from a4bridge.control.wire import Hush

_AGAIN_SECONDS: Final = 1.0
"""How often it is asked for again; a bridge waits longer for that (docs/control.md), so as to bear a slow computer."""


class Quiet:
    """Keeps a running bridge from playing what is played here, for as long as `keep` is called often enough."""

    def __init__(self, socket: Path | None) -> None:
        self._socket = socket
        self._told = ""
        self._next = 0.0
        self._is_asked = False
        self.connection: Connection | None = None

    def keep(self) -> Iterator[str]:
        """Hush a bridge that has come, and go on hushing one that is there; yields what is to be said of it."""
        if self.connection:
            try:
                self._go_on(self.connection)
            except NotRunningError:
                yield "The bridge has ended."
            except ControlError as error:
                yield f"The bridge has played again meanwhile ({error})."
            else:
                return
            self.close()
        try:
            connection = Connection.to_first(places(self._socket))
        except NotRunningError:
            return
        except ControlError as error:
            yield from self._not_hushed(str(error))
            return
        try:
            connection.ask(Hush())
        except ControlError as error:
            with connection:
                yield from self._not_hushed(f"{connection.place}: {error}")
            return
        self.connection = connection
        self._next, self._is_asked = time.monotonic() + _AGAIN_SECONDS, False
        yield f"A bridge is running ({connection.place}). Until this ends, it plays nothing."

    def _go_on(self, connection: Connection) -> None:
        """Ask again if it is time; raises NotRunningError where the bridge has ended, ControlError if the hush has."""
        for answer in connection.arrived():
            connection.checked(answer)
            self._is_asked = False
        if not self._is_asked and time.monotonic() >= self._next:
            connection.send(Hush())
            self._next, self._is_asked = time.monotonic() + _AGAIN_SECONDS, True

    def _not_hushed(self, reason: str) -> Iterator[str]:
        says = (
            f"A bridge is running and cannot be kept quiet ({reason}): what you press is played, and may be recorded. "
            "Stop it, or the recording, first."
        )
        if says != self._told:
            yield says
        self._told = says

    def close(self) -> None:
        """Let it play again."""
        if self.connection:
            self.connection.__exit__()
        self.connection = None
