"""The audit log of a site as JSON, for whoever has a moderator's token."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from moderation.api import staff
from moderation.api.base import Blueprint, Cursors, json_response, services
from moderation.api.schemas import CleanString, Moment
from moderation.record.audit import AuditEntry, AuditKind, Wanted

blueprint = Blueprint(
    "audit", __name__, url_prefix="/v1", description="Who did what, and when."
)
staff.protect(blueprint)

PAGE_ENTRIES = 1_000


class AuditQuerySchema(Schema):
    """Which entries of the log."""

    who = CleanString(metadata={"description": "A moderator's name."})
    what = fields.Enum(AuditKind, by_value=True)
    subject = CleanString(
        metadata={"description": "The comment, batch, moderator or policy version."}
    )
    since = Moment(format="iso", metadata={"description": "RFC 3339, included."})
    until = Moment(format="iso", metadata={"description": "RFC 3339, included."})
    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=100, validate=validate.Range(1, PAGE_ENTRIES))


class AuditEntrySchema(Schema):
    """One thing that somebody did."""

    at = fields.DateTime(required=True)
    who = fields.String(required=True)
    what = fields.Enum(AuditKind, by_value=True, required=True)
    subject = fields.String(required=True)
    details = fields.Dict(required=True, metadata={"description": "More about it."})


class AuditPageSchema(Schema):
    """Some entries, newest first, and the cursor of the next page."""

    entries = fields.List(fields.Nested(AuditEntrySchema), required=True)
    next = fields.String(required=True, allow_none=True)


@blueprint.route("/audit")
@blueprint.arguments(AuditQuerySchema, location="query")
@blueprint.response(200, AuditPageSchema)
def list_audit(query: dict[str, Any]) -> Response:
    """List who did what, newest first; a page may be short before the last one."""
    site = staff.current().site
    cursors = Cursors("audit", site)
    page = services().record.audit.page(
        site,
        _wanted(query),
        before=cursors.read(query["after"]) if query.get("after") else None,
        limit=query["limit"],
    )
    return json_response(
        {
            "entries": [_entry(entry) for entry in page.entries],
            "next": cursors.write(page.next_position) if page.next_position else None,
        }
    )


def _entry(entry: AuditEntry) -> dict[str, Any]:
    """An entry as the API writes it."""
    return {
        "at": entry.at,
        "who": entry.who,
        "what": entry.what,
        "subject": entry.subject,
        "details": entry.details,
    }


def _wanted(query: dict[str, Any]) -> Wanted:
    since, until = (query.get(name) for name in ("since", "until"))
    return Wanted(
        who=query.get("who", ""),
        what=query.get("what", ""),
        subject=query.get("subject", ""),
        since_ms=since and int(since.timestamp() * 1000),
        until_ms=until and int(until.timestamp() * 1000),
    )
