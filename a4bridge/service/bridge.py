"""One run of the bridge, from its claim on the runtime directory to its last note-off."""

import asyncio
import signal
import sys
from collections.abc import Callable

from a4bridge.backend.choice import LOOPBACK
from a4bridge.core.library import Library
from a4bridge.ports.listing import Enumerator
from a4bridge.service import places
from a4bridge.service.log import Log
from a4bridge.service.memory import Memory
from a4bridge.service.routing import Routing
from a4bridge.service.supervisor import Supervisor


def run_bridge(routing: Routing, library: Library, backend: str, log: Log) -> None:
    """Bridge until SIGINT, SIGTERM, or SIGHUP from a terminal that closes.

    library: where profiles are looked for that are switched to.

    Raises AlreadyRunningError, PlaceError, EngineError where no engine can be started, and BackendError where the ports
    cannot be listed.
    """
    directory = places.runtime_directory()
    places.prepare(directory)
    with places.claim(directory):
        page = directory / places.PAGE
        places.see_off(page)
        places.make_page(page)
        supervisor = Supervisor(
            enumerator_for(backend),
            routing,
            library,
            page,
            backend,
            Memory(places.state_directory()),
            log,
        )
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_signalled(supervisor))


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


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - there is none for every system
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _until_signalled(supervisor: Supervisor) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which is how nohup leaves it
        loop.add_signal_handler(signal.SIGHUP, stop.set)
    await supervisor.run(stop)
