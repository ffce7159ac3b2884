"""Where the program starts."""

import signal


def main() -> None:
    """Load the command line and run it. Ctrl-C while it loads ends the program as if it had not begun."""
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from a4bridge.cli import main as run_command_line  # noqa: PLC0415 - the line above is to come first

    signal.signal(signal.SIGINT, interrupt)
    run_command_line()


if __name__ == "__main__":
    main()
