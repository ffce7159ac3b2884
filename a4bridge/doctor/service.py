"""The bridge itself: whether one runs, and how it stands as a service."""

from typing import Final

from a4bridge.doctor.facts import Facts
from a4bridge.doctor.finding import Finding, Verdict

NAME: Final = "service"
END_LEARN: Final = "end `a4bridge learn`, which somebody runs"


def examine(facts: Facts) -> Finding:
    """Tell whether a bridge runs, and if not why."""
    if facts.bridge:
        return _running(facts)
    standing = "; ".join(f"{each.whose}: {each.says}" for each in facts.services)
    if facts.unasked:
        remedy = "" if "usermod" in facts.unasked else "restart it: `a4bridge service install`, or `a4bridge`"
        return Finding(NAME, Verdict.WARNING, facts.unasked, remedy)
    if any(each.enabled or each.running for each in facts.services):
        return Finding(
            NAME,
            Verdict.BAD,
            f"the service is installed and no bridge answers ({standing})",
            "`a4bridge service logs` tells why; `a4bridge service install` starts it anew",
        )
    return Finding(
        NAME,
        Verdict.WARNING,
        f"no bridge is running{f' ({standing})' if standing else ''}",
        "start one with `a4bridge`, or for good with `a4bridge service install`",
    )


def _running(facts: Facts) -> Finding:
    assert facts.bridge
    standing = "".join(f", installed {each.whose}" for each in facts.services)
    evidence = f"{facts.whose} runs as process {facts.bridge['pid']}{standing}"
    if len([each for each in facts.services if each.enabled]) > 1:
        return Finding(
            NAME,
            Verdict.WARNING,
            f"{evidence}, and two are enabled, of which one will not start",
            "take one away: `a4bridge service uninstall --user`, or `sudo a4bridge service uninstall --system`",
        )
    if trouble := facts.bridge["trouble"]:
        return Finding(
            NAME,
            Verdict.WARNING,
            f"{evidence}; its files could not be read again: {trouble['says']}",
            "correct the file, then `a4bridge reload`",
        )
    if facts.bridge["hushed"]:
        return Finding(
            NAME, Verdict.BAD, f"{evidence}; nothing that is played passes, for somebody sets up by playing", END_LEARN
        )
    return Finding(NAME, Verdict.GOOD, evidence)
