"""Import a library without a part of it that is never used here, to stay small on a Raspberry Pi."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def without(name: str, stand_in: ModuleType | None = None) -> Iterator[None]:
    """Let what is imported meanwhile find a stand-in for the named module, or that there is no such module.

    A module that is loaded already stays, and is what they find.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = stand_in  # type: ignore[assignment] # None is how import is told that there is none
    try:
        yield
    finally:
        del sys.modules[name]


def without_plugins() -> ModuleType:
    """Return what stands in for importlib.metadata, in which pydantic looks for plug-ins: there are none.

    The real one reads every installed package's record and brings half of email and zipfile with it.
    """
    metadata = ModuleType("importlib.metadata")
    metadata.entry_points = metadata.distributions = lambda **_: ()  # type: ignore[attr-defined]
    return metadata
