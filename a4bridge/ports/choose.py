"""Which ports to link now, and what is waited for if some are missing.

A choice is a pure function of what is plugged in, what a person wished, and what was linked before.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from a4bridge.core.names import Match, shown
from a4bridge.core.profile import VIRTUAL
from a4bridge.ports.listing import Kind, Listing, Port
from a4bridge.ports.verdict import Role, Verdict, box_at, by_role, is_box, judge, silence
from a4bridge.ports.waiting import (
    INPUT,
    OUTPUT,
    Direction,
    another,
    but,
    lost,
    no_keyboard,
    none_fits,
    nothing_fits,
    several,
    which,
)

OWN_PORT: Final = Port(VIRTUAL, VIRTUAL, "", readable=True, writable=False, kind=Kind.SOFTWARE)
"""The port that the bridge makes for other programs, as an input of its own; it is in no listing."""

_ANY: Final = "*"

Held = Mapping[Port, frozenset[Match]]
"""Inputs, each with those of the names it is wanted by that mean it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The ports that a person named.

    sources: the inputs that the profile's zones and bindings name, in the order of Profile.sources.
    inputs: other inputs that are named. keyboards: whether every keyboard that is found is wanted besides.
    output: None for an Elektron box.
    """

    sources: tuple[Match, ...] = ()
    inputs: tuple[Match, ...] = ()
    keyboards: bool = False
    output: Match | None = None

    @property
    def named(self) -> tuple[Match, ...]:
        """Every input that is named, each once."""
        return tuple(dict.fromkeys(self.sources + self.inputs))

    def numbers_of(self, names: Collection[Match]) -> list[int]:
        """Return which of the sources an input is that `names` mean, counted from 0."""
        return [number for number, match in enumerate(self.sources) if match in names]


ANYTHING: Final = Wanted(keyboards=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """The ports to link now, and one sentence for each input, and each output, that is still waited for."""

    inputs: Held
    output: Port | None
    waiting_inputs: tuple[str, ...] = ()
    waiting_output: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[str, ...]:
        """All the sentences."""
        return self.waiting_inputs + self.waiting_output


def choose(
    listing: Listing,
    wanted: Wanted = ANYTHING,
    last_used: str = "",
    linked: Port | None = None,
    held: Held | None = None,
) -> Choice:
    """Choose from what is plugged in.

    last_used: the title of the output that an earlier run used last.
    linked: the output of the last choice, even if it was unplugged since; None before the first one, and when
    the output in `wanted` has changed.
    held: the inputs that are open. They stay what they are: the second keyboard does not become the first when that
    one is pulled.
    """
    verdicts = judge(listing)
    inputs, waiting = _inputs([verdict for verdict in verdicts if verdict.port.readable], wanted, held or {})
    output, more = _output(
        [_not_into_itself(verdict, inputs) for verdict in verdicts if verdict.port.writable],
        wanted.output,
        last_used,
        linked,
    )
    if output is None:
        more += [silence(box) for box in listing.silent_boxes]
    return Choice(inputs, output, tuple(waiting), tuple(more))


class NoPortError(Exception):
    """A name means no port, or several; the text says so in one sentence."""


def named_port(listing: Listing, match: Match, direction: Direction) -> Port:
    """Return the one port that a person means, for someone who waits for none; raises NoPortError.

    A name means what it means to the bridge, except that a box may be played into itself.
    """
    verdicts = [
        verdict
        for verdict in judge(listing)
        if (verdict.port.readable if direction is INPUT else verdict.port.writable)
    ]
    ports = [verdict.port for verdict in _named(match, verdicts, direction)]
    if len(ports) > 1:
        raise NoPortError(f"The {several(match, ports, verdicts, direction)}; name one of them.")
    if not ports:
        sentence = none_fits(match, verdicts, direction)
        raise NoPortError(f"There is no {sentence}{'' if sentence.endswith('?') else '.'}")
    return ports[0]


def _inputs(verdicts: Sequence[Verdict], wanted: Wanted, held: Held) -> tuple[Held, list[str]]:
    chosen: dict[Port, set[Match]] = {}
    waiting = []
    if wanted.keyboards:
        chosen = {verdict.port: set() for verdict in verdicts if verdict.role is Role.KEYBOARD}
        if not chosen:
            waiting.append(f"waiting for a keyboard: none is plugged in{but(verdicts, INPUT)}")
    for match in wanted.named:
        ports, sentence = _input(match, verdicts, wanted.named, held)
        for port in ports:
            chosen.setdefault(port, set()).add(match)
        if not ports:
            waiting.append(sentence)
    order = [*(verdict.port for verdict in verdicts), OWN_PORT]
    return {port: frozenset(chosen[port]) for port in order if port in chosen}, waiting


def _input(match: Match, verdicts: Sequence[Verdict], named: Sequence[Match], held: Held) -> tuple[Sequence[Port], str]:
    """Return the inputs that a name means, or none and a sentence that says why."""
    if match.text == VIRTUAL:
        return [OWN_PORT], ""
    roles = {verdict.port: verdict.role for verdict in verdicts if verdict.nameable}
    fitting, number = match.fitting(tuple(roles))
    keyboards = [port for port in fitting if roles[port] is Role.KEYBOARD]
    others = [port for port in fitting if port not in keyboards and match.pattern != _ANY]
    if number is not None:
        seats = _seats(match, keyboards, named, held)
        after = number - max(seats, default=0)
        ports = [seats[number]] if number in seats else others[after - 1 : after] if after > 0 else []
        return ports, another(match, keyboards + others, verdicts, INPUT) if keyboards else _none(match, verdicts)
    if ports := keyboards or [port for port in others if match in held.get(port, ())] or others:
        # A name that fits several ports means the keyboards among them, or the one that it meant before.
        if ports == others and len(others) > 1:
            return [], which(f"input '{shown(match.text)}'", others, verdicts, INPUT)
        return ports, ""
    return [], _none(match, verdicts)


def _none(match: Match, verdicts: Sequence[Verdict]) -> str:
    return no_keyboard(match) if match.pattern == _ANY else nothing_fits(match, verdicts, INPUT)


def _seats(match: Match, keyboards: Sequence[Port], named: Sequence[Match], held: Held) -> Mapping[int, Port]:
    """Give numbers to the keyboards that fit `match`, which has a number.

    One that is open under a number keeps it, and one that is open without any is never given one that somebody named.
    """
    numbered = {each.number: each for each in named if each.pattern == match.pattern and each.number}
    seats = {
        number: port for number, each in numbered.items() for port in keyboards if each in held.get(port, frozenset())
    }
    for port in sorted(keyboards, key=lambda port: port not in held):
        if port not in seats.values():
            taken = seats.keys() | (numbered.keys() if port in held else set())
            seats[next(number for number in count(1) if number not in taken)] = port
    return seats


def _not_into_itself(verdict: Verdict, inputs: Iterable[Port]) -> Verdict:
    port = verdict.port
    if is_box(port) and port.device in {each.device for each in inputs}:
        return Verdict(port, Role.REFUSED, "an input, and a box is never played into itself", nameable=False)
    return verdict


def _rank(port: Port) -> int:
    """Say how much an output is preferred: an Analog Four or Keys, another box, anything else."""
    if not is_box(port):
        return 0
    box = box_at(port)
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
    nameable = {verdict.port: verdict for verdict in by_role(verdicts, direction.role) if verdict.nameable}
    fitting = [nameable[port] for port in match.pick(tuple(nameable))]
    return [verdict for verdict in fitting if verdict.role is direction.role] or fitting
