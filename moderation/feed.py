"""Followers of the decisions: one subscription a process serves all of its open requests.

Redis publishes only that a site has something new; what it is comes from the feed itself,
read once a site and kept for a while for everybody who follows it. A missed wake-up
therefore delays, and never loses, a decision.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

from moderation.errors import CursorExpiredError, RedisAwayError
from moderation.record.connection import redis_away
from moderation.record.decisions import START, Decisions, FeedEntry, order

log = logging.getLogger(__name__)

#: Decisions of a site kept for those who follow it; who is further behind reads Redis.
KEPT_ENTRIES = 1_000
READ_AT_ONCE = 500
#: The subscription is looked after at least so often.
POLL_S = 1.0
REDIS_PAUSE_S = 0.2


class Waiter:
    """Somebody who waits for the decision on one comment."""

    def __init__(self, news: threading.Condition) -> None:
        self._news = news
        self.entry: FeedEntry | None = None
        self.dismissed = False

    def decision(self, *, wait_s: float) -> FeedEntry | None:
        """The decision, `None` if none came in time or nobody may wait any longer."""
        with self._news:
            self._news.wait_for(lambda: self.entry or self.dismissed, wait_s)
            return self.entry


class SiteFeed:
    """The newest decisions of one site, and who waits for more."""

    def __init__(self, decisions: Decisions, site: str) -> None:
        self._decisions = decisions
        self._site = site
        self._reading = threading.Lock()
        self._news = threading.Condition()
        self._waiters: dict[str, list[Waiter]] = {}
        self._entries: deque[FeedEntry] = deque(maxlen=KEPT_ENTRIES)
        self.last = decisions.last_position(site)
        #: Everything after this position, up to `last`, is in `_entries`.
        self._floor = self.last
        self._dismissing = False
        self.followers = 0

    def refresh(self) -> None:
        """Reads what is new and wakes those who wait for it."""
        with self._reading:
            while new := self._read():
                with self._news:
                    self._add(new)
                    self._news.notify_all()

    def dismiss_all(self) -> None:
        """Sends everybody who waits away, with news or without, and whoever still comes."""
        with self._news:
            self._dismissing = True
            for waiting in self._waiters.values():
                for waiter in waiting:
                    waiter.dismissed = True
            self._news.notify_all()

    def after(self, position: str, *, wait_s: float) -> list[FeedEntry]:
        """The decisions after a position; waits for one if there is none yet.

        Raises:
            CursorExpiredError: they are no longer all there.
        """
        with self._news:
            if order(position) >= order(self.last):
                self._news.wait(wait_s)
            if order(position) >= order(self._floor):
                return [entry for entry in self._entries if entry.order > order(position)]
        return self._decisions.after(self._site, position, limit=READ_AT_ONCE)

    @contextmanager
    def awaiting(self, comment_id: str) -> Iterator[Waiter]:
        """Inside, the next decision on this comment reaches the waiter."""
        waiter = Waiter(self._news)
        with self._news:
            waiter.dismissed = self._dismissing
            self._waiters.setdefault(comment_id, []).append(waiter)
        try:
            yield waiter
        finally:
            with self._news:
                waiting = self._waiters[comment_id]
                waiting.remove(waiter)
                if not waiting:
                    del self._waiters[comment_id]

    def _read(self) -> list[FeedEntry]:
        try:
            return self._decisions.after(self._site, self.last, limit=READ_AT_ONCE)
        except CursorExpiredError:
            log.warning("the feed of %s lost decisions that are no longer kept", self._site)
        kept = self._decisions.after(self._site, START, limit=READ_AT_ONCE)
        with self._news:
            self._entries.clear()
            # Who stands before this place is sent to Redis, which tells what is missing.
            self._floor = kept[0].position if kept else self.last
        return kept

    def _add(self, new: list[FeedEntry]) -> None:
        for entry in new:
            if len(self._entries) == KEPT_ENTRIES:
                self._floor = self._entries[0].position
            self._entries.append(entry)
            if self._waiters:
                for waiter in self._waiters.get(entry.parsed()["comment_id"], ()):
                    waiter.entry = entry
        self.last = new[-1].position


class Hub:
    """The feeds of this process's sites, and the one subscription that wakes them."""

    def __init__(self, decisions: Decisions, *, places: float = inf) -> None:
        """Hears nothing before somebody follows.

        Args:
            decisions: of all sites.
            places: requests that may follow at once before one site's are too many.
        """
        self._decisions = decisions
        self._places = places
        self._followers = 0
        self._feeds: dict[str, SiteFeed] = {}
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._subscribed = threading.Event()
        self.closing = False

    @contextmanager
    def follow(self, site: str) -> Iterator[SiteFeed]:
        """The feed of a site, kept fresh while anybody is inside.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        self._listen()
        with self._lock:
            feed = self._feeds.get(site)
            is_new = feed is None
            if feed is None:
                feed = self._feeds[site] = SiteFeed(self._decisions, site)
            feed.followers += 1
            self._followers += 1
        try:
            if is_new:
                feed.refresh()  # what was published before the feed was there to hear it
            if self.closing:
                feed.dismiss_all()
            yield feed
        finally:
            with self._lock:
                feed.followers -= 1
                self._followers -= 1
                if not feed.followers:
                    self._feeds.pop(site, None)

    def is_crowded(self, feed: SiteFeed) -> bool:
        """Whether so many requests of a site follow that too few places are left to others.

        It may have as many as are left for all: see `moderation/overload.py`.
        """
        return feed.followers > self._places - self._followers

    def close(self) -> None:
        """Ends all streams and all waiting, for a shutdown."""
        self.closing = True
        for feed in list(self._feeds.values()):
            feed.dismiss_all()

    def _listen(self) -> None:
        with self._lock:
            if self._listener is None:
                self._listener = threading.Thread(
                    target=self._keep_listening, name="decisions", daemon=True
                )
                self._listener.start()
        self._subscribed.wait(POLL_S)

    def _keep_listening(self) -> None:
        while not self.closing:
            try:
                self._hear()
            except RedisAwayError as error:
                self._subscribed.clear()
                log.warning("the feed waits for Redis: %s", error)
                time.sleep(REDIS_PAUSE_S)
            except Exception:
                log.exception("the feed stumbled and goes on")
                time.sleep(REDIS_PAUSE_S)

    def _hear(self) -> None:
        subscription = self._decisions.subscribe()
        try:
            while not self.closing:
                with redis_away():
                    message = subscription.get_message(timeout=POLL_S)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._subscribed.set()
                    self._refresh_all()
                elif feed := self._feeds.get(message["data"]):
                    feed.refresh()
        finally:
            subscription.close()

    def _refresh_all(self) -> None:
        for feed in list(self._feeds.values()):
            feed.refresh()
