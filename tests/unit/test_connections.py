from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4bridge.ports.connections import PLAYS, Connections, Program, connections

DATA = Path(__file__).parent / "data"

MIDI0 = """Elektron Analog Four

Type: Legacy
Output 0
  Tx bytes     : 12
  Owner PID    : 77
  Mode         : native
Input 0
  Rx bytes     : 0
"""


def written(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / "proc" / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


@pytest.mark.parametrize("number", ["6.1", "6.12"])
def test_a_true_listing_tells_who_is_connected_to_whom(number: str) -> None:
    known = connections(DATA / f"linux-{number}")

    assert known
    assert known.pairs == {("20:0", "128:0"), ("20:0", "44:0")}
    assert known.clients[128] == Program("aseqdump")
    assert known.clients[44] == Program("Elektron Analog Four", is_kernels=True)


def test_without_a_sequencer_nothing_is_known(tmp_path: Path) -> None:
    assert connections(tmp_path) is None


def test_who_has_a_device_to_itself_is_told_with_the_name_of_its_process(tmp_path: Path) -> None:
    clients = 'Client  24 : "Elektron Analog Four" [Kernel]\n  Port   0 : "Elektron Analog Four MIDI 1" (RWeX)\n'
    files = {"asound__seq__clients": clients, "asound__card2__midi0": MIDI0, "77__comm": "bitwig\n"}

    known = connections(written(tmp_path, **files))

    assert known
    assert known.owners == {(PLAYS, "24:0"): Program("", 77, "bitwig")}


def test_a_device_that_the_sequencer_opened_for_a_client_has_no_owner_of_its_own(tmp_path: Path) -> None:
    clients = (
        'Client  24 : "Elektron Analog Four" [Kernel]\n  Port   0 : "Elektron Analog Four MIDI 1" (RWeX)\n'
        'Client 128 : "DAW" [User]\n  Port   0 : "out" (R-e-)\n    Connecting To: 24:0[r:0]\n'
    )

    known = connections(written(tmp_path, asound__seq__clients=clients, asound__card2__midi0=MIDI0))

    assert known
    assert known.pairs == {("128:0", "24:0")}
    assert not known.owners


@given(st.text(alphabet='Client Port 0123456789:"[]()RWeX,-\n', max_size=200), st.text(max_size=100))
def test_no_listing_is_too_strange_to_read(tmp_path_factory: pytest.TempPathFactory, clients: str, device: str) -> None:
    root = written(
        tmp_path_factory.getbasetemp() / "strange", asound__seq__clients=clients, asound__card1__midi0=device
    )

    assert isinstance(connections(root), Connections)
