"""The sentences that say what is waited for, and why what is here will not do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from a4bridge.core.names import Match, nearest, shown, text_for
from a4bridge.core.words import listed
from a4bridge.ports.listing import Port
from a4bridge.ports.verdict import Role, Verdict, by_role, is_ours


@dataclass(frozen=True, slots=True)
class Direction:
    """What a side of the bridge is called as an option and in a profile, and what it looks for by itself."""

    word: str
    setting: str
    role: Role


INPUT: Final = Direction("input", "inputs", Role.KEYBOARD)
OUTPUT: Final = Direction("output", "output", Role.DESTINATION)


def _texts(ports: Iterable[Port], verdicts: Sequence[Verdict], direction: Direction) -> list[str]:
    nameable = [verdict.port for verdict in by_role(verdicts, direction.role) if verdict.nameable]
    return [f"'{text_for(port, nameable)}'" for port in ports]


def which(what: str, ports: Sequence[Port], verdicts: Sequence[Verdict], direction: Direction) -> str:
    """Say that several `ports` would do equally well, and how to choose."""
    texts = _texts(ports, verdicts, direction)
    return (
        f"waiting for a choice of {what}: {', '.join(texts[:-1])} and {texts[-1]} are here; "
        f"choose with --{direction.word} {texts[0]}, or write it as {direction.setting} in the profile"
    )


def lost(linked: Port, lesser: Sequence[Port], verdicts: Sequence[Verdict]) -> str:
    """Say that an unplugged output is missed, and which lesser ones will not take its place."""
    back = f"waiting for {shown(linked.client)} to come back"
    if not lesser:
        return back
    texts = _texts(lesser, verdicts, OUTPUT)
    return f"{back}; {' and '.join(texts)} will not take over (--output {texts[0]} would choose it)"


def nothing_fits(match: Match, verdicts: Sequence[Verdict], direction: Direction) -> str:
    """Say that what a person's text means is waited for (see none_fits)."""
    return f"waiting for the {none_fits(match, verdicts, direction)}"


def none_fits(match: Match, verdicts: Sequence[Verdict], direction: Direction) -> str:
    """Say that a person's text means nothing that is here, or something that is refused."""
    start = f"{direction.word} '{shown(match.text)}'"
    if refused := match.pick([verdict.port for verdict in verdicts if not verdict.nameable]):
        reason = next(verdict.reason for verdict in verdicts if verdict.port == refused[0])
        return f"{start}: {shown(refused[0].title)} is refused, as it is {reason}"
    ports = [verdict.port for verdict in verdicts if verdict.nameable]
    if not ports:
        return f"{start}: no {direction.word} is plugged in"
    guess = nearest(match.text, ports)
    hint = f"; did you mean '{guess}'?" if guess else ""
    return f"{start}: of {', '.join(_texts(ports, verdicts, direction))} none fits{hint}"


def several(match: Match, ports: Sequence[Port], verdicts: Sequence[Verdict], direction: Direction) -> str:
    """Say that a person's text means several `ports` where one is asked for."""
    texts = listed(_texts(ports, verdicts, direction), "or")
    return f"{direction.word} '{shown(match.text)}' may mean {texts}"


def another(match: Match, ports: Sequence[Port], verdicts: Sequence[Verdict], direction: Direction) -> str:
    """Say that of what a person counts the `ports` that are here are too few, or have other numbers."""
    texts = listed(_texts(ports, verdicts, direction))
    return f"waiting for the {direction.word} '{shown(match.text)}': another is needed besides {texts}"


def no_keyboard(match: Match) -> str:
    """Say that a person asked for any keyboard and there is none."""
    return f"waiting for the input '{shown(match.text)}': no keyboard is plugged in"


def but(verdicts: Sequence[Verdict], direction: Direction) -> str:
    """Say in brackets why nothing else that is here would do; "" if nothing else is."""
    keyboards = {verdict.port.device for verdict in verdicts if verdict.role is Role.KEYBOARD}
    others = [
        verdict
        for verdict in verdicts
        if verdict.reason and verdict.port.device not in keyboards and not is_ours(verdict.port)
    ]
    clients: dict[str, dict[str, None]] = {}
    for verdict in others:
        clients.setdefault(verdict.reason, {})[shown(verdict.port.client)] = None
    parts = [f"{', '.join(names)}: {reason}" for reason, names in clients.items()]
    if any(verdict.nameable for verdict in others):
        parts.append(f"--{direction.word} NAME uses one all the same")
    return f" ({'; '.join(parts)})" if parts else ""
