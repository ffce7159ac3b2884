"""The real transport: python-rtmidi, on ALSA or CoreMIDI. The only module that imports it.

What it works around was read in python-rtmidi 1.5.8 and RtMidi 5.0.0 and seen to happen:

- close_port() joins RtMidi's thread while it holds the interpreter, and that thread may be waiting for the interpreter:
  a deadlock. So the callback is cancelled first and the interpreter let go for a while.
- cancel_callback() frees the tuple that a waiting callback is about to use. So that tuple is kept until the thread is
  gone; on CoreMIDI, where nobody says when that is, for ever.
- The index of a port may shift between listing and opening, so the name is looked at again afterwards.
- An interrupted SysEx swallows the message behind it, and a large one holds the interpreter. So an ordinary input has
  RtMidi throw SysEx away itself, before either can happen. Who wants SysEx opens a second input for it; what is
  swallowed there has come through the first.
- close_port() leaves a virtual port open, and only delete() ends it.
"""

import gc
import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Protocol

import rtmidi
from a4bridge.backend.base import CLIENT, BackendError, Event, Input, Output, Receive
from a4bridge.core import midi

_API: Final = rtmidi.API_MACOSX_CORE if sys.platform == "darwin" else rtmidi.API_LINUX_ALSA
_ENCODING: Final = "utf-8"  # python-rtmidi would read CoreMIDI's UTF-8 as Mac Roman

_RUN_OUT_SECONDS: Final = 0.05
"""How long a callback that already waits for the interpreter gets to run out before its port is closed, and how long an
event of our own gets to arrive."""

_TRIES: Final = 3

_kept: list[object] = []
_numbers: Final = itertools.count()


class _Lister(Protocol):
    def get_ports(self, encoding: str = ...) -> list[str]: ...


def _ports(client: _Lister) -> list[str]:
    try:
        return client.get_ports(encoding=_ENCODING)
    except rtmidi.RtMidiError as error:
        raise BackendError(f"the ports cannot be listed: {error}") from error


def _index(client: _Lister, name: str) -> int:
    try:
        return _ports(client).index(name)
    except ValueError:
        raise BackendError(f"the port {name} is gone") from None


def _open(client: rtmidi.MidiIn | rtmidi.MidiOut, name: str, own_name: str) -> None:
    """Open the port `name` by its index; raises BackendError, also where the index has become another port's.

    The caller then closes what was opened.
    """
    try:
        index = _index(client, name)
        client.open_port(index, name=own_name)
    except rtmidi.RtMidiError as error:
        raise BackendError(f"the port {name} cannot be opened: {error}") from error
    if _index(client, name) != index:
        raise BackendError(f"the port {name} has moved while it was opened; it is tried again")


def _make_port(client: rtmidi.MidiIn | rtmidi.MidiOut, name: str) -> None:
    try:
        client.open_virtual_port(name)
    except (rtmidi.RtMidiError, NotImplementedError) as error:
        raise BackendError(f"the port {name} cannot be made: {error}") from error


def _only_sysex(receive: Receive) -> Receive:
    def receive_sysex(event: Event, unused: object) -> None:
        if event[0][0] == midi.SYSEX:
            receive(event, unused)

    return receive_sysex


class _RtMidiInput:
    """An input of the port `name`, or one that makes a port of that name."""

    def __init__(self, client_name: str, name: str, receive: Receive, *, virtual: bool, sysex: bool) -> None:
        callback = _only_sysex(receive) if sysex else receive
        self._listed_as = ""
        self._client_name = client_name
        self._client = rtmidi.MidiIn(_API, name=client_name)
        # A clock inside a SysEx would cut it in two there.
        self._client.ignore_types(sysex=not sysex, timing=sysex, active_sense=sysex)
        self._client.set_callback(callback)
        self._kept = [each for each in gc.get_referrers(callback) if isinstance(each, tuple) and each[0] is callback]
        if _API != rtmidi.API_LINUX_ALSA:
            _kept.extend(self._kept)
        own_name = name if virtual else f"in {next(_numbers)}"
        try:
            if virtual:
                _make_port(self._client, name)
            else:
                _open(self._client, name, own_name)
        except BackendError:
            for pause in self.closing():
                time.sleep(pause)
            raise
        if not sysex and _API == rtmidi.API_LINUX_ALSA:
            self._listed_as = self._find(own_name)
            self._send_to_ourselves()

    def _find(self, own_name: str) -> str:
        """Return what the system calls our end, the newest of that name; empty if it has none."""
        client = rtmidi.MidiOut(_API, name=self._client_name)
        names = [""]
        with suppress(BackendError):
            names += [port for port in _ports(client) if port.rpartition(" ")[0] == f"{self._client_name}:{own_name}"]
        client.delete()
        return names[-1]

    def _send_to_ourselves(self) -> None:
        """Have the callback called on RtMidi's thread, on which nothing else may arrive for a long time.

        The first of these finds everything in place for the player's first note; the last lets the thread put away what
        it kept. If one fails, a player's event does the first, and nobody the last.
        """
        for _ in range(_TRIES if self._listed_as else 0):
            client = rtmidi.MidiOut(_API, name=self._client_name)
            try:
                _open(client, self._listed_as, "ourselves")
                client.send_message([midi.ACTIVE_SENSING])
            except BackendError:  # most likely because other ports come and go just now
                continue
            else:
                return
            finally:
                client.close_port()
                client.delete()

    def closing(self) -> Iterator[float]:
        """Give the port back in three steps; see base.Input.closing."""
        if self._listed_as:
            self._send_to_ourselves()
            yield _RUN_OUT_SECONDS
        self._client.cancel_callback()
        yield _RUN_OUT_SECONDS
        self._client.close_port()
        self._client.delete()
        self._kept.clear()


class _RtMidiOutput:
    """An output to the port `name`, or one that makes a port of that name."""

    def __init__(self, client_name: str, name: str, *, virtual: bool = False) -> None:
        self._client = rtmidi.MidiOut(_API, name=client_name)
        self.send = self._client.send_message
        try:
            if virtual:
                _make_port(self._client, name)
            else:
                _open(self._client, name, "out")
        except BackendError:
            self.close()
            raise

    def close(self) -> None:
        self._client.close_port()
        self._client.delete()


class PortLists:
    """The system's ports by name, from one pair of clients that lives as long as the process.

    On macOS it must be made and asked on the main thread: CoreMIDI tells a process of new ports only while the run loop
    of the thread that came first runs, and listing ports runs it.
    """

    def __init__(self) -> None:
        self._input = rtmidi.MidiIn(_API, name=CLIENT)
        self._output = rtmidi.MidiOut(_API, name=CLIENT)

    def inputs(self) -> list[str]:
        """Return the ports that can be heard."""
        return _ports(self._input)

    def outputs(self) -> list[str]:
        """Return the ports that can be played to."""
        return _ports(self._output)


class RtMidiBackend:
    """The machine's own MIDI ports; `client_name` is what others see of who opens them."""

    foreign_threads = True

    def __init__(self, client_name: str) -> None:
        self._client_name = client_name
        self._lists = PortLists() if sys.platform == "darwin" else None
        self.refresh_seconds = 1.0 if self._lists else None

    def refresh(self) -> None:
        """List ports, for the sake of the run loop."""
        if self._lists:
            self._lists.inputs()

    def open_input(self, name: str, receive: Receive, *, sysex: bool = False) -> Input:
        """Open the input that RtMidi lists as `name`; raises BackendError."""
        return _RtMidiInput(self._client_name, name, receive, virtual=False, sysex=sysex)

    def open_virtual_input(self, name: str, receive: Receive, *, sysex: bool = False) -> Input:
        """Make a port `name` of our client, where the system has clients; raises BackendError."""
        return _RtMidiInput(self._client_name, name, receive, virtual=True, sysex=sysex)

    def open_virtual_output(self, name: str) -> Output:
        """Make a port `name` as `open_virtual_input` does; raises BackendError."""
        return _RtMidiOutput(self._client_name, name, virtual=True)

    def open_output(self, name: str) -> Output:
        """Open the output that RtMidi lists as `name`; raises BackendError."""
        return _RtMidiOutput(self._client_name, name)
