"""`a4bridge run`."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from a4bridge.backend.base import BackendError
from a4bridge.backend.choice import RTMIDI
from a4bridge.cli.exits import FAILED, NO_MIDI, RUNNING, WRONG, end
from a4bridge.cli.profiles import LIBRARY, load_settings
from a4bridge.control.client import Connection, ControlError, places
from a4bridge.control.wire import Status
from a4bridge.core.directories import state_directory
from a4bridge.core.library import UnknownProfileError
from a4bridge.core.settings import Settings
from a4bridge.core.tomlfile import FileErrors
from a4bridge.ports.system import why_no_midi
from a4bridge.service.beginning import Beginning
from a4bridge.service.bridge import run_bridge
from a4bridge.service.engine import EngineError, NoTransportError
from a4bridge.service.keeping import Keeper
from a4bridge.service.log import Log, make_log, say_released
from a4bridge.service.memory import Memory
from a4bridge.service.places import AlreadyRunningError, PlaceError
from a4bridge.service.resuming import Released, Resumed
from a4bridge.service.routing import Asked, Routing, RoutingError


def bridge(
    resumed: Resumed | Released | None,
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

    resumed: an engine that forwards already, as at the last start, and ends when this process does; or what was
    released before.
    """
    if sys.platform == "win32":
        end("a4bridge does not run on Windows; `a4bridge demo`, `check` and `explain` do.", NO_MIDI)
    settings = load_settings()
    log = make_log(settings.logging.level, settings.logging.format)
    memory = Memory(Path(state_directory()))
    supervised = "NOTIFY_SOCKET" in os.environ
    asked = Asked(inputs, output or "", virtual)
    beginning = Beginning(LIBRARY, profile or "", default or "", track or "", auto_channel, asked)
    routing = _begun(beginning, settings, memory, log)
    if isinstance(resumed, Released):
        say_released(resumed.notes, log)
        resumed = None
    midi = backend == RTMIDI and not resumed
    if midi and not supervised and (running := _running()):
        end(_beside(running, routing.name), RUNNING)
    if midi and (sentence := why_no_midi()):
        if not supervised:
            end(sentence, NO_MIDI)
        log.warning("no_midi", says=sentence)  # a service waits: the sound module may be loaded later
    try:
        keeper = Keeper(sys.argv[1:], beginning, state_directory(), backend, log)
        run_bridge(routing, beginning, memory, backend, log, keeper.keep, resumed)
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


def _begun(beginning: Beginning, settings: Settings, memory: Memory, log: Log) -> Routing:
    """Return what the bridge begins with, and say where that is not what the files say, or end with what is wrong."""
    try:
        begun = beginning.begin(settings, memory)
    except (FileErrors, UnknownProfileError) as error:
        end(str(error), WRONG)
    except (RoutingError, ValueError) as error:
        end(f"{error}.", WRONG)
    name = begun.routing.name
    if memory.torn and not beginning.profile:
        log.warning("state_set_aside", says=f"{memory.torn}; {name} begins", reason=memory.torn)
    if begun.refused and memory.chosen:
        profile = memory.chosen.profile
        says = f"the profile {profile} of last time cannot be used, {name} begins: {begun.refused}"
        log.warning("not_as_last_time", says=says, profile=profile, reason=begun.refused)
    if last := begun.last:
        track = f", to {last.track}" if last.track else ""
        log.info("as_last_time", says=f"{last.name}{track}, as last time", profile=last.name, track=last.track_word)
    return begun.routing
