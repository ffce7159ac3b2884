"""What benchmarks/latency.py tells of figures: the limits that the lab's test holds."""

import pytest
from figures import Figures
from latency import CASES, OTHERS, QUEUE_US, SAME_US, too_slow
from machine import LabError
from rounds import must_be_measured

WELL = {"first_us": 37.0, "p50_us": 25.0, "p99_us": 27.0}


def measured(case: str = "liverec", **figures: float) -> dict[str, Figures]:
    return {each.name: dict(WELL) for each in CASES} | {case: WELL | figures}


@pytest.mark.parametrize(
    ("case", "figure", "us"),
    [
        ("liverec", "first_us", 60.1),
        ("loaded", "p50_us", 26.1),
        ("loaded", "p99_us", 30.1),
        ("spread", "p99_us", 95.1),
        ("8-inputs", "p50_us", 25.1 + SAME_US),
        ("8-inputs", "p99_us", 27.1 + OTHERS * QUEUE_US),
        ("frozen-monitor", "p99_us", 27.1 + SAME_US),
        ("zones-64", "p50_us", 25.1 + SAME_US),
    ],
)
def test_each_limit_is_told_once_it_is_passed_and_not_before(case: str, figure: str, us: float) -> None:
    (said,) = too_slow(measured(case, **{figure: us}))

    assert str(us) in said
    assert list(too_slow(measured(case, **{figure: us - 0.2}))) == []


def test_a_round_that_was_not_played_is_an_error_that_says_why() -> None:
    must_be_measured(measured())
    with pytest.raises(LabError, match=r"^spread could not be measured: linking in vain$"):
        must_be_measured(measured() | {"spread": {"fault": "linking in vain"}})
