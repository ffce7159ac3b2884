"""Which ports to link now, and what is waited for if some are missing.

A choice is a pure function of what is plugged in, what a person wished, and what was linked before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from a4bridge.core.boxes import box_of
from a4bridge.core.names import Match, shown
from a4bridge.ports.listing import Listing, Port
from a4bridge.ports.verdict import Role, Verdict, is_box, judge, silence
from a4bridge.ports.waiting import INPUT, OUTPUT, Direction, but, lost, nothing_fits, which


@dataclass(frozen=True, slots=True)
class Wanted:
    """The ports a person named. No inputs: every keyboard. No output: an Elektron box."""

    inputs: tuple[Match, ...] = ()
    output: Match | None = None


ANYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Choice:
    """The ports to link now, and one sentence for each thing that is still waited for."""

    inputs: tuple[Port, ...]
    output: Port | None
    waiting: tuple[str, ...]


def choose(listing: Listing, wanted: Wanted = ANYTHING, last_used: str = "", linked: Port | None = None) -> Choice:
    """Choose from what is plugged in.

    last_used: the title of the output that an earlier run used last.
    linked: the output of the last choice, even if it was unplugged since; None before the first one, and when
    `wanted` has changed.
    """
    verdicts = judge(listing)
    inputs, waiting = _inputs([verdict for verdict in verdicts if verdict.port.readable], wanted.inputs)
    output, more = _output(
        [_not_into_itself(verdict, inputs) for verdict in verdicts if verdict.port.writable],
        wanted.output,
        last_used,
        linked,
    )
    if output is None:
        more += [silence(box) for box in listing.silent_boxes]
    return Choice(inputs, output, (*waiting, *more))


def _inputs(verdicts: Sequence[Verdict], wanted: Sequence[Match]) -> tuple[tuple[Port, ...], list[str]]:
    if not wanted:
        keyboards = tuple(verdict.port for verdict in verdicts if verdict.role is Role.KEYBOARD)
        sentence = f"waiting for a keyboard: none is plugged in{but(verdicts, INPUT)}"
        return keyboards, [] if keyboards else [sentence]
    chosen: set[Port] = set()
    waiting = []
    for match in wanted:
        fitting = _named(match, verdicts, INPUT)
        # A name that fits several ports means the keyboards among them.
        if len(fitting) > 1 and any(verdict.role is not Role.KEYBOARD for verdict in fitting):
            ports = [verdict.port for verdict in fitting]
            waiting.append(which(f"input '{shown(match.text)}'", ports, verdicts, INPUT))
        elif fitting:
            chosen.update(verdict.port for verdict in fitting)
        else:
            waiting.append(nothing_fits(match, verdicts, INPUT))
    return tuple(verdict.port for verdict in verdicts if verdict.port in chosen), waiting


def _not_into_itself(verdict: Verdict, inputs: Iterable[Port]) -> Verdict:
    port = verdict.port
    if is_box(port) and port.device in {each.device for each in inputs}:
        return Verdict(port, Role.REFUSED, "an input, and a box is never played into itself", nameable=False)
    return verdict


def _rank(port: Port) -> int:
    """Say how much an output is preferred: an Analog Four or Keys, another box, anything else."""
    if not is_box(port):
        return 0
    box = box_of(port.client, port.usb_id)
    return 2 if box and box.preferred else 1


def _output(
    verdicts: Sequence[Verdict], wanted: Match | None, last_used: str, linked: Port | None
) -> tuple[Port | None, list[str]]:
    for verdict in verdicts:
        if verdict.port == linked:
            if verdict.nameable:
                return linked, []
            linked = None
    fitting = (
        _named(wanted, verdicts, OUTPUT)
        if wanted
        else [verdict for verdict in verdicts if verdict.role is Role.DESTINATION]
    )
    ports = [verdict.port for verdict in fitting]
    if linked and max(map(_rank, ports), default=-1) < _rank(linked):
        return None, [lost(linked, ports, verdicts)]
    if not ports:
        if wanted:
            return None, [nothing_fits(wanted, verdicts, OUTPUT)]
        sentence = "waiting for an Analog Four: no Elektron box is here to play to"
        return None, [sentence + but(verdicts, OUTPUT)]
    highest = max(map(_rank, ports))
    best = [port for port in ports if _rank(port) == highest]
    remembered = linked.title if linked else last_used
    best = [port for port in best if port.title == remembered] or best
    if len(best) > 1:
        return None, [which("output", best, verdicts, OUTPUT)]
    return best[0], []


def _named(match: Match, verdicts: Sequence[Verdict], direction: Direction) -> list[Verdict]:
    nameable = {verdict.port: verdict for verdict in verdicts if verdict.nameable}
    fitting = [nameable[port] for port in match.pick(tuple(nameable))]
    return [verdict for verdict in fitting if verdict.role is direction.role] or fitting
