"""USB MIDI devices made of the kernel's own parts, and both ends of their cables.

The device is a gadget (linux Documentation/usb/gadget_configfs.rst) on an emulated controller (dummy_hcd);
the kernel's snd-usb-audio drives it as it would a bought one. The device's own end is a sound card too:
through a raw MIDI device file, a test plays the keyboard and hears what reaches the synth.
"""

import fcntl
import os
import select
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from clock import wait_until

GADGETS = Path("/sys/kernel/config/usb_gadget")
CONTROLLERS = Path("/sys/class/udc")
ASOUND = Path("/proc/asound")


@dataclass(frozen=True, slots=True)
class Model:
    """A device as its maker describes it; with no ports it offers no MIDI at all."""

    key: str
    """Name of the gadget, and of the sound card at its own end: up to 15 letters and digits."""
    vendor: int
    product_id: int
    manufacturer: str
    product: str
    ports: int = 1

    @property
    def usb_id(self) -> str:
        """Return the id as the kernel writes it: "1935:0003"."""
        return f"{self.vendor:04x}:{self.product_id:04x}"


KEYSTATION = Model("keystation", 0x0763, 0x0199, "M-Audio", "Keystation 49 MK3", ports=2)
MINILAB = Model("minilab", 0x1C75, 0x0288, "Arturia", "Minilab3", ports=4)
A4_MKI = Model("a4mk1", 0x1935, 0x0003, "Elektron Music Machines", "Elektron Analog Four")
A4_MKII = Model("a4mk2", 0x1935, 0x000F, "Elektron Music Machines", "Elektron Analog Four MKII")
A4_OVERBRIDGE = Model("a4ob", 0x1935, 0x0004, "Elektron Music Machines", "Elektron Analog Four", ports=0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes that the kernel took from a cable at one moment: a message, or up to 3 bytes of SysEx."""

    time_ns: int
    """CLOCK_MONOTONIC, as time.monotonic_ns()."""
    data: bytes


class RawPort:
    """One end of a cable: a port of a raw MIDI card (linux include/uapi/sound/asound.h)."""

    _PREFER_SUBDEVICE = 0x40045542  # SNDRV_CTL_IOCTL_RAWMIDI_PREFER_SUBDEVICE
    _USER_VERSION = 0x40045702  # SNDRV_RAWMIDI_IOCTL_USER_PVERSION
    _SET_PARAMS = 0xC0305710  # SNDRV_RAWMIDI_IOCTL_PARAMS
    _PARAMS = struct.Struct("i4xQQII16x")  # stream, buffer size, bytes to be ready at, flags, mode
    _OUTPUT, _INPUT = 0, 1
    _OUTPUT_BYTES = 4096
    _INPUT_BYTES = 1 << 20  # 32,768 frames: a test may look as late as it likes
    _STAMPED_MONOTONIC = 1 | 2 << 3  # each read is a frame with the time the kernel got its bytes
    _FRAME = struct.Struct("<xB2xIQ16s")  # length, nanoseconds, seconds, data

    def __init__(self, card: int, port: int) -> None:
        device = f"/dev/snd/midiC{card}D0"
        control = os.open(f"/dev/snd/controlC{card}", os.O_RDWR)
        try:
            fcntl.ioctl(control, self._PREFER_SUBDEVICE, struct.pack("i", port))
            self._output = os.open(device, os.O_WRONLY | os.O_NONBLOCK)
            self._input = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
        finally:
            os.close(control)
        # Ready only when empty: bytes added to others can be sent before the kernel has copied them from us
        # (linux sound/core/rawmidi.c, snd_rawmidi_kernel_write1); in a fast run, one note in 200 was wrong.
        empty = self._PARAMS.pack(self._OUTPUT, self._OUTPUT_BYTES, self._OUTPUT_BYTES, 0, 0)
        fcntl.ioctl(self._output, self._SET_PARAMS, empty)
        fcntl.ioctl(self._input, self._USER_VERSION, struct.pack("i", 2 << 16 | 2))
        stamped = self._PARAMS.pack(self._INPUT, self._INPUT_BYTES, 1, 0, self._STAMPED_MONOTONIC)
        fcntl.ioctl(self._input, self._SET_PARAMS, stamped)
        self._received: list[Arrival] = []
        self._poll = select.poll()
        self._poll.register(self._input, select.POLLIN)
        self._take_in()  # the kernel lets bytes in from the first look on, not from the opening

    def send(self, data: bytes) -> int:
        """Send bytes down the cable; return when, as time.monotonic_ns()."""
        began = time.monotonic_ns()
        while data:
            select.select([], [self._output], [])
            data = data[os.write(self._output, data) :]
        return began

    @property
    def received(self) -> list[Arrival]:
        """Everything that has arrived since the port was opened, or told to forget."""
        self._take_in()
        return list(self._received)

    def take(self) -> list[Arrival]:
        """Return `received`, and begin anew."""
        taken = self.received
        self._received.clear()
        return taken

    def forget(self) -> None:
        """Take nothing that has arrived so far for `received`."""
        self.take()

    def close(self) -> None:
        """Stop listening; what has been received can still be read."""
        self._take_in()
        self._poll.unregister(self._input)
        os.close(self._output)
        os.close(self._input)

    def _take_in(self) -> None:
        while any(event & select.POLLIN for _, event in self._poll.poll(0)):
            frames = os.read(self._input, self._FRAME.size * 256)
            for length, nanoseconds, seconds, data in self._FRAME.iter_unpack(frames):
                self._received.append(Arrival(seconds * 10**9 + nanoseconds, data[:length]))


class Gadget:
    """A device of some model, plugged in and pulled out at will; `ports` are its own ends of the cables.

    Used in a `with` statement, it is plugged in at the start and gone at the end. function_name: the kernel's word for
    what it is inside, if neither MIDI nor nothing.
    """

    def __init__(self, model: Model, function_name: str = "") -> None:
        self.model = model
        self.ports: list[RawPort] = []
        self._folder = GADGETS / model.key
        function = self._folder / "functions" / (function_name or ("midi.own" if model.ports else "SourceSink.own"))
        self._made = [self._folder, self._folder / "strings/0x409", self._folder / "configs/c.1", function]
        for folder in self._made:
            folder.mkdir()
        self._write("idVendor", hex(model.vendor))
        self._write("idProduct", hex(model.product_id))
        self._write("strings/0x409/manufacturer", model.manufacturer)
        self._write("strings/0x409/product", model.product)
        if model.ports:
            self._write("functions/midi.own/id", model.key)
            self._write("functions/midi.own/in_ports", str(model.ports))
            self._write("functions/midi.own/out_ports", str(model.ports))
        self._link = self._folder / "configs/c.1/function"
        self._link.symlink_to(function)

    def plug(self) -> None:
        """Put the plug into the first free socket; return at once, before the host has noticed."""
        taken = {(gadget / "UDC").read_text().strip() for gadget in GADGETS.iterdir()}
        free = sorted(controller.name for controller in CONTROLLERS.iterdir() if controller.name not in taken)
        assert free, f"no free USB socket for {self.model.product}: raise dummy_hcd's num in prelude.sh"
        self._write("UDC", free[0])
        if self.model.ports:
            card = int((ASOUND / self.model.key).readlink().name.removeprefix("card"))
            self.ports = [RawPort(card, port) for port in range(self.model.ports)]

    def unplug(self) -> None:
        """Pull the plug; `ports` keep what they have received until the next plug."""
        for port in self.ports:
            port.close()
        self._write("UDC", "\n")

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        if (self._folder / "UDC").read_text().strip():
            self.unplug()
        self._link.unlink()
        for folder in reversed(self._made):
            folder.rmdir()

    def _write(self, attribute: str, text: str) -> None:
        (self._folder / attribute).write_text(text)


@contextmanager
def plugged(*models: Model) -> Iterator[list[Gadget]]:
    """Plug several devices in, in this order, and wait until the host has a card for each that has MIDI."""
    with ExitStack() as stack:
        gadgets = [stack.enter_context(Gadget(model)) for model in models]
        with_midi = [model for model in models if model.ports]
        wait_until("a card on the host for each device", lambda: all(map(is_on_host, with_midi)))
        yield gadgets


def host_card(model: Model) -> int | None:
    """Return the number of the sound card that the host made of a device, if it has one."""
    for file in ASOUND.glob("card*/usbid"):
        if file.read_text().strip() == model.usb_id:
            return int(file.parent.name.removeprefix("card"))
    return None


def is_on_host(model: Model) -> bool:
    """Say whether the host has made a sound card of a device, and with it its sequencer ports."""
    return host_card(model) is not None
