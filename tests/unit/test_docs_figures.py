"""Figures in the documents that are constants of the program: whoever changes one changes the other."""

import re
from typing import Any, Final

import pytest
from documents import DOCUMENTS, REPOSITORY

from a4bridge.control import wire
from a4bridge.core import midi, profile
from a4bridge.engine import forwarder, loops, page, realtime
from a4bridge.ports import settling
from a4bridge.service import engine, log, watching
from a4bridge.service.watching import Limits

UNIT: Final = (REPOSITORY / "systemd/a4bridge.service").read_text(encoding="utf-8")
LIMITS: Final = Limits()
KIB: Final = 1024
_MS: Final = 1_000_000


def in_unit(key: str) -> str:
    found = re.search(rf"^{key}=(.*)$", UNIT, re.MULTILINE)
    assert found
    return found[1]


FIGURES: Final[list[tuple[str, str, Any]]] = [
    ("docs/architecture.md", r"SCHED_FIFO \((\d+) for its main thread", realtime.MAIN_PRIORITY),
    ("docs/architecture.md", r"SCHED_FIFO \(\d+ for its main thread, (\d+) for callbacks", realtime.CALLBACK_PRIORITY),
    ("docs/architecture.md", r"callback have the interpreter after ([\d.]+) ms", realtime.SWITCH_INTERVAL * 1e3),
    ("docs/architecture.md", r"what is open in each of (\d+) input slots", page.SLOTS),
    ("docs/architecture.md", r"the last ([\d,]+) events: time", page.RING_EVENTS),
    ("docs/architecture.md", r"what a reader sees is at most ([\d.]+) s old", engine.PING_SECONDS),
    ("docs/architecture.md", r"says nothing for four pings \(([\d.]+) s\)", engine.PING_SECONDS * engine.SILENT_PINGS),
    ("docs/architecture.md", r"the same for ([\d.]+) s before it is opened", settling.SETTLE_SECONDS),
    ("docs/architecture.md", r"the note-offs of the last (\d+) s count as not heard", forwarder.DOUBT_SECONDS),
    ("docs/architecture.md", r"each (\d+)th callback looks at", loops.LOOK_EVERY),
    ("docs/architecture.md", r"within (\d+) ms that were\sequal", loops._WINDOW_NS / _MS),
    ("docs/architecture.md", r"not repeated for (\d+) s", (loops._PROOF_NS + loops._REST_NS) / _MS / 1000),
    ("docs/architecture.md", r"watchdog ends it after (\d+) s", in_unit("WatchdogSec")),
    ("docs/control.md", r"Its mode is (\d+)\.", "0660"),
    ("docs/control.md", r"`text`, at most (\d+) KiB", wire.MAX_TEXT / KIB),
    ("docs/control.md", r"up to (\d+) events that were played", watching._BATCH),
    ("docs/control.md", r"a line longer than (\d+) KiB", wire.MAX_LINE / KIB),
    ("docs/control.md", r"or half a line, for (\d+) s", LIMITS.idle),
    ("docs/control.md", r"that nobody reads for (\d+) s", LIMITS.cut),
    ("docs/control.md", r"than he reads \| (\d+) KiB", LIMITS.waiting / KIB),
    ("docs/control.md", r"a (\d+)rd connection", LIMITS.connections + 1),
    ("docs/log.md", r"slow, ([\d,]+) lines wait", log._ROOM),
    ("docs/log.md", r"and once a (minute) while", log.REPEAT_SECONDS / 60),
    ("docs/profiles.md", r"Linux sends at most ([\d,]+) bytes", profile.LONGEST_SYSEX),
    ("docs/service.md", r"hangs is killed after (\d+) s", in_unit("WatchdogSec")),
    ("docs/service.md", r"one that is silent for ([\d.]+) s", engine.PING_SECONDS * engine.SILENT_PINGS),
    ("docs/service.md", r"started again after ([\d.]+) s", float(in_unit("RestartSec").removesuffix("ms")) / 1000),
    ("docs/service.md", r"Only exit code (\d+) ends that", in_unit("RestartPreventExitStatus")),
]
WORDS: Final = {"minute": 1}


@pytest.mark.parametrize(("document", "pattern", "value"), FIGURES, ids=lambda value: str(value)[:60])
def test_a_figure_in_a_document_is_the_programs(document: str, pattern: str, value: str | float) -> None:
    found = re.search(pattern.replace(" ", r"\s+"), DOCUMENTS[document])

    assert found, "the sentence is another now"
    assert float(WORDS.get(found[1], found[1].replace(",", ""))) == pytest.approx(float(value))


def test_a_panic_takes_what_it_is_said_to() -> None:
    assert "an eighth of a second for each channel" in DOCUMENTS["docs/commands.md"]
    assert pytest.approx(1 / 8, abs=0.005) == midi.NOTES * forwarder._CABLE_SECONDS
