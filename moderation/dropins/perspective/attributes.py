"""Perspective's attributes in our words: categories that are scored, verdicts that teach.

A category's name in capitals is an attribute, whatever the release scores; PROFANITY and
OBSCENE are one to us. Perspective's attributes:
https://github.com/conversationai/perspectiveapi/blob/master/2-api/models.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moderation.domain import Action
from moderation.labels import CATEGORIES, labels_of

#: From which suggested score on an attribute applies to a text.
APPLIES_FROM = 0.5

#: TOXICITY, TOXICITY_EXPERIMENTAL, TOXICITY@6: the versions are theirs, ours is the release.
_ATTRIBUTE = re.compile(r"(?P<name>[A-Z]+(?:_[A-Z]+)*?)(?:_EXPERIMENTAL)?(?:@\d+)?")
_OTHER_NAMES = {"profanity": "obscene"}

#: What older versions of Coral suggest for a moderator's decision; newer ones suggest 0 or 1 of
#: TOXICITY (`services/perspective` in https://github.com/coralproject/talk).
_VERDICTS = {
    "APPROVED": Action.APPROVE,
    "DELETED": Action.REJECT,
    "HIGHLIGHTED": Action.APPROVE,
}


def category_of(attribute: str) -> str:
    """The category that an attribute asks for, "" for what can be none."""
    found = _ATTRIBUTE.fullmatch(attribute)
    name = found["name"].lower() if found else ""
    return _OTHER_NAMES.get(name, name)


def taught(attribute: str, scores: Mapping[str, Any]) -> Mapping[str, int] | None:
    """The label that suggested scores of an attribute make, `None` for an unknown attribute.

    Spans say what is somewhere in the text, never what is nowhere in it.

    Args:
        attribute: as suggested.
        scores: its `AttributeScores`.
    """
    applies = _applies(scores)
    if verdict := _VERDICTS.get(attribute):
        return labels_of(verdict, None, ()) or {} if applies else {}
    category = category_of(attribute)
    if category not in CATEGORIES:
        return None
    return {} if applies is None else {category: int(applies)}


def _applies(scores: Mapping[str, Any]) -> bool | None:
    """Whether an attribute applies to the whole text, `None` if the scores do not tell."""
    if "summaryScore" in scores:
        return bool(scores["summaryScore"].get("value", 0) >= APPLIES_FROM)
    spans = (span.get("score", {}) for span in scores.get("spanScores", ()))
    return any(score.get("value", 0) >= APPLIES_FROM for score in spans) or None
