"""The race: a4bridge and other routers on the same notes, in one boot of the lab.

    python benchmarks/race.py [--notes N] [FOLDER]

Writes latency.json, latency.md and latency.svg into the folder, which is docs if it is left out. The others are fetched
into .cache/peers; one that cannot be had here is left out, with a line that says why. Exit codes: 0 measured, 1 the lab
cannot run, or a4bridge lost or changed a note.
"""

import argparse
import ctypes
import platform
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "lab"))  # the lab is a tool of the tests', and no package

import peers  # noqa: E402 - it finds the lab by the line above
from arguments import NOTES_LEAST, at_least, folder  # noqa: E402 - as above
from contest import entrants, in_order, results  # noqa: E402 - as above
from figures import FILE, Figures, Race, written  # noqa: E402 - as above
from installed import SOURCES, installed_python  # noqa: E402 - as above
from machine import LabError, Machine, output_of  # noqa: E402 - as above
from report import page  # noqa: E402 - as above
from rounds import GAP_US, play  # noqa: E402 - as above

PATIENCE_SECONDS: Final = 3600

NEEDED: Final = ("kernel", "c", "kept", "floor", "callback", "a4bridge")
"""Without these there is nothing to compare."""


def race(notes: int) -> Race:
    """Return what was measured; raises LabError and PeerError."""
    machine = Machine()
    machine.build()
    python = installed_python()
    taking_part = []
    for entrant in entrants(python):
        say(f"{entrant.key} is left out: {entrant.left_out}" if entrant.left_out else f"{entrant.key} is ready")
        taking_part.append(entrant)
    rounds = in_order(taking_part, notes)
    say(f"booting; {len(rounds)} rounds, {sum(each.notes for each in rounds):,} notes")
    heard = 0

    def tell(name: str, figures: Figures) -> None:
        nonlocal heard
        heard += 1
        said = figures.get("fault") or "p50 {p50_us} us, p99 {p99_us} us".format_map(figures)
        say(f"{heard}/{len(rounds)}: {name}: {said}")

    with tempfile.TemporaryDirectory() as out:
        measured = play(machine, python, rounds, Path(out), heard=tell, timeout_s=PATIENCE_SECONDS)
        kernel = (Path(out) / "kernel").read_text().strip()
    routers = tuple(results(entrant, measured) for entrant in taking_part)
    for router in routers:
        if router.left_out and router.key in NEEDED:
            raise LabError(f"{router.key} could not be measured: {router.left_out}")
    return Race(made_with(python, kernel), GAP_US, routers)


def made_with(python: Path, kernel: str) -> dict[str, str]:
    """Return what the figures depend on, by its name."""
    commit = output_of("git", "describe", "--always", "--abbrev=12", "--exclude=*", cwd=REPOSITORY).strip()
    changed = output_of("git", "status", "--porcelain", "--", *SOURCES, cwd=REPOSITORY).strip()
    rtmidi = output_of(str(python), "-c", "import rtmidi; print(rtmidi.get_rtmidi_version())").strip()
    qemu = re.search(r"version (\S+)", output_of("qemu-system-x86_64", "--version"))
    return {
        "commit": f"{commit}{', with changes' if changed else ''}",
        "kernel": f"Linux {kernel}",
        "Python": platform.python_version(),
        "python-rtmidi": f"{peers.version(python, 'python-rtmidi')}, RtMidi {rtmidi}",
        "alsa-lib": alsa_version(),
        "qemu": qemu[1] if qemu else "unknown",
    }


def alsa_version() -> str:
    """Return the version of the system's alsa-lib, which is what the guest has, too."""
    version = ctypes.CDLL("libasound.so.2").snd_asoundlib_version
    version.restype = ctypes.c_char_p
    return str(version().decode())


def drawn(file: Path) -> None:
    """Draw the picture beside the JSON file; raises LabError and PeerError."""
    plot = REPOSITORY / "benchmarks" / "plot.py"
    output_of(str(peers.python_with(peers.MATPLOTLIB)), str(plot), str(file), str(file.with_suffix(".svg")))


_began = time.monotonic()


def say(what: str) -> None:
    print(f"{time.monotonic() - _began:5.0f} s  {what}", file=sys.stderr, flush=True)


def main() -> int:
    """Race and write; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--notes", type=at_least(NOTES_LEAST), default=20_000, help="notes for a4bridge (default 20,000)"
    )
    parser.add_argument("folder", nargs="?", type=folder, default=FILE.parent, metavar="FOLDER")
    options = parser.parse_args()
    file: Path = options.folder / FILE.name
    try:
        measured = race(options.notes)
    except (LabError, peers.PeerError) as error:
        print(error, file=sys.stderr)
        return 1
    file.write_text(written(measured))
    file.with_suffix(".md").write_text(page(measured))
    try:
        drawn(file)
    except (LabError, peers.PeerError) as error:
        say(f"no picture: {error}")
    say(f"{file} and what belongs to it are written")
    bridge = measured.router("a4bridge").rounds.values()
    return int(any(figures["lost"] or figures["wrong"] or figures["unexpected"] for figures in bridge))


if __name__ == "__main__":
    sys.exit(main())
