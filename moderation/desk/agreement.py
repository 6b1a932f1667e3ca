"""How far moderators agree, by the comments that two of them judged: pure functions.

Agreement is told as a share and as Cohen's kappa (Cohen 1960): what is left of it when that
is taken off which chance alone would bring about. Where nearly all is approved, two who
never look agree on nearly all; their kappa is 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.desk.shares import Share
from moderation.domain import Action
from moderation.record.opinions import Opinion

#: Below so many pairs an agreement says too little to be told.
FEWEST_PAIRS = 30

#: What two moderators said of the same: 0 or 1 each.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa and its 95 % interval.

    The interval takes agreement by chance as known, as Cohen does, and Wilson's bounds for
    the share that agrees: it does not shrink to nothing where all agree.
    """

    value: float
    low: float
    high: float

    @property
    def told(self) -> str:
        """It for people."""
        told = f"{self.value:.2f}, likely {self.low:.2f} to {self.high:.2f}"
        return told.replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two agree on one question.

    Attributes:
        pairs: what they said, the first verdict and the second opinion.
    """

    pairs: Sequence[Pair]

    @property
    def share(self) -> Share:
        """The comments of which they said the same."""
        return Share(sum(one == other for one, other in self.pairs), len(self.pairs))

    @property
    def missing(self) -> int:
        """How many more comments must be judged twice before it is told."""
        return max(FEWEST_PAIRS - len(self.pairs), 0)

    @property
    def kappa(self) -> Kappa | None:
        """Cohen's kappa; `None` of too few pairs, or where both always say the same thing."""
        if self.missing:
            return None
        count = len(self.pairs)
        first = sum(one for one, _ in self.pairs) / count
        second = sum(other for _, other in self.pairs) / count
        chance = first * second + (1 - first) * (1 - second)
        if chance == 1.0:
            return None
        share = self.share
        value, low, high = (
            (agreed - chance) / (1 - chance)
            for agreed in (share.part / share.whole, share.low, share.high)
        )
        return Kappa(value, low, high)

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        kappa = self.kappa
        return {
            "agreed": self.share.to_json(),
            "kappa": kappa
            and {
                "value": round(kappa.value, 4),
                "low": round(kappa.low, 4),
                "high": round(kappa.high, 4),
            },
            "missing": self.missing,
        }


@dataclass(frozen=True, slots=True)
class Agreements:
    """How far the moderators of a site agree.

    Attributes:
        verdict: whether to publish a comment.
        by_category: category → whether it applies, where both verdicts tell.
        by_pair: two moderators, by name → whether to publish.
    """

    verdict: Agreement
    by_category: dict[str, Agreement]
    by_pair: dict[tuple[str, str], Agreement]

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "verdict": self.verdict.to_json(),
            "categories": {name: one.to_json() for name, one in self.by_category.items()},
            "moderators": [
                {"names": list(names), **one.to_json()} for names, one in self.by_pair.items()
            ],
        }


def agreements(opinions: Iterable[Opinion]) -> Agreements:
    """How far moderators agree, by second opinions beside the verdicts as they were then."""
    verdicts: list[Pair] = []
    categories: defaultdict[str, list[Pair]] = defaultdict(list)
    people: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for one in opinions:
        pair = _rejects(one.verdict.action), _rejects(one.opinion.action)
        verdicts.append(pair)
        names = sorted((one.verdict.who, one.opinion.who))
        people[names[0], names[1]].append(pair)
        for name, labels in _both_tell(one).items():
            categories[name].append(labels)
    return Agreements(
        Agreement(verdicts),
        {name: Agreement(pairs) for name, pairs in sorted(categories.items())},
        {names: Agreement(pairs) for names, pairs in sorted(people.items())},
    )


def _both_tell(opinion: Opinion) -> dict[str, Pair]:
    first, second = opinion.verdict.labels or {}, opinion.opinion.labels or {}
    return {name: (first[name], second[name]) for name in first if name in second}


def _rejects(action: str) -> int:
    return int(action == Action.REJECT)
