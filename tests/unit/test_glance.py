"""Whether the same is plugged in, by text."""

from pathlib import Path
from typing import Final

import pytest

from a4bridge.backend.loopback import DevicePort, Hub
from a4bridge.ports.glance import glance

CLIENTS: Final = """Client info
  cur  clients : {count}
  peak clients : 9
  max  clients : 192

Client   0 : "System" [Kernel Legacy]
  Port   0 : "Timer" (Rwe-)
Client  20 : "Keystation 49 MK3" [Kernel Legacy]
  Port   0 : "Keystation 49 MK3 MIDI 1" (RWeX) [In/Out]
{connected}"""
OURS: Final = """Client 128 : "a4bridge" [User Legacy]
  Port   0 : "in 0" (-We-)
    Connected From: 20:0
"""


@pytest.fixture
def asound(tmp_path: Path) -> Path:
    (tmp_path / "seq").mkdir()
    for card, usb_id in (("card0", ""), ("card1", "0763:0199\n")):
        (tmp_path / card).mkdir()
        if usb_id:
            (tmp_path / card / "usbid").write_text(usb_id)
    (tmp_path / "cards").touch()
    lists(tmp_path)
    return tmp_path


def lists(asound: Path, connected: str = "", more: str = "", count: int = 2) -> None:
    (asound / "seq/clients").write_text(CLIENTS.format(connected=connected, count=count) + more)


def test_ports_and_cards_are_seen(asound: Path) -> None:
    assert glance("rtmidi", str(asound)) == [
        "Client info",
        'Client   0 : "System" [Kernel Legacy]',
        '  Port   0 : "Timer" (Rwe-)',
        'Client  20 : "Keystation 49 MK3" [Kernel Legacy]',
        '  Port   0 : "Keystation 49 MK3 MIDI 1" (RWeX) [In/Out]',
        "card0 ",
        "card1 0763:0199",
    ]


def test_what_a_start_changes_itself_is_left_out_if_asked(asound: Path) -> None:
    before = glance("rtmidi", str(asound))
    lists(asound, "    Connecting To: 128:0\n", OURS, 3)

    assert glance("rtmidi", str(asound), ours=False) == before
    assert glance("rtmidi", str(asound)) != before


def test_another_card_of_the_same_name_is_seen(asound: Path) -> None:
    before = glance("rtmidi", str(asound))
    (asound / "card1/usbid").write_text("0763:0200\n")

    assert glance("rtmidi", str(asound)) != before


def test_without_a_sequencer_it_fails_as_a_file_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        glance("rtmidi", str(tmp_path))


def test_made_up_devices_are_seen_and_a_replug_is_not(hub: Hub) -> None:
    port = DevicePort("Keys", "Keys MIDI 1", "20:0", card=1, usb_id="1234:5678", usb_path="001/002")
    device = hub.plug(port)
    before = glance(f"loopback:{hub.address}")
    hub.unplug(device)

    assert glance(f"loopback:{hub.address}") == []
    hub.plug(DevicePort("Keys", "Keys MIDI 1", "20:0", card=1, usb_id="1234:5678", usb_path="001/003"))
    assert glance(f"loopback:{hub.address}") == before
