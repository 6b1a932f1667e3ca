"""What a draft of a policy would do to the site's own comments, before it is saved.

`effect` is a pure function of samples of comments and of what two policies hold. Rules other
than thresholds leave a trace only where they fired: a comment that they held stays held, and
only suspect words and unknown languages, which are noted in any case, follow the draft.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.desk import chain
from moderation.desk.shares import MANY, Share, percent
from moderation.desk.thresholds import deciding
from moderation.domain import Action, ReasonCode
from moderation.policy import Policy, effective_thresholds
from moderation.record import Record

#: Bins of the histograms of scores between 0 and 1.
BINS = 20
#: How long samples are used again without asking whether there are newer ones.
FRESH_S = 10.0
#: Sites whose samples one process keeps.
SITES_KEPT = 8
#: Rules that hold whenever they fire.
_ALWAYS_HOLD = frozenset(ReasonCode) - {
    ReasonCode.SCORE,
    ReasonCode.SUSPECT_WORD,
    ReasonCode.UNSUPPORTED_LANGUAGE,
    ReasonCode.REPORTED,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A comment as the machine decided on it: its scores, and the other rules that fired."""

    scores: Mapping[str, float]
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Holding:
    """What a policy holds: scores from these thresholds on, and comments of these rules."""

    thresholds: Mapping[str, float]
    rules: frozenset[str]

    @classmethod
    def of(cls, policy: Policy, release_thresholds: Mapping[str, float]) -> Holding:
        """What a policy holds with a release's scores."""
        rules = set(_ALWAYS_HOLD)
        if policy.hold_suspect_words:
            rules.add(ReasonCode.SUSPECT_WORD)
        if policy.unsupported_language == Action.HOLD:
            rules.add(ReasonCode.UNSUPPORTED_LANGUAGE)
        return cls(effective_thresholds(policy, release_thresholds), frozenset(rules))


class Sample:
    """Comments arranged by score, so that trying thresholds takes next to no time."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.size = len(rows)
        self._by_rule: dict[str, set[int]] = {}
        scored: dict[str, list[tuple[float, int]]] = {}
        for number, row in enumerate(rows):
            for category, score in row.scores.items():
                scored.setdefault(category, []).append((score, number))
            for rule in row.rules:
                self._by_rule.setdefault(rule, set()).add(number)
        self._scores: dict[str, list[float]] = {}
        self._numbers: dict[str, list[int]] = {}
        for category, pairs in scored.items():
            pairs.sort()
            self._scores[category] = [score for score, _ in pairs]
            self._numbers[category] = [number for _, number in pairs]

    def held(self, holding: Holding) -> Share:
        """How many of them would be held."""
        held: set[int] = set()
        for rule in holding.rules & self._by_rule.keys():
            held |= self._by_rule[rule]
        for category, threshold in holding.thresholds.items():
            at = self._first_at(category, threshold)
            held.update(self._numbers.get(category, ())[at:])
        return Share(len(held), self.size)

    def reaching(self, category: str, threshold: float | None) -> Share:
        """How many of them reach a threshold; `None` is reached by none."""
        if threshold is None:
            return Share(0, self.size)
        scores = self._scores.get(category, ())
        return Share(len(scores) - self._first_at(category, threshold), self.size)

    @property
    def categories(self) -> Iterable[str]:
        """The categories that any of them has a score of."""
        return self._scores.keys()

    def histogram(self, category: str) -> list[int]:
        """How many scores lie in each of `BINS` bins of equal width; 1 is in the last."""
        edges = [self._first_at(category, at / BINS) for at in range(BINS)]
        return [
            end - begin
            for begin, end in zip(
                edges, [*edges[1:], len(self._scores.get(category, ()))], strict=True
            )
        ]

    def _first_at(self, category: str, threshold: float) -> int:
        return bisect_left(self._scores.get(category, ()), threshold)


@dataclass(frozen=True, slots=True)
class Samples:
    """A site's own comments: the recent ones, and what people rejected and approved."""

    recent: Sample
    rejected: Sample
    approved: Sample

    def histograms(self) -> dict[str, dict[str, list[int]]]:
        """Category → sample → how often its scores occur."""
        return {
            category: {
                "recent": self.recent.histogram(category),
                "rejected": self.rejected.histogram(category),
                "approved": self.approved.histogram(category),
            }
            for category in sorted(
                {
                    *self.recent.categories,
                    *self.rejected.categories,
                    *self.approved.categories,
                }
            )
        }


@dataclass(frozen=True, slots=True)
class Change:
    """The same share as things are, and with the draft."""

    now: Share
    draft: Share

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {"now": self.now.to_json(), "draft": self.draft.to_json()}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a draft would do.

    Attributes:
        held: recent comments that are held.
        caught: rejected ones that the machine holds.
        stopped: approved ones that the machine holds.
        reaching: category → recent comments that reach its threshold.
    """

    held: Change
    caught: Change
    stopped: Change
    reaching: Mapping[str, Change]

    @property
    def sentence(self) -> str:
        """The gist of it, and how sure it is where numbers are small."""
        return f"{self._held()}, {self._caught()}"

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "sentence": self.sentence,
            "held": self.held.to_json(),
            "caught": self.caught.to_json(),
            "stopped": self.stopped.to_json(),
            "reaching": {name: one.to_json() for name, one in self.reaching.items()},
        }

    def _held(self) -> str:
        now, draft = self.held.now, self.held.draft
        if draft.value is None or now.value is None:
            return "no comments yet"
        doubt = f"; {_doubt(draft)}" if _doubt(draft) else ""
        return f"holds {percent(draft.value)} of comments (now {percent(now.value)}{doubt})"

    def _caught(self) -> str:
        draft = self.caught.draft
        if draft.value is None:
            is_labelled = self.stopped.draft.whole
            return "nothing was rejected yet" if is_labelled else "no labels yet"
        doubt = f" ({_doubt(draft)})" if _doubt(draft) else ""
        return f"catches {percent(draft.value)} of what moderators rejected{doubt}"


def effect(samples: Samples, now: Holding, draft: Holding) -> Effect:
    """What becomes of a site's comments when `draft` takes the place of `now`."""

    def change(sample: Sample) -> Change:
        return Change(sample.held(now), sample.held(draft))

    return Effect(
        held=change(samples.recent),
        caught=change(samples.rejected),
        stopped=change(samples.approved),
        reaching={
            category: Change(
                samples.recent.reaching(category, now.thresholds.get(category)),
                samples.recent.reaching(category, draft.thresholds.get(category)),
            )
            for category in {**now.thresholds, **draft.thresholds}
        },
    )


class Effects:
    """Effects on the comments in the record. One object keeps samples for some seconds."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._kept: dict[str, tuple[float, str, Samples]] = {}

    def of(self, site: str, draft: Policy) -> Effect:
        """What a draft would do, in place of the policy that holds now."""
        release = deciding(self._record, site)
        thresholds = release.thresholds if release else {}
        now = self._record.policies.current(site).policy
        return effect(
            self.samples(site), Holding.of(now, thresholds), Holding.of(draft, thresholds)
        )

    def samples(self, site: str) -> Samples:
        """A site's comments to try policies on, some seconds old at most."""
        read_at, position, samples = self._kept.get(site, (0.0, "", None))
        if samples and time.monotonic() - read_at < FRESH_S:
            return samples
        newest = self._record.decisions.last_position(site)
        if samples is None or newest != position:
            samples = self._read(site)
        self._kept.pop(site, None)
        self._kept[site] = time.monotonic(), newest, samples
        while len(self._kept) > SITES_KEPT:
            self._kept.pop(next(iter(self._kept)), None)
        return samples

    def _read(self, site: str) -> Samples:
        labelled: dict[str, list[Row]] = {Action.REJECT: [], Action.APPROVE: []}
        for decisions in self._record.precedents.labelled(site):
            if verdict := chain.verdict(decisions):
                labelled[verdict["action"]].append(_labelled_row(decisions, verdict))
        return Samples(
            Sample(_rows(self._record.precedents.recent(site))),
            Sample(labelled[Action.REJECT]),
            Sample(labelled[Action.APPROVE]),
        )


def _rows(decisions: Iterable[dict[str, Any]]) -> list[Row]:
    return [_row(one) for one in decisions if not chain.is_by_person(one)]


def _labelled_row(decisions: chain.Decisions, verdict: dict[str, Any]) -> Row:
    """The comment as the machine saw it, or with no rules if a person came before it."""
    first = decisions[0]
    return Row(verdict["scores"], frozenset()) if chain.is_by_person(first) else _row(first)


def _row(decision: dict[str, Any]) -> Row:
    codes = (reason["code"] for reason in decision["reasons"])
    return Row(decision["scores"], frozenset(codes) - {ReasonCode.SCORE})


def _doubt(share: Share) -> str:
    """How far off a share of few may be, "" for one of many."""
    if share.whole >= MANY:
        return ""
    reach = f"{percent(share.low)} to {percent(share.high)}"
    return f"likely {reach}, as only {share.whole} are known"
