"""Where a held comment stands in the queue: a pure function of the decision that held it.

Each dimension is a sorted set of the record. Moderators sort by some and filter by others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.domain import Decision, QueueOrder, Reason, ReasonCode

#: How grave a category is, against the gravest; one that is not here counts `OTHER_GRAVITY`.
GRAVITY: Mapping[str, float] = {
    "severe_toxicity": 1.0,
    "threat": 1.0,
    "identity_attack": 0.9,
    "toxicity": 0.6,
    "insult": 0.5,
    "obscene": 0.4,
    "spam": 0.1,
}
OTHER_GRAVITY = 0.5
#: A comment as severe as this is blurred until its reader wants to see it.
SEVERE = 0.65

#: A state of held comments: nobody has looked yet, or somebody did and keeps it held.
NEW, KEPT = "state:new", "state:kept"
AGE, SINCE, REPORTS = "age", "since", "reports"
#: How few of a comment's kind are held or labelled already; only the record knows.
DIVERSITY = "diversity"

#: Order → (dimension, whether the highest comes first).
ORDERS: Mapping[QueueOrder, tuple[str, bool]] = {
    QueueOrder.PROBABILITY: ("probability", True),
    QueueOrder.SEVERITY: ("severity", True),
    QueueOrder.UNCERTAINTY: ("uncertainty", True),
    QueueOrder.DIVERSITY: (DIVERSITY, True),
    QueueOrder.REPORTS: (REPORTS, True),
    QueueOrder.OLDEST: (AGE, False),
    QueueOrder.NEWEST: (AGE, True),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A held comment's place.

    `ranked` dimensions order the queue: the record adds the comment's age to a value, so
    that no two comments stand at the same place. `plain` ones only filter. `kind` is what
    comments that resemble each other share; of one without it the record keeps the one that
    it knows.
    """

    ranked: Mapping[str, float]
    plain: Mapping[str, float]
    kind: str = ""

    def to_json(self) -> dict[str, Any]:
        """The place as the scripts of the record take it."""
        return {"ranked": self.ranked, "plain": self.plain, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Drawn:
    """An approved comment that was drawn by lot for a person to look at.

    `share`: of how large a part of the approved it is one.
    """

    share: float

    def to_json(self) -> dict[str, Any]:
        """What the scripts of the record take in the place of a place."""
        return {"drawn": f"{self.share:g}"}


def place(decision: Decision, *, looked_at: bool = False, kind: str = "") -> Place:
    """The place of a comment that `decision` holds.

    Args:
        decision: the machine's or the readers' decision.
        looked_at: a moderator has seen it and keeps it held.
        kind: what comments that resemble it share, "" where that is not known.
    """
    scores = decision.scores
    return Place(
        ranked={
            "probability": max(scores.values(), default=0.0),
            "severity": severity(scores),
            "uncertainty": uncertainty(scores.values()),
        },
        plain={
            KEPT if looked_at else NEW: 0.0,
            f"source:{decision.source.value}": 0.0,
            f"language:{decision.language or 'und'}": 0.0,
            **{score_of(category): score for category, score in scores.items()},
            **_fired(decision.reasons),
        },
        kind=kind,
    )


def score_of(category: str) -> str:
    """The dimension that holds the probability of a category."""
    return f"score:{category}"


def severity(scores: Mapping[str, float]) -> float:
    """How grave a comment is likely to be, in [0, 1]: the gravest of its categories."""
    return max(
        (GRAVITY.get(category, OTHER_GRAVITY) * score for category, score in scores.items()),
        default=0.0,
    )


def uncertainty(scores: Iterable[float]) -> float:
    """How much a label would teach, in [0, 1]: 1 where a probability is one half."""
    return max((1.0 - abs(2.0 * score - 1.0) for score in scores), default=1.0)


def _fired(reasons: Iterable[Reason]) -> dict[str, float]:
    fired = {}
    for reason in reasons:
        fired[f"reason:{reason.code.value}"] = 0.0
        if reason.code is ReasonCode.SCORE:
            fired[f"category:{reason.category}"] = reason.score or 0.0
    return fired
