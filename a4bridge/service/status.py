"""How things are, as one dictionary for programs: what `a4bridge status --json` prints (docs/control.md)."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from a4bridge import __version__
from a4bridge.core.effects import Effects
from a4bridge.core.midi import note_name
from a4bridge.core.outcomes import WORDS, Outcome, is_drop
from a4bridge.engine.page import Page, percentile
from a4bridge.service.threads import Threads, Usage

_SHARES: Final = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "max": 1.0}


class LinkState(StrEnum):
    """How far an input or the output has come."""

    ABSENT = "absent"
    """Wanted by name, and not plugged in."""
    SETTLING = "settling"
    """Just plugged in: its name may not be final."""
    OPEN = "open"
    LOST = "lost"
    """Was open, and is unplugged."""
    CUT = "cut"
    """Returned the bridge's own bytes: nothing of it is forwarded."""


@dataclass(frozen=True, slots=True)
class Link:
    """An input or the output. name: the port's title or, if it is absent, what is wanted as the person wrote it."""

    name: str
    state: LinkState


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the files could not be read again; `says` is the sentence. line: from 1. Empty, or 0: there is none."""

    says: str
    file: str = ""
    line: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the service knows at one moment. Empty text, or None, where there is nothing to tell.

    file: the profile's; empty where a client sent its text. track: "1" to "16" or "auto", if everything was redirected.
    destination: as the log says it, such as "auto channel 9". box: the linked box's name. waiting_for: a sentence for
    each thing that is waited for, those about inputs and those about the output. fifo, memory: why real-time scheduling
    or locked memory was refused; empty where it was granted. threads, usage: of the engine, and what it has used since
    it was linked as it is; none where the system does not tell. backend: as `--backend` has it. uptime: in seconds.
    middle_c: the octave in which note 60 is shown. channels: what each channel (1-16) of the box is for. refusals: why
    a port could not be opened the last time, by its title. effects: what comes of the route. hushed: whether nothing
    that is played passes, because somebody asked for that. tracks: the words that `track` would take now. before: the
    page's counts when the bridge was switched last.
    """

    profile: str
    file: str
    sent: bool
    track: str
    destination: str
    inputs: Sequence[Link]
    output: Link | None
    box: str
    waiting_for: tuple[Sequence[str], Sequence[str]]
    engine_pid: int | None
    fifo: str
    memory: str
    threads: Threads
    usage: Usage | None
    trouble: Trouble | None
    backend: str
    uptime: float
    middle_c: int
    channels: Mapping[int, str]
    refusals: Mapping[str, str] = field(default_factory=dict)
    effects: Effects | None = None
    hushed: bool = False
    tracks: Sequence[str] = ()
    before: Mapping[Outcome, int] = field(default_factory=dict)

    @property
    def linked(self) -> bool:
        """Tell whether what is played on some input reaches a box."""
        opened = {link.state for link in self.inputs}
        return LinkState.OPEN in opened and self.output is not None and self.output.state is LinkState.OPEN


def report(snapshot: Snapshot, page: Page | None) -> dict[str, Any]:
    """Return everything about the running bridge; without a page nothing is known of what was played."""
    return {
        "running": True,
        "linked": snapshot.linked,
        "hushed": snapshot.hushed,
        "a4bridge": __version__,
        "pid": os.getpid(),
        "engine_pid": snapshot.engine_pid,
        "uptime_s": round(snapshot.uptime, 1),
        "backend": snapshot.backend,
        "profile": {
            "name": snapshot.profile,
            "file": snapshot.file,
            "sent": snapshot.sent,
            "track": snapshot.track,
            "tracks": list(snapshot.tracks),
            "destination": snapshot.destination,
        },
        "inputs": [_link(link) for link in snapshot.inputs],
        "output": _link(snapshot.output) if snapshot.output else None,
        "box": snapshot.box,
        "channels": [{"channel": channel, "name": name} for channel, name in snapshot.channels.items()],
        "middle_c": snapshot.middle_c,
        "waiting": [sentence for sentences in snapshot.waiting_for for sentence in sentences],
        "waiting_for": dict(zip(("inputs", "output"), map(list, snapshot.waiting_for), strict=True)),
        "refused": {title: says for title, says in snapshot.refusals.items() if says},
        "effects": snapshot.effects.to_data() if snapshot.effects else None,
        **_played(page, snapshot),
        "real_time": {
            "fifo": snapshot.fifo,
            "memory": snapshot.memory,
            "priorities": priorities(snapshot.threads, snapshot.engine_pid),
        },
        **used(snapshot.usage),
        "trouble": _trouble(snapshot.trouble) if snapshot.trouble else None,
    }


def priorities(threads: Threads, main: int | None) -> dict[str, Any] | None:
    """Return the SCHED_FIFO priorities (1-99; 0: none) of the thread numbered `main` and of the others, sorted."""
    if main is None or main not in threads:
        return None
    others = sorted(thread.fifo for number, thread in threads.items() if number != main)
    return {"main": threads[main].fifo, "callbacks": others}


def used(usage: Usage | None) -> dict[str, Any]:
    """Return page faults and switches; null where they are not known."""
    if usage is None:
        return {"faults": None, "switches": None}
    return {
        "faults": {"major": usage.major_faults, "minor": usage.minor_faults},
        "switches": {"involuntary": usage.involuntary, "voluntary": usage.voluntary},
    }


def _link(link: Link) -> dict[str, str]:
    return {"name": link.name, "state": link.state}


def _trouble(trouble: Trouble) -> dict[str, str | int]:
    return {"says": trouble.says, "file": trouble.file, "line": trouble.line, "key": trouble.key}


def _played(page: Page | None, snapshot: Snapshot) -> dict[str, Any]:
    outcomes = page.outcomes() if page else {}
    return {
        "sounding": [
            {"channel": channel, "note": note, "name": note_name(note, snapshot.middle_c)}
            for channel, note in (page.sounding() if page else [])
        ],
        **_became(outcomes),
        "since_switch": _became(_since(outcomes, snapshot.before)),
        "took_us": _percentiles(page.took if page else memoryview(b"")),
        "late_us": _percentiles(page.late if page else memoryview(b"")),
    }


def _became(outcomes: Mapping[Outcome, int]) -> dict[str, Any]:
    used = {outcome: count for outcome, count in outcomes.items() if not is_drop(outcome)}
    forwarded = used.pop(Outcome.FORWARDED, 0)
    return {
        "forwarded": forwarded,
        "used": _counts(used),
        "dropped": _counts({outcome: count for outcome, count in outcomes.items() if is_drop(outcome)}),
    }


def _since(outcomes: Mapping[Outcome, int], before: Mapping[Outcome, int]) -> Mapping[Outcome, int]:
    if any(outcomes.get(outcome, 0) < count for outcome, count in before.items()):  # another page, that began at 0
        return outcomes
    since = {outcome: count - before.get(outcome, 0) for outcome, count in outcomes.items()}
    return {outcome: count for outcome, count in since.items() if count}


def _counts(outcomes: Mapping[Outcome, int]) -> list[dict[str, str | int]]:
    """Return the outcomes, the most frequent first."""
    return [
        {"reason": outcome.name.lower(), "says": WORDS[outcome], "count": count}
        for outcome, count in sorted(outcomes.items(), key=lambda item: -item[1])
    ]


def _percentiles(histogram: memoryview) -> dict[str, float]:
    return {name: round(percentile(histogram, share) / 1000, 1) for name, share in _SHARES.items()}
