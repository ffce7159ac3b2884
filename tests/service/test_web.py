"""The page's program over real sockets: what it serves to whom, and how it begins and ends."""

import asyncio
import gc
import html
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from running import PATIENCE, Running, Start, plug_both
from web_page import Web, serving

from a4bridge.backend.loopback import Hub
from a4bridge.cli.web import web as command
from a4bridge.web.assets import PAGE, PAIRING, assets
from a4bridge.web.door import PEER_TRIES
from a4bridge.web.guard import HEADERS
from a4bridge.web.site import Limits

LIMITS: Final = Limits()

# It is the tests' own client that does not close all it opened, in the aiohttp of Debian 13.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A page that goes on: for tests that only ask it."""
    with serving(tmp_path_factory.mktemp("page")) as page:
        yield page


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Web]:
    """A page that the network could reach; it is asked on this machine."""
    with serving(tmp_path, "--listen", "0.0.0.0", "--host", "raspberrypi.local") as page:  # noqa: S104 - that is tested
        yield page


Asking = Callable[[aiohttp.ClientSession], Coroutine[Any, Any, None]]


# What asks for a websocket by hand: where that is refused, Debian 13's aiohttp leaves a connection open.
HANDSHAKE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "YTRicmlkZ2UgdGVzdHMgaXQ=",
}


def ask(asking: Asking) -> None:
    async def run() -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address, not of a name
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(cookie_jar=jar) as client:
            await asking(client)

    asyncio.run(run())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def code_of(page: Web) -> str:
    return page.says(r"^The code is (\d{4} \d{4})\.$")


def test_every_answer_has_every_header_that_keeps_others_out(page: Web) -> None:
    url = page.url()

    async def asking(client: aiohttp.ClientSession) -> None:
        for path in ("/", "/page.js", "/page.css", "/icon.svg", "/manifest.webmanifest", "/nothing", "/session"):
            async with client.get(url + path) as answer:
                assert {name: answer.headers[name] for name in HEADERS} == HEADERS
                assert (answer.status == 404) == (path == "/nothing")
        async with client.post(f"{url}/pair", data={"code": "0"}) as refused:
            assert (refused.status, {name: refused.headers[name] for name in HEADERS}) == (403, HEADERS)

    ask(asking)


def test_only_the_files_of_the_page_are_served(page: Web) -> None:
    url = page.url()

    async def asking(client: aiohttp.ClientSession) -> None:
        for name, asset in assets().items():
            async with client.get(f"{url}/{name}") as answer:
                if name in {PAGE, PAIRING}:  # these have addresses of their own
                    assert answer.status == 404
                    continue
                assert await answer.read() == asset.body
                assert answer.headers["Cache-Control"] == "no-cache"
            async with client.get(f"{url}/{name}", headers={"If-None-Match": asset.tag}) as answer:
                assert (answer.status, await answer.read()) == (304, b"")
        for path in ("/../server.py", "/%2e%2e/site.py", "/page/", "/page.js/", "//etc/passwd"):
            async with client.get(f"{url}{path}", allow_redirects=False) as answer:
                assert answer.status == 404, path

    ask(asking)


def test_the_page_names_nothing_outside_itself_and_nothing_inline() -> None:
    for name, asset in assets().items():
        if asset.content_type.startswith("text/") or name.endswith(".webmanifest"):
            text = asset.body.decode().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?://|//[a-z]+\.|@import|\bstyle=|\bon\w+=|<style|javascript:", text), name
            assert not re.search(r"<script(?! src)|innerHTML|insertAdjacent|document\.write|\beval\b", text), name


def test_a_foreign_name_is_not_served_and_says_what_would_be_right(guarded: Web) -> None:
    url = guarded.url()

    async def asking(client: aiohttp.ClientSession) -> None:
        for path in ("/", "/page.js", "/pair", "/session", "/live"):
            async with client.get(url + path, headers={"Host": "evil.example:8404"}) as answer:
                assert answer.status == 403
                assert "This page is not served as evil.example." in await answer.text()
        async with client.get(f"{url}/pair", headers={"Host": "raspberrypi.local:8404"}) as answer:
            assert answer.status == 200

    ask(asking)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_a_foreign_page_can_neither_type_codes_nor_look(guarded: Web, origin: str | None) -> None:
    code, url = code_of(guarded), guarded.url()
    headers = {"Origin": origin} if origin else {}

    async def asking(client: aiohttp.ClientSession) -> None:
        async with client.post(f"{url}/pair", data={"code": code}, headers=headers) as answer:
            assert answer.status == 403
        async with client.post(f"{url}/pair", data={"code": code}, headers={"Origin": url}) as answer:
            assert answer.status == 200
        async with client.get(f"{url}/live", headers=headers | HANDSHAKE) as refused:
            assert refused.status == 403

    ask(asking)


def test_the_network_gets_in_by_the_code_that_status_and_doctor_show(hub: Hub, start: Start, guarded: Web) -> None:
    plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    code, url = code_of(guarded), guarded.url()
    shown = json.loads(bridge.told("status", "--json"))["page"]
    address = f"http://raspberrypi.local:{url.rpartition(':')[2]}/"
    assert shown == {"address": address, "code": code.replace(" ", "")}
    assert f"\npage       {address}, code {code}\n" in bridge.told("status")
    examined = bridge.told("doctor", "--no-input", "--backend", f"loopback:{hub.address}", code=None)
    assert f"\nThe page for the phone: {address}, code {code}\n" in examined

    async def asking(client: aiohttp.ClientSession) -> None:
        async with client.get(f"{url}/") as answer:
            assert str(answer.url) == f"{url}/pair"
        async with client.get(f"{url}/session") as answer:
            assert answer.status == 401
        async with client.get(f"{url}/live", headers={"Origin": url} | HANDSHAKE) as refused:
            assert refused.status == 401

        async with client.post(
            f"{url}/pair", data={"code": code}, headers={"Origin": url}, allow_redirects=False
        ) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
            assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
            assert "Secure" not in cookie  # it came by HTTP, and comes back by it
        async with client.get(f"{url}/session") as answer:
            assert answer.status == 204
        async with client.ws_connect(f"{url}/live", headers={"Origin": url}) as live:
            assert (await live.receive_json())["facts"] is not None

    ask(asking)


def test_who_comes_through_a_server_that_does_tls_needs_the_code_and_gets_a_cookie_for_tls_only(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "a4.example") as page:  # on loopback, as such a server reaches it
        code, url = code_of(page), page.url()
        through = {"Host": "a4.example", "Origin": "https://a4.example"}

        async def asking(client: aiohttp.ClientSession) -> None:
            async with client.get(f"{url}/live", headers=through | HANDSHAKE) as refused:
                assert refused.status == 401
            async with client.post(
                f"{url}/pair", data={"code": code}, headers=through, allow_redirects=False
            ) as answer:
                cookie = answer.headers["Set-Cookie"]
                assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
            known = through | {"Cookie": cookie.partition(";")[0]}
            async with client.ws_connect(f"{url}/live", headers=known) as live:
                assert (await live.receive_json()) is not None

        ask(asking)


def test_wrong_codes_are_counted(guarded: Web, tmp_path: Path) -> None:
    code, url = code_of(guarded), guarded.url()

    async def asking(client: aiohttp.ClientSession) -> None:
        for _ in range(PEER_TRIES):
            async with client.post(f"{url}/pair", data={"code": "0"}, headers={"Origin": url}) as answer:
                assert answer.status == 403
                assert "That is not the code." in await answer.text()
        async with client.post(f"{url}/pair", data={"code": code}, headers={"Origin": url}) as answer:
            assert answer.status == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 301
            assert "Too many wrong codes. Try again in 5 min." in await answer.text()

    ask(asking)
    assert not (tmp_path / "state").exists()


def test_a_paired_phone_needs_no_code_after_a_restart(tmp_path: Path) -> None:
    cookies: dict[str, str] = {}
    arguments = ("--listen", "0.0.0.0")  # noqa: S104 - that is tested
    with serving(tmp_path, *arguments) as page:
        code, url = code_of(page), page.url()

        async def pairing(client: aiohttp.ClientSession) -> None:
            await client.post(f"{url}/pair", data={"code": code}, headers={"Origin": url})
            cookies.update({cookie.key: cookie.value for cookie in client.cookie_jar})

        ask(pairing)
        assert page.stop() == 0
    with serving(tmp_path, "--port", url.rpartition(":")[2], *arguments) as page:
        assert code_of(page) != code
        page.url()

        async def coming_back(client: aiohttp.ClientSession) -> None:
            async with client.get(f"{url}/session", cookies=cookies) as answer:
                assert answer.status == 204
            async with client.get(f"{url}/session", cookies=dict.fromkeys(cookies, "made up")) as answer:
                assert answer.status == 401

        ask(coming_back)


def test_where_nothing_can_be_remembered_a_phone_is_paired_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no directory")
    with serving(tmp_path, "--listen", "0.0.0.0") as page:  # noqa: S104 - that is tested
        code, url = code_of(page), page.url()

        async def asking(client: aiohttp.ClientSession) -> None:
            async with client.post(f"{url}/pair", data={"code": code}, headers={"Origin": url}) as answer:
                assert str(answer.url) == f"{url}/"

        ask(asking)
        page.says("^warning: (a phone is paired until the page ends)")


def test_the_doctor_examines_the_bridge_whose_socket_the_page_was_given_whatever_its_name(
    hub: Hub, start: Start, tmp_path: Path
) -> None:
    plug_both(hub)
    bridge = start("--profile", "liverec")
    bridge.says("->")
    elsewhere = tmp_path / "elsewhere.socket"
    (bridge.directory / "run/control").rename(elsewhere)

    async def asking(client: aiohttp.ClientSession) -> None:
        async with client.ws_connect(f"{served.url()}/live", headers={"Origin": served.url()}) as live:
            while "doctor" not in (facts := (await live.receive_json()).get("facts", {})):
                pass
        stations = {station["name"]: station["evidence"] for station in facts["doctor"]["stations"]}
        assert f"runs as process {bridge.process.pid}" in stations["service"]

    with serving(tmp_path / "page", "--socket", str(elsewhere)) as served:
        ask(asking)


def test_the_doctor_looks_again_when_a_bridge_came(hub: Hub, start: Start, tmp_path: Path) -> None:
    plug_both(hub)
    stations: dict[str, str] = {}

    async def asking(client: aiohttp.ClientSession) -> None:
        async def service() -> str:
            while "doctor" not in (facts := (await live.receive_json()).get("facts", {})):
                pass
            assert facts["doctor"]["at"] > 0
            stations.update({each["name"]: each["evidence"] for each in facts["doctor"]["stations"]})
            return stations["service"]

        async with client.ws_connect(f"{url}/live", headers={"Origin": url}) as live:
            assert "no bridge is running" in await service()
            # What its own unit is refused says nothing of a bridge's.
            assert stations["real-time"] == "not tried: whoever asks is allowed less than a bridge"
            bridge = start("--profile", "liverec")
            while f"runs as process {bridge.process.pid}" not in await service():
                pass
            bridge.says("->")

    with serving(tmp_path) as page:
        url = page.url()
        ask(asking)


# What those may take who connect.


def test_a_message_may_ask_for_three_things_and_is_short(page: Web) -> None:
    url = page.url()

    async def asking(client: aiohttp.ClientSession) -> None:
        async def answer(text: str) -> Any:
            await live.send_str(text)
            while "answers" not in (message := await live.receive_json()):
                pass
            return message["answers"][0]

        async with client.ws_connect(f"{url}/live", headers={"Origin": url}) as live:
            refused = await answer('{"id": 7, "do": "reload"}')
            assert (refused["ok"], refused["says"]) == (False, '"do" must be use, track, panic or examine')
            assert refused["id"] == 7
            for nonsense in ("{", "[]", "7", '{"do": []}', '{"do": "use"}', '{"do": "use", "profile": "../etc"}'):
                assert (await answer(nonsense))["ok"] is False
            assert (await answer('{"do": "use", "profile": "x", "text": "destination = 1"}'))["ok"] is False
            assert (await answer('{"id": 8, "do": "panic"}'))["id"] == 8  # there is no bridge, and it goes on

            await live.send_str("x" * (LIMITS.message + 1))
            while not live.closed:
                await live.receive()
            assert live.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG

    ask(asking)


def test_a_form_is_short(guarded: Web) -> None:
    url = guarded.url()

    async def asking(client: aiohttp.ClientSession) -> None:
        data = {"code": "1" * (LIMITS.form + 1)}
        async with client.post(f"{url}/pair", data=data, headers={"Origin": url}) as answer:
            assert answer.status == 413
        many = {**dict.fromkeys("abcde", "1"), "code": "1"}
        async with client.post(f"{url}/pair", data=many, headers={"Origin": url}) as answer:
            assert answer.status == 400
            assert "That is not this page's form." in html.unescape(await answer.text())

    ask(asking)


def test_no_more_than_so_many_pages_are_open(page: Web) -> None:
    url = page.url()

    async def asking(client: aiohttp.ClientSession) -> None:
        async with AsyncExitStack() as opened:
            lives = [
                await opened.enter_async_context(client.ws_connect(f"{url}/live", headers={"Origin": url}))
                for _ in range(LIMITS.lookers)
            ]
            async with client.get(f"{url}/live", headers={"Origin": url} | HANDSHAKE) as refused:
                assert refused.status == 503
            async with client.get(f"{url}/session") as refused:
                assert refused.status == 503
                assert await refused.text() == f"{LIMITS.lookers} pages are open, which is the most; close one.\n"
            await lives.pop().close()
            await opened.enter_async_context(client.ws_connect(f"{url}/live", headers={"Origin": url}))

    ask(asking)


def test_no_more_than_so_many_connections_are_held(page: Web) -> None:
    port = int(page.url().rpartition(":")[2])
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(LIMITS.connections)]
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as another:
            assert another.recv(1) == b""
        held[0].sendall(b"GET /session HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert held[0].recv(12) == b"HTTP/1.1 204"
    finally:
        for each in held:
            each.close()


def test_nonsense_is_answered_and_leaves_no_traceback(tmp_path: Path) -> None:
    nonsense = (b"\x16\x03\x01\x02\x00\x01\xfc", b"GET / HTTP/9.9", b"A" * 100_000, b"GET \xff HTTP/1.1")
    with serving(tmp_path) as page:
        port = int(page.url().rpartition(":")[2])
        for each in nonsense:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
                connection.sendall(each + b"\r\n\r\n")
                with suppress(ConnectionResetError):
                    assert connection.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.0 400"}

        assert page.stop() == 0
        page.says("(the page has stopped)")
        assert [line for line in page.said if "Traceback" in line or "fault" in line] == []


# How it begins and ends.


def test_it_ends_clean_also_while_somebody_looks(hub: Hub, start: Start, tmp_path: Path) -> None:
    plug_both(hub)
    start("--profile", "liverec").says("->")
    file = tmp_path / "run" / "web.json"

    async def asking(client: aiohttp.ClientSession) -> None:
        async with client.ws_connect(f"{url}/live", headers={"Origin": url}) as live:
            while (await live.receive_json()).get("facts", {}).get("linked") is not True:
                pass
            page.process.terminate()
            while not live.closed:
                await live.receive()
            assert live.close_code == aiohttp.WSCloseCode.GOING_AWAY

    with serving(tmp_path) as page:
        url = page.url()
        assert stat.S_IMODE(file.stat().st_mode) & 0o137 == 0
        ask(asking)
        assert page.process.wait(PATIENCE) == 0
        page.says("(the page has stopped)")
        assert not file.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_end_it_too(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as page:
        page.url()
        page.process.send_signal(number)

        assert page.process.wait(PATIENCE) == 0


def test_systemd_is_told_when_it_listens_where_and_that_it_lives(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        notify = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        with serving(tmp_path, "--listen", "0.0.0.0", environment=notify) as page:  # noqa: S104 - that is tested
            port = page.url().rpartition(":")[2]
            told = ""
            while "STATUS=" not in told or "READY=1" not in told or "WATCHDOG=1" not in told:
                told += systemd.recv(4096).decode() + "\n"
            assert re.search(rf"^STATUS=http://[0-9.]+:{port}/$", told, re.MULTILINE)
            assert page.stop() == 0
            while "STOPPING=1" not in told:
                told += systemd.recv(4096).decode() + "\n"
            assert "code" not in "".join(page.said)  # the journal is read by others


def ends(directory: Path, *arguments: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "-P", "-m", "a4bridge.cli.web", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"RUNTIME_DIRECTORY": str(directory / "run")},
        check=False,
        timeout=PATIENCE,
    )
    return run.returncode, run.stdout


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        code, said = ends(tmp_path, "--port", str(port))

    assert (code, said) == (
        1,
        f"Port {port} on 127.0.0.1 is taken by another program: choose another with --port.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--listen", "raspberrypi.local"], 2, '"raspberrypi.local" is no address of this machine: write 127.0.0.1, '),
        (["--host", "http://pi"], 2, '"http://pi" is no host\'s name: '),
        (["--port", "70000"], 2, "Invalid value for '--port'"),
        (["--listen", "192.0.2.7"], 1, "This machine has no address 192.0.2.7: "),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    ended, printed = ends(tmp_path, *arguments)

    assert ended == code
    assert said in printed
    assert "Traceback" not in printed


def test_every_option_is_in_the_help() -> None:
    assert {option for each in command.params for option in each.opts} == {
        *("--listen", "--port", "--host", "--socket", "--version"),
    }


def test_it_waits_for_a_bridge_and_shows_one_that_comes(hub: Hub, start: Start, tmp_path: Path) -> None:
    plug_both(hub)

    async def asking(client: aiohttp.ClientSession) -> None:
        async with client.ws_connect(f"{url}/live", headers={"Origin": url}) as live:
            while "bridge" not in (facts := (await live.receive_json()).get("facts", {})):
                pass
            assert facts["bridge"]["says"].startswith("no bridge is running")
            bridge: Running = start("--profile", "liverec")
            while (await live.receive_json()).get("facts", {}).get("linked") is not True:
                pass
            bridge.says("->")

    with serving(tmp_path) as page:
        url = page.url()
        ask(asking)
