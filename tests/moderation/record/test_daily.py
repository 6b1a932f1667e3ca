"""The daily figures: each day its own, oldest first, and forgotten in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from moderation.record import Record
from moderation.record.daily import EPOCH
from tests.conftest import DEMO_SITE, new_comment
from tests.fakes import RUDE


def write(record: Record, days_ago: int, **figures: int) -> None:
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    key = record.daily._keys("daily", DEMO_SITE, str((day - EPOCH).days))
    record.connection.hset(key, mapping=dict(figures))


def test_days_come_oldest_first_with_today_last(record: Record) -> None:
    write(record, 0, today=1)
    write(record, 2, before=2)
    write(record, 3, too_old=3)
    days = record.daily.read(DEMO_SITE, 3)
    assert [figures for _, figures in days] == [{"before": 2}, {}, {"today": 1}]
    assert [day for day, _ in days] == sorted(day for day, _ in days)
    assert days[-1][0] == datetime.now(UTC).date()


def test_what_the_machine_decides_is_counted_and_kept_for_a_year(
    record: Record, client: FlaskClient, decide_all: Callable[[], None]
) -> None:
    for text in (f"You {RUDE}", "A kind word", "Another one"):
        client.post("/v1/articles/a1/comments", json=new_comment(text))
    decide_all()
    ((_, figures),) = record.daily.read(DEMO_SITE, 1)
    assert figures == {"decided|classifier|held": 1, "decided|classifier|approved": 2}
    (key,) = record.connection.scan_iter("*daily:*")
    assert 366 * 86_400 < record.connection.ttl(key) <= 400 * 86_400


def test_sites_are_counted_apart(record: Record, other_site: str) -> None:
    write(record, 0, today=1)
    assert record.daily.read("other", 1)[0][1] == {}
