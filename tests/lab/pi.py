"""An emulated Raspberry Pi: Debian 13 for arm64, the Debian package installed, keyboard and Analog Four plugged in.

    python tests/lab/pi.py packages     print the Debian packages that this computer needs for it
    python tests/lab/pi.py LOG          install and play, show it all, and write what matters of it into the file LOG

It needs root (debootstrap does) and patience: each instruction of the Pi's is emulated, on one processor. The first run
sets up Debian on the emulated processor itself, and keeps the result in .cache/pi.
"""

import hashlib
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import machine
from machine import HERE, REPOSITORY, SHARE, VIRTUAL_TIME, LabError
from trixie import MIRROR, SUITE, built_package, dependencies

CACHE: Final = REPOSITORY / ".cache" / "pi"
GUEST: Final = HERE / "guest"
REQUIRED_PACKAGES: Final = ("qemu-system-arm", "debootstrap", "e2fsprogs", "kmod")

KERNEL: Final = "linux-image-arm64"
# To run it as a Pi is run, to switch it off, and to test in it. The rest is what our package depends on.
SYSTEM: Final = ("systemd-sysv", "udev", "kmod")
TOOLS: Final = ("busybox-static", "python3-pytest")
# What the initramfs loads to reach the card and the host's folders.
ROOT_MODULES: Final = ("virtio_blk", "ext4", "overlay", "9p", "9pnet_virtio")
CARD_SIZE: Final = "2G"  # a sparse file
# The processor of a Raspberry Pi 4 (BCM2711).
COMPUTER: Final = ("qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a72", "-m", "1024")
PATIENCE_S: Final = 3 * 3600
"""Real seconds until a boot is given up: only a net."""

# For the set-up alone: no waiting for the card, and nothing that only a person reads.
QUICKLY: Final = "".join(
    f"{option}\n"
    for option in (
        "force-unsafe-io",
        *(f"path-exclude=/usr/share/{folder}/*" for folder in ("doc", "info", "locale", "man")),
    )
)

# What apt, dpkg and pytest say while they work, and what a terminal is told that is none.
NOISE: Final = re.compile(
    r"^(\(Reading|Reading |Building |Selecting prev|Preparing to|Unpacking |Processing trig|I: |W: |collecting )|^\s*$"
)
CONTROL: Final = re.compile(r"\x1b(\[[?!0-9;]*[A-Za-z]|\].*?(\x07|\x1b\\))")


class Log:
    """Shows what happens, and keeps what matters."""

    def __init__(self) -> None:
        self.kept = ""

    def __call__(self, line: str) -> None:
        line = CONTROL.sub("", line).rstrip()
        print(line, flush=True)
        if not NOISE.match(line):
            self.kept += f"{line}\n"


def obstacle() -> str | None:
    """Say in one line why this computer cannot run it; None if it can."""
    if platform.system() != "Linux" or shutil.which("apt-get") is None:
        return "it needs Debian"
    if os.geteuid() != 0:
        return "debootstrap needs root"
    tools = ("qemu-system-aarch64", "debootstrap", "mkfs.ext4", "depmod")
    if any(shutil.which(tool) is None for tool in tools):
        return f"packages are missing; install with: apt-get install {' '.join(REQUIRED_PACKAGES)}"
    return None


class Pi:
    """A card with Debian 13, and a computer to put it in; both in a cache folder."""

    def __init__(self, log: Callable[[str], None], cache: Path = CACHE) -> None:
        self._log = log
        self._cache = cache
        self._kernel = cache / "kernel"
        self._card = cache / "card.ext4"
        self._initramfs = cache / "initramfs.cpio"

    def build(self) -> None:
        """Make the card, unless there is one that was made in the same way.

        Raises:
            LabError: something is missing, or the network is.
        """
        if reason := obstacle():
            raise LabError(f"The Pi cannot be made: {reason}")
        self._cache.mkdir(parents=True, exist_ok=True)
        record = self._cache / "made-from"
        ways = repr((SUITE, KERNEL, SYSTEM, TOOLS, dependencies(), CARD_SIZE))
        contents = hashlib.sha256(ways.encode() + (GUEST / "pi" / "make.sh").read_bytes()).hexdigest()
        if record.exists() and record.read_text() == contents:
            self._pack_initramfs()
            return
        record.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self._cache) as scratch:
            root = Path(scratch, "root")
            self._log(f"==> Fetching Debian {SUITE} for arm64")
            self._unpack(root)
            self._pack_initramfs()
            machine.output_of("mkfs.ext4", "-q", "-F", "-d", str(root), str(self._card), CARD_SIZE)
        self._log("==> Setting it up, on its own processor: this takes long, once")
        self.boot("make", self._card)
        record.write_text(contents)

    def boot(
        self, stage: str, card: Path, *, files: Iterable[Path] = (), script: str = "", protected: bool = False
    ) -> None:
        """Switch it on with a card, and wait until it has switched itself off.

        `stage` is a script in guest/pi; `files` and `script` (as "guest") lie in /run/out for it. A protected card
        cannot be written: qemu refuses it.

        Raises:
            LabError: the stage failed, or its end was never reached.
        """
        with tempfile.TemporaryDirectory(dir=self._cache) as folder:
            out = Path(folder)
            for file in files:
                shutil.copy(file, out)
            (out / "guest").write_text(script)
            last = self._run(stage, card, out, protected=protected)
            status = out / "status"
            if not status.exists():
                raise LabError(f"The Pi went down before its script had ended; the last lines were:\n{last}")
            if int(status.read_text()):
                raise LabError(f"The script failed; the last lines were:\n{last}")

    def copy_of_card(self) -> Path:
        """Return a copy that may be written on."""
        copy = self._cache / "installed.ext4"
        machine.output_of("cp", "--sparse=always", str(self._card), str(copy))
        return copy

    def _run(self, stage: str, card: Path, out: Path, *, protected: bool) -> str:
        environment = f"CARD={'read-only' if protected else 'writable'} STAGE={stage}"
        command = (
            *(*COMPUTER, *VIRTUAL_TIME),
            *("-display", "none", "-no-reboot", "-nic", "none", "-monitor", "none", "-serial", "stdio"),
            *("-kernel", str(self._kernel / "image"), "-initrd", str(self._initramfs)),
            *("-append", f"console=ttyAMA0 quiet panic=-1 {environment}"),
            *("-drive", f"file={card},format=raw,if=virtio,cache=unsafe,readonly={'on' if protected else 'off'}"),
            *("-virtfs", f"local,path={GUEST},mount_tag=lab,readonly=on,{SHARE}"),
            *("-virtfs", f"local,path={out},mount_tag=out,{SHARE}"),
        )
        lines: list[str] = []
        with subprocess.Popen(
            ("timeout", str(PATIENCE_S), *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as qemu:
            assert qemu.stdout
            for line in qemu.stdout:
                lines.append(line.rstrip())
                self._log(lines[-1])
        return "\n".join(f"    {line}" for line in lines[-15:])

    def _unpack(self, root: Path) -> None:
        """Put on the card what does not need its processor: base system, kernel modules, packages for later."""
        include = ",".join(SYSTEM)
        machine.output_of(
            *("debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", f"--include={include}"),
            *(SUITE, str(root), MIRROR),
        )
        if (root / "proc").is_symlink():  # what debootstrap makes of it in a container
            (root / "proc").unlink()
            (root / "proc").mkdir()
        archives = root / "var/cache/apt/archives"
        nothing = root.parent / "no-package-is-installed"
        nothing.touch()
        apt = (
            *("apt-get", "-o", f"Dir={root}", "-o", f"Dir::State::status={nothing}"),
            *("-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64", "-o", "APT::Sandbox::User=root"),
            *("-o", f"Dir::Etc::Trusted={root}/usr/share/keyrings/debian-archive-keyring.gpg"),
            *("-o", "APT::Install-Recommends=false"),
        )
        machine.output_of(*apt, "update")
        machine.output_of(*apt, "install", "--download-only", "-y", KERNEL, *TOOLS, *dependencies())
        _shorten_list(root, {each.name.partition("_")[0] for each in archives.glob("*.deb")})
        (root / "etc/dpkg/dpkg.cfg.d/lab").write_text(QUICKLY)
        (kernel,) = archives.glob("linux-image-[0-9]*.deb")
        machine.output_of("dpkg-deb", "-x", str(kernel), str(root))
        for each in archives.glob("linux-image-*.deb"):
            each.unlink()
        (release,) = (each.name for each in (root / "usr/lib/modules").iterdir())
        machine.output_of("depmod", "-b", str(root), release)
        # What the host starts it with.
        shutil.rmtree(self._kernel, ignore_errors=True)
        self._kernel.mkdir()
        (image,) = root.glob("boot/vmlinuz-*")
        image.rename(self._kernel / "image")
        (busybox,) = archives.glob("busybox-static_*.deb")
        machine.output_of("dpkg-deb", "-x", str(busybox), str(self._kernel))
        shutil.copytree(root / "usr/lib/modules", self._kernel / "lib/modules", symlinks=True)

    def _pack_initramfs(self) -> None:
        (release,) = (each.name for each in (self._kernel / "lib/modules").iterdir())
        modprobe = ("modprobe", "-d", str(self._kernel), "-S", release, "--show-depends")
        steps = "".join(machine.output_of(*modprobe, name) for name in ROOT_MODULES)
        files = {
            "bin/busybox": (self._kernel / "usr/bin/busybox").read_bytes(),
            "init": (GUEST / "pi" / "init.sh").read_bytes(),
        }
        for at, path in enumerate(dict.fromkeys(re.findall(r"^insmod (\S+)", steps, re.MULTILINE))):
            files[f"modules/{at:02}.ko"] = lzma.decompress(Path(path).read_bytes())
        self._initramfs.write_bytes(machine.cpio_archive(("bin", "modules"), files))


def _shorten_list(root: Path, wanted: set[str]) -> None:
    """Leave only the packages that lie on the card in apt's list: the emulated processor reads 60,000 for minutes."""
    (file,) = (root / "var/lib/apt/lists").glob("*_Packages")
    stanzas = file.read_text().split("\n\n")
    file.write_text(
        "\n\n".join(each for each in stanzas if each.split("\n")[0].removeprefix("Package: ") in wanted) + "\n\n"
    )


def play_it(log: Callable[[str], None]) -> None:
    """Install the package as it is now, and play; then once more with the card write-protected."""
    pi = Pi(log)
    pi.build()
    shutil.rmtree(CACHE / "deb", ignore_errors=True)
    package = built_package(CACHE / "deb")
    log(f"==> {machine.output_of(COMPUTER[0], '--version').splitlines()[0]}: {' '.join(COMPUTER[1:])}")
    card = pi.copy_of_card()
    tests = "python3 -m pytest -c /run/lab/pytest.ini -sv --color=no -p no:cacheprovider /run/lab/pi/test_pi.py"
    log(f"==> Installing {package.name} on Debian {SUITE}, arm64, and playing")
    pi.boot("systemd", card, files=[package], script=f"sh /run/lab/pi/install.sh /run/out/{package.name} && {tests}\n")
    log("==> Switched off and on again, with the card write-protected, and playing")
    remembered = """a4bridge status --json | grep -E '"name": ?"gridrec"'"""
    pi.boot("systemd", card, script=f"{remembered} && {tests}\n", protected=True)
    log("==> All is well")


def _main(arguments: list[str]) -> int:
    match arguments:
        case ["packages"]:
            print(" ".join(REQUIRED_PACKAGES))
            return 0
        case [file] if not file.startswith("-"):
            log = Log()
            play_it(log)
            Path(file).write_text(log.kept)
            return 0
        case _:
            print(__doc__)
            return 2


if __name__ == "__main__":
    try:
        sys.exit(_main(sys.argv[1:]))
    except LabError as error:
        sys.exit(str(error))
