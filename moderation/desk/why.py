"""Why a comment was held, in one sentence for moderators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.domain import ReasonCode, Source
from moderation.wording import category_label

_CLAUSES: Mapping[str, str] = {
    ReasonCode.BANNED_WORD: "it contains the banned “{detail}”",
    ReasonCode.SUSPECT_WORD: "it contains the suspect “{detail}”",
    ReasonCode.LINKS: "it has too many links ({detail})",
    ReasonCode.FIRST_TIME_AUTHOR: "its author has no approved comment yet",
    ReasonCode.FLOOD: "its author posts very quickly ({detail})",
    ReasonCode.DUPLICATE: "the same text was {detail}",
    ReasonCode.HELD_ARTICLE: "every comment on this article is held",
    ReasonCode.HELD_AUTHOR: "every comment of this author is held",
    ReasonCode.UNSUPPORTED_LANGUAGE: "the classifier does not know its language ({detail})",
    ReasonCode.REPORTED: "readers reported it ({detail})",
    ReasonCode.UNSCORED: "it could not be scored: {detail}",
}


def why(decision: Mapping[str, Any] | None) -> str:
    """The sentence for the decision of the machine or of readers' reports."""
    if decision is None:
        return "Not decided by the classifier yet."
    clauses = [_clause(reason) for reason in decision["reasons"]]
    if not clauses:
        return "Approved: every score stayed below its threshold and no rule fired."
    done = "Held" if decision["action"] == "hold" else "Approved, although"
    if decision["source"] == Source.REPORT:
        return f"{done} because {clauses[0]}; the classifier had approved it."
    joined = clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"
    return f"{done}{' because' if done == 'Held' else ''} {joined}."


def _clause(reason: Mapping[str, Any]) -> str:
    if reason["code"] == ReasonCode.SCORE:
        return (
            f"{category_label(reason['category'])} {reason['score']:.2f} "
            f"reaches {reason['threshold']:.2f}"
        )
    clause = _CLAUSES.get(reason["code"], "{code}")
    return clause.format(detail=reason.get("detail", ""), code=reason["code"])
