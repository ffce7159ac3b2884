"""`a4bridge-web`: the page for the phone, a program of its own."""

import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

import click

from a4bridge import __version__
from a4bridge.cli import run_safely
from a4bridge.cli.exits import FAILED, NO_MIDI, WRONG, end
from a4bridge.core.words import capitalised

PORT: Final = 8404
_LONGEST_PORT: Final = 65_535


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--listen",
    metavar="ADDRESS",
    default="localhost",
    help="Where to be reached: an IP address of this machine, 0.0.0.0 for every IPv4 network, :: for every network; "
    "if left out, from this machine only. Who comes from the network must type a code.",
)
@click.option("--port", metavar="N", type=click.IntRange(0, _LONGEST_PORT), default=PORT, help=f"If left out, {PORT}.")
@click.option(
    "--host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="A name by which this machine is reached, such as raspberrypi.local; may be given more than once. "
    "With one, a code must be typed on this machine, too.",
)
@click.option(
    "--socket",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Where the bridge listens; if left out, yours is asked, or else the system's.",
)
@click.version_option(__version__, message="a4bridge %(version)s")
def web(**options: Any) -> None:
    """Show a running bridge on a page for the phone, until Ctrl-C.

    It shows what is linked, what sounds, what was dropped and why, and how long notes took; profile, track and
    panic are buttons. `a4bridge status` tells its address and, where one is asked for, the code. Where no bridge
    is running it waits for one.
    """
    _run(**options)


def main() -> None:
    """Run the program; no traceback reaches a user."""
    run_safely(web)


def _run(listen: str, port: int, hosts: tuple[str, ...], socket: Path | None) -> None:
    if sys.platform == "win32":
        end("a4bridge-web does not run on Windows.", NO_MIDI)
    if importlib.util.find_spec("aiohttp") is None:
        end("a4bridge-web needs aiohttp: install `a4bridge[web]`, or Debian's package a4bridge-web.", FAILED)
    from a4bridge.control.client import places  # noqa: PLC0415 - what follows needs aiohttp
    from a4bridge.control.pairing import Announcement, Pairing  # noqa: PLC0415
    from a4bridge.core.directories import runtime_directory, state_directory  # noqa: PLC0415
    from a4bridge.service.log import make_log  # noqa: PLC0415
    from a4bridge.service.places import PlaceError, prepare  # noqa: PLC0415
    from a4bridge.web import door, examine, guard, listening  # noqa: PLC0415
    from a4bridge.web.bridge import Bridge  # noqa: PLC0415
    from a4bridge.web.feed import Feed  # noqa: PLC0415
    from a4bridge.web.running import run  # noqa: PLC0415
    from a4bridge.web.site import Limits, Site  # noqa: PLC0415

    try:
        address = listening.checked_address(listen)
        names = [guard.checked_host(name) for name in hosts]
    except ValueError as error:
        end(f"{error}.", WRONG)
    directory = Path(runtime_directory())
    try:
        sockets = listening.listen(address, port)
        prepare(directory)
        port = sockets[0].getsockname()[1]
        reached = listening.url(names[0] if names else listening.own_address(address), port)
        # Under a name that was given others come, also to loopback: through a server before this one.
        code = "" if listening.is_loopback(address) and not names else door.new_code()
        told = Pairing(reached, code)
        announcement = Announcement.make(directory, told)
    except listening.ListenError as error:
        end(f"{capitalised(str(error))}.", FAILED)
    except PlaceError as error:
        end(f"{error}.", FAILED)
    except OSError as error:
        end(f"{directory} cannot be written: {error.strerror}.", FAILED)
    log = make_log()
    bridge = Bridge(lambda: places(socket))
    feed = Feed(bridge)
    opened = (
        door.Door(code, door.Tries(time.monotonic), door.Sessions(time.time, Path(state_directory(), "paired.json")))
        if code
        else None
    )
    limits = Limits()

    async def examined() -> dict[str, Any]:
        return await examine.examine(socket)

    site = Site(guard.Guard(names), opened, f"a4bridge_{port}", feed, examined, time.time, log, limits)
    if code and "NOTIFY_SOCKET" not in os.environ:
        click.echo(f"The code is {told.spaced_code}.", err=True)
    try:
        run(site, feed, sockets, limits, reached, log)
    finally:
        announcement.remove()
        log.close()


if __name__ == "__main__":
    main()
