"""What installing needs to know of a system's service manager; systemd and launchd are two."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from a4bridge.install.files import File
from a4bridge.install.program import Program

Command = tuple[str, ...]


class Scope(Enum):
    """For whom the service runs."""

    SYSTEM = "system"
    USER = "user"

    @property
    def whose(self) -> str:
        """Say it in a sentence."""
        return "for the whole machine" if self is Scope.SYSTEM else "for this user"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the service stands."""

    installed: bool = False
    enabled: bool = False
    """It is started with the machine, or with the user's session."""
    running: bool = False
    says: str = "not installed"
    """In a few words, with what the service itself says of what it does."""


class Manager(Protocol):
    """A service manager, for one scope. Everything that asks or tells it something raises InstallError."""

    @property
    def scope(self) -> Scope:
        """For whom."""

    @property
    def provided_by_a_package(self) -> Path | None:
        """The unit that came with a package of the system's and is used instead of one of ours."""

    @property
    def paths(self) -> Sequence[Path]:
        """Every file that an installation may have written."""

    def files(self, program: Program, profile: str | None) -> Sequence[File]:
        """Return what is to be there: for `program`, beginning with `profile` where none is remembered."""

    def standing(self) -> Standing:
        """Ask how the service stands."""

    def starting(self, standing: Standing) -> Sequence[Command]:
        """Return what makes the files count and starts the service by them, also if it runs by others."""

    def stopping(self, standing: Standing) -> Sequence[Command]:
        """Return what stops the service and keeps it from being started; before its files are removed."""

    @property
    def forgetting(self) -> Sequence[Command]:
        """What makes the removal of files count."""

    @property
    def log(self) -> tuple[Command, Command]:
        """What prints the log: its end, and then also what comes."""
