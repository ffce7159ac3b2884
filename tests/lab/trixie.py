"""A Debian 13 that has nothing of the project, on a disk of its own, to install the Debian package in.

    python tests/lab/trixie.py run COMMAND      run a shell command in it, in virtual time; /out/*.deb is the package

It is made with debootstrap, which needs root.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

from machine import CACHE, HERE, REPOSITORY, ROOT_MODULES, SHARE, LabError, Machine, alone_in, obstacle

SUITE = "trixie"
MIRROR = "http://deb.debian.org/debian"
# To run it as a service, to boot it as prelude.sh does, and to test in it; with the dependencies that is all.
TOOLS = ("systemd-sysv", "udev", "kmod", "busybox-static", "python3-pytest")
DISK_BYTES = 1 << 30  # a sparse file


def trixie_obstacle() -> str | None:
    """Say in one line why this computer cannot make or boot it; None if it can."""
    if reason := obstacle():
        return reason
    return None if os.geteuid() == 0 else "debootstrap needs root"


class Trixie(Machine):
    """The lab's machine with Debian 13 as its root; every boot begins with the same untouched disk."""

    init: ClassVar[Path] = HERE / "trixie-init.sh"
    root_modules: ClassVar[tuple[str, ...]] = (*ROOT_MODULES[:-1], "nfit", "nd_pmem", "ext4")

    def __init__(self, cache: Path = CACHE) -> None:
        super().__init__(cache)
        self._disk = cache / "trixie.ext4"
        self._record = cache / "trixie.made-from"

    def build(self) -> None:
        """Make what is not there yet; the disk takes a minute, and is made anew if what it is to hold has changed."""
        super().build()
        with alone_in(self._cache):
            self._make_disk()

    def _make_disk(self) -> None:
        packages = (*TOOLS, *dependencies())
        contents = repr((SUITE, packages, DISK_BYTES))
        if self._record.exists() and self._record.read_text() == contents:
            return
        self._record.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self._cache) as scratch:
            root, disk = Path(scratch, "root"), Path(scratch, "disk")
            root.mkdir(mode=0o755)
            _run("debootstrap", "--variant=minbase", f"--include={','.join(packages)}", SUITE, str(root), MIRROR)
            for packed in root.glob("var/cache/apt/archives/*.deb"):
                packed.unlink()
            with disk.open("wb") as file:
                file.truncate(DISK_BYTES)
            _run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(root), str(disk))
            disk.rename(self._disk)
        self._record.write_text(contents)

    def _memory_and_root(self) -> tuple[str, ...]:
        size = f"size={DISK_BYTES}"
        return (
            *("-machine", "pc,nvdimm=on", "-m", "1024,slots=1,maxmem=4G"),
            *("-object", f"memory-backend-file,id=disk,share=off,mem-path={self._disk},{size}"),
            *("-device", "nvdimm,id=nvdimm,memdev=disk"),
            *("-virtfs", f"local,path={REPOSITORY},mount_tag=repository,readonly=on,{SHARE}"),
        )


def dependencies() -> tuple[str, ...]:
    """Return the packages that the Debian package depends on by name."""
    control = (REPOSITORY / "debian" / "control").read_text()
    return tuple(re.findall(r"^ (python3-\w+) \(", control, re.MULTILINE))


def built_package(folder: Path) -> Path:
    """Build the Debian packages from the present tree into an empty folder and return the bridge's file.

    The page's, a4bridge-web, lies beside it.
    """
    with alone_in(CACHE):  # for it may have to install what the build needs
        _run(str(REPOSITORY / ".ci" / "deb"), str(folder))
    (package,) = folder.glob("a4bridge_*.deb")
    return package


def _run(*command: str) -> None:
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        last = "\n".join(result.stdout.splitlines()[-15:])
        raise LabError(f"`{' '.join(command)}` failed; the last lines were:\n{last}")


def _main(arguments: list[str]) -> int:
    match arguments:
        case ["run", *command] if command:
            machine = Trixie()
            machine.build()
            with tempfile.TemporaryDirectory(dir=CACHE) as out:
                built_package(Path(out))
                boot = machine.boot(" ".join(command) + "\n", Path(out), timeout_s=600)
            print(boot.console, end="")
            return boot.status
        case _:
            print(__doc__)
            return 2


if __name__ == "__main__":
    try:
        sys.exit(_main(sys.argv[1:]))
    except LabError as error:
        sys.exit(str(error))
