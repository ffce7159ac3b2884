"""Looks at this machine for `a4bridge doctor`: everything that its stations go by."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from a4bridge.backend.base import BackendError
from a4bridge.backend.choice import RTMIDI, backend_for
from a4bridge.cli.hearing import listen
from a4bridge.cli.profiles import LIBRARY
from a4bridge.cli.service import found_services
from a4bridge.control.client import Connection, ControlError, NotRunningError, places
from a4bridge.control.wire import Status
from a4bridge.core.compile import CompileError
from a4bridge.core.directories import state_directory
from a4bridge.core.effects import Effects
from a4bridge.core.library import UnknownProfileError
from a4bridge.core.names import shown
from a4bridge.core.profile import Profile
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import FileErrors, read
from a4bridge.core.words import listed
from a4bridge.doctor.facts import Ends, Facts, Listened, Playing, Service
from a4bridge.engine import realtime
from a4bridge.install.files import InstallError
from a4bridge.ports.choose import ANYTHING, choose
from a4bridge.ports.connections import connections
from a4bridge.ports.listing import Kind, Listing, Port
from a4bridge.ports.system import Lacking, midi_lacking
from a4bridge.ports.usb import usb_place
from a4bridge.ports.verdict import box_at, is_box
from a4bridge.service.bridge import enumerator_for
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Routing, RoutingError


@dataclass(frozen=True, slots=True)
class _Bridge:
    """A running bridge's answer, whose it is and where it listens; or why none could be asked."""

    status: dict[str, Any] | None = None
    whose: str = ""
    socket: Path | None = None
    unasked: str = ""


def examine_machine(
    socket: Path | None, backend: str, ask: Callable[[str], None] | None, *, try_real_time: bool = True
) -> Facts:
    """Return how this machine is.

    socket: where a bridge listens, if not where one would be looked for. ask: is told which keyboard somebody shall
    press a key of; None: nobody is asked. try_real_time: where no bridge runs, whether this process is granted it tells
    whether one would be.
    """
    bridge = _bridge(socket)
    lacking, listing = _listing(backend)
    settings, playing, ends = _planned(listing)
    if bridge.status:
        status = bridge.status
        ends = Ends.of_status(status, listing)
        effects = status.get("effects")
        playing = Playing(status["profile"]["name"], Effects.from_data(effects) if effects else None, box=status["box"])
    plugged = [end.port for end in (*ends.inputs, ends.output) if end and end.port]
    facts = Facts(
        listing=listing,
        lacking=lacking,
        ends=ends,
        playing=playing,
        connections=connections() if backend == RTMIDI and sys.platform == "linux" else None,
        bridge=bridge.status,
        whose=bridge.whose,
        unasked=bridge.unasked,
        services=_services(),
        refused="" if bridge.status else realtime.refusal() if try_real_time else None,
        places={port: place for port in plugged if (place := usb_place(port))},
        middle_c=settings.middle_c,
    )
    return facts if ask is None else replace(facts, listened=_listened(facts, backend, bridge.socket, ask))


def _bridge(socket: Path | None) -> _Bridge:
    try:
        with Connection.to_first(places(socket)) as connection:
            return _Bridge(connection.ask(Status()), connection.place.whose, connection.place.path)
    except NotRunningError:
        return _Bridge()
    except ControlError as error:
        return _Bridge(unasked=str(error))


def _listing(backend: str) -> tuple[Lacking | None, Listing]:
    lacking = midi_lacking() if backend == RTMIDI else None
    try:
        if lacking is None and backend == RTMIDI:
            backend_for(backend)
        # Also without a sequencer: a box in Overbridge mode is seen on USB.
        return lacking, enumerator_for(backend).scan()
    except BackendError as error:
        return lacking or Lacking(str(error), ""), Listing()


def _planned(listing: Listing) -> tuple[Settings, Playing, Ends]:
    """Return what a bridge would do that is started now, without any option."""
    settings = Settings()
    memory = Memory(Path(state_directory()))
    wanted = ANYTHING
    name = ""
    try:
        settings = Settings.load(LIBRARY.settings())
        name = settings.profile
        file = LIBRARY.find(name)
        routing = Routing(file.stem, read(file, Profile), settings, file=file)
        if memory.chosen and memory.chosen.default == settings.profile:
            with suppress(RoutingError, ValueError):  # then the default begins, as it would
                routing = routing.as_chosen(memory.chosen, LIBRARY)
        name = routing.name
        wanted = routing.wanted()
        choice = choose(listing, wanted, memory.last_output)
        box = box_at(choice.output)
        effects = routing.effects(routing.route_for(box), box)
    except (UnknownProfileError, FileErrors, CompileError, ValueError) as error:
        ends = Ends.of_choice(choose(listing, wanted, memory.last_output))
        return settings, Playing(name, error="; ".join(str(error).splitlines())), ends
    return settings, Playing(name, effects, box=box.name if box else ""), Ends.of_choice(choice)


def _services() -> tuple[Service, ...]:
    try:
        return tuple(
            Service(manager.scope.whose, standing.enabled, standing.running, standing.says)
            for manager, standing in found_services(system=False, user=False)
        )
    except (InstallError, OSError):  # nothing here manages services, or it does not answer
        return ()


def _listened(facts: Facts, backend: str, bridge: Path | None, ask: Callable[[str], None]) -> Listened | None:
    if facts.lacking or not facts.ends.played:
        return None
    names = listed([shown(end.title) for end in facts.ends.played], "or")
    return listen(_further(facts), backend, bridge, lambda: ask(names))


def _further(facts: Facts) -> Sequence[Port]:
    """Return the ports from which a key may come, but those that a bridge has open: it tells what comes there."""
    taken = {end.port for end in facts.ends.played} if facts.bridge else set()
    played = {end.port for end in facts.ends.played}
    return [
        port
        for port in facts.listing.ports
        if port.readable
        and port not in taken
        and (port in played or (port.kind is not Kind.SOFTWARE and not is_box(port)))
    ]
