import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from a4bridge.ports.system import why_no_midi


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


def test_a_sequencer_that_opens_is_enough(tmp_path: Path) -> None:
    (tmp_path / "dev/snd").mkdir(parents=True)
    (tmp_path / "dev/snd/seq").touch()

    assert why_no_midi(tmp_path) is None


def test_a_missing_sequencer_is_blamed_on_the_kernel_module(tmp_path: Path) -> None:
    sentence = why_no_midi(tmp_path)

    assert sentence
    assert "`sudo modprobe snd-seq`" in sentence
    assert sentence.endswith("`a4bridge demo` works without it.")


@pytest.mark.parametrize(
    ("number", "part"),
    [
        (errno.ENXIO, "snd-seq behind /dev/snd/seq is not loaded"),
        (errno.ENODEV, "snd-seq behind /dev/snd/seq is not loaded"),
        (errno.EACCES, "`sudo usermod -aG audio $USER` and log in again"),
        (errno.EPERM, "cannot be opened (Operation not permitted)"),
    ],
)
def test_other_failures_are_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, part: str) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    # The superuser, as whom tests may run, is never refused for real.
    monkeypatch.setattr(os, "open", refuse)
    sentence = why_no_midi(tmp_path)

    assert sentence
    assert part in sentence
    assert sentence.endswith("`a4bridge demo` works without it.")


def test_elsewhere_there_is_nothing_to_look_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert why_no_midi(tmp_path) is None
