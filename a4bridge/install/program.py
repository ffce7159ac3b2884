"""How this very program is started: what a unit is to call, and what of the disk that needs."""

import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import a4bridge
from a4bridge.core.shipped import shipped


@dataclass(frozen=True, slots=True)
class Program:
    """A command, and the files and folders that its user must be able to read."""

    words: tuple[str, ...]
    needs: tuple[Path, ...]

    @classmethod
    def running(cls, name: str) -> Self:
        """Return how to start what runs now; `name` is sys.argv[0].

        Links are kept: pipx's in /usr/local/bin outlives an upgrade, what it points to need not.
        """
        start = Path(name).absolute()
        words: tuple[str, ...] = (str(start),)
        if start.name == "__main__.py":
            words = (sys.executable, "-P", "-m", "a4bridge")
        libraries = sysconfig.get_paths()
        places = (
            *(Path(words[0]), Path(sys.executable), Path(os.__file__), Path(a4bridge.__file__)),
            *(shipped("config", "profiles"), Path(libraries["purelib"]), Path(libraries["platlib"])),
        )
        return cls(words, tuple(dict.fromkeys(places)))
