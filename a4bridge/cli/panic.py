"""`a4bridge panic`."""

from pathlib import Path

import click

from a4bridge.cli.asking import end_lost
from a4bridge.cli.exits import FAILED, NO_MIDI, NOT_RUNNING, RUNNING, end
from a4bridge.control.client import Connection, ControlError, NotRunningError, RefusedError, places
from a4bridge.control.wire import Panic
from a4bridge.core.words import capitalised


def panic(socket: Path | None, backend: str) -> None:
    """Have the running bridge end every note or, if none runs, do it here."""
    try:
        connection = Connection.to_first(places(socket))
    except NotRunningError as error:
        if socket:
            end(f"{capitalised(str(error))}.", NOT_RUNNING)
        click.echo(f"no bridge is running; {_alone(backend)}")
        return
    except ControlError as error:
        end(f"{capitalised(str(error))}.", FAILED)
    with connection:
        try:
            answer = connection.ask(Panic())
        except RefusedError as error:
            end(f"{error}  ({connection.place})", FAILED)
        except ControlError as error:
            end_lost(error)
        click.echo(f"{answer.get('says', 'done')}  ({connection.place})")


def _alone(backend: str) -> str:
    # Only here: what a bridge is made of takes its time to load.
    from a4bridge.backend.base import BackendError  # noqa: PLC0415
    from a4bridge.backend.choice import RTMIDI  # noqa: PLC0415
    from a4bridge.cli.profiles import load_profile, load_settings  # noqa: PLC0415
    from a4bridge.ports.system import why_no_midi  # noqa: PLC0415
    from a4bridge.service import actions  # noqa: PLC0415
    from a4bridge.service.bridge import panic_alone  # noqa: PLC0415
    from a4bridge.service.engine import EngineError, NoTransportError  # noqa: PLC0415
    from a4bridge.service.log import make_log  # noqa: PLC0415
    from a4bridge.service.places import AlreadyRunningError, PlaceError  # noqa: PLC0415
    from a4bridge.service.routing import Routing  # noqa: PLC0415

    settings = load_settings()
    routing = Routing(*load_profile(settings.profile), settings)
    if backend == RTMIDI and (sentence := why_no_midi()):
        end(sentence, NO_MIDI)
    log = make_log("warning", "console")
    try:
        return panic_alone(routing, backend, log)
    except AlreadyRunningError as error:
        end(f"{capitalised(str(error))}; it does not listen where it should.", RUNNING)
    except (BackendError, NoTransportError) as error:
        end(f"No MIDI: {error}.", NO_MIDI)
    except (actions.RefusedError, EngineError, PlaceError) as error:
        end(f"{capitalised(str(error))}.", FAILED)
    finally:
        log.close()
