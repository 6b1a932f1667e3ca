"""Hub and site feeds: everybody who follows gets every decision exactly once, in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from moderation import feed as feed_module
from moderation.errors import CursorExpiredError
from moderation.feed import Hub, SiteFeed
from moderation.record import Record
from moderation.record.decisions import START, FeedEntry
from moderation.record.queue import Settled
from tests.moderation.record.pending import accept, decision, take

WAIT_S = 10.0


@pytest.fixture
def hub(record: Record) -> Iterator[Hub]:
    """A hub that is closed at the end."""
    hub = Hub(record.decisions)
    yield hub
    hub.close()


def decide(record: Record, *ids: str) -> None:
    accept(record, *ids)
    entries = take(record)
    settled = [
        Settled(one, one.comment_id, 1, "approved", f'{{"comment_id":"{one.comment_id}"}}')
        for one in entries
    ]
    record.queue.turn("w1", batch=0, claim=False, settled=settled)


def ids(entries: list[FeedEntry]) -> list[str]:
    return [entry.parsed()["comment_id"] for entry in entries]


def read_until(feed: SiteFeed, last: str, position: str = START) -> list[str]:
    """Follows a feed as a stream does, until a comment was decided."""
    seen: list[str] = []
    deadline = time.monotonic() + WAIT_S
    while last not in seen:
        assert time.monotonic() < deadline, f"only {len(seen)} came"
        entries = feed.after(position, wait_s=0.2)
        if entries:
            position = entries[-1].position
        seen += ids(entries)
    return seen


def test_many_followers_get_every_decision_exactly_once_in_order(record: Record, hub: Hub):
    # Given
    expected = [f"c{n}" for n in range(300)]
    seen: list[list[str]] = []

    def follow() -> None:
        with hub.follow("demo") as feed:
            seen.append(read_until(feed, expected[-1]))

    threads = [threading.Thread(target=follow) for _ in range(20)]
    for thread in threads:
        thread.start()

    # When
    for at in range(0, 300, 7):
        decide(record, *expected[at : at + 7])
    for thread in threads:
        thread.join()

    # Then
    assert len(seen) == 20
    assert all(one == expected for one in seen)


def test_who_is_further_behind_than_is_kept_reads_on_from_redis(
    record: Record, hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    # Given: a process that keeps 10, and reads 4 at once
    monkeypatch.setattr(feed_module, "READ_AT_ONCE", 4)
    monkeypatch.setattr(feed_module, "KEPT_ENTRIES", 10)
    expected = [f"c{n}" for n in range(40)]

    # When
    with hub.follow("demo") as feed:
        feed._entries = type(feed._entries)(maxlen=10)
        decide(record, *expected)
        feed.refresh()

        # Then
        assert len(feed._entries) == 10
        assert read_until(feed, expected[-1]) == expected


def test_a_decision_wakes_who_waits_for_it(record: Record, hub: Hub):
    with hub.follow("demo") as feed, feed.awaiting("c2") as waiter:
        threading.Timer(0.1, decide, (record, "c1", "c2")).start()

        entry = waiter.decision(wait_s=WAIT_S)

    assert entry is not None
    assert entry.parsed()["comment_id"] == "c2"


def test_a_wait_that_is_over_gives_nothing(record: Record, hub: Hub):
    with hub.follow("demo") as feed, feed.awaiting("c1") as waiter:
        decide(record, "another")

        assert waiter.decision(wait_s=0.2) is None


def test_waiters_for_the_same_comment_all_get_it(record: Record, hub: Hub):
    with hub.follow("demo") as feed, feed.awaiting("c1") as first:
        with feed.awaiting("c1"):
            pass
        with feed.awaiting("c1") as second:
            decide(record, "c1")
            feed.refresh()

            assert first.decision(wait_s=1)
            assert second.decision(wait_s=1)
    assert feed._waiters == {}


def test_decisions_of_another_site_do_not_come(record: Record, hub: Hub):
    with hub.follow("other") as feed:
        decide(record, "c1")

        assert feed.after(START, wait_s=0.3) == []


def test_a_feed_that_fell_behind_what_is_kept_goes_on(record: Record, hub: Hub):
    """Its followers are told what is missing, and the hub lives."""
    with hub.follow("demo") as feed:
        # Given
        decide(record, "c1")
        feed.refresh()
        old = feed.last
        stream = next(record.connection.scan_iter("*decisions:demo"))

        # When: more was decided and trimmed than was ever read
        hub.closing = True  # the hub's own thread reads nothing meanwhile
        time.sleep(0.05)
        refresh, feed.refresh = feed.refresh, lambda: None  # type: ignore[method-assign]
        decide(record, *(f"d{n}" for n in range(9)))
        record.connection.xtrim(stream, maxlen=2, approximate=False)
        refresh()

        # Then
        with pytest.raises(CursorExpiredError):
            feed.after(old, wait_s=0)
        assert ids(feed.after(START, wait_s=0)) == ["d7", "d8"]
        decide(record, "e1")
        refresh()
        assert ids(feed.after(feed._floor, wait_s=0))[-1] == "e1"


def test_a_bug_in_one_refresh_does_not_end_the_hub(
    record: Record, hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    # Given
    refresh, failed = SiteFeed.refresh, threading.Event()

    def fail_once(self: SiteFeed) -> Any:
        if threading.current_thread().name == "decisions" and not failed.is_set():
            failed.set()
            raise RuntimeError("a bug")
        return refresh(self)

    monkeypatch.setattr(SiteFeed, "refresh", fail_once)

    # When
    with hub.follow("demo") as feed:
        decide(record, "c1")

        # Then
        assert failed.wait(WAIT_S)
        assert read_until(feed, "c1") == ["c1"]


def test_a_moderators_decision_comes_as_well(record: Record, hub: Hub):
    accept(record, "c1")
    with hub.follow("demo") as feed:
        record.decisions.write("demo", decision("c1", 1))

        assert read_until(feed, "c1") == ["c1"]


def test_a_feed_nobody_follows_is_forgotten(hub: Hub):
    with hub.follow("demo") as first, hub.follow("demo") as second:
        assert first is second
    assert hub._feeds == {}


def test_whoever_comes_while_the_hub_closes_waits_for_nothing(record: Record, hub: Hub):
    with hub.follow("demo") as feed:
        hub.close()

        with feed.awaiting("c1") as waiter:
            assert waiter.dismissed

    with hub.follow("other") as late, late.awaiting("c1") as waiter:
        assert waiter.dismissed


def test_a_site_crowds_when_it_has_more_followers_than_places_are_left(record: Record):
    # Given eight places, of which another site has two
    hub = Hub(record.decisions, places=8)
    with ExitStack() as others, ExitStack() as own:
        for _ in range(2):
            others.enter_context(hub.follow("other"))

        # When
        feeds = [own.enter_context(hub.follow("demo")) for _ in range(3)]

        # Then three of the other six are fine, one more is not, and the other site still is
        assert not hub.is_crowded(feeds[-1])
        with hub.follow("demo") as one_more:
            assert hub.is_crowded(one_more)
            with hub.follow("newcomer") as newcomer:
                assert not hub.is_crowded(newcomer)
        assert not hub.is_crowded(feeds[-1])
    hub.close()
