"""How long data is kept: the rules alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.errors import UnsuitableRetentionError
from moderation.retention import (
    MOST_DAYS,
    Retention,
    is_over,
    limit_of,
    parse_days,
    without_personal,
    written_days,
)


@pytest.mark.parametrize("text", ["365d", "0d", "ever"])
def test_days_are_written_as_they_are_read(text: str) -> None:
    assert written_days(parse_days(text)) == text


@pytest.mark.parametrize("text", ["", "d", "-1d", "1.5d", "1y", "for ever", "²d"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UnsuitableRetentionError, match="write days as 365d"):
        parse_days(text)


def test_rules_are_read_as_they_were_written_whatever_else_stands_there() -> None:
    rules = Retention(comments=365, personal=None, audit=90)
    assert Retention.from_json(rules.to_json() | {"of_tomorrow": 1}) == rules
    assert Retention.from_json({}) == Retention()


@pytest.mark.parametrize("days", [-1, MOST_DAYS + 1])
@pytest.mark.parametrize("rule", list(Retention().to_json()))
def test_rules_cannot_keep_for_less_than_nothing_or_more_than_a_century(
    rule: str, days: int
) -> None:
    with pytest.raises(UnsuitableRetentionError, match="from 0 to 36500") as raised:
        Retention(**{rule: days})
    assert raised.value.rule == rule


def test_what_changes_is_told_as_people_write_it() -> None:
    before, after = Retention(comments=365), Retention(personal=None, comments=365)
    assert before.changes(after) == {"personal": {"from": "30d", "to": "ever"}}
    assert before.changes(before) == {}


def test_what_is_over_is_told_by_moments_as_decisions_write_theirs() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    limit = limit_of(now, 1)
    assert limit == "2026-02-28T12:00:00.000Z"
    assert is_over("2026-02-28T11:59:59.999Z", limit)
    assert not is_over("2026-02-28T12:00:00.000Z", limit)


def test_what_has_no_limit_or_no_moment_is_never_over() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert not is_over("1970-01-01T00:00:00.000Z", limit_of(now, None))
    assert not is_over("", limit_of(now, 0))


def test_the_name_stands_with_the_text_and_the_rest_of_the_author_goes() -> None:
    author = {"id": "a", "name": "Anna", "email": "a@b.example", "ip": "::", "user_agent": "x"}
    assert without_personal({"text": "t", "author": author}) == {
        "text": "t",
        "author": {"id": "a", "name": "Anna"},
    }
    assert without_personal({"text": "t", "author": {"id": "a", "name": "Anna"}}) is None
