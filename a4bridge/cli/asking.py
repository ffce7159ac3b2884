"""What the verbs have in common that ask a running bridge."""

from pathlib import Path
from typing import NoReturn

import click

from a4bridge.cli.exits import FAILED, NOT_RUNNING, WRONG, end
from a4bridge.control.client import Connection, ControlError, NotRunningError, RefusedError, places
from a4bridge.control.wire import Request
from a4bridge.core.words import capitalised


def connect(socket: Path | None) -> Connection:
    """Connect to the bridge at `socket`, or to the user's or the system's; or end with the reason why not."""
    try:
        return Connection.to_first(places(socket))
    except ControlError as error:
        end_unreached(error)


def tell(request: Request, socket: Path | None) -> None:
    """Have a running bridge do something, and say what it did and which bridge that was; or end with its reason."""
    with connect(socket) as connection:
        try:
            answer = connection.ask(request)
        except RefusedError as error:
            end(f"{error}  ({connection.place})", WRONG)
        except ControlError as error:
            end_lost(error)
        click.echo(f"{answer.get('says', 'done')}  ({connection.place})")


def end_unreached(error: ControlError) -> NoReturn:
    """End because no bridge could be reached."""
    if isinstance(error, NotRunningError):
        end(f"{capitalised(str(error))}. `a4bridge` starts one.", NOT_RUNNING)
    end_lost(error)


def end_lost(error: ControlError) -> NoReturn:
    """End because a bridge that was there did not answer."""
    end(f"{capitalised(str(error))}.", NOT_RUNNING if isinstance(error, NotRunningError) else FAILED)
