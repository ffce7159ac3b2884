"""The door of a page that the network can reach: a code opens it once, a cookie from then on.

Times are in seconds and come from outside. What is kept of a cookie is its hash: who reads the file can open nothing.
"""

import hashlib
import hmac
import json
import secrets
from collections import deque
from collections.abc import Callable
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any, Final

from a4bridge.core.writing import write_whole
from a4bridge.web.guard import address_of

CODE_DIGITS: Final = 8

PEER_TRIES: Final = 5
PEER_SECONDS: Final = 300.0
"""So many wrong codes from one address, or one network of IPv6, in so many seconds."""

TRIES: Final = 30
SECONDS: Final = 600.0
"""So many from all together: at this rate half of all codes take thirty years."""

SESSION_SECONDS: Final = 180 * 86_400.0
SESSIONS: Final = 32
"""How many phones are remembered; the one that was paired first is forgotten first."""

_LONGEST_FILE: Final = 65_536


class TooManyTriesError(Exception):
    """No code is looked at for now. seconds: until one is, at least 1."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = max(1, round(seconds + 0.5))


class Tries:
    """Counts wrong codes. It keeps no more than TRIES of them, however many come."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong: deque[tuple[float, str]] = deque(maxlen=TRIES)

    def check(self, peer: str) -> None:
        """Raise TooManyTriesError if nobody at the address `peer` may try a code now."""
        now = self._clock()
        while self._wrong and now - self._wrong[0][0] >= SECONDS:
            self._wrong.popleft()
        if len(self._wrong) >= TRIES:
            raise TooManyTriesError(SECONDS - (now - self._wrong[0][0]))
        network = _network(peer)
        theirs = [when for when, whose in self._wrong if whose == network and now - when < PEER_SECONDS]
        if len(theirs) >= PEER_TRIES:
            raise TooManyTriesError(PEER_SECONDS - (now - theirs[-PEER_TRIES]))

    def note(self, peer: str) -> None:
        """Take note of a wrong code."""
        self._wrong.append((self._clock(), _network(peer)))


class Sessions:
    """The phones that are paired, remembered in `file` if there is one.

    clock: seconds since 1970. One that stands in the past, as a Raspberry Pi's may after the start, ends no session.
    """

    def __init__(self, clock: Callable[[], float], file: Path | None) -> None:
        self._clock = clock
        self._file = file
        self._begun: dict[str, float] = _read(file) if file else {}

    def begin(self) -> str:
        """Return a new cookie; raises OSError if it is good, and could not be remembered."""
        cookie = secrets.token_urlsafe(32)
        self._begun[_hash(cookie)] = self._clock()
        while len(self._begun) > SESSIONS:
            del self._begun[next(iter(self._begun))]
        return cookie

    def holds(self, cookie: str) -> bool:
        """Tell whether a phone has this cookie from here."""
        begun = self._begun.get(_hash(cookie))
        return begun is not None and self._clock() - begun < SESSION_SECONDS

    def save(self) -> None:
        """Write the file; raises OSError."""
        if not self._file:
            return
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._file, json.dumps({"version": 1, "paired": self._begun}).encode(), 0o600)


class Door:
    """A code, who tried it, and who is in."""

    def __init__(self, code: str, tries: Tries, sessions: Sessions) -> None:
        self._code = code
        self._tries = tries
        self.sessions = sessions

    def opens_for(self, typed: str, peer: str) -> bool:
        """Tell whether what somebody at the address `peer` has typed is the code; raises TooManyTriesError."""
        self._tries.check(peer)
        digits = "".join(typed.split()).replace("-", "")
        if hmac.compare_digest(digits.encode("utf-8", "surrogatepass"), self._code.encode()):
            return True
        self._tries.note(peer)
        return False


def new_code() -> str:
    """Return a code that nobody can know."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def _network(peer: str) -> str:
    """Return whose address `peer` is: of IPv6 the network, for one phone has as many addresses as it likes there."""
    address = address_of(peer)
    if address is None:
        return "?"
    return str(address) if address.version == 4 else str(IPv6Network((address, 64), strict=False))  # noqa: PLR2004 - IPv4


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()


def _read(file: Path) -> dict[str, float]:
    """Return what was remembered; a file that is broken remembers nobody."""
    try:
        with file.open("rb") as opened:
            facts: Any = json.loads(opened.read(_LONGEST_FILE))
    except (OSError, ValueError):
        return {}
    match facts:
        case {"version": 1, "paired": dict(paired)}:
            known = {str(each): float(begun) for each, begun in paired.items() if isinstance(begun, int | float)}
            return dict([*known.items()][-SESSIONS:])
    return {}
