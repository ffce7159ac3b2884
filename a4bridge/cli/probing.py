"""Plays the notes of `a4bridge doctor --probe`, and asks what was heard."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final

from a4bridge.backend.base import BackendError, Output
from a4bridge.backend.choice import backend_for
from a4bridge.core import midi
from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict
from a4bridge.doctor.output import CLOSE
from a4bridge.doctor.probe import AGAIN, KEY, NAME, VELOCITY, Step, conclude, steps

_NOTE_SECONDS: Final = 0.4
_GAP_SECONDS: Final = 0.2

Probed = tuple[Finding, list[dict[str, Any]]]
"""What it came to, and each step with whether it was heard (None: nobody was asked), ready for JSON."""


def probe(facts: Facts, backend: str, announce: Callable[[Step], None], heard: Callable[[Step], bool] | None) -> Probed:
    """Play every step to the box that is, or would be, linked.

    announce: is told of each step before it is played. heard: asks whether it was heard; None: nobody is asked.
    """
    port, effects = facts.ends.output_port, facts.playing.effects
    if not port or not effects:
        return Finding(NAME, Verdict.UNKNOWN, "nothing was played, because there is no box to play to"), []
    planned = steps(effects, asking=heard is not None)
    try:
        answers = _play(planned, backend, port.rtmidi_name, announce, heard)
    except BackendError as error:
        return Finding(NAME, Verdict.BAD, str(error), CLOSE), []
    data = [asdict(step) | {"heard": answer} for step, answer in zip(planned, answers, strict=True)]
    if heard is None:
        return _unheard(planned), data
    return conclude(planned, [bool(answer) for answer in answers]), data


def _unheard(planned: Sequence[Step]) -> Finding:
    evidence = f"{len(planned)} notes were played; only who listens can tell whether they were heard"
    return Finding(NAME, Verdict.UNKNOWN, evidence, AGAIN)


def _play(
    planned: Sequence[Step],
    backend: str,
    port: str,
    announce: Callable[[Step], None],
    heard: Callable[[Step], bool] | None,
) -> list[bool | None]:
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)  # which leaves no note sounding
    answers: list[bool | None] = []
    output = backend_for(backend, "doctor").open_output(port)
    try:
        for step in planned:
            announce(step)
            with _sounding(output, step.channel):
                time.sleep(_NOTE_SECONDS)
            answers.append(heard(step) if heard else None)
            time.sleep(_GAP_SECONDS)
    finally:
        output.close()
    return answers


@contextmanager
def _sounding(output: Output, channel: int) -> Iterator[None]:
    """Play the note on `channel` (1-16) for as long as this lasts, however it ends."""
    send = output.send
    try:
        send([midi.status(midi.NOTE_ON, channel), KEY, VELOCITY])
        yield
    finally:
        send([midi.status(midi.NOTE_OFF, channel), KEY, midi.RELEASE_VELOCITY])
