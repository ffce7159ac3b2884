"""`a4bridge run`."""

import os
import sys
from contextlib import suppress

from a4bridge.backend.base import BackendError
from a4bridge.backend.choice import RTMIDI
from a4bridge.cli.exits import FAILED, NO_MIDI, RUNNING, WRONG, end
from a4bridge.cli.profiles import LIBRARY, load_profile, load_settings
from a4bridge.ports.system import why_no_midi
from a4bridge.service.bridge import run_bridge
from a4bridge.service.engine import EngineError, NoTransportError
from a4bridge.service.log import make_log
from a4bridge.service.places import AlreadyRunningError, PlaceError
from a4bridge.service.routing import Asked, Routing, RoutingError


def bridge(
    profile: str | None,
    track: str | None,
    inputs: tuple[str, ...],
    virtual: bool,
    output: str | None,
    auto_channel: int | None,
    backend: str,
) -> None:
    """Run the bridge, or end with the sentence that says why not."""
    if sys.platform == "win32":
        end("a4bridge does not run on Windows; `a4bridge demo`, `check` and `explain` do.", NO_MIDI)
    settings = load_settings()
    asked = Asked(inputs, output or "", virtual)
    routing = Routing(*load_profile(profile or settings.profile), settings, auto_channel, asked=asked)
    try:
        routing = routing.on_track(track) if track else routing
        routing.wanted()
    except (RoutingError, ValueError) as error:
        end(f"{error}.", WRONG)
    if backend == RTMIDI and (sentence := why_no_midi()):
        end(sentence, NO_MIDI)
    log = make_log(settings.logging.level, settings.logging.format)
    try:
        run_bridge(routing, LIBRARY, backend, log)
    except AlreadyRunningError as error:
        end(f"{error}; end it before you start another.", RUNNING)
    except BackendError as error:
        end(f"No MIDI: {error}; `a4bridge demo` works without it.", NO_MIDI)
    except NoTransportError as error:
        end(f"No MIDI: {error}; `a4bridge demo` works without it.", NO_MIDI)
    except EngineError as error:
        end(f"The engine could not be started: {error}.", FAILED)
    except PlaceError as error:
        end(f"{error}.", FAILED)
    # Every note is released by now; unloading two hundred modules would only keep the player waiting.
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)
