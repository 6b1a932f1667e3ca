"""The words of this service as types: comment, decision, reason, facts.

The ground floor: imports nothing of ours, does no I/O.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from secrets import token_bytes
from typing import Any, Self


class Status(StrEnum):
    """Where a comment stands; what a site acts on."""

    PENDING = "pending"
    APPROVED = "approved"
    HELD = "held"
    REJECTED = "rejected"


class Action(StrEnum):
    """What a decision does. The machine approves or holds; only a person rejects."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"

    @property
    def status(self) -> Status:
        """The status of a comment after this action."""
        return _STATUS_AFTER[self]


_STATUS_AFTER = {
    Action.APPROVE: Status.APPROVED,
    Action.HOLD: Status.HELD,
    Action.REJECT: Status.REJECTED,
}


class Source(StrEnum):
    """Who or what made a decision."""

    CLASSIFIER = "classifier"
    POLICY = "policy"
    MODERATOR = "moderator"
    REPORT = "report"


class Lane(StrEnum):
    """The two queues of pending comments: a batch load never delays a live comment."""

    LIVE = "live"
    BULK = "bulk"


class ReasonCode(StrEnum):
    """Why a decision was made, one code a rule."""

    SCORE = "score"
    BANNED_WORD = "banned_word"
    SUSPECT_WORD = "suspect_word"
    LINKS = "links"
    FIRST_TIME_AUTHOR = "first_time_author"
    FLOOD = "flood"
    DUPLICATE = "duplicate"
    HELD_ARTICLE = "held_article"
    HELD_AUTHOR = "held_author"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    REPORTED = "reported"
    UNSCORED = "unscored"
    UNDONE = "undone"
    """A person takes back the decision of the revision in `detail`."""
    LABEL = "label"
    """A person says that a category applies, though they do not reject the comment."""


class Violation(StrEnum):
    """What a person rejects a comment for.

    The codes that comment platforms use in statements of reasons under Article 17 of the
    EU's Digital Services Act.
    """

    OFFENSIVE = "OFFENSIVE"
    ABUSIVE = "ABUSIVE"
    SPAM = "SPAM"
    ILLEGAL_CONTENT = "ILLEGAL_CONTENT"
    HARASSMENT_BULLYING = "HARASSMENT_BULLYING"
    HATE_SPEECH = "HATE_SPEECH"
    MISINFORMATION = "MISINFORMATION"
    IRRELEVANT_CONTENT = "IRRELEVANT_CONTENT"
    OTHER = "OTHER"


class QueueOrder(StrEnum):
    """What a moderator sees first."""

    PROBABILITY = "probability"
    OLDEST = "oldest"
    NEWEST = "newest"
    REPORTS = "reports"
    SEVERITY = "severity"
    UNCERTAINTY = "uncertainty"
    DIVERSITY = "diversity"


class Role(StrEnum):
    """What somebody may do on a site; each role may do what the ones before it may."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    ADMIN = "admin"

    def allows(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who does something on a site, whatever the door: a page or a token."""

    name: str
    site: str
    role: Role


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an OpenID Connect provider says somebody is; `email` only if it verified it."""

    subject: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that fired, with the figures it fired on."""

    code: ReasonCode | Violation
    category: str | None = None
    score: float | None = None
    threshold: float | None = None
    detail: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The reason as the contract writes it, empty parts left out."""
        parts = {
            "code": self.code.value,
            "category": self.category,
            "score": self.score,
            "threshold": self.threshold,
            "detail": self.detail,
        }
        return {name: value for name, value in parts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Decision:
    """One link in a comment's chain of decisions; `revision` counts them from 1."""

    comment_id: str
    article_id: str
    revision: int
    action: Action
    source: Source
    reasons: tuple[Reason, ...]
    decided_at: str
    scores: dict[str, float] = field(default_factory=dict)
    model: str | None = None
    language: str | None = None
    moderator: str | None = None
    statement: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The decision as the contract writes it."""
        written = {
            "comment_id": self.comment_id,
            "article_id": self.article_id,
            "revision": self.revision,
            "action": self.action.value,
            "source": self.source.value,
            "reasons": [reason.to_json() for reason in self.reasons],
            "scores": self.scores,
            "model": self.model,
            "decided_at": self.decided_at,
        }
        for name in ("language", "moderator", "statement"):
            value = getattr(self, name)
            if value is not None:
                written[name] = value
        return written


@dataclass(frozen=True, slots=True)
class NewComment:
    """A comment as a site posted it, validated, before it is stored.

    `content` is what the site sent about it besides its ids: text, author, created_at,
    and, where given, parent_id, language and article.
    """

    id: str
    article_id: str
    content: dict[str, Any]
    digest: str
    created_ms: int
    idempotency_key: str | None = None

    @property
    def author_id(self) -> str:
        """The site's own id of the author."""
        return str(self.content["author"]["id"])

    @property
    def parent_id(self) -> str | None:
        """The comment that this one answers."""
        return self.content.get("parent_id")


@dataclass(frozen=True, slots=True)
class Comment:
    """A stored comment with its latest decision."""

    id: str
    article_id: str
    content: dict[str, Any]
    status: Status = Status.PENDING
    revision: int = 0
    decision: dict[str, Any] | None = None

    @classmethod
    def accepted(cls, new: NewComment) -> Self:
        """The comment as it is right after it was accepted."""
        return cls(new.id, new.article_id, new.content)

    def decided(self, decision: dict[str, Any]) -> Self:
        """The comment after a decision, given as the contract writes it."""
        status = Action(decision["action"]).status
        return replace(self, status=status, revision=decision["revision"], decision=decision)

    def to_json(self) -> dict[str, Any]:
        """The comment as the contract writes it."""
        return {
            "id": self.id,
            "article_id": self.article_id,
            "parent_id": self.content.get("parent_id"),
            "author": self.content["author"],
            "text": self.content["text"],
            "created_at": self.content["created_at"],
            "status": self.status.value,
            "revision": self.revision,
            "decision": self.decision,
        }


@dataclass(frozen=True, slots=True)
class Facts:
    """What the record knows about a comment besides its text, as the rules need it."""

    approved_before: int = 0
    """Comments of this author that stand approved on this site."""
    recent_by_author: int = 0
    """Comments of this author inside the flood window that ends with this one, it included."""
    copies_before: int = 0
    """Earlier comments of the site with the same text."""
    copies_by_author_before: int = 0
    """Those of them by the same author."""


def new_comment_id() -> str:
    """An id for a comment whose site gave it none.

    80 random bits: among a thousand million comments two meet with a chance of one in two
    million, and then the second is refused, not lost. Short, as it stands in each index.
    """
    return b32encode(token_bytes(10)).decode().lower()


def rfc3339(moment: datetime) -> str:
    """A moment in UTC with milliseconds, `2026-11-24T06:08:45.123Z` (RFC 3339)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now_rfc3339() -> str:
    """The present moment as `rfc3339` writes it."""
    return rfc3339(datetime.now(UTC))
