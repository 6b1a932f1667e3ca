"""The record's figures as Prometheus metrics: latency, traffic, errors and saturation.

Owns the gauges, read anew at each scrape; counters are in `metric_families`. Labels have few
values: sites are the operator's, routes and outcomes ours; nothing that a client or a reader
chose is one. docs/monitoring.md has the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from moderation import __version__
from moderation.desk.drift import DriftWatch
from moderation.drift import Level
from moderation.errors import RedisAwayError
from moderation.metric_families import PREFIX, counted
from moderation.record import Record
from moderation.record.operations import WorkerState
from moderation.record.server import ServerFacts

Sites = Sequence[str]


class RecordCollector(Collector):
    """Reads the figures of every process from the record at each scrape."""

    def __init__(self, record: Record, drift: DriftWatch) -> None:
        self._record = record
        self._drift = drift

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering must not read the record."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All metrics; only `moderation_redis_up 0` when Redis is away."""
        try:
            stored = self._record.operations.counters()
            gauges = list(self._gauges())
        except RedisAwayError:
            yield _gauge("redis_up", "Whether Redis answers.", 0)
            return
        yield _gauge("redis_up", "Whether Redis answers.", 1)
        yield _labelled("build_info", "Version of the service.", "version", {__version__: 1})
        yield from gauges
        yield from counted(stored)

    def _gauges(self) -> Iterator[Metric]:
        sites = [site.id for site in self._record.sites.all()]
        parts: Iterable[Callable[[Sites], Iterator[Metric]]] = (
            self._queue,
            self._people,
            self._drifting,
            self._workers,
            self._webhooks,
            self._redis,
        )
        for part in parts:
            yield from part(sites)

    def _queue(self, sites: Sites) -> Iterator[Metric]:
        accepted = CounterMetricFamily(
            f"{PREFIX}accepted", "Comments that sites posted.", labels=["site"]
        )
        for site, count in self._record.backlog.accepted(sites).items():
            accepted.add_metric([site], count)
        yield accepted
        lengths = self._record.queue.lengths()
        yield _labelled("pending", "Comments that wait for a decision.", "lane", lengths)
        oldest = self._record.backlog.oldest_s()
        yield _labelled(
            "oldest_pending_seconds", "How long the first of them waits.", "lane", oldest
        )

    def _people(self, sites: Sites) -> Iterator[Metric]:
        held = self._record.operations.held(list(sites))
        yield _labelled("held", "Comments held for moderators.", "site", held)

    def _drifting(self, sites: Sites) -> Iterator[Metric]:
        values = GaugeMetricFamily(
            f"{PREFIX}drift",
            "The last week against the four before: PSI, or the share itself.",
            labels=["site", "measure"],
        )
        alerts = GaugeMetricFamily(
            f"{PREFIX}drift_alert",
            "Whether a measure is far out of its band.",
            labels=["site", "measure"],
        )
        for site in sites:
            for measure in self._drift.of(site).measures:
                if measure.now.value is not None:
                    values.add_metric([site, measure.name], measure.now.value)
                alerts.add_metric([site, measure.name], measure.now.level is Level.ALERT)
        yield values
        yield alerts

    def _workers(self, _: Sites) -> Iterator[Metric]:
        workers = [one for one in self._record.operations.workers() if one.alive]
        yield _gauge("workers", "Workers alive.", len(workers))
        yield _labelled(
            "release_workers",
            "Workers alive that score with a release where a site has none of its own.",
            "release",
            Counter(one.release for one in workers if one.release),
        )
        yield _gauge(
            "release_troubles",
            "Releases of sites that a living worker cannot use; it keeps the one it had.",
            sum(len(worker.troubles) for worker in workers),
        )
        yield _gauge(
            "worker_peak_resident_bytes",
            "Peak memory of the worker that had the most.",
            _most_memory(workers),
        )
        trainer = self._record.trainings.has_trainer()
        deliverer = self._record.webhooks.has_deliverer()
        yield _gauge("trainer_up", "Whether a trainer is alive.", trainer)
        yield _gauge("deliverer_up", "Whether a deliverer is alive.", deliverer)

    def _webhooks(self, sites: Sites) -> Iterator[Metric]:
        endpoints = [one for one in self._record.webhooks.of(sites) if not one.disabled]
        backlog = self._record.backlog.webhooks(endpoints)
        waiting = {site: found.waiting for site, found in backlog.items()}
        parked = {site: found.parked for site, found in backlog.items()}
        yield _labelled("webhook_waiting", "Messages that wait to be sent.", "site", waiting)
        yield _labelled("webhook_parked", "Messages that were given up.", "site", parked)

    def _redis(self, _: Sites) -> Iterator[Metric]:
        """What the server tells; one that does not (an ACL) has no such metric."""
        facts = self._record.server.facts()
        for name, help_text, value in _redis_figures(facts):
            if value is not None:
                yield _gauge(name, help_text, value)


def _redis_figures(facts: ServerFacts) -> list[tuple[str, str, float | None]]:
    return [
        ("redis_memory_bytes", "Memory in use by Redis.", facts.used_bytes),
        ("redis_memory_limit_bytes", "What it may use at most; 0: all.", facts.limit_bytes),
        ("redis_aof_up", "Whether its append-only file is on and written.", _is_durable(facts)),
        ("redis_clients", "Connections to Redis.", facts.clients),
    ]


def _is_durable(facts: ServerFacts) -> bool | None:
    if facts.has_aof is None or facts.is_writing_aof is None:
        return None
    return facts.has_aof and facts.is_writing_aof


def _most_memory(workers: Iterable[WorkerState]) -> int:
    return max((worker.rss_bytes for worker in workers), default=0)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, help_text, float(value))


def _labelled(name: str, help_text: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, help_text, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family
