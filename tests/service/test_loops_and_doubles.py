"""What the bridge says and does when its own output comes back, or one keyboard comes by two ways."""

from running import ANALOG_FOUR, KEYSTATION, MINILAB, Start, Synth

from a4bridge.backend.loopback import Device, Hub


class Cable(Synth):
    """A box whose output is led back to a keyboard, for as long as it is plugged."""

    def __init__(self, back: Device) -> None:
        super().__init__()
        self.plugged = True
        self._back = back

    def __call__(self, message: bytes) -> None:
        super().__call__(message)
        if self.plugged:
            self._back.play(message)


def test_the_input_that_brings_our_own_output_back_is_cut_named_and_let_in_again(hub: Hub, start: Start) -> None:
    keyboard, other = hub.plug(KEYSTATION), hub.plug(MINILAB)
    cable = Cable(other)
    hub.plug(ANALOG_FOUR, cable)
    bridge = start("--profile", "liverec")
    bridge.says("->")

    keyboard.play(bytes([0x90, 60, 100]))

    line = bridge.says("Minilab3 brings back")
    assert line == (
        "warning: Minilab3 brings back what is sent to Elektron Analog Four, and is not listened to until that ends: "
        "look for a cable or a program that leads Elektron Analog Four's output to it"
    )
    keyboard.play(bytes([0x80, 60, 64]))
    cable.plugged = False
    assert bridge.says("Minilab3 brings nothing back").endswith("it is played again")
    while not cable.nothing_more():
        cable.next()
    other.play(bytes([0x90, 72, 100]))
    assert cable.next() == bytes([0x98, 72, 100])


def test_one_keyboard_by_two_ways_is_named_and_goes_on(hub: Hub, start: Start) -> None:
    first, second, synth = hub.plug(KEYSTATION), hub.plug(MINILAB), Synth()
    hub.plug(ANALOG_FOUR, synth)
    bridge = start("--profile", "liverec")
    bridge.says("->")

    for note in range(40, 60):
        for message in (bytes([0x90, note, note]), bytes([0x80, note, 64])):
            first.play(message)
            second.play(message)

    line = bridge.says("bring the same notes")
    assert "Keystation 49 MK3:Keystation 49 MK3 MIDI 1" in line
    assert "Minilab3:Minilab3 MIDI" in line
    second.play(bytes([0x90, 72, 1]))
    while synth.next() != bytes([0x98, 72, 1]):
        pass
