"""A short run of everything that is fuzzed; the long one is `make fuzz` (docs/fuzzing.md)."""

import pytest
from by_hypothesis import run
from targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_nothing_is_wrong(name: str) -> None:
    target = TARGETS[name]

    run(target, target.few)
