"""What the documents tell to type is typed: every bridge is started, every verb is run, on the loopback transport."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from documents import blocks, commands
from running import ANALOG_FOUR, DIGITAKT, KEYSTATION, PATIENCE, Running, Synth, starting, write_config

from a4bridge.backend.loopback import DevicePort, Hub

OTHERS: Final = (
    DevicePort("MPK mini 3", "MPK mini 3 MIDI 1", "32:0", card=4, usb_id="09e8:0049"),
    DevicePort("UM-ONE", "UM-ONE MIDI 1", "36:0", card=5, usb_id="0582:012a"),
    DevicePort("Virtual Raw MIDI 6-0", "VirMIDI 6-0", "40:0", card=6),
    DevicePort("minilogue", "minilogue MIDI 1", "44:0", card=7, usb_id="0944:0131"),
)
SETTINGS: Final = '[aliases]\nkeys = "Keystation 49"\nrytm = "UM-ONE"\n'

_LINES: Final = {tuple(words[1:]): None for _, words in commands() if Path(words[0]).name == "a4bridge"}
_ELSEWHERE: Final = {
    "--version": "test_cli.py",
    "--help": "test_cli.py",
    "bench": "test_bench_verb.py, for it takes long",
    "demo": "test_cli.py",
    "doctor": "its own tests, for its exit code tells of this machine",
    "learn": "its own tests, for it asks",
    "monitor": "its own tests, for it goes on for ever",
    "save": "its own tests, for something must have been played",
    "service": "test_service_verb.py, for it would change this machine",
    "watch": "test_control.py, for it goes on for ever",
}
"""By the first word: what is not typed here, and where it is."""
_MEASURED: Final = "meter source"
"""The lab's, which plays and hears: tests/lab/test_latency.py starts these bridges."""

BRIDGES: Final = [
    line
    for line in _LINES
    if (not line or line[0] == "run" or line[0].startswith("-"))
    and not {"--help", "--version", _MEASURED, "NAME"} & set(line)
]
VERBS: Final = [line for line in _LINES if line and line[0] not in {*_ELSEWHERE, "run"} and line[0][0] != "-"]
LEAD: Final = next(block.text for block in blocks("toml") if block.document == "README.md")
"""The profile that the first page has its reader save as lead.toml."""
ON_DEVICES: Final = {"ports", "panic"}


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A full desk; what is played to the Analog Four is nobody's business here."""
    with Hub() as hub:
        for port in (KEYSTATION, ANALOG_FOUR, DIGITAKT, *OTHERS):
            hub.plug(port, Synth())
        yield hub


def at_home(directory: Path) -> Path:
    """Give a home and a folder to work in, with the files that the documents speak of."""
    for name, text in (("settings.toml", SETTINGS), ("profiles/lead.toml", LEAD)):
        write_config(directory, name, text)
    (directory / "lead.toml").write_text(LEAD, encoding="utf-8")
    (directory / ".config").symlink_to(directory / "config")
    return directory


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(at_home(tmp_path))
    return tmp_path


@pytest.mark.parametrize("line", BRIDGES, ids=" ".join)
def test_every_bridge_links(hub: Hub, home: Path, line: tuple[str, ...]) -> None:
    with starting(hub, home) as start:
        linked = start(*line).says(" -> ")

    assert not linked.startswith(("warning", "error"))


@pytest.fixture(scope="module")
def running(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with starting(hub, at_home(tmp_path_factory.mktemp("running"))) as start:
        bridge = start("--input", "keystation")
        bridge.says(" -> ")
        yield bridge


@pytest.mark.parametrize("line", VERBS, ids=" ".join)
def test_every_verb_does_what_it_should(
    hub: Hub, running: Running, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]
) -> None:
    monkeypatch.chdir(running.directory)
    homes = {"~": str(running.directory), "/etc": f"{running.directory}/config"}
    words = [re.sub("^(~|/etc)(?=/)", lambda start: homes[start[0]], word) for word in line]
    if line[0] in ON_DEVICES:
        words += ["--backend", f"loopback:{hub.address}"]

    assert running.told(*words)


def test_nothing_that_is_typed_is_forgotten() -> None:
    rest = {line[0] for line in _LINES if line not in BRIDGES and line not in VERBS}

    assert len(BRIDGES) > 10
    assert len(VERBS) > 20
    assert rest <= {*_ELSEWHERE, "run", "--input", "--profile"}


def program(document: str, word: str) -> str:
    """Return the Python program in a document that has a word in it."""
    (text,) = (block.text for block in blocks("python") if block.document == document and word in block.text)
    return text


def test_a_program_of_your_own_can_tell_the_bridge_things(running: Running) -> None:
    text = program("docs/control.md", "socket.AF_UNIX")
    text = text.replace("/run/a4bridge/control", str(running.directory / "run/control"))

    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=PATIENCE)

    assert "'says': 'switched to gridrec, auto channel 9'" in run.stdout


def test_the_desk_without_midi_plays(tmp_path: Path) -> None:
    synth = Synth()
    names: dict[str, Any] = {"print": synth}

    with ExitStack() as stack:

        def press_enter(text: str) -> None:
            if text.startswith(f"a4bridge run --backend loopback:{names['hub'].address} "):
                bridge = Running(names["hub"], tmp_path, ["run"])
                stack.callback(bridge.clean_up)
                bridge.says("^Keystation 49 -> Elektron Analog Four, auto channel 9$")
            else:
                names["heard"] = synth.next()

        names["input"] = press_enter
        exec(compile(program("docs/architecture.md", "Hub()"), "architecture.md", "exec"), names)  # noqa: S102 - our own

    assert names["heard"] == bytes([0x98, 60, 100])
