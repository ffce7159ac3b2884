"""A line or two to type for each verb: what --help and the manual pages show as examples."""

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "": (
        ("a4bridge demo", "Show what it is for; no hardware needed."),
        ("a4bridge --profile liverec", "Play; `run` may be left out."),
        ("a4bridge doctor", "Find out why nothing is recorded."),
    ),
    "run": (
        ("a4bridge", "Every keyboard to the box that is found, as the last time."),
        ("a4bridge --profile liverec --track 2", "Everything to track 2."),
        ("a4bridge -i keystation -o 'analog four'", "One keyboard of several, and this box."),
        ("a4bridge -i 'UM-ONE' --auto-channel 12", "A keyboard on a MIDI cable, a box whose AUTO CHANNEL is 12."),
        ("a4bridge --profile liverec --virtual", "A port for a DAW, beside the keyboards."),
    ),
    "status": (
        ("a4bridge status", "For a person."),
        ("a4bridge status --json", "For a program."),
    ),
    "use": (
        ("a4bridge use gridrec", "A profile by its name."),
        ("a4bridge use ./lead.toml", "A file's text."),
    ),
    "track": (
        ("a4bridge track 2", "Everything to track 2."),
        ("a4bridge track auto", "Back to the active track."),
    ),
    "panic": (("a4bridge panic", "Silence."),),
    "reload": (("a4bridge reload", "After a file was changed."),),
    "watch": (
        ("a4bridge watch", "What it says and what is played."),
        ("a4bridge watch --only played --json", "Each event that is played, for a program."),
    ),
    "ports": (
        ("a4bridge ports", "Which keyboard and which box it would take."),
        ("a4bridge ports --json > ports.json", "All that is known of the ports, to report."),
    ),
    "profiles": (("a4bridge profiles", "The profiles that can be named."),),
    "check": (("a4bridge check ~/.config/a4bridge/settings.toml ./lead.toml", "Settings and a profile."),),
    "explain": (
        ("a4bridge explain liverec", "A profile that comes with it."),
        ("a4bridge explain ./lead.toml --track 2", "One of your own, sent to track 2."),
    ),
    "schema": (("a4bridge schema profile > profile.schema.json", "For an editor."),),
    "demo": (
        ("a4bridge demo", "With the bridge and without it."),
        ("a4bridge demo --profile gridrec", "What another profile records."),
    ),
    "doctor": (
        ("a4bridge doctor", "What keeps a note from being recorded."),
        ("a4bridge doctor --probe", "Play a note to each track, too."),
        ("a4bridge doctor --no-input --json", "For a program."),
    ),
    "monitor": (
        ("a4bridge monitor", "What is played, as it is played."),
        ("a4bridge monitor --raw", "The same as bytes."),
    ),
    "learn": (("a4bridge learn lead", "Make the profile lead, or change it, by playing."),),
    "save": (
        ("a4bridge save idea.mid", "All that is kept of what was played."),
        ("a4bridge save --last 60s idea.mid", "The last minute of it."),
    ),
    "bench": (
        ("a4bridge bench", "What the bridge itself takes on this computer."),
        ("a4bridge bench --loopback um-one um-one", "A MIDI cable from an interface's output to its own input."),
    ),
    "service": (
        ("a4bridge service install", "For you, started with your session."),
        ("sudo a4bridge service install", "For the whole machine, started with it."),
        ("a4bridge service status", "Whether it runs, and what it does."),
    ),
    "service install": (
        ("a4bridge service install --dry-run", "Only say what would be done."),
        ("sudo a4bridge service install --profile gridrec", "For the whole machine, with another profile."),
    ),
    "service uninstall": (("a4bridge service uninstall", "Stop it and take it away."),),
    "service status": (("a4bridge service status", "Whether it runs, and what it does."),),
    "service logs": (("a4bridge service logs -f", "The log, as it is written."),),
}
"""By the words behind `a4bridge`: lines, and what each is for."""
