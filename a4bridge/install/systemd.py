"""The service under systemd: what its files say, and what systemd is asked and told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from a4bridge.core.shipped import shipped
from a4bridge.install.command import run
from a4bridge.install.files import MARK, File, RefusedError
from a4bridge.install.manager import Command, Scope, Standing
from a4bridge.install.program import Program

UNIT: Final = "a4bridge.service"
TEMPLATE_PROGRAM: Final = "/usr/bin/a4bridge"
"""What the units in systemd/ start, and what Debian's package has there."""

_ASKED: Final = ("LoadState", "UnitFileState", "ActiveState", "SubState", "Result", "ExecMainStatus", "StatusText")


@dataclass(frozen=True, slots=True)
class Systemd:
    """systemd's manager of the machine, or of this user.

    configuration: /etc, or the user's ~/.config. packaged: /usr/lib/systemd, where packages have their units.
    """

    scope: Scope
    configuration: Path
    packaged: Path = Path("/usr/lib/systemd")

    @property
    def provided_by_a_package(self) -> Path | None:
        """The unit of Debian's package, if that is installed: one of ours would hide it, and its upgrades with it."""
        unit = self.packaged / self.scope.value / UNIT
        return unit if unit.exists() else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The unit, an addition to a package's, and for the machine its user and the kernel's module."""
        return (*self._machine_files, self._unit, self._addition)

    def files(self, program: Program, profile: str | None) -> tuple[File, ...]:
        """Return what is to be there: all of it, or what a package's unit does not say."""
        if self.provided_by_a_package:
            return (File(self._addition, addition(profile)),) if profile else ()
        name = UNIT if self.scope is Scope.SYSTEM else "a4bridge.user.service"
        unit = File(self._unit, marked(with_program(_template(name), program.words, profile)))
        if self.scope is Scope.USER:
            return (unit,)
        others = (File(path, marked(_template(path.parent.name, path.name))) for path in self._machine_files)
        return (*others, unit)

    def standing(self) -> Standing:
        """Ask systemd."""
        shown = run((*self._systemctl, "show", UNIT, f"--property={','.join(_ASKED)}"))
        return standing(dict(line.split("=", 1) for line in shown.splitlines() if "=" in line))

    def starting(self, standing: Standing) -> tuple[Command, ...]:  # noqa: ARG002 - systemd needs no other order
        """Return what makes the files count and starts the service."""
        machine: tuple[Command, ...] = ()
        if self._machine_files and not self.provided_by_a_package:
            # The unit has the module loaded, too; but that a kernel has none is better said now.
            machine = (("systemd-sysusers", str(self._machine_files[0])), ("modprobe", "snd-seq"))
        return (
            *machine,
            (*self._systemctl, "daemon-reload"),
            (*self._systemctl, "enable", UNIT),
            (*self._systemctl, "restart", UNIT),
        )

    def stopping(self, standing: Standing) -> tuple[Command, ...]:
        """Return what stops the service, if there is one."""
        return ((*self._systemctl, "disable", "--now", UNIT),) if standing.installed else ()

    @property
    def forgetting(self) -> tuple[Command, ...]:
        """What makes the removal of files count."""
        return ((*self._systemctl, "daemon-reload"),)

    @property
    def log(self) -> tuple[Command, Command]:
        """The journal of the unit. A user's unit is looked up in the machine's journal, where there is no other."""
        show = ("journalctl", "--unit" if self.scope is Scope.SYSTEM else "--user-unit", UNIT, "--lines=100")
        return (*show, "--no-pager"), (*show, "--follow")

    @property
    def _systemctl(self) -> Command:
        return ("systemctl",) if self.scope is Scope.SYSTEM else ("systemctl", "--user")

    @property
    def _unit(self) -> Path:
        return self.configuration / "systemd" / self.scope.value / UNIT

    @property
    def _addition(self) -> Path:
        return self._unit.with_name(f"{UNIT}.d") / "profile.conf"

    @property
    def _machine_files(self) -> tuple[Path, ...]:
        if self.scope is Scope.USER:
            return ()
        return tuple(self.configuration / folder / "a4bridge.conf" for folder in ("sysusers.d", "modules-load.d"))


def _template(*parts: str) -> str:
    return shipped("systemd", *parts).read_text(encoding="utf-8")


def marked(text: str) -> str:
    """Return the text of a file of systemd's with the mark of an installation."""
    return f"# {MARK}\n{text}"


def with_program(unit: str, words: tuple[str, ...], profile: str | None) -> str:
    """Return a template with the program that it is to start, and the profile that it is to begin with."""
    if set(words[0]) & set("'\"\\"):  # systemd has its own rule: string_is_safe() in src/basic/string-util.c
        raise RefusedError(f"systemd starts no program with a quotation mark or a backslash in its path: {words[0]}")
    program = " ".join((_quoted(words[0]), *map(word, words[1:])))
    run_it = f"ExecStart={TEMPLATE_PROGRAM} run\n"
    assert run_it in unit
    text = unit.replace(run_it, f"ExecStart={program} run{_beginning_with(profile)}\n")
    return text.replace(f"={TEMPLATE_PROGRAM} ", f"={program} ")


def addition(profile: str) -> str:
    """Return what is added to a package's unit, so that it begins with `profile`."""
    start = f"{TEMPLATE_PROGRAM} run{_beginning_with(profile)}"
    return marked(f"[Service]\nExecStart=\nExecStart={start}\n")


def _beginning_with(profile: str | None) -> str:
    return f" --default {word(profile)}" if profile else ""


def word(text: str) -> str:
    """Return a word of a command line as a unit has it (systemd.service(5), "Command lines")."""
    return _quoted(text).replace("$", "$$")


def _quoted(text: str) -> str:
    """As `word`, for the first: in the name of the program no variable is looked for."""
    if not text.isprintable():
        raise RefusedError(f"{text!a} cannot stand in a unit, because not all of it is printable")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if set(text) & set(" '\"\\;") else text


def standing(shown: dict[str, str]) -> Standing:
    """Return what `systemctl show` tells of the unit."""
    if shown.get("LoadState") != "loaded":
        return Standing()
    enabled = shown.get("UnitFileState", "") in {"enabled", "enabled-runtime"}
    active, detail = shown.get("ActiveState", ""), shown.get("SubState", "")
    running = active in {"active", "reloading"}
    says = "running" if running else active
    if active == "activating":
        says = "between two tries to start" if detail == "auto-restart" else "starting"
    if active == "failed" or detail == "auto-restart":
        status = shown.get("ExecMainStatus", "")
        says += f" (exit code {status})" if shown.get("Result") == "exit-code" else f" ({shown.get('Result')})"
    if running and (text := shown.get("StatusText", "").strip()):  # it outlives the service
        says += f", {text}"
    return Standing(True, enabled, running, f"{'enabled' if enabled else 'not enabled'}, {says}")
