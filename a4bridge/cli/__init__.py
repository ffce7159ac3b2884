"""The command line: the only place that prints, or ends the program.

Everything but click is imported inside the verb that needs it: `a4bridge --help` loads neither pydantic nor rtmidi nor
uvloop, and answers at once on a Raspberry Pi.
"""

import errno
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from a4bridge import __version__
from a4bridge.cli.exits import FAILED, end

_DEFAULT = "run"
_UNWRITABLE = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO}


class _Verbs(click.Group):
    """Verbs, of which `run` may be left out: `a4bridge --profile liverec`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        verbless = not args or (args[0] not in self.commands and args[0] not in {"--help", "-h", "--version"})
        if verbless and (not args or args[0].startswith("-")):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.commands, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else f": the verbs are {', '.join(sorted(self.commands))}"
            ctx.fail(f"there is no verb `{args[0]}`{hint}")
        return super().resolve_command(ctx, args)


_BACKEND = click.option(
    "--backend",
    metavar="WORD",
    default="rtmidi",
    hidden=True,  # for the project's tests: `loopback:ADDRESS` (docs/architecture.md)
)


_TRACK = click.option(
    "--track",
    metavar="N|auto",
    type=click.Choice(["auto", *map(str, range(1, 17))]),
    help="Send everything to track N or the auto channel, if the profile sends to one place.",
)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="a4bridge %(version)s")
def cli() -> None:
    """Let an Elektron Analog Four record what a USB keyboard plays.

    `a4bridge --profile liverec` is all a player types; `run` may be left out. `a4bridge demo` shows what it
    does, without any hardware.
    """


@cli.command()
@click.option("--profile", "-p", metavar="NAME", help="A profile's name or file; the settings' default if left out.")
@_TRACK
@click.option(
    "--input",
    "-i",
    "inputs",
    metavar="MATCH",
    multiple=True,
    help="Use this input; may be given more than once.",
)
@click.option("--virtual", is_flag=True, help="Make a MIDI port called `a4bridge`, for a DAW to play into, too.")
@click.option("--output", "-o", metavar="MATCH", help="Use this output.")
@click.option(
    "--auto-channel",
    metavar="N",
    type=click.IntRange(1, 16),
    help="The box's AUTO CHANNEL, if it is not its default.",
)
@_BACKEND
def run(**options: Any) -> None:
    """Bridge the keyboards to the box until Ctrl-C.

    A MATCH is a port's exact name, a pattern with * or ?, or any part of `client:port`; `#2` behind it takes
    the second that fits. As an input `a4bridge` is a port of our own, for programs to play into.
    """
    from a4bridge.cli.run import bridge

    bridge(**options)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the list for programs.")
@_BACKEND
def ports(**options: Any) -> None:
    """List every MIDI port, and what the bridge would do with it."""
    from a4bridge.cli.ports import list_ports

    list_ports(**options)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the list for programs.")
def profiles(**options: Any) -> None:
    """List the profiles, a line each."""
    from a4bridge.cli.profiles import list_profiles

    list_profiles(**options)


@cli.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(**options: Any) -> None:
    """Check profile and settings files, and say what each would do.

    A file called settings.toml is read as settings, any other as a profile. Exit code 2 if one is wrong.
    """
    from a4bridge.cli.files import check_files

    check_files(**options)


@cli.command()
@click.argument("profile", metavar="PROFILE")
@_TRACK
@click.option("--auto-channel", metavar="N", type=click.IntRange(1, 16), help="The box's AUTO CHANNEL.")
def explain(**options: Any) -> None:
    """Say in sentences what a profile does with every event."""
    from a4bridge.cli.files import explain_profile

    explain_profile(**options)


@cli.command()
@click.argument("kind", type=click.Choice(["profile", "settings"]))
def schema(**options: Any) -> None:
    """Print the JSON Schema of a profile or of the settings."""
    from a4bridge.cli.files import print_schema

    print_schema(**options)


@cli.command()
@click.option("--profile", "-p", metavar="NAME", help="Show this profile, in live and in grid recording.")
@click.option("--json", "as_json", is_flag=True, help="Print what was played, what arrived and what was recorded.")
@click.option("--svg", metavar="FILE", type=click.Path(path_type=Path), help="Save the picture as SVG, too.")
def demo(**options: Any) -> None:
    """Show what an Analog Four records, without one."""
    from a4bridge.cli.demo import show_demo

    show_demo(**options)


def main() -> None:
    """Run the program; no traceback reaches a user."""
    _prepare_streams()
    try:
        try:
            cli()
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            end(_fault(error), FAILED)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter tries to flush once more
        if error.errno == errno.EPIPE:  # `a4bridge ports | head`
            sys.exit(FAILED)
        end(f"The output cannot be written: {error.strerror}.", FAILED)
    except Exception as error:  # noqa: BLE001 - a fault of ours, told in one sentence
        end(_fault(error), FAILED)


def _prepare_streams() -> None:
    """Make the standard streams fit for whatever is said, wherever it goes.

    One that was closed becomes /dev/null: else the next file that is opened would stand in for it. What the terminal's
    encoding lacks is shown as a question mark.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:  # noqa: PLR2004 - standard error
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - a descriptor, for good
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _fault(error: Exception) -> str:
    """Put what a developer needs into a file, and say where it is."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="a4bridge-fault-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    return f"a4bridge has a fault: {type(error).__name__}: {error}. Please report it with the file {file.name}."
