"""For operators: alive, ready, figures for Prometheus."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import CollectorRegistry

from moderation.api.base import Blueprint, json_response, services
from moderation.api.problems import RETRY_AFTER_S, Problem
from moderation.api.schemas import HealthSchema, ReadinessSchema
from moderation.desk.drift import DriftWatch
from moderation.errors import RedisAwayError
from moderation.metrics import RecordCollector
from moderation.record.operations import Trouble, WorkerState

blueprint = Blueprint("operations", __name__, description="For whoever runs the service.")
#: What OpenAPI writes where no key is needed.
NO_KEY: list[dict[str, list[str]]] = []


@blueprint.route("/healthz")
@blueprint.response(200, HealthSchema)
@blueprint.doc(security=NO_KEY)
def healthz() -> Response:
    """Whether this process is alive."""
    return json_response({"status": "ok"})


@blueprint.route("/readyz")
@blueprint.response(200, ReadinessSchema)
@blueprint.doc(security=NO_KEY)
def readyz() -> Response:
    """Whether a comment posted now would be scored; 503 names what is missing."""
    try:
        alive = [one for one in services().record.operations.workers() if one.alive]
    except RedisAwayError:
        raise _not_ready("Redis does not answer") from None
    if not alive:
        raise _not_ready("no worker is alive")
    release = next((one.release for one in alive if one.release), None)
    if release is None:
        raise _not_ready("no worker has loaded a model")
    return json_response(
        {
            "status": "ready",
            "workers": len(alive),
            "model": release,
            "warnings": [_warning(worker, one) for worker in alive for one in worker.troubles],
        }
    )


@blueprint.route("/metrics")
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
@blueprint.doc(security=NO_KEY)
def metrics() -> Response:
    """Figures in the Prometheus text format."""
    services().figures.flush()
    registry = CollectorRegistry()
    registry.register(RecordCollector(services().record, drift_watch()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def drift_watch() -> DriftWatch:
    """How each site stands, kept for a minute: no scrape or page must read weeks of figures."""
    known = current_app.extensions.setdefault("moderation-drift", DriftWatch(services().record))
    watch: DriftWatch = known
    return watch


def _warning(worker: WorkerState, trouble: Trouble) -> str:
    return (
        f"worker {worker.name} keeps {trouble.instead} for the site {trouble.site}: "
        f"{trouble.version} cannot be used: {trouble.why}"
    )


def _not_ready(missing: str) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"not ready: {missing}",
        kind="not-ready",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
