"""docs/latency.md and its picture say what docs/latency.json says."""

import re
from dataclasses import replace

import pytest
from documents import DOCUMENTS
from figures import COMPARED, CONDITIONS, FILE, Race, read, written
from latency import PLAIN, slower_than_committed
from report import page

RACE = read(FILE.read_text())


def test_the_page_is_made_from_the_figures() -> None:
    assert FILE.with_suffix(".md").read_text() == page(RACE)


def test_the_first_page_has_the_same_figures() -> None:
    told = re.search(r"^## How fast\n\n(.*?)\n## ", DOCUMENTS["README.md"], re.MULTILINE | re.DOTALL)
    idle = RACE.router("a4bridge").rounds["idle"]

    assert told
    assert re.findall(r"\d+\.\d", told[1])[:3] == [str(idle[key]) for key in ("p50_us", "p99_us", "first_us")]


def test_the_picture_was_drawn_from_the_figures() -> None:
    assert RACE.digest in FILE.with_suffix(".svg").read_text()


def test_the_figures_are_written_as_they_were_read() -> None:
    assert written(RACE) == FILE.read_text()


def test_the_bridge_and_what_it_is_held_against_are_in_it() -> None:
    bridge, plain = RACE.router("a4bridge").rounds, RACE.router("callback").rounds

    assert set(plain) == set(CONDITIONS)
    assert set(bridge) == {"idle", "loaded"}
    assert bridge["loaded"]["load"]["switches"] >= 10
    for figures in [*bridge.values(), *plain.values()]:
        assert sum(count for _, count in figures["histogram"]) == figures["notes"] - 1 - figures["lost"]
        assert (figures["lost"], figures["wrong"], figures["unexpected"]) == (0, 0, 0)


@pytest.mark.parametrize(("slower", "told"), [(1.04, []), (1.06, ["p50", "p99"])])
def test_a_bridge_that_takes_a_larger_share_than_committed_is_told(slower: float, told: list[str]) -> None:
    bridge, plain = RACE.router("a4bridge").rounds["idle"], RACE.router("callback").rounds["idle"]
    measured = {"liverec": {key: bridge[key] * slower for key in COMPARED}, PLAIN: plain}

    said = list(slower_than_committed(measured, FILE.read_text()))

    assert len(said) == len(told)
    assert all(f"{name}," in sentence for name, sentence in zip(told, said, strict=True))


def regions(race: Race) -> list[tuple[str, float]]:
    rows = page(race).partition("\n## Where the time goes\n")[2].partition("\n## ")[0]
    return [(what, float(us)) for what, us in re.findall(r"^\| (.+) \| ([\d.]+) \|$", rows, re.MULTILINE)]


def test_the_regions_come_to_the_whole_of_a_note() -> None:
    assert sum(us for _, us in regions(RACE)) == pytest.approx(
        RACE.router("a4bridge").rounds["idle"]["p50_us"], abs=0.3
    )


def test_a_region_that_could_not_be_measured_is_told_with_the_next() -> None:
    without = replace(
        RACE,
        routers=tuple(
            replace(each, rounds={}, left_out="x") if "rtmidi" in each.key else each for each in RACE.routers
        ),
    )

    (lumped,) = [(what, us) for what, us in regions(without) if "RtMidi" in what]

    assert lumped[0].count("; ") == 2
    assert sum(us for _, us in regions(without)) == pytest.approx(sum(us for _, us in regions(RACE)), abs=0.3)
