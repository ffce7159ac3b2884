"""Installing and uninstalling: bring the files to what is wanted, then have the service manager act on them.

Done twice, the second changes nothing. Nothing is changed before all that can be known to be wrong has been looked for.
"""

import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from a4bridge.install.access import Reader
from a4bridge.install.command import run
from a4bridge.install.files import File, InstallError, RefusedError, State, is_ours, remove
from a4bridge.install.manager import Command, Manager, Standing
from a4bridge.install.program import Program

Say = Callable[[str], None]

PROFILES: Final = Path("/etc/a4bridge/profiles")
"""Where a profile of one's own must be for the machine's service to find it by name."""


def install(manager: Manager, program: Program, profile: str | None, say: Say, *, dry_run: bool = False) -> None:
    """Install the service, or bring an earlier installation up to date, and start it; raises InstallError."""
    standing = _standing(manager, dry_run)
    _refuse_foreign(manager.paths)
    wanted = manager.files(program, profile)
    if package := manager.provided_by_a_package:
        say(f"{'would use' if dry_run else 'using'} {package}, which came with a package")
    changed = _bring_about(wanted, manager.paths, say, dry_run)
    if standing.enabled and standing.running and not changed:
        say(f"already so: {standing.says}")
        return
    try:
        _run_all(manager.starting(standing), say, dry_run)
    except InstallError as error:
        raise InstallError(f"{error}; `a4bridge service logs` may say why") from error
    if not dry_run:
        say(f"a4bridge is installed {manager.scope.whose}: {manager.standing().says}")


def uninstall(manager: Manager, say: Say, *, dry_run: bool = False) -> None:
    """Stop the service and undo what an installation did; raises InstallError."""
    standing = _standing(manager, dry_run)
    _refuse_foreign(manager.paths)
    there = [path for path in manager.paths if is_ours(path)]
    if not there and not (manager.provided_by_a_package and (standing.enabled or standing.running)):
        say(f"already so: a4bridge is not installed {manager.scope.whose}")
        return
    _run_all(manager.stopping(standing), say, dry_run)
    _bring_about((), there, say, dry_run)
    _run_all(manager.forgetting, say, dry_run)


def refuse_unreadable(program: Program, reader: Reader) -> None:
    """Raise RefusedError if the machine's service could not run `program`."""
    for need in program.needs:
        if place := reader.kept_out_by(need, runs=str(need) in program.words):
            raise RefusedError(
                f"the service's user cannot run {program.words[0]}, because {place} is closed to it; "
                "install a4bridge for everybody, with `sudo pipx install --global`, and let that one install the "
                "service"
            )


def refuse_unreadable_profile(file: Path, reader: Reader) -> None:
    """Raise RefusedError if the machine's service could not read the profile `file`."""
    if place := reader.kept_out_by(file):
        remedy = f"copy it to {PROFILES}, say --profile {file.stem}"
        if place == file.resolve():
            remedy = f"`sudo chmod a+r {shlex.quote(str(file))}`"
        raise RefusedError(f"the service's user cannot read {file}, because {place} is closed to it; {remedy}")


def _standing(manager: Manager, dry_run: bool) -> Standing:
    """Ask how the service stands. What would be written can be said also where no manager runs, as in a chroot."""
    if not dry_run:
        return manager.standing()
    with suppress(InstallError):
        return manager.standing()
    return Standing()


def _refuse_foreign(paths: Iterable[Path]) -> None:
    for path in paths:
        if File(path, "").state is State.FOREIGN:
            raise RefusedError(f"{path} was not written by `a4bridge service install`; move it away, then try again")


def _bring_about(wanted: Sequence[File], paths: Iterable[Path], say: Say, dry_run: bool) -> bool:
    """Write what is wanted and remove what else of `paths` is ours; tells whether anything changed, or would have."""
    changed = False
    for file in wanted:
        if file.state is State.SAME:
            say(f"already so: {file.path}")
            continue
        changed = True
        if dry_run:
            say(f"would write {file.path}:\n\n{file.text}")
        else:
            file.write()
            say(f"wrote {file.path}")
    for path in paths:
        if path not in {file.path for file in wanted} and is_ours(path):
            changed = True
            if not dry_run:
                remove(path)
            say(f"{'would remove' if dry_run else 'removed'} {path}")
    return changed


def _run_all(commands: Iterable[Command], say: Say, dry_run: bool) -> None:
    for command in commands:
        if not dry_run:
            run(command)
        say(f"{'would run' if dry_run else 'ran'} {shlex.join(command)}")
