"""Where the program starts."""

import os
import signal
import sys


def main() -> None:
    """Load the command line and run it. Ctrl-C while it loads ends the program as if it had not begun."""
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    resumed = _resumed(sys.argv[1:])
    from a4bridge.cli import main as run_command_line  # noqa: PLC0415 - the line above is to come first

    signal.signal(signal.SIGINT, interrupt)
    run_command_line(resumed)


def _resumed(arguments: list[str]) -> object:
    """Let a bridge that is started as the last time forward at once, before the rest is loaded."""
    may_be_run = not arguments or arguments[0] == "run" or arguments[0].startswith("-")
    # Only Linux has what a child is watched by; and a stream that is lacking would be the first file that is opened.
    if not may_be_run or not hasattr(os, "pidfd_open") or None in {sys.stdin, sys.stdout, sys.stderr}:
        return None
    from a4bridge.service.resuming import resume  # noqa: PLC0415 - as above, and no other verb needs it

    try:
        return resume(arguments)
    except Exception:  # noqa: BLE001 - whatever it is, an ordinary start follows, and sees off an engine that is left
        return None


if __name__ == "__main__":
    main()
