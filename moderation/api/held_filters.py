"""Which held comments a call is about: the filters of the queue, the same at every door."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from moderation.api.problems import invalid
from moderation.api.schemas import CleanString, Identifier
from moderation.desk.queue import STATES, Band, QueueQuery
from moderation.domain import QueueOrder, ReasonCode, Source


class HeldFilterSchema(Schema):
    """Which held comments; what is absent does not filter."""

    state = CleanString(
        validate=validate.OneOf(STATES),
        metadata={"description": "`new`: nobody has looked; `kept`: somebody has."},
    )
    article_id = Identifier()
    author_id = Identifier()
    category = CleanString(metadata={"description": "This category's score held it."})
    reason = fields.Enum(ReasonCode, by_value=True)
    language = CleanString(metadata={"description": "ISO 639-1; `und` where unknown."})
    source = fields.Enum(Source, by_value=True)
    waiting_s = fields.Integer(
        validate=validate.Range(0), metadata={"description": "Waiting at least so long."}
    )
    q = CleanString(
        validate=validate.Length(max=200), metadata={"description": "Words in the text."}
    )
    score_category = CleanString(
        metadata={"description": "The category of `score_min` and `score_max`."}
    )
    score_min = fields.Float(validate=validate.Range(0, 1))
    score_max = fields.Float(validate=validate.Range(0, 1))


def query_of(filters: dict[str, Any], *, order: QueueOrder = QueueOrder.OLDEST) -> QueueQuery:
    """The filters as the desk takes them.

    Args:
        filters: as `HeldFilterSchema` read them.
        order: what comes first.

    Raises:
        Problem: 422, a range of scores without its category.
    """
    reason, source = filters.get("reason"), filters.get("source")
    return QueueQuery(
        order=order,
        state=filters.get("state", ""),
        article_id=filters.get("article_id", ""),
        author_id=filters.get("author_id", ""),
        category=filters.get("category", ""),
        reason=reason.value if reason else "",
        language=filters.get("language", ""),
        source=source.value if source else "",
        waiting_s=filters.get("waiting_s", 0),
        band=_band(filters),
        text=filters.get("q", "").strip(),
    )


def _band(filters: dict[str, Any]) -> Band | None:
    category = filters.get("score_category")
    if category:
        return Band(category, filters.get("score_min", 0.0), filters.get("score_max", 1.0))
    if "score_min" in filters or "score_max" in filters:
        raise invalid({"score_category": ["Needed with score_min and score_max."]})
    return None
