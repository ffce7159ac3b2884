"""Where the page listens, and how long it waits for who connects."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from a4bridge.web.listening import (
    Connections,
    Counted,
    ListenError,
    checked_address,
    is_loopback,
    listen,
    own_address,
    url,
)

FAMILIES = {socket.AF_INET, socket.AF_INET6}


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - that is tested
        ("::", False),
        ("192.168.1.20", False),
        ("fe80::1%eth0", False),
    ],
)
def test_only_what_this_machine_alone_can_reach_needs_no_code(address: str, loopback: bool) -> None:
    assert is_loopback(checked_address(address)) is loopback


def test_localhost_is_both_loopbacks_at_one_port() -> None:
    sockets = listen("localhost", 0)
    try:
        ends = {each.getsockname()[:2] for each in sockets}
        assert {address for address, _ in ends} == ({"127.0.0.1", "::1"} if has_ipv6() else {"127.0.0.1"})
        assert len({port for _, port in ends}) == 1
    finally:
        for each in sockets:
            each.close()


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])  # noqa: S104 - that is tested
def test_every_network_is_every_network(address: str) -> None:
    if ":" in address and not has_ipv6():
        with pytest.raises(ListenError):
            listen(address, 0)
        return
    (listener,) = listen(address, 0)
    with listener, socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=30) as client:
        assert client.getpeername()[0] == "127.0.0.1"


def test_an_address_for_others_is_no_wildcard() -> None:
    for address in ("0.0.0.0", "::"):  # noqa: S104 - that is tested
        assert own_address(address) not in {"0.0.0.0", "::"}  # noqa: S104
    assert own_address("192.168.1.20") == "192.168.1.20"


@pytest.mark.parametrize(
    ("host", "port", "typed"),
    [
        ("raspberrypi.local", 8404, "http://raspberrypi.local:8404/"),
        ("::1", 8404, "http://[::1]:8404/"),
        ("192.168.1.20", 80, "http://192.168.1.20/"),
    ],
)
def test_an_address_is_written_as_a_browser_takes_it(host: str, port: int, typed: str) -> None:
    assert url(host, port) == typed


class Kept(asyncio.Protocol):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard = b""
        self.lost = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio says so
        self.lost.set()


async def connected(connections: Connections, made: list[Kept]) -> tuple[asyncio.Server, Callable[[], socket.socket]]:
    def make() -> Kept:
        made.append(Kept())
        return made[-1]

    (listener,) = listen("127.0.0.1", 0)
    server = await asyncio.get_running_loop().create_server(lambda: Counted(make, connections), sock=listener)
    return server, lambda: socket.create_connection(listener.getsockname(), timeout=30)


def test_a_connection_on_which_nothing_is_asked_is_ended() -> None:
    async def test() -> None:
        made: list[Kept] = []
        server, connect = await connected(Connections(2, 0.01), made)
        with await asyncio.to_thread(connect) as client:
            while not made:  # noqa: ASYNC110 - a server tells nobody
                await asyncio.sleep(0.001)
            await made[0].lost.wait()
            assert client.recv(1) == b""
        server.close()

    asyncio.run(asyncio.wait_for(test(), 30))


def test_one_that_has_asked_is_let_be_and_makes_room_when_it_ends() -> None:
    async def test() -> None:
        made: list[Kept] = []
        connections = Connections(1, 30)
        server, connect = await connected(connections, made)
        with await asyncio.to_thread(connect) as client:
            client.sendall(b"hello")
            while not made or made[0].heard != b"hello":  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            (transport,) = connections._waiting
            connections.asked(transport)
            assert connections._waiting == {transport: None}

            with await asyncio.to_thread(connect) as another:
                assert await asyncio.to_thread(another.recv, 1) == b""
            assert len(made) == 1
        await made[0].lost.wait()
        with await asyncio.to_thread(connect):
            while len(made) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        await made[1].lost.wait()
        server.close()

    asyncio.run(asyncio.wait_for(test(), 30))
