"""One run of the bridge, from its claim on the runtime directory to its last note-off."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from a4bridge.backend.choice import LOOPBACK, RTMIDI
from a4bridge.core.directories import SOCKET, runtime_directory, state_directory
from a4bridge.engine.protocol import Panic
from a4bridge.ports.choose import choose
from a4bridge.ports.listing import Enumerator
from a4bridge.ports.verdict import box_at, is_ours
from a4bridge.ports.watch import DeviceWatch
from a4bridge.service import places
from a4bridge.service.actions import RefusedError
from a4bridge.service.beginning import Beginning
from a4bridge.service.control import ControlServer
from a4bridge.service.engine import EngineProcess
from a4bridge.service.keeping import Keep
from a4bridge.service.links import opening
from a4bridge.service.log import Log, ServiceLog
from a4bridge.service.memory import Memory
from a4bridge.service.notify import Notifier
from a4bridge.service.places import AlreadyRunningError
from a4bridge.service.resuming import Resumed
from a4bridge.service.routing import Routing
from a4bridge.service.supervisor import Supervisor

_ROOM_SECONDS = 1.0
"""How often a service looks whether another bridge has gone."""


def run_bridge(
    routing: Routing,
    beginning: Beginning,
    memory: Memory,
    backend: str,
    log: ServiceLog,
    keep: Keep,
    resumed: Resumed | None,
) -> None:
    """Bridge until SIGINT, SIGTERM, or SIGHUP from a terminal that closes; any other SIGHUP has the files read again.

    beginning: what its command line asks for, which came to `routing`. keep: called in a thread with what each routing
    linked first, for the next start. resumed: an engine that forwards already, in the runtime directory that it is in.

    Raises AlreadyRunningError, PlaceError, EngineError where no engine can be started, and BackendError where the ports
    cannot be listed.
    """
    notifier = Notifier.from_environment()
    enumerator = enumerator_for(backend)
    with _claimed_by(resumed) if resumed else _claimed() as page:
        if not resumed:
            _wait_for_room(enumerator, notifier, log)
        supervisor = Supervisor(
            enumerator,
            _watch_for(backend, log),
            routing,
            beginning,
            page,
            backend,
            memory,
            notifier,
            log,
            keep,
            resumed,
        )
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_signalled(supervisor, page, log))


def panic_alone(routing: Routing, backend: str, log: Log) -> str:
    """Silence the box that `routing` would be linked to, where no bridge runs; returns a sentence.

    Raises AlreadyRunningError, PlaceError, EngineError, BackendError, and RefusedError where there is no box.
    """
    enumerator = enumerator_for(backend)
    with _claimed() as page, asyncio.Runner() as runner:
        choice = choose(enumerator.scan(), routing.wanted(), Memory(Path(state_directory())).last_output)
        if choice.output is None:
            raise RefusedError("; ".join(choice.waiting) or "no box is here to play to")
        output = choice.output

        async def silence() -> str:
            engine, _ = await EngineProcess.start(
                page, backend, lambda text: log.warning("engine_trouble", says=f"the engine says: {text}", text=text)
            )
            try:
                if error := (await engine.call(opening(output))).error:
                    raise RefusedError(error)
                for channel in routing.panic_channels(None, box_at(output)):
                    await engine.call(Panic(channel))
            finally:
                await engine.stop()
            return f"every note on {output.client} is ended"

        return runner.run(silence())


@contextmanager
def _claimed() -> Iterator[Path]:
    """Be the only bridge of the runtime directory for as long as this lasts; gives the page."""
    directory = Path(runtime_directory())
    places.prepare(directory)
    with places.claim(directory):
        page = directory / places.PAGE
        places.see_off(page)
        places.make_page(page)
        yield page


@contextmanager
def _claimed_by(resumed: Resumed) -> Iterator[Path]:
    with resumed.claim:
        yield Path(resumed.page)


def _wait_for_room(enumerator: Enumerator, notifier: Notifier, log: Log) -> None:
    """Make sure that no bridge of another runtime directory has its hand on a port.

    Raises AlreadyRunningError; a service waits instead, for whoever starts it would only start it again.
    """
    said = False
    # Two clients of ours that are connected to each other are measuring (a4bridge.bench).
    while held := [port for port in enumerator.scan().ports if port.held and not is_ours(port)]:
        says = f"another bridge, or `a4bridge bench`, is connected to {held[0].client}"
        if not notifier.listened_to:
            raise AlreadyRunningError(says)
        if not said:
            log.info("waiting", says=f"waiting: {says}")
            said = True
        notifier.ready()
        notifier.status(f"waiting: {says}")
        notifier.watchdog()
        time.sleep(_ROOM_SECONDS)


def enumerator_for(backend: str) -> Enumerator:
    """Return what lists the ports of `backend` (see a4bridge.backend.choice); raises BackendError."""
    # Each is imported only where it is used: the others' systems or libraries may not be there.
    if backend.startswith(LOOPBACK):
        from a4bridge.ports.loopback import LoopbackEnumerator  # noqa: PLC0415 - imported only where it is needed

        return LoopbackEnumerator(backend.removeprefix(LOOPBACK))
    if sys.platform == "darwin":
        from a4bridge.backend.rtmidi import PortLists  # noqa: PLC0415 - imported only where it is needed
        from a4bridge.ports.coremidi import CoreMidiEnumerator  # noqa: PLC0415 - imported only where it is needed

        lists = PortLists()
        return CoreMidiEnumerator(lists.inputs, lists.outputs)
    from a4bridge.ports.alsa import AlsaEnumerator  # noqa: PLC0415 - imported only where it is needed

    return AlsaEnumerator()


def _watch_for(backend: str, log: Log) -> DeviceWatch | None:
    if backend != RTMIDI or sys.platform != "linux":
        return None
    try:
        return DeviceWatch()
    except OSError as error:
        log.info("not_watched", says=f"devices are looked for four times a second: {error}", reason=str(error))
        return None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - there is none for every system
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _until_signalled(supervisor: Supervisor, page: Path, log: ServiceLog) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: _tell_fault(context, log))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.stop)
    had_terminal = _has_terminal()
    hung_up: set[asyncio.Task[None]] = set()

    async def read_again() -> None:
        with suppress(RefusedError):  # the log has it
            await supervisor.reload()

    def on_hangup() -> None:
        if had_terminal and not _has_terminal():
            supervisor.stop()
        else:
            task = loop.create_task(read_again())
            hung_up.add(task)
            task.add_done_callback(hung_up.discard)

    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which is how nohup leaves it
        loop.add_signal_handler(signal.SIGHUP, on_hangup)
    control = await ControlServer.start(page.with_name(SOCKET), supervisor, page=page, log=log)
    try:
        await supervisor.run()
    finally:
        await control.close()


def _has_terminal() -> bool:
    """Tell whether this process has a terminal that can be closed over its head."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _tell_fault(context: dict[str, Any], log: Log) -> None:
    """Tell in one sentence what went wrong where nobody waited for it."""
    error = context.get("exception")
    what = f"{type(error).__name__}: {error}" if error else context.get("message", "unknown")
    log.error("fault", says=f"a4bridge has a fault and goes on: {what}", what=str(what))
