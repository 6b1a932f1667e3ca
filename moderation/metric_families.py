"""Counters and histograms as the record keeps them, turned into Prometheus' families.

Owns what each is called and means. A counter's name in the record is the metric with its
labels; a histogram is a counter for each bucket, not cumulative, and one for the sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from moderation.record.operations import parse_counter

PREFIX = "moderation_"
#: counter in the record → (labels, help)
COUNTERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "requests": (("method", "route", "status"), "HTTP requests answered."),
    "decisions": (("action", "source"), "Decisions made by the machine."),
    "unscored": ((), "Comments held because they could not be scored or judged."),
    "batches": ((), "Batches scored."),
    "scoring_seconds": ((), "Seconds spent in the classifier."),
    "judging_seconds": ((), "Seconds spent on batches, the classifier included."),
    "webhook_attempts": (("outcome",), "Attempts to deliver a webhook message."),
}
HISTOGRAMS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "request_seconds": (("method", "route"), "Time to answer an HTTP request."),
    "decision_seconds": ((), "Time from accepting a comment to deciding it."),
    "webhook_attempt_seconds": ((), "Time that a receiver took for a webhook message."),
    "webhook_delay_seconds": ((), "Time from what happened to its delivery."),
}

Labels = tuple[str, ...]


def counted(stored: Mapping[str, float]) -> Iterator[Metric]:
    """The families of all counters and histograms, those that never counted included."""
    series = _by_metric(stored)
    for name, (labels, help_text) in COUNTERS.items():
        yield _counter(name, labels, help_text, series[name])
    for name, (labels, help_text) in HISTOGRAMS.items():
        yield _histogram(
            name, labels, help_text, series[f"{name}_bucket"], series[f"{name}_sum"]
        )


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
    if not labels and not series:
        family.add_metric([], 0.0)
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
