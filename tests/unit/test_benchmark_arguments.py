"""What the commands that measure refuse."""

import argparse
from pathlib import Path

import pytest
from arguments import at_least, folder


@pytest.mark.parametrize("word", ["2", "0", "-5", "1.5", "", "many", "³"])
def test_too_few_notes_and_what_is_no_number_are_refused_in_a_sentence(word: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"^it is a whole number, 3 or more, and not '{word}'$"):
        at_least(3)(word)


def test_enough_are_taken() -> None:
    assert at_least(3)("3") == 3


def test_a_folder_that_is_not_there_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    assert folder(str(tmp_path)) == tmp_path
    with pytest.raises(argparse.ArgumentTypeError, match="there is no folder"):
        folder(str(tmp_path / "nowhere"))
