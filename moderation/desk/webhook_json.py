"""Endpoints and attempts as JSON, the same at every door: without secrets, null for nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moderation.deliveries import Attempt, Health
from moderation.domain import rfc3339
from moderation.webhooks import Endpoint


def endpoint_json(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint as everybody may see it who may see it at all."""
    now = rfc3339(datetime.now(UTC))
    ends = [one.until for one in endpoint.secrets if one.until > now]
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": [one.value for one in endpoint.events],
        "envelope": endpoint.envelope.value,
        "enabled": not endpoint.disabled,
        "disabled_reason": endpoint.disabled or None,
        "created_at": endpoint.created_at,
        "previous_secret_until": max(ends, default=None),
    }


def with_secret(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint with its newest secret, for who has just made that."""
    return endpoint_json(endpoint) | {"secret": endpoint.secrets[0].value}


def health_json(health: Health) -> dict[str, Any]:
    """How an endpoint does; a pause that is over is none."""
    paused_until = datetime.fromtimestamp(health.paused_until_ms / 1000, UTC)
    is_paused = paused_until > datetime.now(UTC)
    return {
        "waiting": health.waiting,
        "parked": health.parked,
        "failures": health.failures,
        "paused_until": rfc3339(paused_until) if is_paused else None,
        "delivered_at": health.delivered_at or None,
        "failed_at": health.failed_at or None,
        "error": health.error or None,
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """An attempt to deliver a message."""
    optional = ("subject", "status", "error", "response", "next_at")
    written = attempt.to_json()
    return written | {name: written[name] or None for name in optional}
