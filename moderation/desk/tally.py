"""What a person's decision adds to the figures of the day: a pure function.

The figures' names are `KIND|…`, see `docs/record.md`; a moderator's name holds no `|`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Any

from moderation.desk import chain
from moderation.domain import Action, ReasonCode
from moderation.record.dossiers import Dossier

#: Upper bounds, in seconds, of the histogram of times from held to decided.
WAITED_BOUNDS_S = (60, 300, 900, 3_600, 14_400, 86_400)
#: What stands for a category where only rules held a comment, and where nothing did.
RULES, NOTHING = "rules", "none"


def figures(
    moderator: str, dossier: Dossier, after: chain.Decisions, *, now_s: float
) -> dict[str, int]:
    """Figure → what is added to it.

    Args:
        moderator: who decides.
        dossier: the comment as it was before.
        after: its decisions, the new one included.
        now_s: the present time, in seconds since 1970.
    """
    tally: Counter[str] = Counter()
    before, decision = dossier.decisions, after[-1]
    if chain.undone_revision(decision):
        tally[f"undone|{moderator}"] += 1
    else:
        tally[f"by|{moderator}|{decision['action']}"] += 1
        tally.update(_waited(moderator, dossier, now_s))
    # Agreement counts what stands: a verdict that is replaced or undone no longer does.
    machine = chain.by_machine(after)
    tally.subtract(_agreement(machine, chain.verdict(before)))
    tally.update(_agreement(machine, chain.verdict(after)))
    tally.subtract(_reviewed(dossier.sampled, chain.verdict(before)))
    tally.update(_reviewed(dossier.sampled, chain.verdict(after)))
    return {figure: amount for figure, amount in tally.items() if amount}


def _waited(moderator: str, dossier: Dossier, now_s: float) -> Counter[str]:
    """The time that a held comment waited for the first person to look at it."""
    if dossier.held_ms is None or any(map(chain.is_by_person, dossier.decisions)):
        return Counter()
    seconds = max(round(now_s - dossier.held_ms / 1000), 0)
    at = bisect_left(WAITED_BOUNDS_S, seconds)
    bound = str(WAITED_BOUNDS_S[at]) if at < len(WAITED_BOUNDS_S) else "+Inf"
    return Counter(
        {
            f"waited|{bound}": 1,
            f"waited_by|{moderator}": 1,
            f"waited_s_by|{moderator}": seconds,
        }
    )


def _reviewed(sampled: str, verdict: dict[str, Any] | None) -> Counter[str]:
    """A verdict on a comment that was drawn by lot from those that the machine approved."""
    if not sampled or verdict is None:
        return Counter()
    return Counter({f"reviewed|{sampled}|{verdict['action']}": 1})


def _agreement(machine: dict[str, Any] | None, verdict: dict[str, Any] | None) -> Counter[str]:
    if machine is None or verdict is None:
        return Counter()
    actions = f"{machine['action']}|{verdict['action']}"
    fired = [
        reason["category"]
        for reason in machine["reasons"]
        if reason["code"] == ReasonCode.SCORE
    ]
    if not fired:
        fired = [RULES if machine["action"] == Action.HOLD else NOTHING]
    tally = Counter({f"agreement|{category}|{actions}": 1 for category in fired})
    tally[f"agreement_by|{verdict['moderator']}|{actions}"] += 1
    return tally
