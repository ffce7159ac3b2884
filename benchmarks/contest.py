"""Who takes part in the race, and how each is started: everything to channel 9, the rest is their own matter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import peers
from figures import Figures, Router
from rounds import FIFO, Round, a4bridge

FEW: Final = 5000
"""Notes for each of the others; the bridge gets as many as are asked for."""

_REHEARSAL: Final = 30
"""Notes before the first round of a router, so that what it reads from the disk is in memory."""


_BETWEEN: Final = ("meter source", "meter sink", "9")


@dataclass(frozen=True, slots=True)
class Entrant:
    """A router as it takes part. what: in a few words, with its version; left_out: why it does not after all."""

    key: str
    what: str
    command: tuple[str, ...] = ()
    meter: tuple[str, ...] = ("--channel", "9")
    said: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    left_out: str = ""

    def rounds(self, notes: int) -> Iterator[Round]:
        """Yield the rounds that it plays, named by router and condition; the bridge plays so many notes."""
        if self.left_out:
            return
        meter = (*self.meter, "--histogram")
        idle = Round(f"{self.key} idle", self.command, min(FEW, notes), meter, self.said, self.environment)
        if self.key == "kernel":
            yield idle
        elif self.key == "floor":
            yield replace(idle, command=(*FIFO, *self.command))
        elif self.key == "a4bridge":  # asks for its priority itself
            yield replace(idle, notes=notes)
            yield replace(idle, name=f"{self.key} loaded", notes=notes, load="itself")
        else:
            yield idle
            yield replace(idle, name=f"{self.key} loaded", load="another")
            yield replace(idle, name=f"{self.key} loaded_fifo", load="another", command=(*FIFO, *self.command))

    def rehearsals(self) -> Iterator[Round]:
        """Yield a few notes for each thing that is loaded from the disk."""
        for each in self.rounds(_REHEARSAL):
            if each.load != "another":
                yield replace(each, name=f"{each.name} rehearsal")


def entrants(python: Path) -> Iterator[Entrant]:
    """Yield who takes part, roughly by how much they do for a note; `python` has a4bridge.

    Raises LabError and PeerError, where one is missing without which there is no race.
    """
    routers = peers.ROUTERS
    version = peers.version(python, "python-rtmidi")
    rtmidi = f"python-rtmidi {version}"
    callback = (str(python), f"{routers}/callback.py")
    hop = f"{rtmidi}, callback, uvloop {peers.version(python, 'uvloop')}"
    yield Entrant("kernel", "the kernel's own route, which cannot change a channel", meter=("--direct",))
    yield Entrant("c", "C on alsa-lib, the least that will do", (str(peers.forwarder()), *_BETWEEN))
    yield _or_left_out("mididings", _mididings)
    yield _or_left_out("midish", _midish)
    yield _or_left_out("rtmidi_in", lambda: _rtmidi("rtmidi_in", version, "alsa"))
    yield _or_left_out("rtmidi", lambda: _rtmidi("rtmidi", version, "rtmidi"))
    yield Entrant("kept", f"{rtmidi}, callback, thread state kept", (*callback, "--keep-state"))
    floor = f"{rtmidi}, the least that does a bridge's work"
    yield Entrant("floor", floor, (str(python), f"{routers}/floor.py"))
    yield Entrant("callback", f"{rtmidi}, callback", callback)
    yield Entrant("loop_hop", hop, (str(python), f"{routers}/loop_hop.py"))
    yield Entrant("queue_hop", f"{rtmidi}, callback, queue, thread", (str(python), f"{routers}/queue_hop.py"))
    yield _or_left_out("mido", lambda: _mido(rtmidi))
    yield Entrant("a4bridge", "a4bridge, profile liverec", a4bridge(python, "liverec"))


def _or_left_out(key: str, entrant: Callable[[], Entrant]) -> Entrant:
    try:
        return entrant()
    except peers.PeerError as error:
        return Entrant(key, key, left_out=str(error))


def _rtmidi(key: str, version: str, sending: str) -> Entrant:
    program, rtmidi = peers.rtmidi_forwarder(f"python-rtmidi=={version}")
    how = {"rtmidi": "", "alsa": ", which sends by alsa-lib"}[sending]
    return Entrant(key, f"RtMidi {rtmidi} in C++{how}", (str(program), *_BETWEEN, sending))


def _mididings() -> Entrant:
    python, environment = peers.mididings()
    command = (str(python), f"{peers.ROUTERS}/mididings_rule.py")
    return Entrant("mididings", peers.MIDIDINGS.replace("==", " "), command, environment=environment)


def _midish() -> Entrant:
    program, version = peers.midish()
    said = (peers.ROUTERS / "channel_9.midish").read_text()
    return Entrant("midish", f"midish {version}", (str(program), "-b"), said=said)


def _mido(rtmidi: str) -> Entrant:
    python = peers.python_with(peers.MIDO, rtmidi.replace(" ", "=="))
    return Entrant("mido", peers.MIDO.replace("==", " "), (str(python), f"{peers.ROUTERS}/mido_callback.py"))


def in_order(entrants: list[Entrant], notes: int) -> list[Round]:
    """Return all rounds, those one after the other that share what loads the machine."""
    rounds = [each for entrant in entrants for each in (*entrant.rehearsals(), *entrant.rounds(notes))]
    return sorted(rounds, key=lambda each: each.load == "another")


def results(entrant: Entrant, measured: dict[str, Figures]) -> Router:
    """Return the entrant's own of all figures."""
    rounds = {each.name.split()[1]: measured[each.name] for each in entrant.rounds(FEW)}
    fault = next((figures["fault"] for figures in rounds.values() if "fault" in figures), "")
    return Router(entrant.key, entrant.what, {} if fault else rounds, entrant.left_out or fault)
