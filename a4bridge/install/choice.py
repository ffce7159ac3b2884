"""Which service manager this system has, and which scope is meant."""

import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

from a4bridge.install.files import InstallError, RefusedError
from a4bridge.install.launchd import Launchd
from a4bridge.install.manager import Manager, Scope
from a4bridge.install.systemd import UNIT, Systemd


def manager_for(scope: Scope, environment: Mapping[str, str] = os.environ) -> Manager:
    """Return what manages services `scope`; raises InstallError where there is nothing that does."""
    home = Path(environment.get("HOME") or Path.home())
    if shutil.which("systemctl"):
        if scope is Scope.SYSTEM:
            return Systemd(scope, Path("/etc"))
        given = Path(environment.get("XDG_CONFIG_HOME", ""))
        return Systemd(scope, given if given.is_absolute() else home / ".config")
    if shutil.which("launchctl"):
        if scope is Scope.SYSTEM:
            raise RefusedError("on macOS MIDI belongs to a user's session, so only --user can be installed there")
        return Launchd(home, os.getuid())
    raise InstallError("this system has neither systemd nor launchd; start `a4bridge run` by whatever it has instead")


def scope_for(system: bool, user: bool) -> Scope:
    """Return the scope that was asked for: without a word, root means the whole machine and anybody else themselves."""
    if system and user:
        raise RefusedError("--system and --user exclude each other: two bridges would double every note")
    if system or user:
        return Scope.SYSTEM if system else Scope.USER
    return Scope.SYSTEM if os.getuid() == 0 and shutil.which("systemctl") else Scope.USER


def refuse_second(scope: Scope, environment: Mapping[str, str] = os.environ) -> None:
    """Raise RefusedError if the service is enabled in the other scope: two bridges would double every note."""
    if scope is Scope.USER:
        if shutil.which("systemctl") and Systemd(Scope.SYSTEM, Path("/etc")).standing().enabled:
            raise RefusedError(
                "a4bridge is enabled for the whole machine already, and two bridges would double every note; "
                "to have it for this user instead: sudo a4bridge service uninstall --system"
            )
        return
    # Of the users the one who typed `sudo` is known; their manager cannot be asked from here.
    try:
        person = pwd.getpwuid(int(environment.get("SUDO_UID", "")))
    except (KeyError, ValueError):
        return
    if (Path(person.pw_dir) / ".config/systemd/user/default.target.wants" / UNIT).is_symlink():
        raise RefusedError(
            f"a4bridge is enabled for the user {person.pw_name} already, and two bridges would double every note; "
            "first, and without sudo: a4bridge service uninstall --user"
        )
