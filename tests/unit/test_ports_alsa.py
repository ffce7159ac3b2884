import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.backend.base import BackendError
from a4bridge.core.boxes import UsbMode, box
from a4bridge.ports.alsa import AlsaEnumerator
from a4bridge.ports.listing import Kind, Listing, Port, SilentBox
from a4bridge.ports.verdict import is_ours


def system(root: Path, clients: bytes | str, **files: str) -> AlsaEnumerator:
    texts = {"proc/asound/seq/clients": clients.encode() if isinstance(clients, str) else clients}
    texts |= {name.replace("__", "/"): text.encode() for name, text in files.items()}
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text)
    return AlsaEnumerator(root)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


def test_a_usb_devices_port_comes_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    clients = 'Client  24 : "Elektron Analog Four MKII" [Kernel]\n'
    clients += '  Port   0 : "Elektron Analog Four MKII MIDI " (RWeX)\n'
    enumerator = system(
        tmp_path, clients, proc__asound__card2__usbid="1935:0b47\n", proc__asound__card2__usbbus="001/005\n"
    )

    (port,) = enumerator.scan().ports

    assert port == Port(
        client="Elektron Analog Four MKII",
        name="Elektron Analog Four MKII MIDI ",
        address="24:0",
        readable=True,
        writable=True,
        kind=Kind.HARDWARE,
        card=2,
        usb_id="1935:0b47",
        usb_path="001/005",
    )
    assert port.title == "Elektron Analog Four MKII:Elektron Analog Four MKII MIDI "
    assert port.rtmidi_name == "Elektron Analog Four MKII:Elektron Analog Four MKII MIDI  24:0"


def test_a_client_and_its_port_of_one_name_are_listed_under_both_as_rtmidi_does(tmp_path: Path) -> None:
    (port,) = system(tmp_path, 'Client 129 : "VMPK" [User]\n  Port   0 : "VMPK" (R-e-)\n').scan().ports

    assert port.rtmidi_name == "VMPK:VMPK 129:0"


@pytest.mark.parametrize(
    ("client", "kind", "card"),
    [
        ('Client  14 : "X" [Kernel]', Kind.SOFTWARE, None),
        ('Client  16 : "X" [Kernel]', Kind.HARDWARE, 0),
        ('Client  27 : "X" [Kernel Legacy]', Kind.HARDWARE, 2),
        ('Client 127 : "X" [Kernel UMP MIDI1]', Kind.HARDWARE, 27),
        ('Client 130 : "X" [Kernel]', Kind.HARDWARE, None),
        ('Client 128 : "X" [User]', Kind.SOFTWARE, None),
        ('Client 128 : "X" [User UMP MIDI2]', Kind.SOFTWARE, None),
    ],
)
def test_the_clients_type_and_number_tell_hardware_and_card(
    tmp_path: Path, client: str, kind: Kind, card: int | None
) -> None:
    (port,) = system(tmp_path, f'{client}\n  Port   1 : "Y" (RWeX)\n').scan().ports

    assert (port.kind, port.card) == (kind, card)


@pytest.mark.parametrize(
    ("line", "readable", "writable"),
    [
        ('  Port   0 : "Y" (RWeX)', True, True),
        ('  Port   0 : "Y" (R-e-)', True, False),
        ('  Port   0 : "Y" (-We-) [Out]', False, True),
        ('  Port   0 : "Y" (RWe-) [In/Out]     Connected From: 20:0', True, True),
        ('  Port   0 : "Y" (rW--)', False, True),
        ('  Port   0 : "Y" (Rw-X) [In/Out]', True, False),
        ('  Port 253 : "a "quoted": (RWeX) name" (R-e-) [In]', True, False),
    ],
)
def test_the_flags_tell_what_can_be_done_with_a_port(tmp_path: Path, line: str, readable: bool, writable: bool) -> None:
    (port,) = system(tmp_path, f'Client  20 : "X" [Kernel]\n{line}\n').scan().ports

    assert (port.readable, port.writable) == (readable, writable)


@pytest.mark.parametrize(
    "clients",
    [
        'Client   0 : "System" [Kernel]\n  Port   1 : "Announce" (R-e-)\n',
        'Client  15 : "OSS sequencer" [Kernel]\n  Port   0 : "Receiver" (-we-)\n',
        'Client  20 : "Z" [Kernel UMP MIDI2]\n  Port   0 : "MIDI 2.0" (RWeX) [In/Out]\n',
        'Client 128 : "a name\nof two lines" [User]\n  Port   0 : "Y" (RWeX)\n',
        'Client  20 : "X" [Kernel]\nClient 128 : "two\nlines" [User]\n  Port   0 : "Y" (RWeX)\n',
        '  Port   0 : "nobody\'s" (RWeX)\n',
        "Client info\n  cur  clients : 3\n",
        "",
    ],
    ids=["system", "not for us", "midi 2.0", "line end", "after line end", "no client", "head", "empty"],
)
def test_what_is_no_port_for_us_is_not_listed(tmp_path: Path, clients: str) -> None:
    assert system(tmp_path, clients).scan() == Listing()


def test_a_port_called_midi_2_0_is_listed_when_it_is_not_a_midi_2_0_devices(tmp_path: Path) -> None:
    clients = 'Client  20 : "Z" [Kernel Legacy]\n  Port   0 : "MIDI 2.0" (RWeX) [In/Out]\n'

    assert [port.name for port in system(tmp_path, clients).scan().ports] == ["MIDI 2.0"]


@pytest.mark.parametrize(
    ("client", "held"), [("a4bridge", True), ("a4bridge learn", False), ("a4bridge doctor", False), ("aseqdump", False)]
)
def test_a_bridge_holds_a_port_and_who_only_listens_does_not(tmp_path: Path, client: str, *, held: bool) -> None:
    clients = 'Client  20 : "Keystation" [Kernel]\n  Port   0 : "Keystation MIDI 1" (RWeX)\n    Connecting To: 128:0\n'
    clients += f'Client 128 : "{client}" [User]\n  Port   0 : "in 0" (-We-)\n    Connected From: 20:0\n'

    keyboard, listener = system(tmp_path, clients).scan().ports

    assert keyboard.held is held
    assert is_ours(listener) is client.startswith("a4bridge")


def test_bytes_that_are_not_utf8_are_left_out_of_a_name_as_rtmidi_leaves_them_out(tmp_path: Path) -> None:
    clients = b'Client  20 : "K\xe9ys \xc3\xa9" [Kernel]\n  Port   0 : "Y\xff\x85\r" (RWeX)\n'

    (port,) = system(tmp_path, clients).scan().ports

    assert (port.client, port.name) == ("Kys \u00e9", "Y\r")


def test_a_machine_without_a_sequencer_has_no_ports(tmp_path: Path) -> None:
    assert AlsaEnumerator(tmp_path).scan() == Listing()


@pytest.mark.parametrize("opened", ["scandir of usb devices", "a card's USB id"])
def test_where_a_part_of_the_list_cannot_be_read_for_want_of_descriptors_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: str
) -> None:
    clients = 'Client  20 : "Keystation" [Kernel Legacy]\n  Port   0 : "Keystation MIDI 1" (RWeX) [In/Out]\n'
    usb = {"proc__asound__card1__usbid": "0a4d:0090", "sys__bus__usb__devices__1__idVendor": ""}
    enumerator = system(tmp_path, clients, **usb)
    wanted = "devices" if "devices" in opened else "usbid"

    def without_descriptors(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **options: Any) -> Any:
            if str(path).endswith(wanted):
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return real(path, *arguments, **options)

        return call

    monkeypatch.setattr(os, "scandir", without_descriptors(os.scandir))
    monkeypatch.setattr(io, "open", without_descriptors(open))

    with pytest.raises(BackendError, match=r"^the ports cannot be listed: Too many open files$"):
        enumerator.scan()


def test_a_list_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "proc/asound/seq/clients").mkdir(parents=True)

    with pytest.raises(BackendError, match=r"^the ports cannot be listed: Is a directory$"):
        AlsaEnumerator(tmp_path).scan()


def usb_device(root: Path, place: str, vendor: str, product_id: str, product: str) -> None:
    folder = root / "sys/bus/usb/devices" / place
    folder.mkdir(parents=True)
    (folder / "idVendor").write_text(f"{vendor}\n")
    (folder / "idProduct").write_text(f"{product_id}\n")
    (folder / "product").write_text(f"{product}\n")


def test_an_elektron_device_without_a_port_is_a_silent_box_and_others_are_not(tmp_path: Path) -> None:
    usb_device(tmp_path, "1-1", "1935", "000e", "Elektron Analog Four MKII")
    usb_device(tmp_path, "1-2", "1935", "0003", "Elektron Analog Four")
    usb_device(tmp_path, "1-3", "0763", "0199", "Keystation 49 MK3")
    (tmp_path / "sys/bus/usb/devices/1-1:1.0").mkdir()
    clients = 'Client  24 : "Elektron Analog Four" [Kernel]\n  Port   0 : "Elektron Analog Four MIDI 1" (RWeX)\n'
    enumerator = system(tmp_path, clients, proc__asound__card2__usbid="1935:0003\n")

    assert enumerator.scan().silent_boxes == (
        SilentBox("1935:000e", "Elektron Analog Four MKII", box("analog-four-mkii"), UsbMode.OVERBRIDGE),
    )


def test_a_box_nobody_has_seen_yet_can_be_silent_too(tmp_path: Path) -> None:
    usb_device(tmp_path, "1-1", "1935", "ffff", "Elektron Tomorrow")

    assert AlsaEnumerator(tmp_path).scan().silent_boxes == (SilentBox("1935:ffff", "Elektron Tomorrow", None, None),)


def test_a_copy_of_a_real_system_is_read_whole() -> None:
    # Linux 6.1 of Debian 12, with USB devices made by its own gadget driver. One has no MIDI port.
    listing = AlsaEnumerator(Path(__file__).parent / "data/linux-6.1").scan()

    assert [
        (port.rtmidi_name, port.kind.value, port.usb_id, port.usb_path)
        for port in listing.ports
        if port.client != "f_midi"
    ] == [
        ("Midi Through:Midi Through Port-0 14:0", "software", "", ""),
        ("Keystation 49 MK3:Keystation 49 MK3 MIDI 1 20:0", "hardware", "0763:0199", "001/002"),
        ("Keystation 49 MK3:Keystation 49 MK3 MIDI 2 20:1", "hardware", "0763:0199", "001/002"),
        ("Minilab3:Minilab3 MIDI 1 28:0", "hardware", "1c75:0288", "002/002"),
        ("Minilab3:Minilab3 MIDI 2 28:1", "hardware", "1c75:0288", "002/002"),
        ("Minilab3:Minilab3 MIDI 3 28:2", "hardware", "1c75:0288", "002/002"),
        ("Minilab3:Minilab3 MIDI 4 28:3", "hardware", "1c75:0288", "002/002"),
        (
            "Elektron Analog Four MKII:Elektron Analog Four MKII MIDI  36:0",
            "hardware",
            "1935:000f",
            "003/002",
        ),
        ("Elektron Analog Four:Elektron Analog Four MIDI 1 44:0", "hardware", "1935:0003", "004/002"),
        ("aseqdump:aseqdump 128:0", "software", "", ""),
    ]
    assert len([port for port in listing.ports if port.client == "f_midi"]) == 8
    assert listing.silent_boxes == (
        SilentBox("1935:0004", "Elektron Analog Four", box("analog-four"), UsbMode.OVERBRIDGE),
    )


lines = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b'Client  20 : "',
            b'  Port   0 : "',
            b'" [Kernel]',
            b'" (RWeX)',
            b"\n",
            b'Client 128 : "X" [User]\n',
        ]
    ),
)


@given(clients=st.lists(lines, max_size=12).map(b"".join))
def test_no_bytes_are_too_strange_to_parse(root: Path, clients: bytes) -> None:
    for port in system(root, clients).scan().ports:
        assert port.readable or port.writable
        assert not port.address.startswith("0:")
        port.rtmidi_name.encode()
