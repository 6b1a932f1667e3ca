"""A deliverer process: RQ's worker on the queue of deliveries, a ticker, and an ear for news.

It alone speaks to the outside. It imports nothing that scores.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from uuid import uuid4

from rq import SimpleWorker

from moderation.delivery.outbound import Client
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.connection import redis_away
from moderation.settings import Settings
from workers.delivering import Crew, Post, open_post
from workers.jobs import DeliveryJob
from workers.serving import Server
from workers.ticking import Ticker

TICK_S = 0.5
#: The subscription is looked after at least so often.
LISTEN_S = 1.0
#: How long messages that are on their way are waited for at the end.
FAREWELL_S = 5.0
#: How long to wait before Redis, or RQ's worker, is tried again.
RETRY_S = 0.5


class DeliveryWorker(SimpleWorker):
    """RQ's in-process worker; it passes a request to stop on to the job that runs."""

    job_class = DeliveryJob
    max_connection_wait_time = RETRY_S
    stop: threading.Event

    def handle_warm_shutdown_request(self) -> None:
        """Called by RQ on SIGTERM and SIGINT: messages on their way are waited for."""
        self.stop.set()


class DeliveryTicker(Ticker):
    """The heartbeat, and the bell whenever a site has an endpoint."""

    def __init__(self, record: Record, stop: threading.Event) -> None:
        super().__init__(TICK_S, stop)
        self._record = record

    def tick(self) -> None:
        """One tick."""
        self._record.webhooks.tick()
        sites = [site.id for site in self._record.sites.all()]
        if any(not one.disabled for one in self._record.webhooks.of(sites)):
            self._record.deliveries.doorbell.ring()


class Ear(threading.Thread):
    """Hears that decisions were made; missing it only delays a message."""

    def __init__(self, record: Record, news: threading.Event, stop: threading.Event) -> None:
        super().__init__(name="ear", daemon=True)
        self._record = record
        self._news = news
        self._stop_sign = stop

    def run(self) -> None:
        """Listens until the deliverer stops, also while Redis is away."""
        while not self._stop_sign.is_set():
            try:
                self._listen()
            except RedisAwayError:
                self._stop_sign.wait(RETRY_S)

    def _listen(self) -> None:
        with self._record.decisions.subscribe() as subscription:
            while not self._stop_sign.is_set():
                with redis_away():
                    heard = subscription.get_message(
                        ignore_subscribe_messages=True, timeout=LISTEN_S
                    )
                if heard:
                    self._news.set()


def run(settings: Settings) -> None:
    """Delivers until SIGTERM or SIGINT."""
    stop, news = threading.Event(), threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    record = Record(settings)
    allow_private = settings.webhooks_allow_private
    server = Server(record, lambda: Client(allow_private=allow_private))
    crew = Crew(lambda endpoint: server.serve(endpoint, lambda: not stop.is_set()))
    open_post(record.shard, Post(record, crew, news, stop))
    DeliveryTicker(record, stop).start()
    Ear(record, news, stop).start()
    while not stop.is_set():
        with suppress(RedisAwayError):
            _work(record, stop)
        stop.wait(RETRY_S)
    crew.dismiss(wait_s=FAREWELL_S)


def _work(record: Record, stop: threading.Event) -> None:
    """RQ's loop; it also returns by itself when Redis went away at a bad moment."""
    with redis_away():
        worker = DeliveryWorker(
            [record.deliveries.doorbell.queue_name],
            name=f"deliverer-{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}",
            connection=record.rq_connection,
            serializer="json",
            log_job_description=False,
        )
        worker.stop = stop
        worker.work(logging_level="WARNING")
