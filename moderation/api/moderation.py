"""The held queue and decisions of people, as JSON for whoever has a moderator's token."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from moderation.api import staff
from moderation.api.base import Blueprint, Cursors, json_response, no_content, services
from moderation.api.held_filters import HeldFilterSchema, query_of
from moderation.api.json_fields import JsonInteger, JsonList
from moderation.api.problems import CONTENT_TYPE, ProblemSchema, invalid
from moderation.api.schemas import (
    CleanString,
    CommentSchema,
    DecisionSchema,
)
from moderation.desk.cases import Cases
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.queue import HeldList, QueueQuery
from moderation.desk.thresholds import deciding
from moderation.domain import Action, QueueOrder, Role, Violation
from moderation.record.claims import Claim

blueprint = Blueprint(
    "moderation", __name__, url_prefix="/v1", description="The held queue, worked by people."
)
staff.protect(blueprint)

PAGE_CASES = 200
NOTE_CHARACTERS = 2_000
STATEMENT_CHARACTERS = 4_000
CATEGORIES = 50


class QueueQuerySchema(HeldFilterSchema):
    """Which held comments, and in what order."""

    sort = fields.Enum(
        QueueOrder,
        by_value=True,
        metadata={"description": "What comes first; as the site's policy says if absent."},
    )
    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE_CASES))


class AuthorHistorySchema(Schema):
    """How an author's comments stand on this site."""

    approved = fields.Integer(required=True)
    held = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    first_seen = fields.DateTime(required=True, allow_none=True)


class ClaimSchema(Schema):
    """Who looks at a comment."""

    moderator = fields.String(required=True)
    expires_in_s = fields.Integer(required=True)


class CaseSchema(CommentSchema):
    """A comment and what a moderator needs to decide it."""

    article = fields.Dict(required=True)
    held_since = fields.DateTime(required=True, allow_none=True)
    waiting_s = fields.Integer(required=True, allow_none=True)
    why = fields.String(required=True, metadata={"description": "In one sentence."})
    severity = fields.Float(required=True)
    suggested_reason = fields.Enum(Violation, by_value=True, required=True)
    author_history = fields.Nested(AuthorHistorySchema, required=True)
    reports = fields.List(fields.String(), required=True)
    parent = fields.Dict(required=True, allow_none=True)
    claim = fields.Nested(ClaimSchema, required=True, allow_none=True)
    decisions = fields.List(fields.Nested(DecisionSchema), required=True)
    notes = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class QueuePageSchema(Schema):
    """Some held comments in order."""

    comments = fields.List(fields.Nested(CaseSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Counted to a thousand; null where only a search can tell."},
    )


class VerdictSchema(Schema):
    """What a moderator decides."""

    action = fields.Enum(Action, by_value=True, required=True)
    reason = fields.Enum(
        Violation,
        by_value=True,
        allow_none=True,
        metadata={
            "description": "What it is rejected for. If absent, what the categories suggest, "
            "or without any what held the comment."
        },
    )
    categories = JsonList(
        CleanString(validate=validate.Length(1, 100)),
        load_default=list,
        validate=validate.Length(max=CATEGORIES),
        metadata={"description": "Categories of the classifier that truly apply."},
    )
    note = CleanString(
        allow_none=True,
        validate=validate.Length(max=NOTE_CHARACTERS),
        metadata={"description": "For other moderators; never leaves the service."},
    )
    statement = CleanString(
        allow_none=True,
        validate=validate.Length(max=STATEMENT_CHARACTERS),
        metadata={"description": "For the author; written from the reason if absent."},
    )
    expected_revision = JsonInteger(
        allow_none=True,
        validate=validate.Range(0),
        metadata={"description": "The revision that was seen; 409 if it is another now."},
    )


class ConflictSchema(ProblemSchema):
    """Somebody was first."""

    decision = fields.Nested(
        DecisionSchema, allow_none=True, metadata={"description": "The one that stands."}
    )


class UndoSchema(Schema):
    """Which decision is taken back."""

    revision = JsonInteger(required=True, validate=validate.Range(1))


@blueprint.route("/queue")
@blueprint.arguments(QueueQuerySchema, location="query")
@blueprint.response(200, QueuePageSchema)
def get_queue(query: dict[str, Any]) -> Response:
    """List the held comments."""
    actor, held = staff.current(), HeldList(services().record)
    wanted = _query(query)
    cursors = Cursors("queue", actor.site, wanted.order.value)
    after = cursors.read(query["after"]) if query.get("after") else None
    page = held.page(actor.site, wanted, after=after, limit=query["limit"])
    more = page.next_position
    return json_response(
        {
            "comments": [case.to_json() for case in page.cases],
            "next": None if more is None else cursors.write(more),
            "total": held.count(actor.site, wanted),
        }
    )


@blueprint.route("/comments/<opaque:comment_id>/case")
@blueprint.response(200, CaseSchema)
def get_case(comment_id: str) -> Response:
    """Read a comment with all that is known around it."""
    case = Cases(services().record).one(staff.current().site, comment_id)
    return json_response(case.to_json())


@blueprint.route("/comments/<opaque:comment_id>/decision", methods=["POST"])
@staff.needs(Role.MODERATOR)
@blueprint.arguments(VerdictSchema)
@blueprint.response(200, DecisionSchema)
@blueprint.alt_response(409, schema=ConflictSchema, content_type=CONTENT_TYPE)
def decide(body: dict[str, Any], comment_id: str) -> Response:
    """Approve, reject or keep a comment held."""
    decision = Desk(services().record).decide(
        staff.current(),
        comment_id,
        verdict_of(body),
        expected_revision=body.get("expected_revision"),
    )
    return json_response(decision)


@blueprint.route("/comments/<opaque:comment_id>/undo", methods=["POST"])
@staff.needs(Role.MODERATOR)
@blueprint.arguments(UndoSchema)
@blueprint.response(200, DecisionSchema)
@blueprint.alt_response(409, schema=ConflictSchema, content_type=CONTENT_TYPE)
def undo(body: dict[str, Any], comment_id: str) -> Response:
    """Take back a person's decision, by a further one."""
    decision = Desk(services().record).undo(staff.current(), comment_id, body["revision"])
    return json_response(decision)


@blueprint.route("/comments/<opaque:comment_id>/claim", methods=["POST"])
@staff.needs(Role.MODERATOR)
@blueprint.response(200, ClaimSchema)
def claim(comment_id: str) -> Response:
    """Claim a comment for a few minutes; it may be somebody else's already."""
    actor = staff.current()
    return _claimed(services().record.claims.take(actor.site, comment_id, actor.name))


@blueprint.route("/comments/<opaque:comment_id>/claim", methods=["DELETE"])
@staff.needs(Role.MODERATOR)
@blueprint.response(204)
def release(comment_id: str) -> Response:
    """Give a claimed comment back."""
    actor = staff.current()
    services().record.claims.release(actor.site, comment_id, actor.name)
    return no_content()


def verdict_of(body: dict[str, Any]) -> Verdict:
    """What `VerdictSchema` read, as the desk takes it.

    Raises:
        Problem: 422, a category that no release in use has.
    """
    _check_categories(body["categories"])
    return Verdict(
        action=body["action"],
        violation=body.get("reason"),
        categories=tuple(body["categories"]),
        note=body.get("note") or "",
        statement=body.get("statement"),
    )


def _claimed(claim: Claim) -> Response:
    return json_response({"moderator": claim.moderator, "expires_in_s": claim.expires_in_s})


def _query(query: dict[str, Any]) -> QueueQuery:
    site = staff.current().site
    order = query.get("sort") or services().record.policies.current(site).policy.queue_order
    return query_of(query, order=order)


def _check_categories(categories: list[str]) -> None:
    """Only categories that the release has; any while no worker tells which those are."""
    release = deciding(services().record, staff.current().site)
    known = set(release.categories) if release else set()
    unknown = sorted(set(categories) - known) if known else []
    if unknown:
        message = f"Not among {', '.join(sorted(known))}: {', '.join(unknown)}."
        raise invalid({"categories": [message]})
