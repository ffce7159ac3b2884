"""The units, judged by systemd's own tools."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from a4bridge.core.shipped import shipped
from a4bridge.install.systemd import with_program

pytestmark = pytest.mark.lab  # which is where systemd is sure to be installed

EXPOSURE = 10
"""Tenths, as systemd-analyze counts: 100 is a service with every right."""


def analyze(*arguments: str, runtime: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
    )


def test_the_machines_service_is_shut_in(tmp_path: Path) -> None:
    unit = str(shipped("systemd", "a4bridge.service"))

    judged = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", unit, runtime=tmp_path)

    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("scope", ["system", "user"])
def test_systemd_reads_every_line_as_it_was_meant(tmp_path: Path, scope: str) -> None:
    """It complains of what it does not know, and of a program that is not where the unit says."""
    name = "a4bridge.service" if scope == "system" else "a4bridge.user.service"
    program = tmp_path / "50% of $HOME; here" / "a4bridge"
    program.parent.mkdir()
    program.symlink_to(shutil.which("true") or "/bin/true")
    unit = tmp_path / "a4bridge.service"
    template = shipped("systemd", name).read_text(encoding="utf-8")

    unit.write_text(with_program(template, (str(program),), '/it\'s "50%" \\ of $x.toml'))
    right = analyze("verify", f"--{scope}", "--man=no", str(unit), runtime=tmp_path)
    unit.write_text(with_program(template, (f"{program}-is-elsewhere",), None).replace("LimitMEMLOCK", "LimitMEMLOK"))
    wrong = analyze("verify", f"--{scope}", "--man=no", str(unit), runtime=tmp_path)

    assert str(unit) not in right.stdout
    assert "a4bridge.service" not in right.stdout
    assert "LimitMEMLOK" in wrong.stdout
    assert "is not executable" in wrong.stdout
