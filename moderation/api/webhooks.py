"""A site's webhook endpoints: make, change, test, look after, send again."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from moderation.access import needs
from moderation.api import either
from moderation.api.base import Blueprint, Cursors, json_response, no_content, services
from moderation.api.problems import CONTENT_TYPE, Problem, ProblemSchema, invalid
from moderation.api.webhook_schemas import (
    DeliveriesQuerySchema,
    DeliveriesSchema,
    NewWebhookSchema,
    ParkedQuerySchema,
    ParkedSchema,
    PingedSchema,
    ReplayedSchema,
    ReplaySchema,
    WebhookChangeSchema,
    WebhookInDetailSchema,
    WebhooksSchema,
    WebhookWithSecretSchema,
)
from moderation.desk.webhook_json import (
    attempt_json,
    endpoint_json,
    health_json,
    with_secret,
)
from moderation.desk.webhooks import Changes, Webhooks
from moderation.domain import Role
from moderation.errors import (
    EndpointDisabledError,
    ModerationError,
    TooManyEndpointsError,
    UnknownEndpointError,
    UnknownMessageError,
    UnsuitableWebhookError,
)
from moderation.webhooks import Endpoint, EventType

blueprint = Blueprint(
    "webhooks",
    __name__,
    url_prefix="/v1",
    description="Where the service tells a site what happens, and what became of it.",
)
either.protect(blueprint)

_UNKNOWN = blueprint.alt_response(
    404,
    schema=ProblemSchema,
    content_type=CONTENT_TYPE,
    description="The site has no such endpoint, or no such message.",
)


@blueprint.route("/webhooks")
@needs(Role.ADMIN)
@blueprint.response(200, WebhooksSchema)
def list_webhooks() -> Response:
    """List the endpoints of the site."""
    webhooks = services().record.webhooks
    return json_response(
        {
            "webhooks": [endpoint_json(one) for one in webhooks.all(either.current().site)],
            "deliverer": webhooks.has_deliverer(),
        }
    )


@blueprint.route("/webhooks", methods=["POST"])
@needs(Role.ADMIN)
@blueprint.arguments(NewWebhookSchema)
@blueprint.response(
    201, WebhookWithSecretSchema, headers={"Location": {"schema": {"type": "string"}}}
)
@blueprint.alt_response(
    409,
    schema=ProblemSchema,
    content_type=CONTENT_TYPE,
    description="The site has as many endpoints as it may.",
)
def post_webhook(body: dict[str, Any]) -> Response:
    """Make an endpoint; its secret is in this answer and never again."""
    endpoint = _desk().create(
        either.current(), body["url"], events=_events(body), envelope=body["envelope"]
    )
    where = url_for("webhooks.get_webhook", webhook_id=endpoint.id)
    return json_response(with_secret(endpoint), HTTPStatus.CREATED, {"Location": where})


@blueprint.route("/webhooks/<webhook_id>")
@needs(Role.ADMIN)
@blueprint.response(200, WebhookInDetailSchema)
@_UNKNOWN
def get_webhook(webhook_id: str) -> Response:
    """Read an endpoint, and how it does."""
    return json_response(_in_detail(_found(webhook_id)))


@blueprint.route("/webhooks/<webhook_id>", methods=["PATCH"])
@needs(Role.ADMIN)
@blueprint.arguments(WebhookChangeSchema)
@blueprint.response(200, WebhookInDetailSchema)
@_UNKNOWN
def patch_webhook(body: dict[str, Any], webhook_id: str) -> Response:
    """Change an endpoint, or enable or disable it."""
    changes = Changes(
        url=body.get("url"),
        events=_events(body) if "events" in body else None,
        envelope=body.get("envelope"),
        is_enabled=body.get("enabled"),
    )
    return json_response(_in_detail(_desk().change(either.current(), webhook_id, changes)))


@blueprint.route("/webhooks/<webhook_id>", methods=["DELETE"])
@needs(Role.ADMIN)
@blueprint.response(204)
@_UNKNOWN
def delete_webhook(webhook_id: str) -> Response:
    """Remove an endpoint with all that waits for it."""
    _desk().remove(either.current(), webhook_id)
    return no_content()


@blueprint.route("/webhooks/<webhook_id>/rotate", methods=["POST"])
@needs(Role.ADMIN)
@blueprint.response(200, WebhookWithSecretSchema)
@_UNKNOWN
def rotate_secret(webhook_id: str) -> Response:
    """Give an endpoint a new secret; for a day messages are signed with the one before too."""
    return json_response(with_secret(_desk().rotate(either.current(), webhook_id)))


@blueprint.route("/webhooks/<webhook_id>/ping", methods=["POST"])
@needs(Role.ADMIN)
@blueprint.response(202, PingedSchema)
@_UNKNOWN
@blueprint.alt_response(
    409, schema=ProblemSchema, content_type=CONTENT_TYPE, description="It is disabled."
)
def ping_webhook(webhook_id: str) -> Response:
    """Send a test message, and wait a few seconds for what becomes of it."""
    ping = _desk().ping(either.current(), webhook_id)
    attempt = attempt_json(ping.attempt) if ping.attempt else None
    return json_response({"message": ping.message, "attempt": attempt}, HTTPStatus.ACCEPTED)


@blueprint.route("/webhooks/<webhook_id>/deliveries")
@needs(Role.ADMIN)
@blueprint.arguments(DeliveriesQuerySchema, location="query")
@blueprint.response(200, DeliveriesSchema)
@_UNKNOWN
def list_deliveries(query: dict[str, Any], webhook_id: str) -> Response:
    """List the attempts to deliver messages to an endpoint, the newest first."""
    endpoint, limit = _found(webhook_id), query["limit"]
    cursors = Cursors("webhook-deliveries", endpoint.site, endpoint.id)
    before = cursors.read(query["after"]) if query.get("after") else ""
    log = services().record.webhooks.log(endpoint, before=before, limit=limit)
    return json_response(
        {
            "deliveries": [attempt_json(one) for _, one in log],
            "next": cursors.write(log[-1][0]) if len(log) == limit else None,
        }
    )


@blueprint.route("/webhooks/<webhook_id>/parked")
@needs(Role.ADMIN)
@blueprint.arguments(ParkedQuerySchema, location="query")
@blueprint.response(200, ParkedSchema)
@_UNKNOWN
def list_parked(query: dict[str, Any], webhook_id: str) -> Response:
    """List the messages that were given up after a day, the newest first."""
    endpoint = _found(webhook_id)
    found = services().record.webhooks.parked(endpoint, limit=query["limit"])
    return json_response({"parked": [attempt_json(one.attempt) for one in found]})


@blueprint.route("/webhooks/<webhook_id>/replay", methods=["POST"])
@needs(Role.ADMIN)
@blueprint.arguments(ReplaySchema)
@blueprint.response(202, ReplayedSchema)
@_UNKNOWN
def replay_messages(body: dict[str, Any], webhook_id: str) -> Response:
    """Send again one message, all of a time, or all that were given up; under the same ids."""
    desk, actor = _desk(), either.current()
    messages: int | None = 1
    if "message" in body:
        desk.replay(actor, webhook_id, body["message"])
    elif "parked" in body:
        messages = desk.replay_parked(actor, webhook_id)
    else:
        desk.replay_between(actor, webhook_id, body["first"], body["last"])
        messages = None
    return json_response({"messages": messages}, HTTPStatus.ACCEPTED)


_REFUSED: Mapping[type[ModerationError], tuple[HTTPStatus, str]] = {
    UnknownEndpointError: (HTTPStatus.NOT_FOUND, "unknown-webhook"),
    UnknownMessageError: (HTTPStatus.NOT_FOUND, "unknown-message"),
    TooManyEndpointsError: (HTTPStatus.CONFLICT, "too-many-webhooks"),
    EndpointDisabledError: (HTTPStatus.CONFLICT, "webhook-disabled"),
}


def _refused(error: ModerationError) -> Response:
    status, kind = _REFUSED[type(error)]
    return Problem(status, str(error), kind=kind).response()


for _error in _REFUSED:
    blueprint.register_error_handler(_error, _refused)


@blueprint.errorhandler(UnsuitableWebhookError)
def _unsuitable(error: UnsuitableWebhookError) -> Response:
    return invalid({error.field: [str(error)]}).response()


def _desk() -> Webhooks:
    here = services()
    return Webhooks(here.record, allow_private=here.settings.webhooks_allow_private)


def _found(webhook_id: str) -> Endpoint:
    return services().record.webhooks.one(either.current().site, webhook_id)


def _events(body: dict[str, Any]) -> list[EventType]:
    return [EventType(name) for name in body["events"]]


def _in_detail(endpoint: Endpoint) -> dict[str, Any]:
    health = services().record.webhooks.health(endpoint)
    return endpoint_json(endpoint) | {"health": health_json(health)}
