"""The other programs of the race: fetched into .cache/peers for the run, never shipped, needed by no test.

From PyPI by pip, from Debian's archive by apt-get without being installed; what must be built is built there.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from machine import REPOSITORY, LabError, compile_c, output_of

CACHE: Final = REPOSITORY / ".cache" / "peers"
ROUTERS: Final = REPOSITORY / "benchmarks" / "routers"

MATPLOTLIB: Final = "matplotlib==3.11.2"
MIDO: Final = "mido==1.3.3"
MIDIDINGS: Final = "mididings==20260601"
DECORATOR: Final = "decorator==5.3.1"
"""Fixed, so that figures and plot change with a4bridge and not with the day."""

_BUILD_PACKAGES: Final = ("g++", "pkg-config", "libasound2-dev")
_APT_GET: Final = ("apt-get", "-o", "APT::Sandbox::User=root")


class PeerError(Exception):
    """A program cannot be had here; the text is one line that says why, and what would change that."""


def forwarder() -> Path:
    """Return our own forwarder in C; raises LabError."""
    CACHE.mkdir(parents=True, exist_ok=True)
    program = CACHE / "forward"
    compile_c(ROUTERS / "forward.c", program)
    return program


def rtmidi_forwarder(package: str) -> tuple[Path, str]:
    """Return our own forwarder on RtMidi, and RtMidi's version: the one that is within `package`, "name==version".

    Raises:
        PeerError: it cannot be built.

    """
    _need(*_BUILD_PACKAGES)
    rtmidi = _rtmidi(package)
    program = CACHE / "forward_rtmidi"
    sources = (str(ROUTERS / "forward_rtmidi.cpp"), str(rtmidi / "RtMidi.cpp"))
    # Optimised as in python-rtmidi's own wheels, which are meson's "release".
    options = ("-O3", "-Wall", "-Werror", "-D__LINUX_ALSA__", f"-I{rtmidi}")
    _run("building it", ("g++", *options, "-o", str(program), *sources, "-lasound", "-lpthread"))
    found = re.search(r'#define RTMIDI_VERSION "(.+)"', (rtmidi / "RtMidi.h").read_text())
    return program, found[1] if found else "of an unknown version"


def python_with(*requirements: str) -> Path:
    """Return the Python of an environment that has `requirements`, each as "name==version"; raises PeerError."""
    python = CACHE / "venv" / "bin" / "python"
    if not python.exists():
        _run("making a virtual environment", (sys.executable, "-m", "venv", str(CACHE / "venv")))
    if missing := [each for each in requirements if each not in _installed(python)]:
        _pip(python, missing)
    return python


def mididings() -> tuple[Path, dict[str, str]]:
    """Return a Python that has mididings, and the environment it needs; raises PeerError."""
    python = python_with(DECORATOR)
    boost = _boost() / "usr"
    libraries = next((library.parent for library in boost.glob("lib/*/libboost_thread.so")), None)
    if libraries is None:
        raise PeerError(f"{boost} has no libboost_thread.so; delete it, and it is fetched anew")
    if MIDIDINGS not in _installed(python):
        _need(*_BUILD_PACKAGES)
        if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
            raise PeerError("it has to be built, and this Python has no headers; apt-get install python3-dev")
        # Its requirement "boost" is another project's package.
        where = {"BOOST_INCLUDEDIR": str(boost / "include"), "BOOST_LIBRARYDIR": str(libraries)}
        _pip(python, ["--no-deps", "--no-cache-dir", MIDIDINGS], where)
    return python, {"LD_LIBRARY_PATH": str(libraries)}


def midish() -> tuple[Path, str]:
    """Return the program and its version; raises PeerError."""
    folder = _unpacked("midish", ("midish",))
    return folder / "usr" / "bin" / "midish", (folder / "version").read_text()


def version(python: Path, package: str) -> str:
    """Return the version of a Python package in that Python's environment; raises PeerError."""
    return _said(str(python), "-c", f"from importlib.metadata import version; print(version({package!r}))").strip()


def _rtmidi(package: str) -> Path:
    """Return a folder with RtMidi's sources as they are within those of python-rtmidi."""
    folder = CACHE / package.replace("==", "-")
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
        options = ("--no-deps", "--no-binary", package.partition("==")[0], "--dest", scratch)
        _run(f"fetching the sources of {package}", (*pip, *options, package))
        for archive in Path(scratch).glob("*.tar.gz"):
            _run("unpacking them", ("tar", "--extract", "--file", str(archive), "--directory", scratch))
        found = [file.parent for file in Path(scratch).rglob("RtMidi.cpp")]
        if not found:
            raise PeerError(f"there is no RtMidi in the sources of {package}")
        found[0].rename(folder)
    return folder


def _boost() -> Path:
    """Return a folder with Boost's headers and the two libraries that mididings uses."""
    found = re.search(r"Depends: libboost-python([\d.]+)-dev", _apt("apt-cache", "depends", "libboost-python-dev"))
    if found is None:
        raise PeerError("apt does not know libboost-python-dev; run: apt-get update")
    of = found[1]
    libraries = (f"libboost-{name}{of}" for name in ("python", "thread"))
    packages = (f"libboost{of}-dev", *(f"{name}{end}" for name in libraries for end in ("-dev", ".0")))
    folder = _unpacked("boost", packages)
    ours = f"libboost_python3{sys.version_info.minor}.so"
    if not any(folder.glob(f"usr/lib/*/{ours}")):
        raise PeerError(f"Debian's Boost is for another Python than this, 3.{sys.version_info.minor}")
    return folder


def _unpacked(name: str, packages: tuple[str, ...]) -> Path:
    """Return a folder into which Debian's packages are unpacked; its file "version" is the first one's."""
    folder = CACHE / name
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        _apt(*_APT_GET, "download", *packages, cwd=Path(scratch))
        unpacked = Path(scratch) / "unpacked"
        for archive in Path(scratch).glob("*.deb"):
            _apt("dpkg-deb", "-x", str(archive), str(unpacked))
        (first,) = Path(scratch).glob(f"{packages[0]}_*.deb")
        (unpacked / "version").write_text(_apt("dpkg-deb", "-f", str(first), "Version").strip())
        unpacked.rename(folder)
    return folder


def _apt(*command: str, cwd: Path | None = None) -> str:
    if shutil.which(command[0]) is None:
        raise PeerError(f"it comes from Debian's archive, and there is no {command[0]} here")
    return _said(*command, cwd=cwd)


def _said(*command: str, cwd: Path | None = None) -> str:
    """Return what a command prints; raises PeerError."""
    try:
        return output_of(*command, cwd=cwd)
    except (LabError, OSError) as error:
        raise PeerError(" ".join(str(error).split())) from None


def _installed(python: Path) -> list[str]:
    return _said(str(python), "-m", "pip", "--disable-pip-version-check", "freeze").splitlines()


def _need(*packages: str) -> None:
    """Raise PeerError if one of Debian's packages is not installed."""
    if missing := [each for each in packages if not _is_installed(each)]:
        raise PeerError(f"it has to be built; install with: apt-get install {' '.join(missing)}")


def _is_installed(package: str) -> bool:
    query = ("dpkg-query", "-W", "-f", "${Status}", package)
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout.endswith(" installed")


def _pip(python: Path, arguments: list[str], environment: Mapping[str, str] = {}) -> None:
    command = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)
    _run(shlex.join(arguments), command, environment)


def _run(what: str, command: tuple[str, ...], environment: Mapping[str, str] = {}) -> None:
    result = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    if result.returncode:
        errors = [line.strip() for line in result.stdout.splitlines() if "error" in line.lower()]
        raise PeerError(f"{what} failed: {errors[-1] if errors else 'it said nothing'}")
