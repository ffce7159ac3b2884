"""`a4bridge demo`."""

import asyncio
import io
import json
import re
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from a4bridge.cli.exits import FAILED, WRONG, end
from a4bridge.cli.profiles import load_profile, load_settings
from a4bridge.core.compile import CompileError
from a4bridge.demo.performance import Take, take_through_bridge, take_without_bridge
from a4bridge.demo.picture import WIDTH, as_data, show
from a4bridge.service.engine import EngineError
from a4bridge.service.routing import Routing
from a4bridge.sim.analog_four import Recording

_SHOWN: Final = (("liverec", Recording.LIVE), ("gridrec", Recording.GRID))


def show_demo(profile: str | None, as_json: bool, svg: Path | None) -> None:
    """Play and show every take."""
    settings = load_settings()
    wanted = [(profile, Recording.LIVE), (profile, Recording.GRID)] if profile else _SHOWN
    routings = [(Routing(*load_profile(name), settings), recording) for name, recording in wanted]
    try:
        takes = asyncio.run(_play(routings))
    except CompileError as error:
        end(f"{error}.", WRONG)
    except EngineError as error:
        end(f"The demo's engine failed: {error}", FAILED)
    if as_json:
        click.echo(json.dumps([as_data(take) for take in takes], indent=2))
        return
    _print(takes, Console(), settings.middle_c)
    if svg:
        paper = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
        _print(takes, paper, settings.middle_c)
        picture = paper.export_svg(title="a4bridge demo")
        # Rich would have the reader fetch its fonts from the network.
        picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
        try:
            svg.write_text(picture, encoding="utf-8")
        except OSError as error:
            end(f"{svg} cannot be written: {error.strerror}.", FAILED)


async def _play(routings: list[tuple[Routing, Recording]]) -> list[Take]:
    takes = [await take_through_bridge(routing.route_for(None), recording) for routing, recording in routings]
    return [*takes, await take_without_bridge(Recording.LIVE)]


def _print(takes: list[Take], console: Console, middle_c: int) -> None:
    for take in takes:
        show(take, console, middle_c)
    console.print(
        "The keyboard alone is heard and not recorded; on the auto channel it is: a4bridge --profile liverec",
        style="bold",
        soft_wrap=not console.is_terminal,
        highlight=False,
    )
