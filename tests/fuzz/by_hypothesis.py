"""Runs a target under hypothesis, which draws bytes, and makes a case that fails as small as it can."""

import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from targets import TARGETS, Target


def run(target: Target, cases: int) -> None:
    """Try so many cases; raises what a wrong one raises, with the bytes that it takes."""
    sizes = st.integers(0, target.longest)  # left to itself, hypothesis draws five bytes or so
    content = sizes.flatmap(lambda size: st.binary(min_size=size, max_size=size))

    @settings(max_examples=cases, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(content)
    def try_one(data: bytes) -> None:
        target.check(data)

    try_one()


if __name__ == "__main__":
    run(TARGETS[sys.argv[1]], int(sys.argv[2]))
