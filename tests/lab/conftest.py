from pathlib import Path

import pytest
from installed import installed_python
from machine import Machine, obstacle

collect_ignore = ["guest"]  # those run inside the lab, with its own pytest

OBSTACLE = pytest.StashKey[str]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the lab's tests out where the lab cannot run, which the summary then says in a line of its own."""
    tier = [item for item in items if item.get_closest_marker("lab")]
    reason = obstacle() if tier else None
    if reason is not None:
        config.stash[OBSTACLE] = reason
        config.hook.pytest_deselected(items=tier)
        items[:] = [item for item in items if item not in tier]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if OBSTACLE in config.stash:
        terminalreporter.write_line(f"lab tier did not run: {config.stash[OBSTACLE]}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def machine() -> Machine:
    machine = Machine()
    machine.build()
    return machine


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of an environment in which a4bridge is installed; the guest has it at the same path."""
    return installed_python()
