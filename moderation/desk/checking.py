"""Checks the record, knowing what people's decisions mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from moderation.desk import chain
from moderation.desk.cases import place_of
from moderation.domain import Comment
from moderation.record import Record
from moderation.record.checking import Expected, Report


def check(
    record: Record,
    *,
    site: str = "",
    repair: bool = False,
    note: Callable[[str, int], None] = lambda _what, _amount: None,
) -> Report:
    """Compares every index of the record with the comments, while it is in use.

    Args:
        record: what is checked.
        site: the one site that is; "" for all.
        repair: whether what is wrong is mended.
        note: is told what is looked at, and how much of it was.

    Raises:
        RedisAwayError: Redis does not answer; what was mended until then is.
    """
    sites = [site] if site else [one.id for one in record.sites.all()]
    return record.checker.run(sites, expect=expected, mends=repair, note=note)


def expected(comment: Comment, decisions: Sequence[dict[str, Any]]) -> Expected:
    """What a comment's decisions say besides its status."""
    return Expected(
        has_verdict=chain.verdict(decisions) is not None,
        place=place_of(comment, decisions, looked_at=chain.is_kept(decisions)),
    )
