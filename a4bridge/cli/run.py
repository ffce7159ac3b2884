"""`a4bridge run`."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from a4bridge.backend.base import BackendError
from a4bridge.backend.choice import RTMIDI
from a4bridge.cli.exits import FAILED, NO_MIDI, RUNNING, WRONG, end
from a4bridge.cli.profiles import LIBRARY, load_profile, load_settings
from a4bridge.control.client import Connection, ControlError, places
from a4bridge.control.wire import Status
from a4bridge.core.directories import state_directory
from a4bridge.core.settings import Settings
from a4bridge.ports.system import why_no_midi
from a4bridge.service.bridge import run_bridge
from a4bridge.service.engine import EngineError, NoTransportError
from a4bridge.service.keeping import Keeper
from a4bridge.service.log import Log, make_log
from a4bridge.service.memory import Memory
from a4bridge.service.places import AlreadyRunningError, PlaceError
from a4bridge.service.resuming import Resumed
from a4bridge.service.routing import Asked, Routing, RoutingError


def bridge(
    resumed: Resumed | None,
    profile: str | None,
    default: str | None,
    track: str | None,
    inputs: tuple[str, ...],
    virtual: bool,
    output: str | None,
    auto_channel: int | None,
    backend: str,
) -> None:
    """Run the bridge, or end with the sentence that says why not.

    resumed: an engine that forwards already, as at the last start. It ends when this process does.
    """
    if sys.platform == "win32":
        end("a4bridge does not run on Windows; `a4bridge demo`, `check` and `explain` do.", NO_MIDI)
    settings = load_settings()
    log = make_log(settings.logging.level, settings.logging.format)
    memory = Memory(Path(state_directory()))
    supervised = "NOTIFY_SOCKET" in os.environ
    begin_with = default or settings.profile
    named = profile or begin_with
    routing = _named(named, settings, auto_channel, Asked(inputs, output or "", virtual))
    if not profile:
        routing = _as_last_time(routing, begin_with, memory, log)
    try:
        routing = routing.on_track(track) if track else routing
        routing.wanted()
    except (RoutingError, ValueError) as error:
        end(f"{error}.", WRONG)
    fixed = routing if profile or track else None
    keeper = Keeper(sys.argv[1:], named, fixed, LIBRARY, memory, state_directory(), backend, log)
    midi = backend == RTMIDI and not resumed
    if midi and not supervised and (running := _running()):
        end(_beside(running, routing.name), RUNNING)
    if midi and (sentence := why_no_midi()):
        if not supervised:
            end(sentence, NO_MIDI)
        log.warning("no_midi", says=sentence)  # a service waits: the sound module may be loaded later
    try:
        run_bridge(routing, begin_with, LIBRARY, memory, backend, log, keeper.keep, resumed)
    except AlreadyRunningError as error:
        end(_beside(str(error), routing.name), RUNNING)
    except (BackendError, EngineError, PlaceError) as error:
        end(*_failure(error))
    finally:
        log.close()
    # Every note is released by now; unloading two hundred modules would only keep the player waiting.
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


def _running() -> str | None:
    """Say which bridge is running already, the user's or the system's, if one answers."""
    try:
        with Connection.to_first(places(None)) as connection:
            return f"a bridge is running already, as process {connection.ask(Status())['pid']} ({connection.place})"
    except (ControlError, KeyError):  # none, or one that may not be asked: the ports will show whether it is there
        return None


def _beside(running: str, profile: str) -> str:
    return f"{running}; a second one would double every note. `a4bridge use {profile}` switches that one."


def _failure(error: Exception) -> tuple[str, int]:
    """Return the sentence and the exit code for what kept the bridge from running."""
    match error:
        case BackendError() | NoTransportError():
            return f"No MIDI: {error}; `a4bridge demo` works without it.", NO_MIDI
        case EngineError():
            return f"The engine could not be started: {error}.", FAILED
    return f"{error}.", FAILED


def _named(word: str, settings: Settings, auto_channel: int | None, asked: Asked) -> Routing:
    name, profile = load_profile(word)
    # Absolute, for it may be read again when the working directory is another.
    return Routing(name, profile, settings, auto_channel, asked=asked, file=LIBRARY.find(word).absolute())


def _as_last_time(routing: Routing, default: str, memory: Memory, log: Log) -> Routing:
    """Return the routing that was switched to last, unless it began from another default; else `routing`."""
    if memory.torn:
        log.warning("state_set_aside", says=f"{memory.torn}; {routing.name} begins", reason=memory.torn)
    chosen = memory.chosen
    if not chosen or chosen.default != default:
        return routing
    try:
        last = routing.as_chosen(chosen, LIBRARY)
    except (RoutingError, ValueError) as error:
        says = f"the profile {chosen.profile} of last time cannot be used, {routing.name} begins: {error}"
        log.warning("not_as_last_time", says=says, profile=chosen.profile, reason=str(error))
        return routing
    track = f", to {last.track}" if last.track else ""
    log.info("as_last_time", says=f"{last.name}{track}, as last time", profile=last.name, track=chosen.track)
    return last
