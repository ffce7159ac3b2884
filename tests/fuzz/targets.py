"""Everything that is fuzzed: a function for each that takes any bytes, and raises if something is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import control_connections
import control_lines
import device_names
import engine_lines
import long_sysex
import midi_streams
import page_files
import toml_files


@dataclass(frozen=True, slots=True)
class Target:
    """What takes a case; the most bytes of one; how many cases the tests take, which is some two seconds' worth."""

    check: Callable[[bytes], None]
    longest: int
    few: int


TARGETS: Final = {
    "midi-streams": Target(midi_streams.check, 400, 120),
    "long-sysex": Target(long_sysex.check, 60, 200),
    "profiles": Target(toml_files.check, 200, 400),
    "device-names": Target(device_names.check, 200, 500),
    "control-lines": Target(control_lines.check, 200, 1000),
    "control-connections": Target(control_connections.check, 100, 200),
    "state-files": Target(control_lines.check_state, 100, 500),
    "engine-lines": Target(engine_lines.check, 100, 1000),
    "page-files": Target(page_files.check, 300, 300),
}
