"""The project as its users have it: installed from a wheel, in an environment that the guest sees too."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from machine import CACHE, REPOSITORY, LabError, alone_in

# All that a wheel is made of (pyproject.toml, [tool.hatch]).
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "a4bridge", "config", "systemd")
TOOLS = ("hatchling>=1.21", "pytest>=8.3")


def installed_python(cache: Path = CACHE) -> Path:
    """Return the Python of an environment with a4bridge and pytest, made anew if the project has changed.

    Raises:
        LabError: the project cannot be built or installed; the message ends with pip's last lines.
    """
    with alone_in(cache):
        return _made(cache)


def _made(cache: Path) -> Path:
    environment = cache / "venv"
    python = environment / "bin" / "python"
    record = environment / "made-from"
    contents = _fingerprint()
    if record.exists() and record.read_text() == contents:
        return python
    wheels = cache / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(environment))
    pip = (str(python), "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(*pip, "install", *TOOLS)
    _run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(REPOSITORY))
    (wheel,) = wheels.glob("*.whl")
    _run(*pip, "uninstall", "--yes", "a4bridge")  # pip would keep another wheel of the same version
    _run(*pip, "install", str(wheel))
    record.write_text(contents)
    return python


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for file in _files():
        digest.update(f"{file.relative_to(REPOSITORY)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for source in (REPOSITORY / name for name in SOURCES):
        if source.is_file():
            yield source
        for file in sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


def _run(*command: str) -> None:
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        last = "\n".join(result.stdout.splitlines()[-15:])
        raise LabError(f"`{' '.join(command)}` failed; the last lines were:\n{last}")
