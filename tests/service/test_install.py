"""Installing for the whole machine, in a folder that stands in for /etc and on a made-up systemd."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_system import FakeSystem

from a4bridge.install.access import Reader
from a4bridge.install.files import MARK, InstallError, RefusedError
from a4bridge.install.manager import Scope
from a4bridge.install.procedure import install, refuse_unreadable, refuse_unreadable_profile, uninstall
from a4bridge.install.program import Program
from a4bridge.install.systemd import Systemd

PROGRAM = Program(("/usr/local/bin/a4bridge",), ())


@dataclass
class Machine:
    system: FakeSystem
    manager: Systemd
    said: list[str]

    def has(self) -> set[str]:
        """Return the files below /etc."""
        etc = self.manager.configuration
        return {str(file.relative_to(etc)) for file in etc.rglob("*") if not file.is_dir()}

    def install(self, profile: str | None = None) -> list[str]:
        """Install, and return what systemd was told."""
        install(self.manager, PROGRAM, profile, self.said.append)
        return self.system.told()

    def uninstall(self) -> list[str]:
        uninstall(self.manager, self.said.append)
        return self.system.told()

    def comes_with_a_package(self) -> Path:
        unit = self.manager.packaged / "system/a4bridge.service"
        unit.parent.mkdir(parents=True)
        unit.write_text("[Service]\nExecStart=/usr/bin/a4bridge run\n")
        return unit


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    system = FakeSystem.systemd(tmp_path / "programs")
    monkeypatch.setenv("PATH", system.path)
    etc = tmp_path / "etc"
    etc.mkdir()
    return Machine(system, Systemd(Scope.SYSTEM, etc, tmp_path / "lib"), [])


def test_the_user_comes_before_the_service(machine: Machine) -> None:
    told = machine.install("gridrec")

    etc = machine.manager.configuration
    assert told == [
        f"systemd-sysusers {etc}/sysusers.d/a4bridge.conf",
        "modprobe snd-seq",
        "systemctl daemon-reload",
        "systemctl enable a4bridge.service",
        "systemctl restart a4bridge.service",
    ]
    assert machine.has() == {
        "sysusers.d/a4bridge.conf",
        "modules-load.d/a4bridge.conf",
        "systemd/system/a4bridge.service",
    }
    assert machine.install("gridrec") == []
    assert machine.said[-1] == "already so: enabled, running, waiting for a keyboard"


def test_everybody_may_read_what_is_written(machine: Machine) -> None:
    machine.install()

    for name in machine.has():
        file = machine.manager.configuration / name
        assert file.stat().st_mode & 0o777 == 0o644
        assert MARK in file.read_text()


def test_uninstalled_nothing_is_left(machine: Machine) -> None:
    machine.install("gridrec")
    machine.system.told()

    assert machine.uninstall() == ["systemctl disable --now a4bridge.service", "systemctl daemon-reload"]
    assert machine.has() == set()
    assert machine.uninstall() == []


def test_a_file_that_is_missing_again_is_brought_back(machine: Machine) -> None:
    machine.install()
    (machine.manager.configuration / "modules-load.d/a4bridge.conf").unlink()

    assert "systemctl restart a4bridge.service" in machine.install()[-1]
    assert "modules-load.d/a4bridge.conf" in machine.has()


def test_a_packages_unit_is_used_and_only_told_the_profile(machine: Machine) -> None:
    unit = machine.comes_with_a_package()

    told = machine.install("gridrec")

    assert machine.said[0] == f"using {unit}, which came with a package"
    assert machine.has() == {"systemd/system/a4bridge.service.d/profile.conf"}
    assert told[0] == "systemctl daemon-reload"

    machine.install()
    assert machine.has() == set()
    assert not (machine.manager.configuration / "systemd/system/a4bridge.service.d").exists()
    assert machine.uninstall()[0] == "systemctl disable --now a4bridge.service"


def test_a_unit_of_ours_no_longer_hides_a_packages(machine: Machine) -> None:
    machine.install("gridrec")
    machine.comes_with_a_package()

    machine.install("gridrec")

    assert machine.has() == {"systemd/system/a4bridge.service.d/profile.conf"}


def test_what_cannot_be_written_is_told_in_a_sentence(machine: Machine) -> None:
    (machine.manager.configuration / "sysusers.d").write_text("a file where a folder belongs")

    with pytest.raises(InstallError, match=r"sysusers\.d/a4bridge\.conf cannot be"):
        machine.install()


def test_a_program_is_refused_with_what_shuts_its_user_out(tmp_path: Path) -> None:
    script = tmp_path / "a4bridge"
    script.touch(0o755)
    reader = Reader(hidden=(tmp_path.resolve(),))

    with pytest.raises(RefusedError, match=rf"cannot run {script}, because .* is closed to it"):
        refuse_unreadable(Program((str(script),), (script,)), reader)


def test_a_profile_is_refused_with_what_would_be_right(tmp_path: Path) -> None:
    profile = tmp_path / "lead.toml"
    profile.touch(0o600)
    profile.chmod(0o000)
    owner, group = tmp_path.stat().st_uid, tmp_path.stat().st_gid

    with pytest.raises(RefusedError, match=r"copy it to /etc/a4bridge/profiles, say --profile lead"):
        refuse_unreadable_profile(profile, Reader(hidden=(tmp_path.resolve(),)))
    with pytest.raises(RefusedError, match=r"sudo chmod a\+r .*lead\.toml"):
        refuse_unreadable_profile(profile, Reader(owner, frozenset({group}), ()))
