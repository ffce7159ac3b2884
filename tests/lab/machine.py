"""Build and boot the lab: Linux with USB MIDI devices, on a computer that has neither MIDI nor USB.

    python tests/lab/machine.py packages        print the Debian packages it needs
    python tests/lab/machine.py missing         print those not installed; exit code 1 if any
    python tests/lab/machine.py run COMMAND     run a shell command in it, in virtual time
    python tests/lab/machine.py shell           a root shell in it, in real time (exit switches it off)

The guest's root is this computer's own, read-only: whatever is installed here is there, at the same path.
"""

import fcntl
import lzma
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CACHE = REPOSITORY / ".cache" / "lab"

REQUIRED_PACKAGES = (
    *("qemu-system-x86", "busybox-static", "kmod"),  # to boot it
    *("gcc", "libc6-dev", "libasound2-dev"),  # to build the meter
    *("systemd", "udev"),  # to run as a service in it; udev lets its user open the ports
    *("debootstrap", "e2fsprogs", "lintian"),  # to test the Debian package, on a Debian 13
)
# What the initramfs loads to reach the host's root.
ROOT_MODULES = ("9p", "9pnet_virtio", "virtio_pci", "overlay")
# One processor, whose clock moves 1 ns an instruction and leaps over idle time: durations are counted, not
# measured. Calibrating its own timer would take the kernel 3 s of ours (virtual time leaves it the HPET).
VIRTUAL_TIME = ("-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off,align=off", "-rtc", "clock=vm")
SHARE = "security_model=none,multidevs=remap"
REAL_TIME = ("-accel", "tcg,thread=multi", "-smp", "2")


class LabError(Exception):
    """The lab cannot be built or booted; the message is one sentence, then the last lines seen."""


@dataclass(frozen=True, slots=True)
class Boot:
    """What is left of a machine that has switched itself off."""

    status: int
    """The guest script's exit status."""
    console: str
    out: Path
    """What the guest knew as /out."""


def missing_packages() -> list[str]:
    """Return the required Debian packages that are not installed here."""
    query = subprocess.run(
        ("dpkg-query", "-W", "-f", "${Package} ${Status}\n", *REQUIRED_PACKAGES),
        capture_output=True,
        text=True,
        check=False,  # it fails for every package it has never heard of
    )
    installed = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in REQUIRED_PACKAGES if package not in installed]


@cache
def obstacle() -> str | None:
    """Say in one line why this computer cannot run the lab and what would change that; None if it can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return f"it needs Linux on x86-64, and this is {platform.system()} on {platform.machine()}"
    if shutil.which("apt-get") is None:
        return "it needs Debian: its kernel comes from Debian's package archive"
    if missing := missing_packages():
        return f"packages are missing; install with: apt-get install {' '.join(missing)}"
    return None


@contextmanager
def alone_in(cache: Path) -> Iterator[None]:
    """Have nobody else make things in `cache` meanwhile: tests run two at a time."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Machine:
    """A lab in a cache folder: a kernel, an initramfs and two tools in C (benchmarks/README.md)."""

    init: ClassVar[Path] = HERE / "init.sh"
    """The first process, in the initramfs; it makes the root and goes there."""
    root_modules: ClassVar[tuple[str, ...]] = ROOT_MODULES
    """The kernel modules that it needs for that, besides what those need."""
    real_time: ClassVar[tuple[str, ...]] = REAL_TIME
    """What qemu is told where the clock is to count, and not virtual time."""
    virtual_time: ClassVar[bool] = True
    """Whether a script runs in virtual time; a shell never does."""

    def __init__(self, cache: Path = CACHE) -> None:
        self._cache = cache
        self._kernel = cache / "kernel"
        self._initramfs = cache / f"{self.init.stem}ramfs.cpio"
        self.meter = cache / "meter"
        self.awake = cache / "awake"

    def build(self) -> None:
        """Make what is not there yet; a second call takes well under a second.

        Raises:
            LabError: something is missing, or the network is.
        """
        if reason := obstacle():
            raise LabError(f"The lab cannot be built: {reason}")
        with alone_in(self._cache):
            if not self._kernel.exists():
                self._fetch_kernel()
            if not _is_newer(self._initramfs, self.init, Path(__file__)):
                self._initramfs.write_bytes(self._pack_initramfs())
            for tool in (self.meter, self.awake):
                compile_c(REPOSITORY / "benchmarks" / f"{tool.name}.c", tool)

    def boot(self, guest: str | Path, out: Path, *, timeout_s: float = 120) -> Boot:
        """Boot, run a shell script as root, switch off; return when that is done.

        `guest` is the script, as text or as a file. `out` is a folder that the guest may write to, as /out.
        `timeout_s` is in real seconds and only a net: the machine ends by itself.

        Raises:
            LabError: the script's end was never reached.
        """
        out.mkdir(parents=True, exist_ok=True)
        status = out / "status"
        status.unlink(missing_ok=True)
        (out / "guest").write_text(guest.read_text() if isinstance(guest, Path) else guest)
        try:
            qemu = subprocess.run(
                (*self._qemu(out, virtual_time=self.virtual_time), "-monitor", "none", "-serial", "stdio"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise LabError(_ending(f"The guest did not end within {timeout_s} s", late.stdout)) from None
        if not status.exists():
            raise LabError(_ending("The guest went down before its script had ended", qemu.stdout))
        return Boot(int(status.read_text()), _text(qemu.stdout), out)

    def shell(self) -> None:
        """Give the person at this terminal a root shell in the lab (Ctrl-A X pulls the plug)."""
        with tempfile.TemporaryDirectory(dir=self._cache) as out:
            (Path(out) / "guest").write_text("busybox setsid busybox cttyhack bash\n")
            command = (*self._qemu(Path(out), virtual_time=False), "-serial", "mon:stdio")
            subprocess.run(command, check=False)

    def _qemu(self, out: Path, *, virtual_time: bool) -> tuple[str, ...]:
        environment = (
            f"GUEST_PRELUDE={HERE}/guest/prelude.sh GUEST_MODULES={self._modules()} GUEST_REPOSITORY={REPOSITORY}"
        )
        timer = "nolapic_timer" if virtual_time else ""
        return (
            *("qemu-system-x86_64", *(VIRTUAL_TIME if virtual_time else self.real_time), *self._memory_and_root()),
            *("-display", "none", "-no-reboot", "-nic", "none"),
            *("-kernel", str(self._kernel / "image"), "-initrd", str(self._initramfs)),
            *("-append", f"console=ttyS0 quiet panic=-1 tsc=reliable {timer} {environment}"),
            *("-virtfs", f"local,path={out.resolve()},mount_tag=out,{SHARE}"),
        )

    def _memory_and_root(self) -> tuple[str, ...]:
        """Return qemu's arguments for the memory and for what `init` makes the root of."""
        return "-m", "1024", "-virtfs", f"local,path=/,mount_tag=root,readonly=on,{SHARE}"

    def _fetch_kernel(self) -> None:
        depends = output_of("apt-cache", "depends", "linux-image-amd64")
        found = re.search(r"Depends: (linux-image-(\d\S*))", depends)
        if found is None:
            raise LabError("apt does not know Debian's linux-image-amd64; run: apt-get update")
        package, release = found.groups()
        with tempfile.TemporaryDirectory(dir=self._cache) as scratch:
            output_of("apt-get", "-o", "APT::Sandbox::User=root", "download", package, cwd=Path(scratch))
            (archive,) = Path(scratch).glob("*.deb")
            unpacked = Path(scratch) / "kernel"
            output_of("dpkg-deb", "-x", str(archive), str(unpacked))
            if not (unpacked / "lib").exists():  # since Debian 13 the package has usr/lib instead
                (unpacked / "lib").symlink_to("usr/lib")
            output_of("depmod", "-b", str(unpacked), release)
            (image,) = unpacked.glob("boot/vmlinuz-*")
            (unpacked / "image").write_bytes(_unpacked(image.read_bytes()))
            unpacked.rename(self._kernel)

    def _modules(self) -> Path:
        (modules,) = self._kernel.glob("lib/modules/*")
        return modules

    def _pack_initramfs(self) -> bytes:
        modprobe = ("modprobe", "-d", str(self._kernel), "-S", self._modules().name, "--show-depends")
        steps = "".join(output_of(*modprobe, name) for name in self.root_modules)
        paths = dict.fromkeys(re.findall(r"^insmod (\S+)", steps, re.MULTILINE))  # each once, in order
        files = {"bin/busybox": Path("/bin/busybox").read_bytes(), "init": self.init.read_bytes()}
        for at, path in enumerate(paths):
            module = Path(path).read_bytes()
            files[f"modules/{at:02}.ko"] = lzma.decompress(module) if path.endswith(".xz") else module
        return cpio_archive(("bin", "modules"), files)


def _is_newer(made: Path, *sources: Path) -> bool:
    return made.exists() and all(made.stat().st_mtime >= source.stat().st_mtime for source in sources)


def compile_c(source: Path, program: Path) -> None:
    """Make a program that may use alsa-lib, unless it has been made since its source was written."""
    if not _is_newer(program, source):
        output_of("gcc", "-O2", "-Wall", "-Werror", "-o", str(program), str(source), "-lasound")


def output_of(*command: str, cwd: Path | None = None) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LabError(_ending(f"`{shlex.join(command)}` failed", result.stderr.encode()))
    return result.stdout


def _text(console: bytes) -> str:
    return console.decode(errors="replace").replace("\r\n", "\n")


def _ending(sentence: str, console: bytes | None) -> str:
    last = "\n".join(f"    {line}" for line in _text(console or b"").splitlines()[-15:])
    return f"{sentence}; the last lines were:\n{last}"


def _unpacked(kernel: bytes) -> bytes:
    """Return the ELF image in Debian 12's kernel, which takes 4 s to unpack itself; Debian 13's takes 1."""
    start = kernel.find(b"\xfd7zXZ\0")
    return kernel if start < 0 else lzma.LZMADecompressor().decompress(kernel[start:])


def cpio_archive(folders: tuple[str, ...], files: Mapping[str, bytes]) -> bytes:
    """Return an initramfs as linux Documentation/driver-api/early-userspace/buffer-format.rst says."""
    entries = [(name, 0o040755, b"") for name in folders]
    entries += [(name, 0o100755, content) for name, content in files.items()]
    archive = b""
    for name, mode, content in [*entries, ("TRAILER!!!", 0, b"")]:
        fields = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        archive += b"070701" + b"".join(b"%08x" % field for field in fields)
        for part in (name.encode() + b"\0", content):
            archive += part + bytes(-(len(archive) + len(part)) % 4)
    return archive


def _main(arguments: list[str]) -> int:
    match arguments:
        case ["packages"]:
            print(" ".join(REQUIRED_PACKAGES))
            return 0
        case ["missing"]:
            missing = missing_packages()
            print(" ".join(missing))
            return 1 if missing else 0
        case ["run", *command] if command:
            machine = Machine()
            machine.build()
            with tempfile.TemporaryDirectory(dir=CACHE) as out:
                boot = machine.boot(" ".join(command) + "\n", Path(out), timeout_s=7200)
            print(boot.console, end="")
            return boot.status
        case ["shell"]:
            machine = Machine()
            machine.build()
            machine.shell()
            return 0
        case _:
            print(__doc__)
            return 2


if __name__ == "__main__":
    try:
        sys.exit(_main(sys.argv[1:]))
    except LabError as error:
        sys.exit(str(error))
