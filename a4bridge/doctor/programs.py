"""Other ways from the same keyboard to the same box: a program that holds both, or a connection past the bridge."""

from collections.abc import Iterator
from typing import Final

from a4bridge.core.names import shown
from a4bridge.core.words import listed
from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict, joined
from a4bridge.ports.connections import Connections
from a4bridge.ports.listing import Port
from a4bridge.ports.verdict import OVERBRIDGE, Role, is_our_client, judge

NAME: Final = "programs"

# PipeWire's clients are connected to every port, and pass on only what somebody connects in PipeWire's own graph
# (pipewire, spa/plugins/alsa/alsa-seq.c: "PipeWire-System", "PipeWire-RT-Event").
_EXEMPT: Final = "pipewire"

_SAME_NOTES: Final = "so each note may come twice, or on the keyboard's own channel, where it is not recorded"


def examine(facts: Facts) -> Finding:
    """Tell which ways lead past the bridge."""
    found = [*_overbridge(facts)]
    if facts.connections is None:
        if not found:
            return Finding(NAME, Verdict.UNKNOWN, "this system does not tell who is connected to whom")
        return joined(found)
    sources, boxes = _keyboards(facts), _boxes(facts)
    for source in sources:
        for box in boxes:
            found += [_route(way, source, box) for way in _ways(facts.connections, source.address, box.address)]
    if not found:
        return Finding(NAME, Verdict.GOOD, "no other program holds both the keyboard and the box")
    return joined(found)


def _overbridge(facts: Facts) -> Iterator[Finding]:
    clients = {shown(each.port.client): None for each in judge(facts.listing) if each.reason == OVERBRIDGE}
    if clients:
        yield Finding(
            NAME,
            Verdict.WARNING,
            f"{listed(list(clients))} offers the Overbridge path: what a program plays there is heard and not recorded",
            "in that program choose the box's own MIDI port",
        )


def _keyboards(facts: Facts) -> list[Port]:
    played = [end.port for end in facts.ends.played if end.port]
    return played or [each.port for each in judge(facts.listing) if each.role is Role.KEYBOARD]


def _boxes(facts: Facts) -> list[Port]:
    if port := facts.ends.output_port:
        return [port]
    return [each.port for each in judge(facts.listing) if each.role is Role.DESTINATION]


def _route(way: tuple[str, ...], source: Port, box: Port) -> Finding:
    keyboard, synth = shown(source.client), shown(box.client)
    if not way:
        return Finding(
            NAME,
            Verdict.WARNING,
            f"{keyboard} is connected straight to {synth}, {_SAME_NOTES}",
            f"`aconnect -d {source.address} {box.address}` takes that connection away",
        )
    through = listed([shown(name) for name in way])
    who = (
        f"{through} holds both {keyboard} and {synth}" if len(way) == 1 else f"{keyboard} comes to {synth} by {through}"
    )
    return Finding(
        NAME,
        Verdict.WARNING,
        f"{who}, {_SAME_NOTES}",
        f"close {through}, or take the keyboard or the box away from it",
    )


def _ways(connections: Connections, source: str, box: str) -> Iterator[tuple[str, ...]]:
    """Yield each way from a port to another that does not lead through the bridge, as what it leads through."""
    waiting: list[tuple[str, tuple[str, ...]]] = [(source, ())]
    seen = {source}
    while waiting:
        here, way = waiting.pop(0)
        for to in sorted(to for come, to in connections.pairs if come == here):
            if to == box:
                yield way
            for further, name in _behind(connections, to):
                if further not in seen:
                    seen.add(further)
                    waiting.append((further, (*way, name) if name not in way else way))


def _behind(connections: Connections, address: str) -> Iterator[tuple[str, str]]:
    """Yield the ports from which what comes to `address` may go on, each with the name of what it passes through."""
    number = int(address.partition(":")[0])
    client = connections.clients.get(number)
    if client is None or is_our_client(client.name) or client.name.casefold().startswith(_EXEMPT):
        return
    if client.is_kernels:
        if "midi through" in client.name.casefold():
            yield address, client.name
        return
    own = {
        other
        for other, program in connections.clients.items()
        if other == number or (client.pid is not None and program.pid == client.pid)
    }
    name = f"{client.command} (process {client.pid})" if client.command else client.name
    for come, _ in sorted(connections.pairs):
        if int(come.partition(":")[0]) in own:
            yield come, name
