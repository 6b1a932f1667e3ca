"""Decisions in a friendly reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moderation.domain import Action, Comment, ReasonCode, Source, Status
from moderation.wording import category_label

PENDING = "Your comment is on its way through the classifier. A blink, usually."
APPROVED = "Every score stayed below its threshold, so everybody can read it at once."

#: Code of a reason → what it means, `{detail}` and the like filled in from the reason.
_REASONS = {
    ReasonCode.SCORE: "{category} {score:.2f} ≥ {threshold:.2f}",
    ReasonCode.BANNED_WORD: "it contains “{detail}”, which this site does not allow",
    ReasonCode.SUSPECT_WORD: "it contains “{detail}”, which this site watches for",
    ReasonCode.LINKS: "it has many links ({detail})",
    ReasonCode.FIRST_TIME_AUTHOR: "it is the author's first comment here",
    ReasonCode.FLOOD: "you are posting very quickly ({detail}) and might need a pause",
    ReasonCode.DUPLICATE: "the same text was posted here before",
    ReasonCode.HELD_ARTICLE: "every comment on this article is read by a person first",
    ReasonCode.HELD_AUTHOR: "this author's comments are read by a person first",
    ReasonCode.UNSUPPORTED_LANGUAGE: "its language ({detail}) is new to the classifier",
    ReasonCode.REPORTED: "readers reported it ({detail})",
    ReasonCode.UNSCORED: "it could not be scored, so a person will look at it",
}

_TITLES = {
    Status.PENDING: "Being checked",
    Status.APPROVED: "Approved",
    Status.HELD: "Held for a moderator",
    Status.REJECTED: "Not published",
}


def title(status: Status) -> str:
    """A status in a few words."""
    return _TITLES[status]


def explanation(comment: Comment) -> str:
    """One or two sentences on where a comment stands and why."""
    decision = comment.decision
    if decision is None:
        return PENDING
    if decision["source"] == Source.MODERATOR:
        return _by_moderator(decision)
    if decision["action"] == Action.APPROVE:
        return APPROVED
    because = ", ".join(_reason(reason) for reason in decision["reasons"])
    return f"Because {because}. Only you see it until a person has read it."


def decided_in(comment: Comment) -> str:
    """How long the machine took, "38 ms" or "1.2 s"; "" where a person decided."""
    if comment.decision is None or comment.revision != 1:
        return ""
    created = datetime.fromisoformat(comment.content["created_at"])
    took_s = (datetime.fromisoformat(comment.decision["decided_at"]) - created).total_seconds()
    if took_s < 0:
        return ""
    return f"{took_s * 1000:.0f} ms" if took_s < 1 else f"{took_s:.1f} s"


def _by_moderator(decision: Mapping[str, Any]) -> str:
    sentence = {
        Action.APPROVE: "A moderator read it and approved it.",
        Action.HOLD: "A moderator put it aside for another look.",
        Action.REJECT: "A moderator read it and decided not to publish it.",
    }[Action(decision["action"])]
    statement = decision.get("statement")
    return f"{sentence} {statement}" if statement else sentence


def _reason(reason: Mapping[str, Any]) -> str:
    parts = {"detail": "", **reason}
    if "category" in reason:
        parts["category"] = category_label(reason["category"])
    written = _REASONS[ReasonCode(reason["code"])].format(**parts)
    # A line break must not tear a score from its threshold.
    is_score = reason["code"] == ReasonCode.SCORE
    return written.replace(" ", "\N{NO-BREAK SPACE}") if is_score else written
