"""What the units say, as they are shipped and as they are installed."""

import configparser
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.core.shipped import shipped
from a4bridge.install.files import RefusedError
from a4bridge.install.systemd import TEMPLATE_PROGRAM, addition, with_program, word

UNITS = ["a4bridge.service", "a4bridge.user.service"]


def unit(name: str) -> str:
    return shipped("systemd", name).read_text(encoding="utf-8")


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", UNITS)
def test_every_command_of_a_unit_is_the_program_that_is_installed(name: str) -> None:
    shipped_unit = unit(name)
    installed = with_program(shipped_unit, ("/opt/a4bridge/bin/a4bridge",), None)

    commands = re.findall(r"^Exec\w+=(.*)$", installed, re.MULTILINE)
    assert len(commands) == 2
    assert all(command.startswith("/opt/a4bridge/bin/a4bridge ") for command in commands)
    assert installed.replace("/opt/a4bridge/bin/a4bridge", TEMPLATE_PROGRAM) == shipped_unit


@pytest.mark.parametrize("name", UNITS)
def test_the_profile_is_one_to_begin_with_and_not_one_to_keep(name: str) -> None:
    installed = with_program(unit(name), ("/usr/bin/python3", "-m", "a4bridge"), "grid rec")

    assert values(installed, "ExecStart") == ['/usr/bin/python3 -m a4bridge run --default "grid rec"']


@pytest.mark.parametrize("name", UNITS)
def test_a_service_that_dies_or_hangs_is_started_again_for_ever(name: str) -> None:
    text = unit(name)

    assert values(text, "Type") == ["notify"]
    assert values(text, "Restart") == ["always"]
    assert values(text, "RestartSec") == ["100ms"]
    assert values(text, "StartLimitIntervalSec") == ["0"]
    assert values(text, "WatchdogSec") == ["5"]


def test_the_machines_bridge_has_a_user_that_stays_and_a_socket_for_its_group() -> None:
    text = unit("a4bridge.service")

    assert values(text, "DynamicUser") == []
    assert (values(text, "User"), values(text, "Group"), values(text, "UMask")) == (["a4bridge"], ["audio"], ["0007"])
    assert values(text, "RuntimeDirectoryPreserve") == ["yes"]
    assert values(text, "ExecReload") == [f"{TEMPLATE_PROGRAM} reload --socket /run/a4bridge/control"]
    assert re.search(r"^u a4bridge ", unit("sysusers.d/a4bridge.conf"), re.MULTILINE)


def test_the_sequencer_is_loaded_before_the_machines_bridge_starts() -> None:
    text = unit("a4bridge.service")

    assert values(text, "Wants") == ["modprobe@snd_seq.service"]
    assert "modprobe@snd_seq.service" in values(text, "After")[0].split()
    assert "snd-seq" in unit("modules-load.d/a4bridge.conf").splitlines()


def test_an_addition_to_a_packages_unit_changes_the_profile_alone() -> None:
    parser = configparser.ConfigParser(strict=False)
    parser.read_string(addition("gridrec"))

    assert parser.sections() == ["Service"]
    assert values(addition("gridrec"), "ExecStart") == ["", f"{TEMPLATE_PROGRAM} run --default gridrec"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("gridrec", "gridrec"),
        ("/srv/my music/lead.toml", '"/srv/my music/lead.toml"'),
        ('/a"b', '"/a\\"b"'),
        ("/a\\b", '"/a\\\\b"'),
        ("/100%/$HOME", "/100%%/$$HOME"),
        ("/it's", '"/it\'s"'),
        (";", '";"'),
    ],
)
def test_a_word_is_written_so_that_systemd_reads_it_as_it_was(text: str, written: str) -> None:
    assert word(text) == written


@given(st.text(st.characters(categories=["Cc", "Cs", "Zl"]), min_size=1))
def test_what_would_begin_a_line_of_its_own_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="cannot stand in a unit"):
        word(f"/a{text}b")


@pytest.mark.parametrize("path", ["/it's/a4bridge", '/"/a4bridge', "/\\/a4bridge"])
def test_a_program_that_systemd_would_not_start_is_refused(path: str) -> None:
    with pytest.raises(RefusedError, match="systemd starts no program"):
        with_program(unit("a4bridge.service"), (path,), None)


def test_the_readme_beside_the_units_names_them() -> None:
    readme = unit("README.md")
    folder = Path(shipped("systemd"))

    assert {file.name for file in folder.iterdir() if file.is_file()} - {"README.md"} <= set(
        re.findall(r"`([\w./-]+)`", readme)
    )
