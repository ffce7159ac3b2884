"""What the Tab key offers, asked for as a shell does it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

A4BRIDGE = Path(sys.executable).with_name("a4bridge")
LINE = """
eval "$(_A4BRIDGE_COMPLETE=bash_source a4bridge)"
compopt() { printf '<%s>' "$@"; }  # it works only while a line is being typed
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_a4bridge_completion a4bridge
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def offered(tmp_path: Path) -> Callable[..., list[str]]:
    """Return what bash offers for the last of the words that were typed behind `a4bridge`."""
    profiles = tmp_path / "config/a4bridge/profiles"
    profiles.mkdir(parents=True)
    (profiles / "lead.toml").write_text("this is not TOML")

    def complete(*typed: str) -> list[str]:
        run = subprocess.run(
            ["bash", "--norc", "-c", LINE, "bash", "a4bridge", *typed],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": f"{A4BRIDGE.parent}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(tmp_path / "config")},
        )
        assert run.stderr == ""
        return run.stdout.split("\n")[:-1]

    return complete


def test_verbs(offered: Callable[..., list[str]]) -> None:
    assert {"run", "status", "use", "panic"} <= set(offered(""))
    assert offered("service", "un") == ["uninstall"]


@pytest.mark.parametrize(
    "line", [["-p"], ["run", "--profile"], ["use"], ["learn"], ["explain"], ["demo", "-p"], ["bench", "-p"]]
)
def test_profiles_also_broken_ones_and_those_of_the_user(offered: Callable[..., list[str]], line: list[str]) -> None:
    assert offered(*line, "l") == ["lead", "liverec"]


def test_files_where_a_path_is_begun(offered: Callable[..., list[str]]) -> None:
    assert offered("use", "./") == ["<-o><default>"]


def test_options_of_run_also_without_run(offered: Callable[..., list[str]]) -> None:
    assert offered("--vi") == offered("run", "--vi") == ["--virtual"]
    assert offered("--vers") == ["--version"]


def test_nothing_slow_is_loaded() -> None:
    program = (
        "import sys, a4bridge.cli as program\ntry: program.cli(prog_name='a4bridge')\nfinally: print(*sys.modules)"
    )
    environment = {"_A4BRIDGE_COMPLETE": "bash_complete", "COMP_WORDS": "a4bridge\nuse\n", "COMP_CWORD": "2"}
    run = subprocess.run(
        [sys.executable, "-c", program, "a4bridge"], capture_output=True, text=True, check=True, env=environment
    )

    assert "plain,liverec" in run.stdout
    assert "pydantic" not in run.stdout
