"""The site's decisions: by polling and as server-sent events, from one feed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Response, request

from moderation.api import auth
from moderation.api.base import Blueprint, Cursors, json_response, services
from moderation.api.openapi import request_header
from moderation.api.problems import Problem
from moderation.api.schemas import DecisionsPageSchema, DecisionsQuerySchema, StreamQuerySchema
from moderation.errors import CursorExpiredError, RedisAwayError, TooManyStreamsError
from moderation.feed import Hub, SiteFeed
from moderation.record.decisions import BEFORE_ALL, START, order
from moderation.record.event_streams import LEASE_S, Lease

blueprint = Blueprint(
    "decisions", __name__, url_prefix="/v1", description="Every decision of the site, in order."
)
auth.protect(blueprint)

HEARTBEAT_S = 15.0
#: How often a stream renews its lease; one whose key was revoked ends then.
RENEW_S = 2.0
#: How long a client waits before it connects again, in milliseconds.
RECONNECT_MS = 1_000
#: One event of the stream. OpenAPI has a keyword of its own for that from 3.2 on
#: (`itemSchema`); until then tools take the schema of an event stream for that of each event.
EVENT = {
    "oneOf": [
        {
            "type": "object",
            "required": ["id", "event", "data"],
            "properties": {
                "id": {"type": "string", "description": "The cursor after this decision."},
                "event": {"const": "decision"},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": "#/components/schemas/Decision"},
                },
            },
        },
        {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"const": "error"},
                "data": {"type": "string", "description": "Why the stream ends."},
            },
        },
    ]
}


@blueprint.route("/decisions")
@blueprint.arguments(DecisionsQuerySchema, location="query")
@blueprint.response(200, DecisionsPageSchema)
def list_decisions(query: dict[str, Any]) -> Response:
    """List the decisions after a cursor; the same call later goes on from `next`."""
    site = auth.current_site()
    cursors = Cursors("decisions", site)
    position = cursors.read(query["after"]) if query.get("after") else START
    entries = services().record.decisions.after(site, position, limit=query["limit"])
    last = entries[-1].position if entries else max(position, BEFORE_ALL, key=order)
    return json_response(
        {"decisions": [entry.parsed() for entry in entries], "next": cursors.write(last)}
    )


@blueprint.route("/decisions/stream")
@blueprint.arguments(StreamQuerySchema, location="query")
@blueprint.response(
    200, EVENT, content_type="text/event-stream", description="An endless stream of events."
)
@request_header("Last-Event-ID", "The id of the last event that was seen; before `after`.")
def stream_decisions(query: dict[str, Any]) -> Response:
    """Follow the decisions as server-sent events; `id` is the cursor."""
    site = auth.current_site()
    cursors = Cursors("decisions", site)
    cursor = request.headers.get("Last-Event-ID") or query.get("after")
    position = cursors.read(cursor) if cursor else START
    # A cursor that is no longer good is refused now, while there is a status to say it with.
    services().record.decisions.after(site, position, limit=1)
    lease = services().record.event_streams.open(auth.presented_key())
    stream = DecisionStream(services().hub, lease, cursors)
    response = event_stream(stream.events(site, position))
    response.call_on_close(lease.end)
    return response


@blueprint.errorhandler(TooManyStreamsError)
def _too_many_streams(error: TooManyStreamsError) -> Response:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"{error}; close one, or ask the operator for more",
        kind="too-many-streams",
        # By then the place of one that broke off is free.
        headers={"Retry-After": str(LEASE_S)},
    ).response()


class DecisionStream:
    """The decisions of a site as server-sent events, for as long as it keeps its lease."""

    def __init__(self, hub: Hub, lease: Lease, cursors: Cursors) -> None:
        self._hub = hub
        self._lease = lease
        self._cursors = cursors

    def events(self, site: str, position: str) -> Iterator[str]:
        """Events after a position, a comment line every 15 s when there is none."""
        yield f"retry: {RECONNECT_MS}\n\n"
        try:
            with self._hub.follow(site) as feed:
                yield from self._follow(feed, position)
        except CursorExpiredError:
            yield "event: error\ndata: cursor-expired\n\n"
        except RedisAwayError:
            return  # the client connects again, with the last id it saw

    def _follow(self, feed: SiteFeed, position: str) -> Iterator[str]:
        renewed_at = sent_at = time.monotonic()
        while not self._hub.closing:
            entries = feed.after(position, wait_s=min(RENEW_S, HEARTBEAT_S))
            now = time.monotonic()
            if now - renewed_at >= RENEW_S:
                if not self._lease.renew():
                    return
                renewed_at = now
            is_long_silent = not entries and now - sent_at >= HEARTBEAT_S
            if is_long_silent:
                feed.refresh()
                yield ": heartbeat\n\n"
            for entry in entries:
                position = entry.position
                cursor = self._cursors.write(position)
                yield f"id: {cursor}\nevent: decision\ndata: {entry.decision}\n\n"
            if entries or is_long_silent:
                sent_at = now


def event_stream(events: Iterator[str]) -> Response:
    """A response that streams events through proxies unbuffered."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(events, HTTPStatus.OK, headers, mimetype="text/event-stream")
