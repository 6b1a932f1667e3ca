"""How long data is kept: the rules alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.errors import UnsuitableRetentionError
from moderation.retention import Retention, before, parse_days, without_personal, written_days


@pytest.mark.parametrize("text", ["365d", "0d", "ever"])
def test_days_are_written_as_they_are_read(text: str) -> None:
    assert written_days(parse_days(text)) == text


@pytest.mark.parametrize("text", ["", "d", "-1d", "1.5d", "1y", "for ever", "36501d", "²d"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UnsuitableRetentionError, match="write days as 365d"):
        parse_days(text)


def test_rules_are_read_as_they_were_written_whatever_else_stands_there() -> None:
    rules = Retention(comments=365, personal=None, audit=90)
    assert Retention.from_json(rules.to_json() | {"of_tomorrow": 1}) == rules
    assert Retention.from_json({}) == Retention()


def test_moments_sort_as_decisions_write_theirs() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert before(now, 1) == "2026-02-28T12:00:00.000Z"
    assert before(now, 1) < before(now, 0) < "2026-03-01T12:00:00.001Z"


def test_the_name_stands_with_the_text_and_the_rest_of_the_author_goes() -> None:
    author = {"id": "a", "name": "Anna", "email": "a@b.example", "ip": "::", "user_agent": "x"}
    assert without_personal({"text": "t", "author": author}) == {
        "text": "t",
        "author": {"id": "a", "name": "Anna"},
    }
    assert without_personal({"text": "t", "author": {"id": "a", "name": "Anna"}}) is None
