"""Imports point one way: what is above may know what is below, and the engine stays small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import a4bridge

PACKAGE = Path(a4bridge.__file__).parent
LIGHT_CORE = {"core.midi", "core.outcomes", "core.records", "core.route"}

# What the modules of a part may import of a4bridge besides their own part; a part's name allows all of it.
ALLOWED = {
    "core": set[str](),
    "backend": {"core"},
    "engine": {"backend", *LIGHT_CORE},
    "ports": {"backend", "core"},
    "sim": {"core"},
    "control": {"core"},
    "take": {"control", "core.midi"},
    "service": {"control", "take.store", "engine.page", "engine.protocol", "engine.replay", "ports", "backend", "core"},
    "demo": {"service", "engine.page", "engine.protocol", "backend", "core", "sim"},
    # It is the far end of what it measures, and as much in need of being punctual as the engine.
    "bench": {"service", "engine.page", "engine.protocol", "engine.realtime", "ports", "backend", "core"},
    "monitor": {"control", "core"},
    "install": {"core"},
    "learn": {"control", "ports", "backend", "core"},
    # Rules over facts: whoever examines a machine is the command line, which asks for real time, too.
    "doctor": {"ports", "core"},
    "web": {"service.log", "service.notify", "control", "core"},
    "cli": {
        *("install", "learn", "monitor", "doctor", "web", "demo", "bench", "service", "take", "control", "ports"),
        *("backend", "core", "sim", "engine.realtime"),
    },
}


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if name not in {"__init__", "__main__"}:
            yield name, file


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


@pytest.mark.parametrize(("module", "file"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_imports_only_what_lies_below_it(module: str, file: Path) -> None:
    part = module.partition(".")[0]
    ours = {name.removeprefix("a4bridge.") for name in imported(file) if name.startswith("a4bridge.")} - {"__version__"}

    upwards = {name for name in ours if not any(within(name, below) for below in ALLOWED[part] | {part})}

    assert upwards == set()


def test_only_its_backend_imports_rtmidi() -> None:
    importers = {module for module, file in modules() if any(within(name, "rtmidi") for name in imported(file))}

    assert importers == {"backend.rtmidi"}


def test_only_the_page_imports_a_web_server() -> None:
    importers = {module for module, file in modules() if any(within(name, "aiohttp") for name in imported(file))}

    assert importers
    assert all(within(module, "web") for module in importers)


@pytest.mark.parametrize("library", ["rich", "click"])
def test_only_what_shows_something_imports_what_draws(library: str) -> None:
    importers = {module for module, file in modules() if any(within(name, library) for name in imported(file))}

    assert importers
    assert all(within(module, "cli") or within(module, "demo") for module in importers - {"monitor.screen"})


def test_only_the_command_line_prints_or_ends_the_program() -> None:
    offenders = set()
    for module, file in modules():
        for node in ast.walk(ast.parse(file.read_text())):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in {"print", "exit", "sys.exit", "os._exit"} or (
                isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc).startswith("SystemExit")
            ):
                offenders.add(module)

    # The engine is a program of its own: it ends itself, and complains before it does.
    assert {module for module in offenders if not within(module, "cli")} == {"engine.__main__"}


def test_the_command_line_loads_nothing_heavy_until_a_verb_needs_it() -> None:
    code = "import sys, a4bridge.cli; print(*{'pydantic', 'rtmidi', 'uvloop', 'structlog', 'rich'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "\n"


def test_the_bridge_loads_no_part_of_a_library_that_it_never_uses() -> None:
    command = [sys.executable, "-P", "-X", "importtime", "-m", "a4bridge", "run", "--profile", "no such profile"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    loaded = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}

    assert loaded >= {"pydantic", "structlog", "a4bridge.service.bridge"}
    assert not loaded & {"rich.console", "importlib.metadata", "email", "zipfile"}


def test_the_engine_loads_no_module_that_makes_it_late() -> None:
    code = "import sys, a4bridge.engine.__main__, a4bridge.backend.rtmidi; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)

    late = {"dataclasses", "inspect", "ast", "pathlib", "traceback", "logging", "asyncio", "subprocess"}
    assert not late & set(run.stdout.split())


def test_a_start_like_the_last_one_loads_no_module_that_makes_it_late() -> None:
    code = "import sys, a4bridge.service.resuming; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)

    late = {"dataclasses", "inspect", "pathlib", "tempfile", "traceback", "logging", "asyncio", "subprocess", "socket"}
    assert not (late | {"click", "pydantic", "structlog", "rtmidi"}) & set(run.stdout.split())
