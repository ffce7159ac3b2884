from a4bridge.ports.coremidi import CoreMidiEnumerator
from a4bridge.ports.listing import Kind


def test_an_input_and_an_output_of_one_name_are_one_port() -> None:
    ports = (
        CoreMidiEnumerator(lambda: ["Keys", "Elektron Analog Four"], lambda: ["Elektron Analog Four", "Synth"])
        .scan()
        .ports
    )

    assert [(port.title, port.readable, port.writable) for port in ports] == [
        ("Keys", True, False),
        ("Elektron Analog Four", True, True),
        ("Synth", False, True),
    ]
    assert {port.kind for port in ports} == {Kind.UNKNOWN}


def test_equal_names_are_counted() -> None:
    ports = CoreMidiEnumerator(lambda: ["Keys", "Keys", "Keys"], lambda: ["Keys"]).scan().ports

    assert [(port.rtmidi_name, port.writable) for port in ports] == [
        ("Keys", True),
        ("Keys #2", False),
        ("Keys #3", False),
    ]
    assert len({port.device for port in ports}) == 3


def test_every_scan_asks_anew() -> None:
    names = ["Keys"]
    enumerator = CoreMidiEnumerator(lambda: names, list)
    assert len(enumerator.scan().ports) == 1

    names.clear()

    assert enumerator.scan().ports == ()
