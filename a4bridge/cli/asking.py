"""What the verbs have in common that ask a running bridge."""

from pathlib import Path
from typing import NoReturn

import click

from a4bridge.cli.exits import FAILED, NOT_RUNNING, WRONG, end
from a4bridge.control.client import Connection, ControlError, NotRunningError, RefusedError, places
from a4bridge.control.wire import Request


def connect(socket: Path | None) -> Connection:
    """Connect to the bridge at `socket`, or to the user's or the system's; or end with the reason why not."""
    try:
        return Connection.to_first(places(socket))
    except NotRunningError as error:
        end(f"{capitalised(str(error))}. `a4bridge` starts one.", NOT_RUNNING)
    except ControlError as error:
        end(f"{capitalised(str(error))}.", FAILED)


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


def end_lost(error: ControlError) -> NoReturn:
    """End because a bridge that was there did not answer."""
    end(f"{capitalised(str(error))}.", NOT_RUNNING if isinstance(error, NotRunningError) else FAILED)


def capitalised(sentence: str) -> str:
    """Begin `sentence` as one that stands for itself."""
    return sentence[:1].upper() + sentence[1:]
