"""A running bridge, kept from playing what is played while something is learned."""

import select
from collections.abc import Iterator
from pathlib import Path

from a4bridge.control.client import Connection, ControlError, NotRunningError, places
from a4bridge.control.wire import Hush


class Quiet:
    """Keeps a running bridge from playing what is played here, for as long as this is there."""

    def __init__(self, socket: Path | None) -> None:
        self._socket = socket
        self._told = ""
        self.connection: Connection | None = None

    def keep(self) -> Iterator[str]:
        """Hush a bridge that has come; yields what is to be said of it."""
        if self.connection:
            if not select.select([self.connection], [], [], 0)[0]:
                return
            self.close()
            yield "The bridge has ended."
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
        yield f"A bridge is running ({connection.place}). Until this ends, it plays nothing."

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
