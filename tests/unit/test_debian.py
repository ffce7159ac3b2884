"""What debian/ repeats of the project's own files."""

import re
import tomllib
from pathlib import Path

import a4bridge

ROOT = Path(a4bridge.__file__).parents[1]
DEBIAN = ROOT / "debian"


def test_the_package_depends_on_what_the_project_does() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dependencies = project["dependencies"] + project["optional-dependencies"]["web"]
    wanted = re.findall(r"^([\w-]+)>=([\d.]+)(?:;.*)?$", "\n".join(dependencies), re.MULTILINE)
    in_debian = re.findall(r"^ python3-(\w+) \(>= ([\d.]+)\),$", (DEBIAN / "control").read_text(), re.MULTILINE)

    assert len(wanted) == len(dependencies)
    assert sorted(in_debian) == sorted((name.removeprefix("python-"), version) for name, version in wanted)


def test_the_package_has_the_projects_version() -> None:
    last = (DEBIAN / "changelog").read_text().partition("\n")[0]

    assert re.fullmatch(rf"a4bridge \({re.escape(a4bridge.__version__)}-\d+\) \w+; urgency=\w+", last)


def test_every_unit_is_in_the_package() -> None:
    lists = ("a4bridge.install", "a4bridge-web.install", "rules")
    shipped = "".join((DEBIAN / name).read_text() for name in lists)
    files = {
        str(file.relative_to(ROOT)) for file in (ROOT / "systemd").rglob("*") if file.suffix in {".service", ".conf"}
    }

    assert {file for file in files if file not in shipped} == set()
