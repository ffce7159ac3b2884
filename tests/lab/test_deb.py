"""The Debian package, on a Debian 13 of its own."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from machine import HERE
from trixie import Trixie, built_package, trixie_obstacle

GUEST = HERE / "guest" / "deb"

pytestmark = [pytest.mark.lab(obstacle=trixie_obstacle), pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def trixie() -> Trixie:
    machine = Trixie()
    machine.build()
    return machine


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_package(tmp_path_factory.mktemp("deb"))


@pytest.fixture(scope="session")
def page_package(package: Path) -> Path:
    """The package of the page for the phone, which was built beside the bridge's."""
    return package.with_name(package.name.replace("a4bridge_", "a4bridge-web_"))


@pytest.fixture(scope="session")
def next_package(package: Path) -> Path:
    """The next revision, made of the same files; two profiles say something else."""
    tree = package.with_name("tree")
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: (.*)-1$", r"Version: \1-2", control.read_text()))
    for folder in ("etc/a4bridge", "usr/lib/python3/dist-packages/a4bridge/_shipped/config"):
        for profile in ("gridrec", "liverec"):
            file = tree / folder / "profiles" / f"{profile}.toml"
            file.write_text(file.read_text() + "# newer\n")
    newer = package.with_name(package.name.replace("-1_", "-2_"))
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, newer], check=True, stdout=subprocess.DEVNULL)
    return newer


def boot(machine: Trixie, out: Path, packages: list[Path], *arguments: str) -> None:
    for package in packages:
        shutil.copy(package, out)
    boot = machine.boot(f"exec sh {GUEST}/boot.sh {' '.join(arguments)}", out, timeout_s=800)

    assert boot.status == 0, boot.console
    summaries = re.findall(r"=+ (.*) in \S+s(?: \(.*\))? =+", boot.console)
    files = [argument for argument in arguments if not argument.startswith("--")]
    assert len(summaries) == len(files), boot.console
    assert all(re.fullmatch(r"\d+ passed", summary) for summary in summaries), f"something was skipped:\n{boot.console}"


def test_lintian_finds_no_error(package: Path, page_package: Path) -> None:
    run = subprocess.run(
        ["lintian", "--fail-on", "error", package, page_package], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout


def test_it_is_installed_upgraded_removed_and_purged_while_it_plays(
    trixie: Trixie, package: Path, page_package: Path, next_package: Path, tmp_path: Path
) -> None:
    files = ["test_package.py", "test_removal.py"]

    boot(trixie, tmp_path, [package, page_package, next_package], *files)


def test_it_plays_soon_after_the_machine_is_switched_on(trixie: Trixie, package: Path, tmp_path: Path) -> None:
    boot(trixie, tmp_path, [package], "--installed", "test_boot.py")


def test_nothing_hangs_in_a_storm_of_cables_switches_and_deaths(trixie: Trixie, package: Path, tmp_path: Path) -> None:
    boot(trixie, tmp_path, [package], "--installed", "test_storm.py")
