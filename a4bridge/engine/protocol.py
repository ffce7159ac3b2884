"""What the service and the engine say to each other: a JSON object a line, on the engine's standard input and output.

The service numbers its commands and the engine answers each, in order, with the same number. What the engine says
unasked has the number 0. End of file on the engine's input means that the service is gone.
"""

import json
from typing import Any, Final

from a4bridge.core.records import Record, as_data, each_its_own, names_of

VERSION: Final = 2

NO_TRANSPORT: Final = 3
"""The engine's exit code where its transport cannot be used; the reason is on its standard error."""


class ProtocolError(Exception):
    """A line was no message of this version; the text says what it was."""


class SetRoute(Record):
    """Go by `route` (see Route.to_data) from now on; the open inputs are now these `sources` of it, by slot as text."""

    route: dict[str, Any]
    sources: dict[str, list[int]] = each_its_own(factory=dict)


class OpenInput(Record):
    """Open the input that the transport calls `name` as `slot` (0-31); or make one of that name, for other programs.

    sources: which of the inputs that the route's profile names it is, counted from 0.
    """

    slot: int
    name: str
    sources: list[int] = each_its_own(factory=list)
    virtual: bool = False


class CloseInput(Record):
    """Release what input `slot` holds, then close it."""

    slot: int


class OpenOutput(Record):
    """Open the output that the transport calls `name`, release what may sound there, and send there.

    bytes_per_second: what the cable behind it carries, a MIDI cable 3,125; 0: the output keeps up with everything.
    """

    name: str
    bytes_per_second: int = 0


class CloseOutput(Record):
    """Release everything and close the output; or, where it is lost already, keep in the ledger what may sound."""

    lost: bool


class Panic(Record):
    """Release everything, then send a note-off for every note of `channel` (1-16), and CC 123."""

    channel: int


class Ping(Record):
    """Answer, and bring the page up to date."""


class Stop(Record):
    """Release everything, let it drain, answer, and end."""


Command = SetRoute | OpenInput | CloseInput | OpenOutput | CloseOutput | Panic | Ping | Stop


class Answer(Record):
    """The command with that number was carried out; `error` is a sentence where it could not be.

    released: notes that the command ended.
    """

    error: str = ""
    released: int = 0


class Ready(Record):
    """The engine is up. Each text says why something it asked of the system was refused; empty: granted.

    released: notes of an earlier engine that it ended, before anything else, at the output that it was started with.
    """

    fifo: str
    memory: str
    released: int = 0


class Trouble(Record):
    """Something went wrong that no command asked for."""

    text: str


class Bound(Record):
    """An event was played that is bound to an action (see Route.bindings), which is the service's to carry out."""

    action: str
    argument: str


class Looped(Record):
    """Input `slot` brings back what is sent: its events are dropped from now on; or, where not `cut`, pass again."""

    slot: int
    cut: bool


class Doubled(Record):
    """The inputs `slot` and `other` bring the same notes, as one keyboard does by two ways; both still pass."""

    slot: int
    other: int


Said = Answer | Ready | Trouble | Bound | Looped | Doubled
Message = Command | Said

_KINDS: Final[dict[str, type[Message]]] = {
    kind.__name__: kind
    for kind in (
        SetRoute,
        OpenInput,
        CloseInput,
        OpenOutput,
        CloseOutput,
        Panic,
        Ping,
        Stop,
        Answer,
        Ready,
        Trouble,
        Bound,
        Looped,
        Doubled,
    )
}


def encode(number: int, message: Message) -> bytes:
    """Write `message` as a line."""
    data = {"version": VERSION, "number": number, "kind": type(message).__name__, **as_data(message)}
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


PING: Final = encode(0, Ping())
PONG: Final = encode(0, Answer())
"""The service's question eight times a second and its answer, ready-made, as every note that comes meanwhile waits: the
engine takes 0.05 ms for it so, and took 0.17. The answer comes unasked, too, from a command that takes long."""


def decode(line: bytes) -> tuple[int, Message]:
    """Read a line; raises ProtocolError."""
    try:
        data = json.loads(line)
        if data["version"] != VERSION:
            raise ProtocolError(f"version {data['version']!r} is spoken, not {VERSION}")
        kind = _KINDS[data["kind"]]
        return int(data["number"]), kind(**{name: data[name] for name in names_of(kind)})
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ProtocolError(f"not a message: {line[:200]!r} ({error})") from error
