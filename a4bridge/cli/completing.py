"""What a shell offers when a person presses the Tab key: names of profiles and of ports.

click makes the scripts and does the rest (https://click.palletsprojects.com/en/stable/shell-completion/). Each press
starts Python anew, so nothing here may load pydantic; and a line that is being typed is no place to say what is wrong:
then nothing is offered.
"""

import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

if TYPE_CHECKING:  # --help loads this module, and needs no ports
    from a4bridge.ports.listing import Port

_SPECIAL: Final = re.compile(r"([^\w@%+=:,./#-])")


def profile_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the profiles that can be named, or files once a path is begun."""
    from a4bridge.core.library import Library  # noqa: PLC0415 - as above

    if "/" in incomplete or incomplete.startswith((".", "~")):
        return [CompletionItem(incomplete, type="file")]
    with suppress(Exception):
        names = [entry.name for entry in Library.standard(os.environ).profiles()]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return []


def input_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the ports that can be heard."""
    return _fitting([port for port in _ports() if port.readable], incomplete)


def output_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the ports that can be played to."""
    return _fitting([port for port in _ports() if port.writable], incomplete)


def port_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the ports that can be heard or played to."""
    return _fitting(list(_ports()), incomplete)


def _ports() -> "tuple[Port, ...]":
    """Return the ports that may be named; none on macOS, where a library would have to be loaded to know them."""
    from a4bridge.ports.alsa import AlsaEnumerator  # noqa: PLC0415 - as above
    from a4bridge.ports.verdict import judge  # noqa: PLC0415

    if sys.platform != "linux":
        return ()
    with suppress(Exception):
        return tuple(verdict.port for verdict in judge(AlsaEnumerator().scan()) if verdict.nameable)
    return ()


def _fitting(ports: "list[Port]", incomplete: str) -> list[CompletionItem]:
    from a4bridge.core.names import normalise, text_for  # noqa: PLC0415 - as above

    begun = normalise(incomplete)
    texts = [text_for(port, ports) for port in ports]
    return [CompletionItem(text) for text in texts if normalise(text).startswith(begun)]


@add_completion_class
class _Bash(BashComplete):
    r"""Bash puts what it is offered into the line as it is, so a blank in a port's name is to be "\ ".

    click's script reads it with `read`, which leaves one backslash of two.
    """

    def format_completion(self, item: CompletionItem) -> str:
        value = item.value
        if item.type == "plain" and not self._is_quoted():
            value = _SPECIAL.sub(r"\\\\\1", value)
        return f"{item.type},{value}"

    @staticmethod
    def _is_quoted() -> bool:
        words, at = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
        return at < len(words) and words[at].startswith(("'", '"'))
