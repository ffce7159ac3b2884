"""The figures of the race as docs/latency.json keeps them."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).resolve().parents[1] / "docs" / "latency.json"

Figures = dict[str, Any]
"""What the meter says: microseconds by name, and counts; and of a loaded round, as "load", what the load did."""

CONDITIONS: Final = ("idle", "loaded", "loaded_fifo")
"""Nothing else goes on; a bridge is asked, switched and watched; the same, and the router was given SCHED_FIFO."""

COMPARED: Final = ("p50_us", "p99_us")


@dataclass(frozen=True, slots=True)
class Router:
    """A router's figures by condition. what: in a few words, with its version; left_out: why it has no figures."""

    key: str
    what: str
    rounds: dict[str, Figures]
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Race:
    """What was measured. made_with: commit, versions and whatever else the figures depend on, by what it is called."""

    made_with: dict[str, str]
    gap_us: int
    routers: tuple[Router, ...]

    def router(self, key: str) -> Router:
        """Return the router of that key, which must have taken part."""
        return next(each for each in self.routers if each.key == key)

    @property
    def digest(self) -> str:
        """A short text that is another for other figures."""
        return hashlib.sha256(written(self).encode()).hexdigest()[:16]


def ratios(bridge: Figures, plain: Figures) -> dict[str, float]:
    """Return how much of plain python-rtmidi's time the bridge takes, by the name of the percentile."""
    return {key: bridge[key] / plain[key] for key in COMPARED}


def written(race: Race) -> str:
    """Return the file's text: a line for each round, so that a difference shows which has changed."""
    rounds = {router.key: router.rounds for router in race.routers}
    facts = asdict(race)
    for router in facts["routers"]:
        router["rounds"] = {condition: f"@{router['key']} {condition}@" for condition in router["rounds"]}
    text = json.dumps(facts, indent=2)
    for key, by_condition in rounds.items():
        for condition, figures in by_condition.items():
            text = text.replace(f'"@{key} {condition}@"', json.dumps(figures))
    return f"{text}\n"


def read(text: str) -> Race:
    """Return what `written` wrote."""
    facts: dict[str, Any] = json.loads(text)
    return Race(**{**facts, "routers": tuple(Router(**router) for router in facts["routers"])})
