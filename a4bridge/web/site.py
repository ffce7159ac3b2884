"""What the page's server answers: the page and its files, the code that is typed, and the websocket."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from aiohttp import WSMsgType, web

from a4bridge.control.client import ControlError
from a4bridge.control.wire import Panic, RequestError, Track, Use, decode, decode_request, encode
from a4bridge.core.words import listed, printable
from a4bridge.service.log import Log
from a4bridge.web.assets import PAGE, PAIRING, Asset, assets, saying
from a4bridge.web.door import SESSION_SECONDS, Door, TooManyTriesError
from a4bridge.web.feed import Feed, News
from a4bridge.web.guard import HEADERS, ForbiddenError, Guard
from a4bridge.web.listening import Connections

BEAT_SECONDS: Final = 2.0
"""How often at least a phone hears something: one that hears nothing for three times as long knows that it is alone."""

EXAMINATION_SECONDS: Final = 600.0
"""How old an examination may be, in seconds, before the next who looks has another made."""

SETTLED_SECONDS: Final = 2.0
"""How long, in seconds, bridge and links must be as they are before another examination is made because of them."""

_MAY: Final = {request.do: request for request in (Use, Track, Panic)}
"""What a phone may ask of the bridge; a profile's text, which `use` would take, is not among it."""
_FIELDS: Final = 4
"""In a form; the page's own has one."""
_EXAMINE: Final = "examine"

Examine = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What those may take who connect.

    connections: at the same time, all together; lookers: pages that are open. first: seconds in which a connection's
    first request must be there, and a form; idle: seconds between two requests; unread: seconds until what is sent must
    be read. form, message: bytes in a form, in a message over the websocket.
    """

    connections: int = 64
    lookers: int = 16
    first: float = 10.0
    idle: float = 15.0
    unread: float = 10.0
    form: int = 1024
    message: int = 2048


class Site:
    """The page. door: None where everybody who gets here may come in. cookie: its name; clock: seconds since 1970."""

    def __init__(
        self,
        guard: Guard,
        door: Door | None,
        cookie: str,
        feed: Feed,
        examine: Examine,
        clock: Callable[[], float],
        log: Log,
        limits: Limits,
    ) -> None:
        self._guard = guard
        self._door = door
        self._cookie = cookie
        self._feed = feed
        self._examine = examine
        self._clock = clock
        self._log = log
        self._limits = limits
        self._files = assets()
        self._open: dict[web.WebSocketResponse, News] = {}
        self._examining: asyncio.Task[None] | None = None
        self._examined = float("-inf")
        self._settling: asyncio.TimerHandle | None = None
        feed.when_links_change(self._examine_soon)
        self.connections = Connections(limits.connections, limits.first)

    def application(self) -> web.Application:
        """Return what aiohttp serves."""
        application = web.Application(middlewares=[self._guarded], client_max_size=self._limits.form)
        application.on_response_prepare.append(_add_headers)
        application.router.add_get("/", self._page)
        application.router.add_get("/pair", self._pairing)
        application.router.add_post("/pair", self._pair)
        application.router.add_get("/session", self._session)
        application.router.add_get("/live", self._live, allow_head=False)
        for name, asset in self._files.items():
            if name not in {PAGE, PAIRING}:
                application.router.add_get(f"/{name}", self._file(asset))
        return application

    async def close(self) -> None:
        """Say good-bye to every page that is open."""
        if self._settling:
            self._settling.cancel()
        if self._examining:
            self._examining.cancel()
            await asyncio.gather(self._examining, return_exceptions=True)
        if self._open:
            goodbyes = [asyncio.create_task(socket.close(code=1001)) for socket in self._open]
            await asyncio.wait(goodbyes, timeout=0.5)

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.connections.asked(request.transport)
        try:
            hosts = request.headers.getall("Host", [])
            self._guard.check_host(hosts, _end(request, "sockname"))
            if request.method not in {"GET", "HEAD"} or request.path == "/live":
                self._guard.check_origin(request.headers.getall("Origin", []), hosts[0])
            return await handler(request)
        except ForbiddenError as error:
            return web.Response(status=403, text=f"{error}\n")
        except web.HTTPException as error:  # no such page, or no such method of it
            allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
            return web.Response(status=error.status, text=f"{error.reason}\n", headers=allowed)
        except TimeoutError:
            return web.Response(status=408, text="The request took too long.\n", headers={"Connection": "close"})
        except Exception as error:  # noqa: BLE001 - a fault of ours: one request has no answer, the others go on
            what = f"{type(error).__name__}: {error}"
            self._log.error("fault", says=f"a4bridge has a fault: {request.path} ended with {what}", what=what)
            return web.Response(status=500, text="a4bridge has a fault; its log says more.\n")

    # The page and its files.

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if not self._may_enter(request):
            return _see("/pair")
        return _html(self._files[PAGE].body)

    async def _session(self, request: web.Request) -> web.StreamResponse:
        """Say whether a websocket would be opened: why one was not, no browser tells the page."""
        headers = {"Cache-Control": "no-store"}
        if not self._may_enter(request):
            return web.Response(status=401, headers=headers)
        if full := self._full:
            return web.Response(status=503, text=f"{full}\n", headers=headers)
        return web.Response(status=204, headers=headers)

    @property
    def _full(self) -> str:
        """Say that no more pages may be open; empty if one may."""
        most = self._limits.lookers
        return f"{most} pages are open, which is the most; close one." if len(self._open) >= most else ""

    def _file(self, asset: Asset) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        headers = {"ETag": asset.tag, "Cache-Control": "no-cache"}

        async def send(request: web.Request) -> web.StreamResponse:
            if request.headers.get("If-None-Match") == asset.tag:
                return web.Response(status=304, headers=headers)
            charset = None if asset.content_type.startswith("image/") else "utf-8"
            return web.Response(body=asset.body, content_type=asset.content_type, charset=charset, headers=headers)

        return send

    # The code.

    def _may_enter(self, request: web.Request) -> bool:
        return self._door is None or self._door.sessions.holds(request.cookies.get(self._cookie, ""))

    async def _pairing(self, request: web.Request) -> web.StreamResponse:
        return _see("/") if self._may_enter(request) else self._form()

    async def _pair(self, request: web.Request) -> web.StreamResponse:
        if self._door is None:
            return _see("/")
        async with asyncio.timeout(self._limits.first):
            sent = (await request.read()).decode(errors="replace")
        try:
            form = parse_qs(sent, max_num_fields=_FIELDS)
        except ValueError:
            return self._form("That is not this page's form.", 400)
        typed, peer = form.get("code", [""])[0], _end(request, "peername")
        try:
            opens = self._door.opens_for(typed, peer)
        except TooManyTriesError as error:
            says = f"Too many wrong codes. Try again in {_span(error.seconds)}."
            self._log.warning("page_tries", says=f"too many wrong codes, the last from {peer}", peer=peer)
            return self._form(says, 429, {"Retry-After": str(error.seconds)})
        if not opens:
            self._log.warning("page_wrong_code", says=f"somebody at {peer} has typed a wrong code", peer=peer)
            return self._form("That is not the code. `a4bridge status` shows it.", 403)
        cookie = self._door.sessions.begin()
        try:
            self._door.sessions.save()
        except OSError as error:
            reason = error.strerror or str(error)
            says = f"a phone is paired until the page ends; it cannot be remembered: {reason}"
            self._log.warning("page_not_remembered", says=says, reason=reason)
        self._log.info("page_paired", says=f"paired with {peer}", peer=peer)
        answer = _see("/")
        answer.set_cookie(
            self._cookie,
            cookie,
            max_age=int(SESSION_SECONDS),
            path="/",
            secure=request.headers["Origin"].casefold().startswith("https:"),  # a server that does TLS is before this
            httponly=True,
            samesite="Strict",
        )
        return answer

    def _form(self, says: str = "", status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
        """Return the page for the code. With no-referrer a browser would send the form without its Origin."""
        kept = {"Referrer-Policy": "same-origin", **(headers or {})}
        return _html(saying(self._files[PAIRING], says), status, kept)

    # What goes on.

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if not self._may_enter(request):
            return web.Response(status=401, text="This phone is not paired.\n")
        if full := self._full:
            return web.Response(status=503, text=f"{full}\n")
        socket = web.WebSocketResponse(
            timeout=1.0, heartbeat=BEAT_SECONDS * 5, max_msg_size=self._limits.message, compress=False
        )
        news = self._feed.add()
        self._open[socket] = news
        try:
            await socket.prepare(request)
            self._examine_if_old()
            sending = asyncio.create_task(self._send(socket, news, request.transport), name="page.send")
            try:
                async for message in socket:
                    if message.type is not WSMsgType.TEXT:
                        break
                    news.answers.append(await self._answer(message.data))
                    news.anything.set()
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        finally:
            del self._open[socket]
            self._feed.discard(news)
        return socket

    async def _send(self, socket: web.WebSocketResponse, news: News, transport: asyncio.Transport | None) -> None:
        while True:
            try:
                async with asyncio.timeout(BEAT_SECONDS):
                    await news.anything.wait()
            except TimeoutError:
                pass  # it hears from us all the same
            try:
                async with asyncio.timeout(self._limits.unread):
                    await socket.send_str(json.dumps(news.take(), separators=(",", ":")))
            except (OSError, TimeoutError):  # it is gone, or has stopped reading
                if transport:
                    transport.abort()
                return

    async def _answer(self, text: str) -> dict[str, Any]:
        number = None
        try:
            facts = decode(text.encode("utf-8", "surrogatepass"))
            number = facts.pop("id", None)
            says = await self._carry_out(facts)
        except (RequestError, ControlError) as error:
            return {"id": number, "ok": False, "says": str(error)}
        return {"id": number, "ok": True, "says": says}

    async def _carry_out(self, facts: dict[str, Any]) -> str:
        do = facts.get("do")
        if do == _EXAMINE:
            self._begin_examination()
            return "examining"
        if not isinstance(do, str) or do not in _MAY or "text" in facts:
            raise RequestError(f'"do" must be {listed([*_MAY, _EXAMINE], "or")}')
        request = decode_request(encode(facts))
        assert isinstance(request, Use | Track | Panic)
        return await self._feed.ask(request)

    def _examine_if_old(self) -> None:
        if self._clock() - self._examined > EXAMINATION_SECONDS:
            self._begin_examination()

    def _examine_soon(self) -> None:
        """Have the doctor look once nothing has come or gone for a while, and he does not look already."""
        if self._settling:
            self._settling.cancel()
        self._settling = asyncio.get_running_loop().call_later(SETTLED_SECONDS, self._examine_settled)

    def _examine_settled(self) -> None:
        if self._is_examining:  # he may have looked before it came or went
            self._examine_soon()
        else:
            self._begin_examination()

    @property
    def _is_examining(self) -> bool:
        return self._examining is not None and not self._examining.done()

    def _begin_examination(self) -> None:
        """Have the doctor look, unless he does already: however many ask, there is one."""
        if not self._is_examining:
            self._examining = asyncio.create_task(self._have_examined(), name="page.examine")

    async def _have_examined(self) -> None:
        self._feed.tell({"examining": True})
        try:
            found = await self._examine()
            self._examined = self._clock()
            self._feed.tell({"doctor": {**found, "at": round(self._examined)}})
        finally:
            self._feed.tell({"examining": False})


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    own = {"Referrer-Policy": response.headers.get("Referrer-Policy", HEADERS["Referrer-Policy"])}
    response.headers.update({**HEADERS, **own})


def _end(request: web.Request, which: str) -> str:
    """Return the address of one end of the connection: "sockname" is ours, "peername" theirs."""
    at = request.transport.get_extra_info(which) if request.transport else None
    return printable(str(at[0])) if at else ""


def _html(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8", headers=kept)


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def _span(seconds: int) -> str:
    return f"{-(-seconds // 60)} min" if seconds > 60 else f"{seconds} s"  # noqa: PLR2004 - a minute
