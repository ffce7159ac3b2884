"""Fixtures and hooks of all the tests. There is one such file, for mypy knows only one module of a name."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from installed import installed_python
from machine import Machine, obstacle
from running import Start, starting

from a4bridge.backend.loopback import Hub

collect_ignore = ["lab/guest"]  # those run inside the lab, with its own pytest

OBSTACLES = pytest.StashKey[list[str]]()


# A deadline would compare the speed of this machine with another's.
settings.register_profile("at leisure", deadline=None)
settings.load_profile("at leisure")


def pytest_configure() -> None:
    """Let Ctrl-C count for the programs, also where a shell started the tests in the background and had it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the lab's tests out where the lab cannot run, which the summary then says in a line of its own."""
    stopped: dict[str, list[pytest.Item]] = {}
    for item in items:
        if (lab := item.get_closest_marker("lab")) and (reason := lab.kwargs.get("obstacle", obstacle)()):
            stopped.setdefault(reason, []).append(item)
    config.stash[OBSTACLES] = list(stopped)
    for group in stopped.values():
        config.hook.pytest_deselected(items=group)
        items[:] = [item for item in items if item not in group]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for reason in config.stash.get(OBSTACLES, []):
        terminalreporter.write_line(f"lab tier did not run: {reason}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def machine() -> Machine:
    machine = Machine()
    machine.build()
    return machine


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of an environment in which a4bridge is installed; the guest has it at the same path."""
    return installed_python()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """The MIDI system of a test: made-up devices, to which bridges connect."""
    with Hub() as hub:
        yield hub


@pytest.fixture
def start(hub: Hub, tmp_path: Path) -> Iterator[Start]:
    """What starts a bridge between the devices of `hub`, with files of its own."""
    with starting(hub, tmp_path) as start:
        yield start
