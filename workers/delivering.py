"""The delivery job: feeds endpoints from the record and has them served when messages are due.

Endpoints are served beside each other, each by threads of its own: one that fails or is slow
holds up nobody else. One that fails has a single thread, which tries it now and then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.deliveries import Glance
from moderation.webhooks import Endpoint
from workers.serving import MESSAGES_AT_ONCE

log = logging.getLogger(__name__)

#: Endpoints served at once. Threads that wait for receivers cost little.
THREADS = 256
#: So many of them are kept for endpoints that have none yet.
KEPT_FREE = 128
THREADS_OF_ONE = 16
#: A job gives its place back to RQ after this, so that RQ's own upkeep is never starved.
SHIFT_S = 60.0
#: How often to look without having heard anything: retries fall due.
LOOK_EVERY_S = 0.25
#: Looks are at least so far apart: what comes meanwhile goes out together.
BREATH_S = 0.01
#: How often to read which endpoints there are.
ENDPOINTS_EVERY_S = 0.5
REDIS_PAUSE_S = 0.5


class Crew:
    """The threads that serve endpoints; they outlive the job that called them.

    They die with the process: what they had in hand is due again when its lease ends.

    Args:
        serve: serves one endpoint until nothing is due there.
    """

    def __init__(self, serve: Callable[[Endpoint], None]) -> None:
        self._serve = serve
        self._serving: Counter[str] = Counter()
        self._changed = threading.Condition()

    def attend(self, glance: Glance) -> None:
        """Sends as many threads to an endpoint as it is to have."""
        for _ in range(self._wanted(glance)):
            with self._changed:
                self._serving[glance.endpoint.id] += 1
            threading.Thread(target=self._attend, args=(glance.endpoint,), daemon=True).start()

    def dismiss(self, *, wait_s: float) -> None:
        """Waits until every thread is done with the message in its hand, but no longer."""
        with self._changed:
            self._changed.wait_for(lambda: not self._serving.total(), wait_s)

    def _wanted(self, glance: Glance) -> int:
        with self._changed:
            there, all_ = self._serving[glance.endpoint.id], self._serving.total()
        if not glance.due:
            return 0
        if not there:
            return min(1, THREADS - all_)
        if glance.failures:
            return 0
        batches = -(-glance.due // MESSAGES_AT_ONCE)
        return max(min(batches, THREADS_OF_ONE - there, THREADS - KEPT_FREE - all_), 0)

    def _attend(self, endpoint: Endpoint) -> None:
        try:
            self._serve(endpoint)
        except RedisAwayError as error:
            log.warning("Redis is away: %s", error)
        except Exception:
            log.exception("the endpoint %s of %s stumbled", endpoint.id, endpoint.site)
        finally:
            with self._changed:
                self._serving[endpoint.id] -= 1
                self._serving += Counter()  # forgets those with none
                self._changed.notify_all()


@dataclass(frozen=True)
class Post:
    """Where this process works: the record, the crew, and the signs.

    Attributes:
        record: the record.
        crew: serves who has messages due.
        news: set when decisions were made.
        stop: set when the process is to end.
    """

    record: Record
    crew: Crew
    news: threading.Event
    stop: threading.Event


_posts: dict[str, Post] = {}


def open_post(shard: str, post: Post) -> None:
    """Tells the jobs of this process where they work; the deliverer's main calls it once."""
    _posts[shard] = post


def enabled_endpoints(record: Record) -> list[Endpoint]:
    """The endpoints of all sites that are sent to.

    Raises:
        RedisAwayError: Redis does not answer.
    """
    sites = [site.id for site in record.sites.all()]
    return [one for one in record.webhooks.of(sites) if not one.disabled]


def deliver(shard: str) -> None:
    """The RQ job: delivers what is due in a shard, for a while."""
    Shift(_posts[shard]).run()


class Shift:
    """One run of the job."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._record = post.record
        self._endpoints: list[Endpoint] = []
        self._endpoints_read_at = float("-inf")
        self._ends_at = time.monotonic() + SHIFT_S

    def run(self) -> None:
        """Looks until the time is up, the process is to stop, or no site has an endpoint."""
        while self._goes_on():
            self._post.news.clear()
            try:
                if not self._look():
                    return
            except RedisAwayError as error:
                log.warning("Redis is away: %s", error)
                self._post.stop.wait(REDIS_PAUSE_S)
            self._post.stop.wait(BREATH_S)
            self._post.news.wait(LOOK_EVERY_S)

    def _goes_on(self) -> bool:
        return time.monotonic() < self._ends_at and not self._post.stop.is_set()

    def _look(self) -> bool:
        """Feeds and has served whoever needs it; whether there is any endpoint."""
        endpoints = self._known()
        for glance in self._record.deliveries.glance(endpoints):
            if glance.is_behind:
                self._record.deliveries.feed(glance.endpoint)
                self._post.news.set()  # it is due now, and there may be more
            self._post.crew.attend(glance)
        return bool(endpoints)

    def _known(self) -> list[Endpoint]:
        now = time.monotonic()
        if now - self._endpoints_read_at > ENDPOINTS_EVERY_S:
            self._endpoints = enabled_endpoints(self._record)
            self._endpoints_read_at = now
        return self._endpoints
