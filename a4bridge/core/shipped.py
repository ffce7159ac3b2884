"""Files that come with the program and that a person may want to read: config/ and systemd/."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_INSTALLED: Final = _PACKAGE / "_shipped"


def shipped(*parts: str) -> Path:
    """Name a shipped file or folder, such as "config", "profiles".

    An installed package has them inside, a checkout at its top.
    """
    return (_INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent).joinpath(*parts)
