"""Mididings on its ALSA back end, with one rule, which its engine carries out without Python: all to channel 9."""

from mididings import Channel, config, run  # type: ignore[import-not-found]  # installed for the run only

config(
    backend="alsa",
    client_name="mididings",
    in_ports=[("in", "meter source:out")],
    out_ports=[("out", "meter sink:in")],
)
run(Channel(9))
