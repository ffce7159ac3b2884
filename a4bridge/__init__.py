"""A MIDI bridge by which an Elektron Analog Four records what a USB keyboard plays."""

__version__ = "0.1.0"
