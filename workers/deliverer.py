"""A deliverer process: RQ's worker on the queue of deliveries, a ticker, and an ear for news.

It alone speaks to the outside. It imports nothing that scores.
"""

from __future__ import annotations

import os
import signal
import socket
import threading

from rq import SimpleWorker

from moderation.counting import Counting
from moderation.delivery.outbound import Client
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.connection import redis_away
from moderation.settings import Settings
from workers.delivering import Crew, Post, enabled_endpoints, open_post
from workers.jobs import DeliveryJob
from workers.rq_loop import RETRY_S, StoppableWorker, work_until_stopped
from workers.serving import Server
from workers.ticking import Ticker

TICK_S = 0.5
#: The subscription is looked after at least so often.
LISTEN_S = 1.0
#: How long messages that are on their way are waited for at the end.
FAREWELL_S = 5.0


class DeliveryWorker(StoppableWorker, SimpleWorker):
    """RQ's in-process worker: a shift ends when it is to stop."""

    job_class = DeliveryJob


class DeliveryTicker(Ticker):
    """The heartbeat, figures, and the bell whenever a site has an endpoint."""

    def __init__(self, record: Record, figures: Counting, stop: threading.Event) -> None:
        super().__init__(TICK_S, stop)
        self._record = record
        self._figures = figures

    def tick(self) -> None:
        """One tick."""
        self._record.webhooks.tick()
        self._figures.flush()
        if enabled_endpoints(self._record):
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
    DeliveryTicker(record, server.figures, stop).start()
    Ear(record, news, stop).start()
    work_until_stopped(
        DeliveryWorker,
        record,
        queue_name=record.deliveries.doorbell.queue_name,
        name=f"deliverer-{socket.gethostname()}-{os.getpid()}",
        stop=stop,
    )
    crew.dismiss(wait_s=FAREWELL_S)
    server.figures.flush()
