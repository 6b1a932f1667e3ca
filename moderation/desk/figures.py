"""The figures of a site: how much waits, how much was decided, and who agrees with whom.

`summarise` is a pure function of the daily figures that the record adds up (their names are
in `docs/record.md`) and of the queue as it is now; `figures_of` reads both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any

from moderation.desk.shares import Share
from moderation.desk.tally import WAITED_BOUNDS_S
from moderation.domain import Action, Source, Status
from moderation.record import Record

#: Days of figures; the record keeps them for 400.
MOST_DAYS = 366

Day = tuple[date, Mapping[str, int]]
#: What stands behind the kind of a figure → its number.
Counts = Counter[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class QueueNow:
    """The held comments at this moment, and how long they have waited."""

    length: int
    oldest_s: int | None = None
    median_s: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "length": self.length,
            "oldest_s": self.oldest_s,
            "median_s": self.median_s,
        }


@dataclass(frozen=True, slots=True)
class DayOfDecisions:
    """The decisions of a day: source → status that they led to → how many."""

    day: date
    by_source: Mapping[Source, Mapping[Status, int]]

    def of(self, source: Source) -> int:
        """How many decisions a source made."""
        return sum(self.by_source[source].values())

    @property
    def total(self) -> int:
        """How many decisions were made."""
        return sum(map(self.of, Source))

    def to_json(self) -> dict[str, Any]:
        """As the API writes it; what is zero is left out."""
        return {
            "date": self.day.isoformat(),
            "total": self.total,
            "by_source": {
                source.value: {status.value: count for status, count in counts.items()}
                for source, counts in self.by_source.items()
                if counts
            },
        }


@dataclass(frozen=True, slots=True)
class Waited:
    """How long held comments waited for the first person to decide them.

    `counts` has one number more than `WAITED_BOUNDS_S`: those that waited longer than that.
    """

    counts: Sequence[int]

    @property
    def total(self) -> int:
        """How many were counted."""
        return sum(self.counts)

    @property
    def median_s(self) -> float | None:
        """The median, estimated as if times were spread evenly within each range.

        One that is longer than the last bound is told as that bound.
        """
        if not self.total:
            return None
        half, counted = self.total / 2, list(accumulate(self.counts))
        at = bisect_left(counted, half)
        if at == len(WAITED_BOUNDS_S):
            return float(WAITED_BOUNDS_S[-1])
        low = WAITED_BOUNDS_S[at - 1] if at else 0
        within = 1 - (counted[at] - half) / self.counts[at]
        return low + within * (WAITED_BOUNDS_S[at] - low)

    def to_json(self) -> dict[str, Any]:
        """As the API writes it; the last range has no upper end."""
        return {
            "median_s": self.median_s,
            "histogram": [
                {"up_to_s": bound, "count": count}
                for bound, count in zip((*WAITED_BOUNDS_S, None), self.counts, strict=True)
            ],
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """How people decided what the machine had decided before them.

    Attributes:
        held: of the comments that the machine held, those that people rejected: it was right.
        passed: of those that it had approved, those that people rejected: it had missed them.
    """

    held: Share
    passed: Share

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "held_then_rejected": self.held.to_json(),
            "approved_then_rejected": self.passed.to_json(),
        }


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """What one moderator did."""

    name: str
    decided: Mapping[Action, int]
    undone: int
    mean_waited_s: int | None
    agreement: Agreement

    @property
    def decisions(self) -> int:
        """How many decisions they made; undoing is not counted."""
        return sum(self.decided.values())

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "name": self.name,
            "decisions": {action.value: self.decided[action] for action in Action},
            "undone": self.undone,
            "mean_waited_s": self.mean_waited_s,
            "agreement": self.agreement.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a site over some days."""

    queue: QueueNow
    days: Sequence[DayOfDecisions]
    waited: Waited
    agreement: Agreement
    by_category: Mapping[str, Agreement]
    people: Sequence[PersonFigures]

    @property
    def decisions(self) -> int:
        """How many decisions were made, by whomever."""
        return sum(day.total for day in self.days)

    def to_json(self) -> dict[str, Any]:
        """As the API writes them."""
        return {
            "queue": self.queue.to_json(),
            "days": [day.to_json() for day in self.days],
            "waited": self.waited.to_json(),
            "agreement": self.agreement.to_json(),
            "categories": {
                category: agreement.to_json()
                for category, agreement in self.by_category.items()
            },
            "moderators": [person.to_json() for person in self.people],
        }


def figures_of(record: Record, site: str, *, days: int, now_s: float) -> Figures:
    """The figures of a site over the last days, today (UTC) included."""
    return summarise(record.daily.read(site, days), _queue_now(record, site, now_s))


def summarise(days: Sequence[Day], queue: QueueNow) -> Figures:
    """The figures of these days, the oldest first."""
    total: Counts = Counter()
    for _, figures in days:
        for figure, amount in figures.items():
            total[tuple(figure.split("|"))] += amount
    bounds = (*map(str, WAITED_BOUNDS_S), "+Inf")
    return Figures(
        queue=queue,
        days=[_decisions(day, figures) for day, figures in days],
        waited=Waited([total["waited", bound] for bound in bounds]),
        # A comment counts once for its moderator, but once for each category that held it.
        agreement=_agreement(_joined(_by_name(total, "agreement_by").values())),
        by_category={
            category: _agreement(counts)
            for category, counts in sorted(_by_name(total, "agreement").items())
        },
        people=_people(total),
    )


def _queue_now(record: Record, site: str, now_s: float) -> QueueNow:
    def waited_s(share: float) -> int | None:
        since_ms = record.held.since_ms(site, share)
        return None if since_ms is None else max(int(now_s - since_ms / 1000), 0)

    return QueueNow(record.held.total(site), oldest_s=waited_s(0), median_s=waited_s(1 / 2))


def _decisions(day: date, figures: Mapping[str, int]) -> DayOfDecisions:
    by_source: dict[Source, dict[Status, int]] = {source: {} for source in Source}
    for source in Source:
        for status in Status:
            if amount := figures.get(f"decided|{source.value}|{status.value}"):
                by_source[source][status] = amount
    return DayOfDecisions(day, by_source)


def _people(total: Counts) -> list[PersonFigures]:
    decided = _by_name(total, "by")
    agreements = _by_name(total, "agreement_by")
    undone = {figure[1] for figure in total if figure[0] == "undone"}
    people = [
        PersonFigures(
            name,
            decided={action: decided[name][action,] for action in Action},
            undone=total["undone", name],
            mean_waited_s=_mean(total["waited_s_by", name], total["waited_by", name]),
            agreement=_agreement(agreements[name]),
        )
        for name in {*decided, *undone, *agreements}
    ]
    return sorted(people, key=lambda one: (-one.decisions, one.name))


def _by_name(total: Counts, kind: str) -> defaultdict[str, Counts]:
    """The figures of a kind, whose second part is the name of somebody or something."""
    found: defaultdict[str, Counts] = defaultdict(Counter)
    for (first, *rest), amount in total.items():
        if first == kind:
            found[rest[0]][tuple(rest[1:])] = amount
    return found


def _joined(several: Iterable[Counts]) -> Counts:
    joined: Counts = Counter()
    for counts in several:
        joined.update(counts)
    return joined


def _agreement(counts: Counts) -> Agreement:
    return Agreement(
        held=_rejected(counts, Action.HOLD), passed=_rejected(counts, Action.APPROVE)
    )


def _rejected(counts: Counts, machine: Action) -> Share:
    """The share that people rejected of what the machine decided so.

    A verdict of an earlier day that was taken back within these days counts below zero.
    """
    approved, rejected = (
        max(counts[machine.value, person.value], 0)
        for person in (Action.APPROVE, Action.REJECT)
    )
    return Share(rejected, approved + rejected)


def _mean(amount: int, count: int) -> int | None:
    return round(amount / count) if count > 0 else None
