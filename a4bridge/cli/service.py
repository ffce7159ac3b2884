"""`a4bridge service`: have the bridge started by systemd or launchd."""

import grp
import os
import pwd
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import click

from a4bridge.cli.exits import FAILED, NOT_RUNNING, WRONG, end
from a4bridge.core.library import Library, UnknownProfileError
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import FileErrors, read
from a4bridge.install import procedure
from a4bridge.install.access import Reader
from a4bridge.install.choice import manager_for, refuse_second, scope_for
from a4bridge.install.files import InstallError, RefusedError
from a4bridge.install.manager import Manager, Scope, Standing
from a4bridge.install.program import Program

_USER: Final = "a4bridge"
_GROUP: Final = "audio"
_NONE: Final = "a4bridge is not installed as a service; `a4bridge service install` does that."
_LEFT: Final = {
    Scope.SYSTEM: "Left as they are: profiles and settings in /etc/a4bridge, what is remembered in /var/lib/a4bridge, "
    "and the user a4bridge.",
    Scope.USER: "Left as they are: your profiles and settings, and what is remembered.",
}


def install(system: bool, user: bool, profile: str | None, dry_run: bool) -> None:
    """Install the service and start it, or say why not."""
    with _told():
        scope = scope_for(system, user)
        manager = manager_for(scope)
        program = Program.running(sys.argv[0])
        reader = _service_user()
        if scope is Scope.SYSTEM and not manager.provided_by_a_package:
            procedure.refuse_unreadable(program, reader)
        profile = checked_profile(profile, scope, reader)
        if not dry_run:
            _want_root(scope, program, "install", *(("--profile", profile) if profile else ()))
            refuse_second(scope)
        procedure.install(manager, program, profile, click.echo, dry_run=dry_run)


def uninstall(system: bool, user: bool, dry_run: bool) -> None:
    """Take the service away again, or say why not."""
    with _told():
        scope = scope_for(system, user)
        manager = manager_for(scope)
        if not dry_run:
            _want_root(scope, Program.running(sys.argv[0]), "uninstall")
        procedure.uninstall(manager, click.echo, dry_run=dry_run)
        click.echo(_LEFT[scope])


def status(system: bool, user: bool) -> None:
    """Print a line for each scope that has the service; ends with NOT_RUNNING if it runs in none."""
    with _told():
        found = found_services(system, user)
        for manager, standing in found:
            click.echo(f"{manager.scope.whose}: {standing.says}")
        if not found:
            end(_NONE, NOT_RUNNING)
        if not any(standing.running for _, standing in found):
            raise SystemExit(NOT_RUNNING)


def logs(system: bool, user: bool, follow: bool) -> None:
    """Become the program that prints the log."""
    with _told():
        if not (found := found_services(system, user)):
            end(_NONE, NOT_RUNNING)
        command = found[0][0].log[follow]
        try:
            os.execvp(command[0], command)  # noqa: S606 - a fixed command, as which this program goes on
        except OSError as error:
            raise InstallError(f"`{command[0]}` cannot be run: {error.strerror}") from error


def found_services(system: bool, user: bool) -> list[tuple[Manager, Standing]]:
    """Return each manager that has the service: of the scope that was asked for, or of both, the likelier one first."""
    likely = scope_for(system, user)
    scopes = [likely] if system or user else sorted(Scope, key=lambda scope: scope is not likely)
    found, errors = [], []
    for scope in scopes:
        try:
            manager = manager_for(scope)
            if (standing := manager.standing()).installed:
                found.append((manager, standing))
        except InstallError as error:  # a user who is not logged in has no manager; macOS has none for the machine
            errors.append(error)
    if len(errors) == len(scopes):
        raise errors[0]
    return found


def checked_profile(profile: str | None, scope: Scope, reader: Reader) -> str | None:
    """Return the profile as the service will find it.

    Raises FileErrors and UnknownProfileError if it, or the settings, are wrong, RefusedError if it is not for the
    service.
    """
    own, everybodys = Library.standard(os.environ), Library.standard({})
    library = own if scope is Scope.USER else everybodys
    Settings.load(library.settings())
    if profile is None:
        return None
    try:
        file = library.find(profile)
    except UnknownProfileError:
        if scope is Scope.SYSTEM:  # perhaps it is in the folder of the person who types this
            procedure.refuse_unreadable_profile(own.find(profile), reader)
        raise
    read(file, Profile)
    if scope is Scope.SYSTEM:
        procedure.refuse_unreadable_profile(file.absolute(), reader)
    return str(file.absolute()) if file == Path(profile) else profile


def _service_user() -> Reader:
    """Return what can be known of the machine's service's user; before it is installed there is none."""
    user, groups = None, set()
    with suppress(KeyError):
        user = pwd.getpwnam(_USER).pw_uid
    for name in (_USER, _GROUP):
        with suppress(KeyError):
            groups.add(grp.getgrnam(name).gr_gid)
    return Reader(user, frozenset(groups))


def _want_root(scope: Scope, program: Program, verb: str, *options: str) -> None:
    if scope is Scope.SYSTEM and os.geteuid() != 0:
        command = shlex.join((*program.words, "service", verb, "--system", *options))
        raise InstallError(f"only root can do that for the whole machine: sudo {command}")


@contextmanager
def _told() -> Iterator[None]:
    """End with the sentence that says what is wrong."""
    try:
        yield
    except (FileErrors, UnknownProfileError) as error:
        end(str(error), WRONG)
    except RefusedError as error:
        end(f"{error}.", WRONG)
    except InstallError as error:
        end(f"{error}.", FAILED)
