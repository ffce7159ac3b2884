"""How a person names a MIDI port, and which ports are meant.

A port is known by its client, its own name, and both together, `client:port`. Names come in any case and
padded with blanks ("Minilab3 MIDI   "), so they are compared without either. The numbers that ALSA adds
("20:0") change at every plug and are never part of a name.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Protocol, Self, TypeVar

from a4bridge.core.words import printable

_ADDRESS: Final = re.compile(r"(?:^|\s)[0-9]+:[0-9]+\Z")
_NUMBER: Final = re.compile(r"\s*#([0-9]{1,3})\Z")
_GLOB: Final = re.compile(r"[*?\[]")


class Named(Protocol):
    """Anything that is called something the way a port is."""

    @property
    def client(self) -> str:
        """The device's or program's name."""

    @property
    def name(self) -> str:
        """The port's own name."""

    @property
    def title(self) -> str:
        """Both, `client:port`."""


_N = TypeVar("_N", bound=Named)


def strip_address(name: str) -> str:
    """Take the numbers off a name as RtMidi gives it: "X:Y 20:0" becomes "X:Y"."""
    return _ADDRESS.sub("", name)


def normalise(name: str) -> str:
    """Return what of a name is compared: no padding, single blanks, one case, and as it is shown to a person."""
    return shown(name).casefold()


def shown(name: str) -> str:
    """Return a name fit for a sentence; what a terminal would obey instead of print becomes U+FFFD."""
    line = " ".join(name.split())
    return line if line.isprintable() else printable(line)


def names_of(port: Named) -> tuple[str, str, str]:
    """Return the normalised names by which a port is exactly meant."""
    return normalise(port.client), normalise(port.name), normalise(port.title)


@dataclass(frozen=True, slots=True)
class Match:
    """One text by which a person means a port, or several; `parse` makes it, `text` is what the person wrote.

    It means the ports with exactly that name (client, port, or `client:port`). If there are none: with * ? or
    [ it is a glob, else a part of `client:port`. `#2` at the end means the second of these.

    pattern: the text to compare, without the number. number: from 1; None: it means all that fit.
    """

    text: str
    pattern: str
    number: int | None
    _whole: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a person's text; raises ValueError with a sentence for one that can mean no port for long."""
        number = _NUMBER.search(text)
        pattern = normalise(text[: number.start()] if number else text)
        if not pattern:
            raise ValueError(f"{text!r} names no port: write a name, a part of one, or a glob such as 'Key*'")
        if number and int(number[1]) == 0:
            raise ValueError(f"{text!r} counts from #0, but the first of equal names is #1")
        if _ADDRESS.search(pattern):
            raise ValueError(f"{text!r} ends in numbers that change at every plug: leave them out")
        return cls(text, pattern, int(number[1]) if number else None, normalise(text))

    def pick(self, ports: Sequence[_N]) -> list[_N]:
        """Return those of `ports` that are meant, in their order."""
        fitting, number = self.fitting(ports)
        return fitting if number is None else fitting[number - 1 : number]

    def fitting(self, ports: Sequence[_N]) -> tuple[list[_N], int | None]:
        """Return those of `ports` among which a number counts, in their order, and that number; None: all are meant."""
        # A device may itself be called "Synth #2".
        if whole := [port for port in ports if self._whole in names_of(port)]:
            return whole, None
        fitting = [port for port in ports if self.pattern in names_of(port)]
        return fitting or [port for port in ports if self._fits_loosely(port)], self.number

    def _fits_loosely(self, port: Named) -> bool:
        if _GLOB.search(self.pattern):
            return any(fnmatchcase(name, self.pattern) for name in names_of(port))
        return self.pattern in normalise(port.title)


def nearest(text: str, ports: Sequence[Named]) -> str | None:
    """Return the name of one of `ports` that looks most like `text`, or None if none does."""
    names = {normalise(name): name for port in ports for name in (port.title, port.name, port.client)}
    close = difflib.get_close_matches(normalise(text), names, n=1)
    return shown(names[close[0]]) if close else None


def text_for(port: Named, ports: Sequence[Named]) -> str:
    """Return the shortest text that means just this one of `ports`, or its title if none does."""
    names = [shown(name) for name in (port.client, port.name, port.title)]
    numbered = (
        f"{name}#{number}" for name in names for number, other in enumerate(_meant(name, ports), 1) if other is port
    )
    # Where names are made to be mistaken for each other, its place among all; of so many patterns one is nobody's name.
    patterns = ("*" * stars for stars in range(1, 3 * len(ports) + 2))
    placed = (f"{pattern}#{number}" for pattern in patterns for number, other in enumerate(ports, 1) if other is port)
    for text in (*names, *numbered, *placed):
        match _meant(text, ports):
            case [only] if only is port:
                return text
    return names[-1]


def _meant(text: str, ports: Sequence[Named]) -> list[Named]:
    try:
        return Match.parse(text).pick(ports)
    except ValueError:  # nobody may name a port so
        return []
