"""The record's figures as Prometheus metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from moderation.desk.drift import DriftWatch
from moderation.drift import Level
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.operations import parse_counter

PREFIX = "moderation_"
#: counter in the record → (labels, help)
COUNTERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "requests": (("method", "route", "status"), "HTTP requests answered."),
    "decisions": (("action", "source"), "Decisions made by the machine."),
    "batches": ((), "Batches scored."),
    "scoring_seconds": ((), "Seconds spent in the classifier."),
    "webhook_attempts": (("outcome",), "Attempts to deliver a webhook message."),
}
HISTOGRAMS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "request_seconds": (("method", "route"), "Time to answer an HTTP request."),
    "decision_seconds": ((), "Time from accepting a comment to deciding it."),
}

Labels = tuple[str, ...]


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
            yield GaugeMetricFamily(f"{PREFIX}redis_up", "Whether Redis answers.", 0)
            return
        yield GaugeMetricFamily(f"{PREFIX}redis_up", "Whether Redis answers.", 1)
        yield from gauges
        series = _by_metric(stored)
        for name, (labels, help_text) in COUNTERS.items():
            yield _counter(name, labels, help_text, series[name])
        for name, (labels, help_text) in HISTOGRAMS.items():
            yield _histogram(
                name, labels, help_text, series[f"{name}_bucket"], series[f"{name}_sum"]
            )

    def _gauges(self) -> Iterator[Metric]:
        pending = GaugeMetricFamily(
            f"{PREFIX}pending", "Comments that wait for a decision.", labels=["lane"]
        )
        for lane, length in self._record.queue.lengths().items():
            pending.add_metric([lane.value], length)
        yield pending
        held = GaugeMetricFamily(
            f"{PREFIX}held", "Comments held for moderators.", labels=["site"]
        )
        sites = [site.id for site in self._record.sites.all()]
        for site, count in self._record.operations.held(sites).items():
            held.add_metric([site], count)
        yield held
        yield from self._drift_gauges(sites)
        workers = [one for one in self._record.operations.workers() if one.alive]
        yield GaugeMetricFamily(f"{PREFIX}workers", "Workers alive.", len(workers))
        yield GaugeMetricFamily(
            f"{PREFIX}release_troubles",
            "Releases of sites that a living worker cannot use; it keeps the one it had.",
            sum(len(worker.troubles) for worker in workers),
        )
        memory = GaugeMetricFamily(
            f"{PREFIX}worker_peak_resident_bytes", "Peak memory of a worker.", labels=["worker"]
        )
        for worker in workers:
            memory.add_metric([worker.name], worker.rss_bytes)
        yield memory

    def _drift_gauges(self, sites: Iterable[str]) -> Iterator[Metric]:
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


def _by_metric(stored: Mapping[str, float]) -> defaultdict[str, list[tuple[Any, float]]]:
    series: defaultdict[str, list[tuple[Any, float]]] = defaultdict(list)
    for name, value in stored.items():
        metric, labels = parse_counter(name)
        series[metric].append((labels, value))
    return series


def _counter(
    name: str, labels: Labels, help_text: str, series: list[tuple[Any, float]]
) -> Metric:
    family = CounterMetricFamily(PREFIX + name, help_text, labels=labels)
    for values, total in series:
        family.add_metric([values[label] for label in labels], total)
    return family


def _histogram(
    name: str,
    labels: Labels,
    help_text: str,
    buckets: list[tuple[Any, float]],
    sums: list[tuple[Any, float]],
) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, help_text, labels=labels)
    totals = {tuple(values[label] for label in labels): total for values, total in sums}
    counts: defaultdict[Labels, dict[str, float]] = defaultdict(dict)
    for values, count in buckets:
        counts[tuple(values[label] for label in labels)][values["le"]] = count
    for key, by_bound in counts.items():
        family.add_metric(list(key), _cumulative(by_bound), totals.get(key, 0.0))
    return family


def _cumulative(by_bound: Mapping[str, float]) -> list[tuple[str, float]]:
    total, running = 0.0, []
    for bound in sorted(by_bound, key=float):
        total += by_bound[bound]
        running.append((bound, total))
    if not running or running[-1][0] != "+Inf":
        running.append(("+Inf", total))
    return running
