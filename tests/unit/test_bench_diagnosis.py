"""The sentence about a measurement: what dominates, and what to change."""

from dataclasses import replace
from typing import Final

import pytest
from measurements import (
    ANALOG_FOUR,
    BEHIND_HUB,
    COMPUTER,
    KEYSTATION,
    MIDI_THROUGH,
    QUIET,
    REFUSED,
    UM_ONE,
    cable,
    port,
    through,
    times,
)

from a4bridge.bench.diagnosis import sentence
from a4bridge.bench.latencies import Latencies
from a4bridge.bench.measured import Measured, Plugged, Stage
from a4bridge.core.outcomes import Outcome
from a4bridge.ports.usb import UsbPlace
from a4bridge.service.threads import Usage

SLOW: Final = replace(QUIET, latencies=times(40, slowest=4000))
POWERSAVE: Final = replace(COMPUTER, governors={"performance": 2, "powersave": 2})
LOADED: Final = replace(COMPUTER, busy=0.97)


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        pytest.param(
            QUIET,
            "The largest part (38 %) is the kernel and the measuring, not the bridge; there is nothing to change.",
            id="all is well",
        ),
        pytest.param(
            through(took=Stage(30, 35)),
            "Most of it (75 %) is the bridge's own work; there is nothing to change.",
            id="a slow processor",
        ),
        pytest.param(
            replace(QUIET, fifo=REFUSED),
            "The largest part (38 %) is the kernel and the measuring, not the bridge; without real time a busy "
            f"computer would hold notes up ({REFUSED}).",
            id="fast, without real time",
        ),
        pytest.param(
            replace(QUIET, computer=LOADED),
            "The largest part (38 %) is the kernel and the measuring, not the bridge; there is nothing to change.",
            id="a busy computer that holds no note up",
        ),
        pytest.param(
            replace(through(late=Stage(20, 30)), computer=POWERSAVE),
            "The largest part (50 %) is waking the engine; the processor's frequency is governed by powersave, so a "
            "note may find it slow; it stays fast until the next start after `echo performance | sudo tee "
            "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor`.",
            id="a processor that saves power",
        ),
        pytest.param(
            through(devices=(ANALOG_FOUR, replace(KEYSTATION, usb=UsbPlace(12, ("USB2.0 Hub", "Desk"))))),
            "The largest part (38 %) is the kernel and the measuring, not the bridge; Keystation 49 MK3 is behind a "
            "hub (USB2.0 Hub and Desk) and may be faster without.",
            id="a keyboard behind hubs",
        ),
        pytest.param(
            replace(SLOW, fifo=REFUSED, usage=Usage(0, 0, 400, 38)),
            "One note in a hundred takes 4.0 ms or more: without real time it lost the processor 38 times "
            f"({REFUSED}).",
            id="slow, without real time",
        ),
        pytest.param(
            replace(SLOW, fifo=REFUSED, usage=None),
            f"One note in a hundred takes 4.0 ms or more: without real time it had to wait ({REFUSED}).",
            id="slow without real time, where nobody counts",
        ),
        pytest.param(
            replace(through(SLOW, memory=REFUSED), fifo=REFUSED, usage=Usage(0, 3, 400, 38)),
            "One note in a hundred takes 4.0 ms or more: the engine waited 3 times for memory that was not locked "
            f"({REFUSED}).",
            id="slow from pages on a disk",
        ),
        pytest.param(
            replace(SLOW, computer=LOADED),
            "One note in a hundred takes 4.0 ms or more: the processor was busy for 97 % of the time, so close other "
            "programs.",
            id="slow on a busy computer",
        ),
        pytest.param(
            replace(through(SLOW, alone=times(30, slowest=3000)), computer=COMPUTER),
            "One note in a hundred takes 4.0 ms or more: it is as slow without the bridge, so something in this "
            "computer keeps programs from being woken in time.",
            id="slow without the bridge, too",
        ),
        pytest.param(
            through(SLOW, took=Stage(1000, 3000)),
            "One note in a hundred takes 4.0 ms or more: most of it is the bridge's own work, for which this processor "
            "is slow.",
            id="slow in the bridge",
        ),
        pytest.param(
            SLOW,
            "One note in a hundred takes 4.0 ms or more: most of it is waiting for the processor; close other programs "
            "and measure again.",
            id="slow, nobody knows why",
        ),
        pytest.param(
            replace(through(outcomes={Outcome.FORWARDED: 400, Outcome.NO_DESTINATION: 2}), latencies=times(40, lost=2)),
            "2 of 203 notes got lost, which should never happen: 2 events: no destination is connected.",
            id="two that the engine dropped",
        ),
        pytest.param(
            replace(QUIET, latencies=times(40, lost=1), computer=LOADED),
            "1 of 202 notes got lost, which should never happen: the processor was busy for 97 % of the time, so close "
            "other programs.",
            id="one that nobody dropped",
        ),
        pytest.param(
            replace(through(outcomes={Outcome.OUTSIDE_ZONES: 6}), latencies=Latencies((None,) * 3)),
            "No note came through: 6 events: ",
            id="all dropped",
        ),
        pytest.param(
            replace(QUIET, latencies=Latencies((None,) * 3)),
            "No note came through, and the engine dropped none: another program may have changed the connections.",
            id="all lost, none dropped",
        ),
        pytest.param(
            replace(QUIET, latencies=Latencies((50_000,))),
            "There were too few notes to say anything about them.",
            id="interrupted after the first",
        ),
        pytest.param(
            replace(QUIET, latencies=Latencies()),
            "There were too few notes to say anything about them.",
            id="interrupted before the first",
        ),
    ],
)
def test_through_the_bridge(measured: Measured, said: str) -> None:
    assert sentence(measured).startswith(said)


A4_MIDI_USB: Final = Plugged(ANALOG_FOUR.port, UsbPlace(480, ("USB2.0 Hub",)))


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        pytest.param(
            cable(UM_ONE, UM_ONE, times(2100)),
            "Nearly all of it is USB (up to 2 ms) and the MIDI cable (0.96 ms), which nothing on this computer can "
            "shorten.",
            id="a MIDI cable",
        ),
        pytest.param(
            cable(UM_ONE, UM_ONE, times(900)),
            "Nearly all of it is USB (up to 2 ms), which nothing on this computer can shorten.",
            id="faster than a MIDI cable can be",
        ),
        pytest.param(
            cable(ANALOG_FOUR, KEYSTATION, times(700)),
            "Nearly all of it is USB (up to 1.1 ms), which nothing on this computer can shorten.",
            id="high speed out, full speed in",
        ),
        pytest.param(
            cable(MIDI_THROUGH, MIDI_THROUGH, times(35)),
            "Nothing but the kernel and programs took part, and there is nothing to change.",
            id="in software",
        ),
        pytest.param(
            cable(Plugged(port("Pisound"), None), Plugged(port("Pisound"), None), times(800)),
            "Nearly all of it is the devices' own time (up to 1 ms), which nothing on this computer can shorten.",
            id="not on USB, and no cable",
        ),
        pytest.param(
            cable(UM_ONE, UM_ONE, times(6000)),
            "It takes 3.0 ms more than USB (up to 2 ms) and the MIDI cable (0.96 ms): UM-ONE or what is between takes "
            "its time; try another, or another way.",
            id="a slow interface",
        ),
        pytest.param(
            cable(BEHIND_HUB, UM_ONE, times(6000)),
            "It takes 3.0 ms more than USB (up to 2 ms) and the MIDI cable (0.96 ms): there is a hub between (USB2.0 "
            "Hub), so plug into the computer itself.",
            id="a hub between",
        ),
        pytest.param(
            cable(A4_MIDI_USB, UM_ONE, times(6000)),
            "It takes 3.9 ms more than USB (up to 1.1 ms) and the MIDI cable (0.96 ms): if MIDI PORT CONFIG says "
            "MIDI+USB on Elektron Analog Four, set USB, for its MIDI socket may slow USB down.",
            id="a box before a hub",
        ),
        pytest.param(
            cable(UM_ONE, UM_ONE, times(6000), fifo=REFUSED),
            "It takes 3.0 ms more than USB (up to 2 ms) and the MIDI cable (0.96 ms): without real time it had to wait "
            f"({REFUSED}).",
            id="slow without real time",
        ),
        pytest.param(
            cable(UM_ONE, UM_ONE, times(2100, slowest=9000), computer=LOADED),
            "One note in a hundred takes 9.0 ms or more: the processor was busy for 97 % of the time, so close other "
            "programs.",
            id="late now and then",
        ),
        pytest.param(
            cable(MIDI_THROUGH, MIDI_THROUGH, times(800)),
            "It takes 0.8 ms: close other programs and measure again.",
            id="slow in software",
        ),
        pytest.param(
            cable(UM_ONE, UM_ONE, times(2100, lost=2)),
            "2 of 203 notes did not come back: check that a cable leads from the output of UM-ONE to its own input.",
            id="some lost",
        ),
        pytest.param(
            cable(UM_ONE, KEYSTATION, Latencies((None,) * 3)),
            "No note came back: check that a cable leads from the output of UM-ONE to the input of Keystation 49 MK3, "
            "and that what is between lets notes through.",
            id="all lost between two devices",
        ),
        pytest.param(
            cable(MIDI_THROUGH, UM_ONE, Latencies((None,) * 3)),
            "No note came back: check what Midi Through does with notes, and that it sends them to UM-ONE.",
            id="all lost in a program",
        ),
        pytest.param(
            cable(UM_ONE, UM_ONE, times(2100), others=201),
            "201 other notes came in besides, so somebody plays, or two ways lead back: leave one and measure again.",
            id="two ways back",
        ),
    ],
)
def test_through_a_cable(measured: Measured, said: str) -> None:
    assert sentence(measured).startswith(said)


def test_it_is_one_sentence() -> None:
    for measured in (QUIET, SLOW, cable(UM_ONE, UM_ONE, times(2100))):
        assert sentence(measured).count(". ") == 0
        assert sentence(measured).endswith(".")
