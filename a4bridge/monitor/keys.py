"""What a person types, from the bytes of a terminal."""

import re
from codecs import getincrementaldecoder
from typing import Final

UP: Final = "up"
DOWN: Final = "down"
PAGE_UP: Final = "page up"
PAGE_DOWN: Final = "page down"
END: Final = "end"
ESCAPE: Final = "escape"
ENTER: Final = "enter"
BACKSPACE: Final = "backspace"
CLEAR: Final = "clear"

_SEQUENCE: Final = re.compile(r"\x1b(?:[\[O][0-9;?]*[ -/]*[@-~])|.", re.DOTALL)
_NAMED: Final = {"A": UP, "B": DOWN, "F": END, "5~": PAGE_UP, "6~": PAGE_DOWN, "4~": END, "8~": END}
_CONTROLS: Final = {"\x1b": ESCAPE, "\r": ENTER, "\n": ENTER, "\x7f": BACKSPACE, "\x08": BACKSPACE, "\x15": CLEAR}


class KeyReader:
    """Reads keys; a character that comes in pieces is kept until it is whole."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def read(self, typed: bytes) -> list[str]:
        """Return the keys: a printable character as itself, others by their names; what has none is left out."""
        keys = []
        for found in _SEQUENCE.findall(self._decoder.decode(typed)):
            if len(found) > 1:
                keys.append(_NAMED.get(found[2:], ""))
            elif found in _CONTROLS:
                keys.append(_CONTROLS[found])
            elif found.isprintable():
                keys.append(found)
        return [key for key in keys if key]
