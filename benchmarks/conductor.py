"""Plays rounds of notes in the lab; rounds.py starts it there with a folder, in which plan.json says which.

Adds a line of JSON to the file `rounds` in that folder for each: the meter's figures, or "fault" with what went wrong.

Two things keep the clock from leaping (tests/lab/README.md). While programs are read from the host's disk an endless
loop of the shell's does, in which virtual time passes more slowly than ours; while notes are played `awake`, in which
it passes much faster. Neither delays anybody: they run at the idle priority.
"""

import fcntl
import json
import mmap
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import groupby
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
ROUND: Final = Path("/run/round")
SILENT: Final = Path("/run/silent")
"""What programs keep, of this round and of the bridge that forwards nothing; no file is left of the round before."""

CLIENTS: Final = Path("/proc/asound/seq/clients")
PATIENCE_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 2.0
LIKE_HARDWARE: Final = ("chrt", "--fifo", "80")
"""The meter plays and hears whatever else the computer does, the engine (70) included."""

ENDLESS: Final = ("sh", "-c", "while :; do :; done")

Process = subprocess.Popen[str]


class RoundError(Exception):
    """The round cannot be played; the text says why."""


@contextmanager
def busy(*command: str) -> Iterator[Process]:
    """Have `command` run whenever nothing else does."""
    with subprocess.Popen(("chrt", "--idle", "0", *command), text=True) as endless:
        try:
            yield endless
        finally:
            endless.kill()


@contextmanager
def quickly(awake: str, endless: Process) -> Iterator[None]:
    """Have `awake` run instead of the endless loop."""
    with busy(awake):
        endless.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            endless.send_signal(signal.SIGCONT)


@contextmanager
def running(command: Sequence[str], home: Path, said: Path, environment: Mapping[str, str] = {}) -> Iterator[Process]:
    """Start a program that is ended afterwards; `home` is for what it keeps, `said` for what it says."""
    with (
        said.open("w") as saying,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=saying,
            stderr=saying,
            text=True,
            env={**os.environ, "XDG_RUNTIME_DIR": str(home), "XDG_STATE_HOME": str(home / "state"), **environment},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def until(what: str, condition: Callable[[], bool], process: Process, said: Path) -> None:
    """Return once the condition holds; raises RoundError with what the process said if it ends or never gets there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RoundError(f"{what} in vain; it said: {said.read_text().strip()}")
        time.sleep(0.05)


def tell(process: Process, words: str = "\n") -> None:
    assert process.stdin
    process.stdin.write(words)
    process.stdin.flush()


def linked(source: str, sink: str) -> bool:
    """Tell whether somebody hears the one client and somebody plays to the other."""
    clients = {text.partition('"')[2].partition('"')[0]: text for text in CLIENTS.read_text().split("\nClient ")}
    return "Connecting To" in clients.get(source, "") and "Connected From" in clients.get(sink, "")


def exists(client: str) -> bool:
    return f'"{client}"' in CLIENTS.read_text()


@contextmanager
def watched(home: Path) -> Iterator[Path]:
    """Have `a4bridge watch` watch the bridge that keeps its files in `home`; yields the file that it streams to."""
    stream = home / "watched"
    with running((sys.executable, "-m", "a4bridge", "watch"), home, stream) as watching:
        until("watching", lambda: "watching" in stream.read_text(), watching, stream)
        yield stream


@contextmanager
def silent_bridge() -> Iterator[Path]:
    """Run a bridge that has nothing to forward, and watch it; yields the file that is streamed to."""
    made_anew(SILENT)
    ports, bridge = SILENT / "ports", SILENT / "bridge"
    between = ("--input", "silent source", "--output", "silent sink")
    with ExitStack() as ended:
        making = ended.enter_context(running((sys.executable, f"{HERE}/routers/silent_ports.py"), SILENT, ports))
        until("making ports", lambda: exists("silent source") and exists("silent sink"), making, ports)
        command = (sys.executable, "-m", "a4bridge", "--profile", "liverec", *between)
        linking = ended.enter_context(running(command, SILENT, bridge))
        until("linking", lambda: linked("silent source", "silent sink"), linking, bridge)
        yield ended.enter_context(watched(SILENT))


@contextmanager
def asked(stream: Path, figures: dict[str, Any]) -> Iterator[Process]:
    """Be ready to ask the bridge beside `stream`, once told; adds to the figures how often it was asked."""
    said = ROUND / "load"
    with running((sys.executable, f"{HERE}/load.py"), stream.parent, said) as asking:
        until("asking", lambda: "ready" in said.read_text(), asking, said)
        before = stream.read_text().count("\n")
        yield asking
        asking.communicate()
        lines = stream.read_text().count("\n") - before
        figures["load"] = {**json.loads(said.read_text().splitlines()[-1]), "watched": lines}


@contextmanager
def monitored(home: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    """Have `a4bridge monitor` look at the bridge that keeps its files in `home`, until it can go no further.

    how: one that is "closed" is sent SIGINT meanwhile, by whoever is given it.
    """
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, mmap.PAGESIZE)
    command = (sys.executable, "-m", "a4bridge", "monitor")
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(home)}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=writing, text=True, env=environment) as monitor:
        os.close(writing)
        try:
            if b"watching" not in os.read(reading, mmap.PAGESIZE):
                raise RoundError("the monitor does not watch")
            if how == "frozen":
                monitor.send_signal(signal.SIGSTOP)
            yield monitor
            if how == "closed":
                monitor.wait(PATIENCE_SECONDS)
            elif monitor.poll() is not None:
                raise RoundError("the monitor has ended")
        except subprocess.TimeoutExpired:
            raise RoundError("the monitor does not end") from None
        finally:
            monitor.kill()
            os.close(reading)


def made_anew(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


def play(plan: dict[str, Any], each: dict[str, Any], endless: Process, silent: Path | None) -> dict[str, Any]:
    """Return the meter's figures; raises RoundError. `silent` is what the other bridge streams to, if there is one."""
    made_anew(ROUND)
    router, meter = ROUND / "router", ROUND / "meter"
    played = ["--gap", str(plan["gap_us"]), "--notes", str(each["notes"]), *each["meter"]]
    command = [*LIKE_HARDWARE, plan["meter"], "--when-told", *played]
    figures: dict[str, Any] = {}
    with ExitStack() as ended:
        measuring = ended.enter_context(running(command, ROUND, meter))
        until("measuring", lambda: exists("meter sink"), measuring, meter)
        routing, said = measuring, meter
        if each["command"]:
            routing, said = ended.enter_context(running(each["command"], ROUND, router, each["environment"])), router
            tell(routing, each["said"])
        until("linking", lambda: linked("meter source", "meter sink"), routing, said)
        asking = None
        if each["load"] != "none":
            stream = silent or ended.enter_context(watched(ROUND))
            asking = ended.enter_context(asked(stream, figures))
        monitor = ended.enter_context(monitored(ROUND, each["monitor"])) if each["monitor"] != "none" else None
        with quickly(plan["awake"], endless):
            time.sleep(SETTLE_SECONDS)
            if asking:
                tell(asking)
            tell(measuring)
            if monitor and each["monitor"] == "closed":
                time.sleep(plan["gap_us"] * each["notes"] / 2e6)  # half the round
                monitor.send_signal(signal.SIGINT)
            # Without a look at it meanwhile, which would cost a note.
            os.waitid(os.P_PID, measuring.pid, os.WEXITED | os.WNOWAIT)
        if measuring.wait():
            raise RoundError(f"the meter said: {meter.read_text().strip()}")
        figures |= json.loads(meter.read_text())
    return figures


def main(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text())
    with busy(*ENDLESS) as endless:
        for load, rounds in groupby(plan["rounds"], key=lambda each: each["load"]):
            with silent_bridge() if load == "another" else nullcontext() as silent:
                for each in rounds:
                    try:
                        figures = play(plan, each, endless, silent)
                    except RoundError as error:
                        figures = {"fault": str(error)}
                    with (folder / "rounds").open("a") as results:
                        results.write(json.dumps({"name": each["name"], **figures}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
