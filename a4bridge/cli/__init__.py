"""The command line: the only place that prints, or ends the program.

Everything but click is imported inside the verb that needs it: `a4bridge --help` loads neither pydantic nor rtmidi nor
uvloop, and answers at once on a Raspberry Pi.
"""

import errno
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from a4bridge import __version__
from a4bridge.cli import completing
from a4bridge.cli.examples import EXAMPLES
from a4bridge.cli.exits import FAILED, NO_MIDI, end

_DEFAULT = "run"
_UNWRITABLE = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO}


class _WithExamples(click.Command):
    """A command whose help ends with examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each with what it is for."""
        if examples := EXAMPLES.get(ctx.command_path.partition(" ")[2]):
            with formatter.section("Examples"):
                formatter.write_dl(examples, col_max=44)
        super().format_epilog(ctx, formatter)


class _Group(_WithExamples, click.Group):
    """Verbs below a verb."""

    command_class = _WithExamples


class _Verbs(_Group):
    """Verbs, of which `run` may be left out: `a4bridge --profile liverec`."""

    group_class = _Group

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        verbless = not args or (args[0] not in self.commands and args[0] not in {"--help", "-h", "--version"})
        is_being_typed = ctx.resilient_parsing and not args
        if verbless and not is_being_typed and (not args or args[0].startswith("-")):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the verbs; instead of one, an option of the verb that may be left out can come."""
        default = self.commands[_DEFAULT].shell_complete(ctx, incomplete) if incomplete.startswith("-") else []
        offered = {item.value: item for item in (*super().shell_complete(ctx, incomplete), *default)}
        return list(offered.values())

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


_SOCKET = click.option(
    "--socket",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Where the bridge listens; if left out, yours is asked, or else the system's.",
)


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="a4bridge %(version)s")
def cli() -> None:
    """Let an Elektron Analog Four record what a USB keyboard plays.

    `a4bridge --profile liverec` is all a player types; `run` may be left out. `a4bridge demo` shows what it
    does, without any hardware.
    """


@cli.command()
@click.option(
    "--profile",
    "-p",
    metavar="NAME",
    shell_complete=completing.profile_names,
    help="A profile's name or file; if left out, what was switched to last, or else the default.",
)
@click.option(
    "--default",
    metavar="NAME",
    shell_complete=completing.profile_names,
    help="The default, instead of the one in the settings.",
)
@_TRACK
@click.option(
    "--input",
    "-i",
    "inputs",
    metavar="MATCH",
    shell_complete=completing.input_names,
    multiple=True,
    help="Use this input; may be given more than once.",
)
@click.option("--virtual", is_flag=True, help="Make a MIDI port called `a4bridge`, for a DAW to play into, too.")
@click.option("--output", "-o", metavar="MATCH", shell_complete=completing.output_names, help="Use this output.")
@click.option(
    "--auto-channel",
    metavar="N",
    type=click.IntRange(1, 16),
    help="The box's AUTO CHANNEL, if it is not its default.",
)
@_BACKEND
@click.pass_obj
def run(resumed: Any, /, **options: Any) -> None:
    """Bridge the keyboards to the box until Ctrl-C.

    A MATCH is a port's exact name, a pattern with * or ?, or any part of `client:port`; `#2` behind it takes
    the second that fits. As an input `a4bridge` is a port of our own, for programs to play into.
    """
    from a4bridge.core.lean import without, without_plugins

    with without("importlib.metadata", without_plugins()):  # 2.5 MB of the service's 40
        from a4bridge.cli.run import bridge

    bridge(resumed, **options)


@cli.command()
@_SOCKET
@click.option("--json", "as_json", is_flag=True, help="Print everything for programs.")
def status(**options: Any) -> None:
    """Say what a running bridge does: what is linked, sounds, was forwarded and dropped, and how fast.

    Exit code 0 if it is linked, 6 if it waits for a keyboard or a box, 5 if none is running.
    """
    from a4bridge.cli.status import show_status

    show_status(**options)


@cli.command()
@click.argument("profile", metavar="PROFILE", shell_complete=completing.profile_names)
@_SOCKET
def use(**options: Any) -> None:
    """Switch a running bridge to another profile.

    PROFILE is the name of one that the bridge finds, or a file such as ./mine.toml, whose text is sent to it.
    """
    from a4bridge.cli.tell import use_profile

    use_profile(**options)


@cli.command()
@click.argument("track", metavar="N|auto", type=click.Choice(["auto", *map(str, range(1, 17))]))
@_SOCKET
def track(**options: Any) -> None:
    """Have a running bridge send everything to track N or to the auto channel.

    Only what goes to one place can be sent to another: a profile with several destinations refuses.
    """
    from a4bridge.cli.tell import use_track

    use_track(**options)


@cli.command()
@_SOCKET
@_BACKEND
def panic(**options: Any) -> None:
    """End every note on the box, known to sound or not; also where no bridge is running."""
    from a4bridge.cli.panic import panic

    panic(**options)


@cli.command()
@_SOCKET
def reload(**options: Any) -> None:
    """Have a running bridge read its settings and its profile again.

    If one of them is wrong, everything goes on as before.
    """
    from a4bridge.cli.tell import reload

    reload(**options)


@cli.command()
@_SOCKET
@click.option("--only", type=click.Choice(["log", "played"]), help="Show only what it says, or only what is played.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line, as the bridge sends them.")
def watch(**options: Any) -> None:
    """Show what a running bridge says and what is played, until Ctrl-C."""
    from a4bridge.cli.watch import watch

    watch(**options)


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
@click.argument("profile", metavar="PROFILE", shell_complete=completing.profile_names)
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
@click.option(
    "--profile",
    "-p",
    metavar="NAME",
    shell_complete=completing.profile_names,
    help="Show this profile, in live and in grid recording.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was played, what arrived and what was recorded.")
@click.option("--svg", metavar="FILE", type=click.Path(path_type=Path), help="Save the picture as SVG, too.")
def demo(**options: Any) -> None:
    """Show what an Analog Four records, without one."""
    from a4bridge.cli.demo import show_demo

    show_demo(**options)


@cli.command()
@click.option(
    "--profile",
    "-p",
    metavar="NAME",
    shell_complete=completing.profile_names,
    help="The bridge's profile; if left out, liverec.",
)
@click.option(
    "--loopback",
    metavar="IN OUT",
    nargs=2,
    shell_complete=completing.port_names,
    help="Play to the output OUT, and listen to the input IN, with no bridge between.",
)
@click.option(
    "--notes",
    metavar="N",
    type=click.IntRange(2, 100_000),
    default=500,
    help="How many notes to play, 500 if left out.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything for programs.")
@_BACKEND
def bench(**options: Any) -> None:
    """Measure how long notes take on this computer, and say what would make them faster.

    Without --loopback they go through the bridge between two ports of its own: no device is played. With it
    they go through a cable from OUT to IN, or whatever else leads back; names are as for `run`.
    """
    from a4bridge.cli.bench import bench

    bench(**options)


@cli.command()
@click.argument("name", metavar="[NAME]", required=False, shell_complete=completing.profile_names)
@click.option(
    "--answers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take the answers from FILE, one a line, instead of standard input.",
)
@click.option("--system", is_flag=True, help="Write to /etc/a4bridge/profiles; what root means.")
@click.option("--user", is_flag=True, help="Write to your own profiles; what anybody else means.")
@_SOCKET
@_BACKEND
def learn(**options: Any) -> None:
    """Set up a profile by playing: press keys, turn knobs, tread the pedal, hit pads.

    NAME is what the profile is called; one that is there already is edited, and keeps its comments. A running
    bridge plays nothing meanwhile. Nothing is written before you have seen it and said yes.
    """
    from a4bridge.cli.learn import learn

    learn(**options)


@cli.command()
@_SOCKET
@click.option(
    "--only",
    type=click.Choice(["all", "notes", "forwarded", "dropped", "log"]),
    default="all",
    help="What to show, all if left out.",
)
@click.option("--find", metavar="TEXT", default="", help="Show only lines with this text.")
@click.option("--raw", is_flag=True, help="Show MIDI as bytes.")
@click.option("--plain", is_flag=True, help="Print lines, on a terminal, too.")
def monitor(**options: Any) -> None:
    """Show live what is played, what becomes of it, what sounds and how fast, until q or Ctrl-C.

    On a terminal it fills the screen, and its last line says which keys do what. Elsewhere it prints a line for
    each event. If the bridge ends it waits for the next one.
    """
    from a4bridge.cli.monitor import monitor

    monitor(**options)


def _scopes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a verb of `service` the two options that say for whom."""
    system = click.option("--system", is_flag=True, help="For the whole machine, started with it; what root means.")
    user = click.option("--user", is_flag=True, help="For you, started with your session; what anybody else means.")
    return system(user(command))


_DRY_RUN = click.option("--dry-run", is_flag=True, help="Only print what would be done.")


@cli.group()
def service() -> None:
    """Have the bridge started by systemd or launchd."""
    if sys.platform == "win32":
        end("a4bridge does not run on Windows, and so is no service there.", NO_MIDI)


@service.command("install")
@_scopes
@click.option(
    "--profile",
    "-p",
    metavar="NAME",
    shell_complete=completing.profile_names,
    help="The profile to begin with, where none is remembered.",
)
@_DRY_RUN
def install_service(**options: Any) -> None:
    """Install the service and start it. Done again, it only brings it up to date."""
    from a4bridge.cli.service import install

    install(**options)


@service.command("uninstall")
@_scopes
@_DRY_RUN
def uninstall_service(**options: Any) -> None:
    """Stop the service and take it away. Profiles, settings and what is remembered stay."""
    from a4bridge.cli.service import uninstall

    uninstall(**options)


@service.command("status")
@_scopes
def service_status(**options: Any) -> None:
    """Say in a line whether the service is installed, enabled and running, and what it does."""
    from a4bridge.cli.service import status

    status(**options)


@service.command("logs")
@_scopes
@click.option("--follow", "-f", is_flag=True, help="Go on as more is written, until Ctrl-C.")
def service_logs(**options: Any) -> None:
    """Print the end of the service's log."""
    from a4bridge.cli.service import logs

    logs(**options)


@cli.command()
@click.argument("file", metavar="FILE.mid", type=click.Path(path_type=str))
@click.option("--last", metavar="TIME", help="Only the end: 60s, 5m or 1m30s, counted back from the last event.")
@click.option("--force", is_flag=True, help="Replace FILE.mid if it is there already.")
@_SOCKET
def save(**options: Any) -> None:
    """Save what was played in the last minutes as a standard MIDI file, though nobody had armed a recording.

    It has a track for each destination, with the notes as they went to the box. FILE.mid may be - for the
    standard output.
    """
    from a4bridge.cli.save import save

    save(**options)


@cli.command()
@click.option("--no-input", is_flag=True, help="Ask nothing: no key is waited for.")
@click.option("--probe", is_flag=True, help="Play a note to each track's channel and to the auto channel, too.")
@click.option("--yes", is_flag=True, help="With --probe: recording is off on the box, so do not ask.")
@_SOCKET
@click.option("--json", "as_json", is_flag=True, help="Print everything for programs.")
@click.option("--restricted", is_flag=True, hidden=True)  # for the page, whose unit refuses real time to its children
@_BACKEND
def doctor(**options: Any) -> None:
    """Go the way that a note takes, and say what keeps it from being recorded.

    Asks for a key, to see whether it arrives. Then comes what no program can see, as a checklist. Exit code 0
    if nothing is wrong, 7 if something may be, 8 if something is.
    """
    from a4bridge.cli.doctor import doctor

    doctor(**options)


def main(resumed: object = None) -> None:
    """Run the program; no traceback reaches a user. resumed: for `run` (a4bridge.cli.run)."""
    run_safely(cli, resumed)


def run_safely(program: click.Command, given: object = None) -> None:
    """Run a program of the project; what goes wrong is one sentence. given: the context's object, for its verbs."""
    _prepare_streams()
    try:
        try:
            program(obj=given)
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
