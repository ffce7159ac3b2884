"""`a4bridge service` as a person types it, for that person, on a made-up system."""

import os
import plistlib
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_system import FakeSystem

import a4bridge.__main__
from a4bridge.cli import cli
from a4bridge.cli.service import checked_profile
from a4bridge.install.access import Reader
from a4bridge.install.files import RefusedError
from a4bridge.install.manager import Scope

ENABLED = "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nSubState=running\nStatusText=\n"
FAILED = "LoadState=loaded\nUnitFileState=enabled\nActiveState=failed\nSubState=failed\n"
RESTARTING = "LoadState=loaded\nUnitFileState=enabled\nActiveState=activating\nSubState=auto-restart\n"


class Person:
    """Somebody with a home of their own, on one of the systems."""

    def __init__(self, home: Path, system: FakeSystem) -> None:
        self.home = home
        self.system = system
        self.unit = home / ".config/systemd/user/a4bridge.service"
        self.agent = home / "Library/LaunchAgents/org.a4bridge.plist"

    def types(self, *arguments: str, code: int = 0) -> str:
        """Run a verb of `service`, check its exit code, and return what it printed on both streams."""
        result = CliRunner().invoke(cli, ["service", *arguments])
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result.output


def becomes(*arguments: str) -> str:
    """Run a verb that ends as another program, and return what that printed."""
    command = [sys.executable, "-P", "-m", "a4bridge", "service", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("XDG_") or name == "SUDO_UID"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.setattr(sys, "argv", [a4bridge.__main__.__file__])  # as `python -m a4bridge` has it


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path, FakeSystem.systemd(tmp_path / "programs"))


@pytest.fixture
def mac(tmp_path: Path) -> Person:
    return Person(tmp_path, FakeSystem.launchd(tmp_path / "programs"))


def test_installing_writes_the_unit_and_starts_it(person: Person) -> None:
    said = person.types("install", "--user", "--profile", "gridrec").splitlines()

    assert said == [
        f"wrote {person.unit}",
        "ran systemctl --user daemon-reload",
        "ran systemctl --user enable a4bridge.service",
        "ran systemctl --user restart a4bridge.service",
        "a4bridge is installed for this user: enabled, running, waiting for a keyboard",
    ]
    assert [f"ran {line}" for line in person.system.told()] == said[1:-1]
    assert f"\nExecStart={sys.executable} -P -m a4bridge run --default gridrec\n" in person.unit.read_text()
    assert f"\nExecReload={sys.executable} -P -m a4bridge reload --socket " in person.unit.read_text()


def test_installed_again_it_stays_as_it_is(person: Person) -> None:
    person.types("install", "--user")
    person.system.told()
    before = person.unit.stat()

    said = person.types("install", "--user")

    assert said == f"already so: {person.unit}\nalready so: enabled, running, waiting for a keyboard\n"
    assert person.system.told() == []
    assert person.unit.stat().st_ino == before.st_ino


def test_installed_with_another_profile_it_is_started_anew(person: Person) -> None:
    person.types("install", "--user")
    person.system.told()

    person.types("install", "--user", "--profile", "gridrec")

    assert "systemctl --user restart a4bridge.service" in person.system.told()
    assert " run --default gridrec\n" in person.unit.read_text()


def test_what_did_not_start_is_tried_again(person: Person) -> None:
    person.system.put("fails")
    failed = person.types("install", "--user", code=1)
    person.system.mend("fails")
    person.types("install", "--user")

    assert failed.endswith(
        "`systemctl --user restart a4bridge.service` failed: Job for a4bridge.service failed; "
        "`a4bridge service logs` may say why.\n"
    )
    assert person.system.told().count("systemctl --user restart a4bridge.service") == 2


def test_a_dry_run_prints_everything_and_does_nothing(person: Person) -> None:
    said = person.types("install", "--user", "--dry-run")
    person.types("uninstall", "--user", "--dry-run")

    assert f"would write {person.unit}:\n" in said
    assert "\nType=notify\n" in said
    assert "would run systemctl --user restart a4bridge.service" in said
    assert person.system.told() == []
    assert not person.unit.exists()


def test_a_dry_run_needs_no_manager_that_runs(person: Person) -> None:
    person.system.put("no-bus")

    assert "would write" in person.types("install", "--user", "--dry-run")
    assert "Failed to connect to bus" in person.types("install", "--user", code=1)
    assert not person.unit.exists()


def test_uninstalling_takes_away_what_installing_wrote_and_nothing_else(person: Person) -> None:
    mine = person.home / ".config/a4bridge/profiles/mine.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text('description = "mine"\n')
    before = sorted(person.home.rglob("*"))
    person.types("install", "--user", "--profile", "mine")
    person.system.told()

    said = person.types("uninstall", "--user")

    assert sorted(path for path in person.home.rglob("*") if path.is_file() and path.name != "told") == sorted(
        path for path in before if path.is_file() and path.name != "told"
    )
    assert person.system.told() == ["systemctl --user disable --now a4bridge.service", "systemctl --user daemon-reload"]
    assert "Left as they are: your profiles" in said
    assert "already so: a4bridge is not installed for this user" in person.types("uninstall", "--user")


def test_a_unit_of_ones_own_is_neither_overwritten_nor_taken_away(person: Person) -> None:
    person.unit.parent.mkdir(parents=True)
    person.unit.write_text("[Service]\nExecStart=/bin/true\n")

    for verb in ("install", "uninstall"):
        assert "was not written by `a4bridge service install`" in person.types(verb, "--user", code=2)

    assert person.unit.read_text() == "[Service]\nExecStart=/bin/true\n"
    assert person.system.told() == []


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ("nosuch", 'no profile is called "nosuch"'),
        ("broken", "broken.toml:2: bogus"),
        ("./elsewhere.toml", "elsewhere.toml"),
    ],
)
def test_a_profile_that_would_not_do_is_told_before_anything_is_written(
    person: Person, profile: str, sentence: str
) -> None:
    broken = person.home / ".config/a4bridge/profiles/broken.toml"
    broken.parent.mkdir(parents=True)
    broken.write_text('description = "broken"\nbogus = 1\n')

    assert sentence in person.types("install", "--user", "--profile", profile, code=2)
    assert not person.unit.exists()


def test_broken_settings_are_told_before_anything_is_written(person: Person) -> None:
    settings = person.home / ".config/a4bridge/settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("profile = 3\n")

    assert "settings.toml:1: profile" in person.types("install", "--user", code=2)
    assert not person.unit.exists()


def test_a_profile_that_is_a_file_stands_in_the_unit_with_its_whole_path(person: Person) -> None:
    profile = person.home / "my lead.toml"
    profile.write_text('description = "mine"\n')

    person.types("install", "--user", "--profile", str(profile))

    assert f' run --default "{profile}"\n' in person.unit.read_text()


def test_for_this_user_and_for_the_machine_exclude_each_other(person: Person) -> None:
    both = person.types("install", "--system", "--user", code=2)
    person.system.put("system", ENABLED)
    second = person.types("install", "--user", code=2)

    assert "exclude each other" in both
    assert "enabled for the whole machine already" in second
    assert not person.unit.exists()


def test_the_machine_is_refused_a_program_that_its_user_could_not_start(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = person.home / ".local/bin/a4bridge"
    script.parent.mkdir(parents=True)
    script.touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])

    said = person.types("install", "--system", "--profile", "gridrec", "--dry-run", code=2)

    assert f"cannot run {script}, because " in said
    assert "sudo pipx install --global" in said
    assert person.system.told() == []


def test_the_machine_is_refused_a_profile_of_somebodys_own(person: Person) -> None:
    mine = person.home / ".config/a4bridge/profiles/mine.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text('description = "mine"\n')

    for profile in ("mine", str(mine)):
        with pytest.raises(RefusedError, match=f"cannot read {mine}, .* copy it to /etc/a4bridge/profiles"):
            checked_profile(profile, Scope.SYSTEM, Reader())


@pytest.mark.parametrize(
    ("shown", "line", "code"),
    [
        (ENABLED, "for this user: enabled, running", 0),
        (ENABLED.replace("StatusText=", "StatusText=liverec: waiting"), "for this user: enabled, running, liverec", 0),
        (
            "LoadState=loaded\nUnitFileState=disabled\nActiveState=inactive\nSubState=dead\nStatusText=as it was\n",
            "for this user: not enabled, inactive\n",
            5,
        ),
        (
            f"{FAILED}Result=exit-code\nExecMainStatus=2\n",
            "for this user: enabled, failed (exit code 2)\n",
            5,
        ),
        (
            f"{RESTARTING}Result=watchdog\nExecMainStatus=9\n",
            "for this user: enabled, between two tries to start (watchdog)\n",
            5,
        ),
        (None, "a4bridge is not installed as a service; ", 5),
    ],
)
def test_the_status_is_a_line_and_an_exit_code(person: Person, shown: str | None, line: str, code: int) -> None:
    if shown:
        person.system.put("user", shown)

    assert person.types("status", code=code).startswith(line)


def test_the_status_names_both_scopes_where_nothing_is_asked_for(person: Person) -> None:
    person.system.put("user", ENABLED)
    person.system.put("system", ENABLED)

    assert sorted(person.types("status").splitlines()) == [
        "for the whole machine: enabled, running",
        "for this user: enabled, running",
    ]
    assert person.types("status", "--system") == "for the whole machine: enabled, running\n"


def test_a_manager_that_cannot_be_asked_is_told(person: Person) -> None:
    person.system.put("no-bus")

    assert "failed: Failed to connect to bus: No medium found." in person.types("status", code=1)


@pytest.mark.parametrize(
    ("scope", "options"), [("user", "--user-unit a4bridge.service"), ("system", "--unit a4bridge.service")]
)
def test_the_log_is_the_journals(person: Person, scope: str, options: str) -> None:
    person.system.put(scope, ENABLED)

    shown, followed = becomes("logs"), becomes("logs", "-f")

    assert shown == followed == "the journal\n"
    assert person.system.told() == [
        f"journalctl {options} --lines=100 --no-pager",
        f"journalctl {options} --lines=100 --follow",
    ]


def test_what_is_not_installed_has_no_log(person: Person) -> None:
    assert "not installed as a service" in person.types("logs", code=5)


def test_a_system_with_neither_manager_is_told(tmp_path: Path) -> None:
    person = Person(tmp_path, FakeSystem(tmp_path / "programs", {}))

    assert "neither systemd nor launchd" in person.types("install", code=1)


def test_on_a_mac_it_is_an_agent(mac: Person) -> None:
    mac.types("install", "--profile", "gridrec")
    again = mac.types("install", "--profile", "gridrec")
    target = f"gui/{os.getuid()}"

    facts = plistlib.loads(mac.agent.read_bytes())
    assert facts["ProgramArguments"] == [sys.executable, "-P", "-m", "a4bridge", "run", "--default", "gridrec"]
    assert facts["ProcessType"] == "Interactive"
    assert facts["StandardErrorPath"] == f"{mac.home}/Library/Logs/a4bridge.log"
    assert mac.system.told() == [f"launchctl bootstrap {target} {mac.agent}"]
    assert again.endswith("already so: loaded, process 4711\n")
    assert mac.types("status") == "for this user: loaded, process 4711\n"
    assert becomes("logs") == "the log\n"

    mac.system.told()
    mac.types("install")
    mac.types("uninstall")

    assert mac.system.told() == [
        f"launchctl bootout {target}/org.a4bridge",
        f"launchctl bootstrap {target} {mac.agent}",
        f"launchctl bootout {target}/org.a4bridge",
    ]
    assert not mac.agent.exists()
    assert mac.types("status", code=5).startswith("a4bridge is not installed")


def test_on_a_mac_there_is_none_for_the_machine(mac: Person) -> None:
    assert "only --user can be installed" in mac.types("install", "--system", code=2)
