"""One run of the page, from its first connection to the last."""

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from a4bridge.service.log import Log
from a4bridge.service.notify import Notifier
from a4bridge.web.feed import Feed
from a4bridge.web.listening import Counted
from a4bridge.web.site import Limits, Site

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(site: Site, feed: Feed, sockets: list[socket.socket], limits: Limits, address: str, log: Log) -> None:
    """Serve `site` at `sockets` until SIGINT, SIGTERM or SIGHUP. address: what a person types to get there."""
    notifier = Notifier.from_environment()
    try:
        asyncio.run(_serve(site, feed, sockets, limits, address, log, notifier))
    finally:
        notifier.close()


async def _serve(
    site: Site,
    feed: Feed,
    sockets: list[socket.socket],
    limits: Limits,
    address: str,
    log: Log,
    notifier: Notifier,
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: _tell_fault(log, context))
    # What it would say of nonsense that somebody sends is for nobody; what concerns us, the site says itself.
    quiet = logging.getLogger("a4bridge.web")
    quiet.setLevel(logging.CRITICAL + 1)
    runner = web.AppRunner(
        site.application(),
        handle_signals=False,
        access_log=None,
        logger=quiet,
        keepalive_timeout=limits.idle,
        lingering_time=1.0,
        shutdown_timeout=0.5,
    )
    await runner.setup()
    server = runner.server
    assert server
    servers = [await loop.create_server(lambda: Counted(server, site.connections), sock=each) for each in sockets]
    feed.start()
    beat = asyncio.create_task(_beat(notifier), name="page.beat")
    with _told_to_stop() as stop:
        log.info("page_listening", says=f"the page is at {address}", address=address)
        notifier.ready()
        notifier.status(address)
        await stop.wait()
    notifier.stopping()
    for each in servers:
        each.close()
    await site.close()
    await feed.close()
    await runner.cleanup()
    beat.cancel()
    log.info("page_stopped", says="the page has stopped")


@contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # it ends already, and is told so no more than once


async def _beat(notifier: Notifier) -> None:
    while seconds := notifier.watchdog_seconds:
        notifier.watchdog()
        await asyncio.sleep(seconds)


def _tell_fault(log: Log, context: dict[str, Any]) -> None:
    error = context.get("exception")
    what = f"{type(error).__name__}: {error}" if error else str(context.get("message"))
    log.error("fault", says=f"a4bridge has a fault: {what}", what=what)
