"""The example consumer of the Redis stream, on a real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from examples import stream_consumer
from examples.stream_consumer import Consumer
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import DEMO_SITE
from tests.held import hold, hold_many

#: What the documentation tells operators to give a consumer.
DOCS = Path(__file__).parents[2] / "docs/webhooks.md"
ACL = re.compile(r"^(ACL SETUSER shop .+?)\n```", re.MULTILINE | re.DOTALL)

Join = Callable[..., Consumer]


class CrashError(Exception):
    """Ends a consumer in the middle of its work."""


@pytest.fixture
def connections(redis_url: str) -> Iterator[list[redis.Redis]]:
    """Connections that are closed at the end."""
    opened: list[redis.Redis] = []
    yield opened
    for one in opened:
        one.close()


@pytest.fixture
def join(record: Record, redis_url: str, connections: list[redis.Redis]) -> Join:
    """Lets a consumer join, as a new process does."""

    def make(
        handle: Callable[[dict[str, Any]], None], *, name: str = "one", **more: Any
    ) -> Consumer:
        connection = redis.Redis.from_url(redis_url, decode_responses=True, **more)
        connections.append(connection)
        consumer = Consumer(connection, DEMO_SITE, "shop", name, handle)
        consumer.join()
        return consumer

    return make


class Seen(list[str]):
    """The comments whose decisions were handled, in order; may crash at one."""

    def __init__(self, crash_at: str = "") -> None:
        super().__init__()
        self.crash_at = crash_at

    def handle(self, decision: dict[str, Any]) -> None:
        if decision["comment_id"] == self.crash_at:
            raise CrashError
        self.append(decision["comment_id"])


def work(consumer: Consumer) -> None:
    """Handles all there is."""
    consumer.resume()
    while consumer.turn(block_ms=1):
        pass


def test_it_sees_every_decision_once_and_in_order(record: Record, join: Join):
    before = hold_many(record, 3)
    seen = Seen()
    consumer = join(seen.handle)
    work(consumer)
    assert seen == before

    hold(record, "later")
    work(consumer)

    assert seen == [*before, "later"]


def test_a_consumer_that_crashed_finishes_first_what_it_had_taken(record: Record, join: Join):
    ids = hold_many(record, 4)
    crashed = Seen(crash_at=ids[1])
    with pytest.raises(CrashError):
        work(join(crashed.handle))
    assert crashed == ids[:1]
    hold(record, "new")

    again = Seen()
    work(join(again.handle))

    assert again == [*ids[1:], "new"]


def test_another_takes_over_what_a_dead_one_left(
    record: Record, join: Join, monkeypatch: pytest.MonkeyPatch
):
    ids = hold_many(record, 3)
    with pytest.raises(CrashError):
        work(join(Seen(crash_at=ids[0]).handle, name="dead"))
    living = Seen()
    consumer = join(living.handle, name="living")
    work(consumer)
    assert living == []  # it may still be alive

    monkeypatch.setattr(stream_consumer, "STALE_MS", 0)
    work(consumer)

    assert sorted(living) == sorted(ids)


def test_consumers_of_a_group_share_the_work(record: Record, join: Join):
    first, second = Seen(), Seen()
    one, two = join(first.handle, name="one"), join(second.handle, name="two")
    hold(record, "a")
    one.turn(block_ms=1)
    hold(record, "b")
    two.turn(block_ms=1)

    assert (first, second) == (["a"], ["b"])


def test_what_left_the_stream_while_a_consumer_was_away_does_not_stop_it(
    record: Record, join: Join, settings: Settings
):
    ids = hold_many(record, 3)
    with pytest.raises(CrashError):
        work(join(Seen(crash_at=ids[0]).handle))
    record.connection.xtrim("moderation:{0}:decisions:demo", maxlen=1, approximate=False)

    seen = Seen()
    work(join(seen.handle))

    assert seen == ids[-1:]
    hold(record, "next")
    work(join(seen.handle))
    assert seen == [ids[-1], "next"]


def test_the_rights_that_the_documentation_names_are_enough_and_reach_no_further(
    record: Record, join: Join, connections: list[redis.Redis]
):
    hold(record, "c1")
    [rights] = ACL.findall(DOCS.read_text(encoding="utf-8"))
    record.connection.execute_command(*rights.split())
    try:
        seen = Seen()
        work(join(seen.handle, username="shop", password="SECRET"))
        assert seen == ["c1"]

        shop = connections[-1]
        for command in (
            ("GET", "moderation:{0}:decisions:demo"),
            ("XADD", "moderation:{0}:decisions:demo", "*", "decision", "{}"),
            ("DEL", "moderation:{0}:decisions:demo"),
            ("XREADGROUP", "GROUP", "g", "c", "STREAMS", "moderation:{0}:decisions:other", ">"),
            ("KEYS", "*"),
            ("EVAL", "return 1", "0"),
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                shop.execute_command(*command)
    finally:
        record.connection.execute_command("ACL", "DELUSER", "shop")
