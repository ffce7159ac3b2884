"""A transport without MIDI: a hub of made-up devices in one process, engines in others.

It behaves as RtMidi does where that matters: callbacks come on threads of their own, a destination that was unplugged
takes whatever is sent and says nothing, an input that was unplugged falls silent, and after a replug both must be
opened again. It needs nothing that is not on every system that runs Python.
"""

import json
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, Final, NoReturn, Self

from a4bridge.backend.base import BackendError, Input, Output, Receive
from a4bridge.core import midi

_STAMP: Final = struct.Struct("<q")
_GONE: Final = (EOFError, OSError)

UNDEFINED: Final = 0xF4
"""A status that MIDI leaves undefined; stands for bytes that make no message, so that they are counted."""


@dataclass(frozen=True, slots=True)
class DevicePort:
    """One port of a made-up device, as a system would list it; see a4bridge.ports.listing.Port for the fields."""

    client: str
    name: str
    address: str
    readable: bool = True
    writable: bool = True
    kind: str = "hardware"
    card: int | None = None
    usb_id: str = ""
    usb_path: str = ""

    @property
    def full_name(self) -> str:
        """The name under which the backend lists it, in RtMidi's form."""
        return f"{self.client}:{self.name} {self.address}"


class Device:
    """The far side of one port: what a keyboard plays into it, what a synth hears from it."""

    def __init__(self, port: DevicePort, hear: Callable[[bytes], None] | None = None) -> None:
        self.port = port
        self.hear = hear or (lambda _message: None)
        self.plugged = True
        self._listeners: list[Connection] = []
        self._lock = threading.Lock()

    def play(self, message: Iterable[int]) -> None:
        """Let whoever has the port open as an input receive `message`; nobody may, then it is lost."""
        data = _STAMP.pack(time.monotonic_ns()) + bytes(message)
        with self._lock:
            for listener in list(self._listeners):
                try:
                    listener.send_bytes(data)
                except _GONE:
                    self._listeners.remove(listener)

    def listen(self, connection: Connection) -> None:
        """Tell an engine that its input is open; from then on it misses nothing."""
        with self._lock:
            connection.send_bytes(b"open")
            self._listeners.append(connection)

    def leave(self, connection: Connection) -> None:
        """Take an engine's input away."""
        with self._lock:
            if connection in self._listeners:
                self._listeners.remove(connection)

    @property
    def is_open(self) -> bool:
        """Whether anybody would receive what it plays."""
        with self._lock:  # who was told that it is open may ask before `listen` has ended
            return bool(self._listeners)

    def unplug(self) -> None:
        """Fall silent and deaf for whoever has the port open, as a pulled cable does."""
        self.plugged = False
        with self._lock:
            self._listeners.clear()


@dataclass
class Hub:
    """All made-up devices, and the address at which engines and enumerators reach them."""

    devices: list[Device] = field(default_factory=list)
    _virtual: dict[str, Device] = field(default_factory=dict)
    _clients: Iterator[int] = field(default_factory=lambda: count(128))

    def __enter__(self) -> Self:
        self._listener = Listener()
        self._closing = False
        self._acceptor = threading.Thread(target=self._accept, name="loopback hub", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._closing:
            return
        # Not closed under the thread that accepts: it would go on with that descriptor, which another hub may get next.
        self._closing = True
        with suppress(*_GONE):
            Client(self._listener.address).close()
        self._acceptor.join()
        self._listener.close()

    @property
    def address(self) -> str:
        """Where `LoopbackBackend` and `list_ports` connect to."""
        address: Any = self._listener.address
        return str(address)

    def plug(self, port: DevicePort, hear: Callable[[bytes], None] | None = None) -> Device:
        """Add a device of one port; `hear` gets every message sent to it, on a thread of the hub's."""
        device = Device(port, hear)
        self.devices.append(device)
        return device

    def virtual(self, name: str) -> Device:
        """Return the port called `name` that engines make for other programs, to play into it as one of these.

        It is listed while an engine has it; what is played at any other time is lost.
        """
        if device := self._virtual.get(name):
            return device
        device = Device(self._virtual_port(name, readable=False))
        device.hear = device.play
        return self._virtual.setdefault(name, device)  # another thread may have made it by now

    def _virtual_port(self, name: str, *, readable: bool) -> DevicePort:
        """Return a virtual port as ALSA lists it: a program's, which others may hear, or play into."""
        address = f"{next(self._clients)}:0"
        return DevicePort("a4bridge", name, address, readable=readable, writable=not readable, kind="software")

    def _present(self) -> list[Device]:
        return [*self.devices, *(device for device in self._virtual.copy().values() if device.is_open)]

    def unplug(self, device: Device) -> None:
        """Take a device away; engines that have it open are not told."""
        self.devices.remove(device)
        device.unplug()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except _GONE:
                continue  # whoever knocked has gone again
            if self._closing:
                connection.close()
                return
            threading.Thread(target=self._serve, args=(connection,), name="loopback port", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with suppress(*_GONE), connection:
            request = json.loads(connection.recv_bytes())
            if request["want"] == "list":
                while True:
                    connection.recv_bytes()
                    ports = [asdict(device.port) for device in self._present()]
                    connection.send_bytes(json.dumps(ports).encode())
            if request["want"] == "virtual input":
                self._let_play(self.virtual(request["name"]), connection)
                return
            if request["want"] == "virtual output":
                device = self.plug(self._virtual_port(request["name"], readable=True))
                try:
                    self._take(connection, device.play)
                finally:
                    self.unplug(device)
            found = [device for device in self._present() if device.port.full_name == request["name"]]
            if not found:
                connection.send_bytes(b"gone")
                return
            device = found[0]
            if request["want"] == "input":
                self._let_play(device, connection)
                return
            self._take(connection, lambda message: device.hear(message) if device.plugged else None)

    @staticmethod
    def _take(connection: Connection, pass_on: Callable[[bytes], object]) -> NoReturn:
        """Pass on what an engine sends, until it closes the connection."""
        connection.send_bytes(b"open")
        while True:
            pass_on(connection.recv_bytes())
            connection.send_bytes(b"heard")

    @staticmethod
    def _let_play(device: Device, connection: Connection) -> None:
        device.listen(connection)
        with suppress(*_GONE):
            connection.recv_bytes()  # the engine closes the input
        device.leave(connection)


def _connect(address: str, **request: str) -> Connection:
    try:
        connection = Client(address)
        connection.send_bytes(json.dumps(request).encode())
    except _GONE as error:
        raise BackendError(f"the loopback hub {address} does not answer: {error}") from error
    return connection


def list_ports(address: str) -> Callable[[], list[dict[str, Any]]]:
    """Return a function that lists the hub's ports as DevicePort's fields; raises BackendError, it too."""
    connection = _connect(address, want="list")

    def scan() -> list[dict[str, Any]]:
        try:
            connection.send_bytes(b"list")
            ports: list[dict[str, Any]] = json.loads(connection.recv_bytes())
        except _GONE as error:
            raise BackendError(f"the loopback hub {address} is gone") from error
        return ports

    return scan


def whole_messages(data: bytes) -> list[bytes]:
    """Return the messages of one delivery, each whole and valid, as ALSA would have delivered them."""
    if data and len(data) == midi.LENGTHS[data[0]] and data[1:].isascii():
        return [data]
    return list(midi.split(data)) or [bytes([midi.SYSEX if data[:1] == b"\xf0" else UNDEFINED])]


class _LoopbackInput:
    def __init__(self, connection: Connection, receive: Receive, *, sysex: bool) -> None:
        self._connection = connection
        self._receive = receive
        self._sysex = sysex
        self._thread = threading.Thread(target=self._run, name="loopback input", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        last: int | None = None
        with suppress(*_GONE):
            while True:
                data = self._connection.recv_bytes()
                (stamp,) = _STAMP.unpack_from(data)
                for message in whole_messages(data[_STAMP.size :]):
                    if self._sysex and message[0] != midi.SYSEX:
                        continue
                    self._receive((list(message), (stamp - (last or stamp)) / 1e9), None)
                    last = stamp

    def closing(self) -> Iterator[float]:
        """Close at once: no step is left to be taken."""
        with suppress(*_GONE):
            self._connection.send_bytes(b"close")
        self._thread.join()
        self._connection.close()
        return iter(())


class _LoopbackOutput:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, message: list[int]) -> None:
        with suppress(*_GONE):
            self._connection.send_bytes(bytes(message))
            # What an engine has counted as sent, the device has heard: tests need no second look.
            self._connection.recv_bytes()

    def close(self) -> None:
        self._connection.close()


class LoopbackBackend:
    """The engine's side of a hub."""

    refresh_seconds: float | None = None
    foreign_threads = False

    def __init__(self, address: str) -> None:
        self._address = address

    def _open(self, want: str, name: str) -> Connection:
        connection = _connect(self._address, want=want, name=name)
        try:
            if connection.recv_bytes() == b"open":
                return connection
        except _GONE:
            pass
        connection.close()
        raise BackendError(f"the port {name} is gone")

    def open_input(self, name: str, receive: Receive, *, sysex: bool = False) -> Input:
        """Open the hub's port `name`; raises BackendError. An ordinary input delivers SysEx, too, to be counted."""
        return _LoopbackInput(self._open("input", name), receive, sysex=sysex)

    def open_virtual_input(self, name: str, receive: Receive, *, sysex: bool = False) -> Input:
        """Make the hub's port `name`, see Hub.virtual; raises BackendError."""
        return _LoopbackInput(self._open("virtual input", name), receive, sysex=sysex)

    def open_virtual_output(self, name: str) -> Output:
        """Make the hub's port `name`, for others to hear, as long as it is open; raises BackendError."""
        return _LoopbackOutput(self._open("virtual output", name))

    def open_output(self, name: str) -> Output:
        """Open the hub's port `name`; raises BackendError."""
        return _LoopbackOutput(self._open("output", name))

    def refresh(self) -> None:
        """Do nothing: the hub's list is always fresh."""
