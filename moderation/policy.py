"""The policy: scores and a site's rules → approve or hold. A pure function, no I/O.

The machine never rejects. By default only scores, languages that the release does not know,
banned words, floods and duplicates hold; every other rule waits to be switched on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Self

from moderation.domain import Action, Facts, QueueOrder, Reason, ReasonCode, Source
from moderation.wordlists import WordList

#: Texts with fewer letters and digits are never copies: "Thank you!" is said by many.
FINGERPRINT_LEAST_CHARACTERS = 20
FINGERPRINT_CHARACTERS = 24
#: The window in which comments of an author count towards a flood, if a site sets none.
FLOOD_WINDOW_S = 60

#: The largest share of the approved comments that a site may have drawn for review.
MOST_REVIEWED = 0.2
#: The most entries that a list of a policy has.
LIST_ENTRIES = 10_000
#: The fields of a policy that are lists of words or ids.
LISTS = ("banned_words", "suspect_words", "held_articles", "held_authors", "closed_articles")

#: Each link once, however it begins: `[url=https://www.` is one.
_LINK = re.compile(
    r"(?:\[url[=\]]\s*)?https?://(?:www\.)?|(?:\[url[=\]]\s*)?www\.|\[url", re.IGNORECASE
)
_BARE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class FloodRule:
    """Hold an author's comments past `comments` in `window_s` seconds."""

    comments: int = 10
    window_s: int = FLOOD_WINDOW_S


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Hold a text posted before: `by_author` times by the same author, or `by_anyone`."""

    by_author: int = 1
    by_anyone: int = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """A site's rules. `None` switches a rule off."""

    thresholds: Mapping[str, float | None] = field(default_factory=dict)
    """Category → hold at this probability or more, `None` for never; a category that is
    not here has the release's own threshold."""
    banned_words: tuple[str, ...] = ()
    suspect_words: tuple[str, ...] = ()
    hold_suspect_words: bool = False
    link_limit: int | None = None
    hold_first_time_authors: bool = False
    flood: FloodRule | None = FloodRule()
    duplicates: DuplicateRule | None = DuplicateRule()
    held_articles: tuple[str, ...] = ()
    held_authors: tuple[str, ...] = ()
    closed_articles: tuple[str, ...] = ()
    """Articles that take no comments any more."""
    unsupported_language: Action = Action.HOLD
    """What becomes of a comment in a language that the release does not know: a hold, or
    whatever its scores and the other rules say."""
    reports_to_hold: int | None = None
    queue_order: QueueOrder = QueueOrder.PROBABILITY
    """What moderators see first, unless they ask for another order."""
    review_share: float = 0.0
    """Of what the machine approves, the share that is drawn by lot for a person to look at;
    it stays published. At most `MOST_REVIEWED`."""

    @property
    def flood_window_s(self) -> int:
        """The window in which the record counts an author's comments."""
        return self.flood.window_s if self.flood else FLOOD_WINDOW_S

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """A policy from its JSON; what is absent has its default."""
        parts = dict(stored)
        for name, rule in (("flood", FloodRule), ("duplicates", DuplicateRule)):
            if parts.get(name) is not None:
                parts[name] = rule(**parts[name])
        for name in LISTS:
            if name in parts:
                parts[name] = tuple(parts[name])
        for name, kind in (("unsupported_language", Action), ("queue_order", QueueOrder)):
            if name in parts:
                parts[name] = kind(parts[name])
        return cls(**parts)

    def to_json(self) -> dict[str, Any]:
        """The policy as the contract's `GET /v1/policy` writes it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """What is decided on: a text with its scores and what the record knows about it."""

    text: str
    normalised: str
    scores: Mapping[str, float]
    article_id: str = ""
    author_id: str = ""
    facts: Facts = Facts()
    language: str | None = None
    """The primary subtag of BCP 47; `None` where it cannot be told, which holds nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the machine decides, and why."""

    action: Action
    source: Source
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A policy made ready to decide with: thresholds filled in, word lists compiled.

    `languages`: those that the release knows.
    """

    policy: Policy
    thresholds: Mapping[str, float]
    banned: WordList
    suspect: WordList
    languages: Collection[str]


def effective_thresholds(
    policy: Policy, release_thresholds: Mapping[str, float]
) -> dict[str, float]:
    """The thresholds that hold: the site's own over the release's, `None` left out."""
    merged: dict[str, float | None] = {**release_thresholds, **policy.thresholds}
    return {
        category: threshold for category, threshold in merged.items() if threshold is not None
    }


def decide(subject: Subject, rules: Rulebook) -> Verdict:
    """Approves or holds; every rule that fired is a reason."""
    policy = rules.policy
    by_score = [*_score_reasons(subject.scores, rules.thresholds)]
    by_rule = [*_rule_reasons(subject, rules)]
    notes: list[Reason] = []
    unsupported = by_rule if policy.unsupported_language == Action.HOLD else notes
    unsupported += _language_reasons(subject, rules)
    suspect = by_rule if policy.hold_suspect_words else notes
    suspect += _suspect_reasons(subject, rules)
    return Verdict(
        Action.HOLD if by_score or by_rule else Action.APPROVE,
        Source.POLICY if by_rule and not by_score else Source.CLASSIFIER,
        (*by_score, *by_rule, *notes),
    )


def unscored(detail: str) -> Verdict:
    """Holds what could not be scored: never approved, never dropped."""
    return Verdict(Action.HOLD, Source.POLICY, (Reason(ReasonCode.UNSCORED, detail=detail),))


def reports_hold(policy: Policy, reporters: int) -> bool:
    """Whether so many readers' reports hold an approved comment."""
    return policy.reports_to_hold is not None and reporters >= policy.reports_to_hold


def text_fingerprint(text: str) -> str:
    """What copies of a text share: a digest of its letters and digits; "" for short texts."""
    bare = _BARE.sub("", text.casefold())
    if len(bare) < FINGERPRINT_LEAST_CHARACTERS:
        return ""
    return sha256(bare.encode("utf-8", "replace")).hexdigest()[:FINGERPRINT_CHARACTERS]


def _score_reasons(
    scores: Mapping[str, float], thresholds: Mapping[str, float]
) -> Iterator[Reason]:
    reached = [
        (scores[category], category)
        for category, threshold in thresholds.items()
        if scores.get(category, -1.0) >= threshold
    ]
    for score, category in sorted(reached, reverse=True):
        yield Reason(ReasonCode.SCORE, category, score, thresholds[category])


def _rule_reasons(subject: Subject, rules: Rulebook) -> Iterator[Reason]:
    policy = rules.policy
    for word in rules.banned.find(subject.text, subject.normalised):
        yield Reason(ReasonCode.BANNED_WORD, detail=word)
    if subject.article_id in policy.held_articles:
        yield Reason(ReasonCode.HELD_ARTICLE, detail=subject.article_id)
    if subject.author_id in policy.held_authors:
        # Without the id: decisions outlive the erasure of an author.
        yield Reason(ReasonCode.HELD_AUTHOR)
    if policy.link_limit is not None:
        links = len(_LINK.findall(subject.text))
        if links > policy.link_limit:
            yield Reason(ReasonCode.LINKS, detail=f"{links} links, {policy.link_limit} allowed")
    yield from _history_reasons(subject.facts, policy)


def _history_reasons(facts: Facts, policy: Policy) -> Iterator[Reason]:
    if policy.hold_first_time_authors and facts.approved_before == 0:
        yield Reason(ReasonCode.FIRST_TIME_AUTHOR, detail="no approved comment before")
    flood, duplicates = policy.flood, policy.duplicates
    if flood and facts.recent_by_author > flood.comments:
        yield Reason(
            ReasonCode.FLOOD,
            detail=f"{facts.recent_by_author} comments in {flood.window_s} s, "
            f"{flood.comments} allowed",
        )
    if duplicates and (
        facts.copies_by_author_before >= duplicates.by_author
        or facts.copies_before >= duplicates.by_anyone
    ):
        yield Reason(
            ReasonCode.DUPLICATE,
            detail=f"posted {facts.copies_before} times before, "
            f"{facts.copies_by_author_before} of them by this author",
        )


def _language_reasons(subject: Subject, rules: Rulebook) -> Iterator[Reason]:
    if subject.language is not None and subject.language not in rules.languages:
        yield Reason(ReasonCode.UNSUPPORTED_LANGUAGE, detail=subject.language)


def _suspect_reasons(subject: Subject, rules: Rulebook) -> Iterator[Reason]:
    for word in rules.suspect.find(subject.text, subject.normalised):
        yield Reason(ReasonCode.SUSPECT_WORD, detail=word)
