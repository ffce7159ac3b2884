"""Asking a person, or a script that stands in for one."""

import os
import select
import shutil
import stat
import sys
import textwrap
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import click

from a4bridge.cli.exits import WRONG, end
from a4bridge.core.words import printable

NOTHING: Final = "Nothing is written."


def script(answers: Path | None) -> list[str] | None:
    """Return the lines of a file of answers, or None without one; ends with a sentence where it cannot be read."""
    if answers is None:
        return None
    try:
        if not stat.S_ISREG(answers.stat().st_mode):  # opening a pipe would wait for its writer
            end(f"{printable(str(answers))}: is not a file of text", WRONG)
        return answers.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        end(f"{printable(str(answers))}: cannot be read: {(error.strerror or str(error)).lower()}", WRONG)
    except UnicodeDecodeError:
        end(f"{printable(str(answers))}: is not UTF-8 text: save it as UTF-8", WRONG)


class Talk:
    """Prints, and reads lines from standard input or, where there is one, from a script.

    is_person: whether somebody types; a script's first wrong answer ends everything.
    """

    def __init__(self, script: Sequence[str] | None = None) -> None:
        self._lines = deque(script or ())
        self._ended = script is not None
        self._received = b""
        self._at_prompt = False
        self.is_person = script is None and sys.stdin is not None and sys.stdin.isatty()
        self.line_number = 0

    def say(self, *sentences: str) -> None:
        """Print sentences, each on lines of its own."""
        if sentences:
            self.leave_prompt()
        for sentence in sentences:
            click.echo(self._filled(sentence))

    def show(self, text: str) -> None:
        """Print a text as it is, apart from what else is said."""
        if text:
            self.leave_prompt()
            click.echo(f"\n{text}")

    def _filled(self, text: str) -> str:
        """Break lines between words, where a person reads them."""
        if not self.is_person:
            return text
        width = shutil.get_terminal_size().columns
        return "\n".join(textwrap.fill(line, width, break_on_hyphens=False) for line in text.split("\n"))

    def prompt(self, question: str) -> None:
        """Ask, and leave room for the answer."""
        self.leave_prompt()
        first, *hints = question.split("\n")
        click.echo(click.style(self._filled(first), bold=self.is_person))
        for hint in hints:
            click.echo(self._filled(hint))
        if self.is_person:
            click.echo("> ", nl=False)
            self._at_prompt = True
        sys.stdout.flush()

    def leave_prompt(self) -> None:
        """Go to a new line, if something is asked on this one."""
        if self._at_prompt:
            click.echo()
        self._at_prompt = False

    def fileno(self) -> int | None:
        """Return the descriptor to wait for; None where every line is here."""
        return None if self._ended else 0

    def read(self) -> None:
        """Take what can be read now."""
        received = os.read(0, 4096)
        self._ended = not received
        *lines, self._received = (self._received + (received or b"\n" * bool(self._received))).split(b"\n")
        self._lines.extend(line.decode("utf-8", "replace") for line in lines)
        if lines:
            self._at_prompt = False  # the terminal has gone to a new line by itself

    def line(self) -> str | None:
        """Return the next line that is here, if one is. A script's remarks are left out."""
        while self._lines:
            line = self._lines.popleft().strip()
            self.line_number += 1
            if self.is_person or not line.startswith("#"):
                return line
        return None

    @property
    def is_over(self) -> bool:
        """Whether no line will come any more."""
        return self._ended and not self._lines

    def wait_for_line(self) -> str | None:
        """Wait for a line; None at the end."""
        while (line := self.line()) is None:
            if self.is_over:
                return None
            select.select([0], [], [])
            self.read()
        return line

    def out_of_answers(self) -> NoReturn:
        """End because no answer will come; for a person that is Ctrl-D, which is as good as Ctrl-C."""
        if self.is_person:
            raise KeyboardInterrupt
        self.leave_prompt()
        end(f"There are no more answers, and the profile is not finished: {_lower(NOTHING)}", WRONG)

    def refuse(self, sentence: str) -> None:
        """Say why an answer will not do; a script gets no second chance."""
        if not self.is_person:
            end(f"Answer {self.line_number}: {sentence} {NOTHING}", WRONG)
        self.say(sentence)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
