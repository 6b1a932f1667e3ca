"""Whether a site's comments, and what becomes of them, still are what they were.

Reads the figures of the day and asks `moderation.drift` about each measure: a week against
the four weeks before it, day by day. What hangs on the release is compared only with days
on which the same release decided. Today is left out: it is not over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile
from typing import Any

from moderation.desk.drift_questions import Figures, Question, questions, releases_of
from moderation.desk.shares import percent
from moderation.drift import Finding, Level
from moderation.record import Record

#: Days that are looked back on.
SHOWN_DAYS = 56
WEEK, BEFORE = 7, 28
#: How old what `DriftWatch` tells may be.
FRESH_S = 60.0

Day = tuple[date, Figures]


@dataclass(frozen=True, slots=True)
class Measure:
    """What came out of a question, day by day, the oldest first."""

    question: Question
    days: Sequence[date]
    findings: Sequence[Finding]

    @property
    def name(self) -> str:
        """For machines."""
        return self.question.name

    @property
    def label(self) -> str:
        """For people."""
        return self.question.label

    @property
    def now(self) -> Finding:
        """The last week that is over."""
        return self.findings[-1]

    @property
    def since(self) -> date | None:
        """The first day from which on it was out of its band every day; `None`: it is in."""
        out = [*takewhile(lambda one: one.level.is_out, reversed(self.findings))]
        return self.days[-len(out)] if out else None

    @property
    def sentence(self) -> str:
        """How it stands, for people."""
        now = self.now
        if now.value is None:
            return f"{self.label}: too few to tell."
        told = self.told(now.value)
        if self.since is None:
            return f"{self.label}: as usual ({told})."
        since = f"{self.since:%-d %B}"
        if self.question.is_share:
            usual = f"{percent(now.low)} to {percent(now.high)} is usual"
            return f"{self.label}: {told} in the last week, {usual}; so since {since}."
        return f"{self.label}: changed since {since} ({told}, up to {now.high:.2f} is usual)."

    def told(self, value: float) -> str:
        """A value for people."""
        return percent(value) if self.question.is_share else f"PSI {value:.2f}"

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "measure": self.name,
            "kind": "share" if self.question.is_share else "psi",
            "level": self.now.level.value,
            "since": self.since and self.since.isoformat(),
            "sentence": self.sentence,
            "days": [
                {
                    "date": day.isoformat(),
                    "value": _rounded(one.value),
                    "low": _rounded(one.low),
                    "high": _rounded(one.high),
                    "level": one.level.value,
                }
                for day, one in zip(self.days, self.findings, strict=True)
            ],
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """All measures of a site."""

    measures: Sequence[Measure]

    def at(self, level: Level) -> list[Measure]:
        """The measures that stand so now."""
        return [one for one in self.measures if one.now.level is level]

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "alerts": [one.sentence for one in self.at(Level.ALERT)],
            "measures": [one.to_json() for one in self.measures],
        }


def drift_of(record: Record, site: str, *, days: int = SHOWN_DAYS) -> Drift:
    """How a site's measures stood on each of the last days that are over.

    Args:
        record: where the figures are.
        site: whose figures.
        days: how many days.
    """
    return assess(record.daily.read(site, days + WEEK + BEFORE)[:-1], days=days)


def assess(figures: Sequence[Day], *, days: int) -> Drift:
    """How the measures stood on the last of these days, the oldest first."""
    found = [one for _, one in figures]
    releases = list(releases_of(found))
    return Drift([_measure(question, figures, releases, days) for question in questions(found)])


@dataclass
class DriftWatch:
    """How each site stands now, computed anew at most once a minute."""

    record: Record
    _known: dict[str, tuple[float, Drift]] = field(default_factory=dict)

    def of(self, site: str) -> Drift:
        """The measures of a site as of yesterday."""
        known = self._known.get(site)
        if known is None or time.monotonic() - known[0] > FRESH_S:
            known = time.monotonic(), drift_of(self.record, site, days=1)
            self._known[site] = known
        return known[1]


def _measure(
    question: Question, figures: Sequence[Day], releases: Sequence[str], days: int
) -> Measure:
    bins = [question.bins(one) for _, one in figures]
    nothing = [0] * len(bins[0]) if bins else []
    first = max(len(figures) - days, 0)
    findings = []
    for at in range(first, len(figures)):
        begin, middle, end = max(at + 1 - WEEK - BEFORE, 0), max(at + 1 - WEEK, 0), at + 1
        counted = [
            nothing if question.by_release and releases[day] != releases[at] else bins[day]
            for day in range(begin, end)
        ]
        split = middle - begin
        findings.append(question.compare(counted[:split], counted[split:], question.least))
    return Measure(question, [day for day, _ in figures[first:]], findings)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
