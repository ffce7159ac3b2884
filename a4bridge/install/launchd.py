"""The service under macOS's launchd, as an agent of the user's. Written from its manuals, never tried on a Mac."""

import plistlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from a4bridge.core.shipped import shipped
from a4bridge.install.command import answer_of
from a4bridge.install.files import MARK, File
from a4bridge.install.manager import Command, Scope, Standing
from a4bridge.install.program import Program

LABEL: Final = "org.a4bridge"


@dataclass(frozen=True, slots=True)
class Launchd:
    """launchd's domain of this user's session; `home` is the user's, `user` the number."""

    home: Path
    user: int
    scope: Scope = Scope.USER

    @property
    def provided_by_a_package(self) -> Path | None:
        """No package of a4bridge for macOS has an agent."""
        return None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The agent."""
        return (self.home / "Library/LaunchAgents" / f"{LABEL}.plist",)

    def files(self, program: Program, profile: str | None) -> tuple[File, ...]:
        """Return the agent."""
        template = shipped("systemd", f"{LABEL}.plist").read_bytes()
        return (File(self.paths[0], agent(template, program.words, profile, self._log_file)),)

    def standing(self) -> Standing:
        """Ask launchd; it fails where it has no such agent."""
        if not self.paths[0].exists():
            return Standing()
        code, printed, _ = answer_of(("launchctl", "print", self._target))
        if code:
            return Standing(True, False, False, "not loaded")
        process = re.search(r"^\s*pid = (\d+)", printed, re.MULTILINE)
        return Standing(True, True, bool(process), f"loaded, {f'process {process[1]}' if process else 'not running'}")

    def starting(self, standing: Standing) -> tuple[Command, ...]:
        """Return what loads the agent anew: launchd reads it only then."""
        unload = (("launchctl", "bootout", self._target),) if standing.enabled else ()
        return (*unload, ("launchctl", "bootstrap", self._domain, str(self.paths[0])))

    def stopping(self, standing: Standing) -> tuple[Command, ...]:
        """Return what unloads the agent."""
        return (("launchctl", "bootout", self._target),) if standing.enabled else ()

    @property
    def forgetting(self) -> tuple[Command, ...]:
        """Nothing: an agent that is not loaded is not known."""
        return ()

    @property
    def log(self) -> tuple[Command, Command]:
        """The file that launchd puts standard error into."""
        show = ("tail", "-n", "100")
        return (*show, str(self._log_file)), (*show, "-F", str(self._log_file))

    @property
    def _domain(self) -> str:
        return f"gui/{self.user}"

    @property
    def _target(self) -> str:
        return f"{self._domain}/{LABEL}"

    @property
    def _log_file(self) -> Path:
        return self.home / "Library/Logs/a4bridge.log"


def agent(template: bytes, words: tuple[str, ...], profile: str | None, log: Path) -> str:
    """Return the template with the program that it is to start, the profile to begin with, and where the log goes."""
    facts = plistlib.loads(template)
    facts["ProgramArguments"] = [*words, "run", *(("--default", profile) if profile else ())]
    facts["StandardErrorPath"] = str(log)
    facts["Comment"] = MARK
    return plistlib.dumps(facts, sort_keys=False).decode()
