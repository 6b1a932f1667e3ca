"""Many decisions at once, as JSON for whoever has a moderator's token."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from flask import Response, url_for
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from moderation.api import staff
from moderation.api.base import Blueprint, Cursors, json_response, services
from moderation.api.held_filters import HeldFilterSchema, query_of
from moderation.api.json_fields import JsonInteger, JsonList
from moderation.api.moderation import VerdictSchema, verdict_of
from moderation.api.schemas import CleanString, CommentSchema, Identifier
from moderation.desk.batch_label import batch_label
from moderation.desk.batches import MOST_COMMENTS, Batches
from moderation.desk.spread import BINS, SAMPLE, Spreads
from moderation.domain import Action, Role, Violation
from moderation.record.batch import Batch, BatchState, Because, Phase, Progress

blueprint = Blueprint(
    "batches", __name__, url_prefix="/v1", description="Many held comments decided at once."
)
staff.protect(blueprint)

PAGE_BATCHES = 100
#: Comments left alone that an answer names.
LEFT = 1_000

_AS_OF = {"description": "The `as_of` of the histogram: what came later is not decided unseen."}


class HistogramQuerySchema(HeldFilterSchema):
    """Whose scores, and the range that picks comments out: all of them if absent."""

    score_category = CleanString(required=True)


class BinSchema(Schema):
    """Comments with a score between two values; 1 belongs to the last bin."""

    least = fields.Float(required=True)
    most = fields.Float(required=True)
    count = fields.Integer(required=True)
    picked = fields.Integer(
        required=True, metadata={"description": "Those of them inside the range."}
    )


class HistogramSchema(Schema):
    """How the scores of held comments are spread."""

    category = fields.String(required=True)
    bins = fields.List(fields.Nested(BinSchema), required=True)
    count = fields.Integer(
        required=True, metadata={"description": "Comments inside the range, its ends included."}
    )
    sample = fields.List(
        fields.Nested(CommentSchema),
        required=True,
        metadata={"description": f"{SAMPLE} comments of the range, drawn at random."},
    )
    as_of = fields.Integer(
        required=True,
        metadata={"description": "To be sent along when the range is decided."},
    )


class NewBatchSchema(VerdictSchema):
    """What is decided on which comments: `ids`, or all that pass `where`."""

    class Meta:
        """Each comment of a batch has an expected revision of its own."""

        exclude = ("expected_revision",)
        rules: ClassVar = {"oneOf": [{"required": ["ids"]}, {"required": ["where"]}]}

    ids = JsonList(Identifier(), validate=validate.Length(1, MOST_COMMENTS))
    where = fields.Nested(HeldFilterSchema)
    as_of = JsonInteger(validate=validate.Range(0), metadata=_AS_OF)

    @validates_schema
    def _check_one_of(self, data: dict[str, Any], **_: Any) -> None:
        if ("ids" in data) == ("where" in data):
            raise ValidationError("Send either ids or where.", "ids")


class ProgressSchema(Schema):
    """How far it has come."""

    total = fields.Integer(required=True)
    handled = fields.Integer(required=True)
    left = fields.Integer(
        required=True, metadata={"description": "Those of the handled that were left alone."}
    )


class LeftSchema(Schema):
    """A comment that was left alone, and why."""

    comment_id = fields.String(required=True)
    because = fields.Enum(Because, by_value=True, required=True)
    moderator = fields.String(metadata={"description": "Who decided it meanwhile."})
    action = fields.Enum(Action, by_value=True)


class DecidedBatchSchema(Schema):
    """A batch and how far it has come."""

    id = fields.String(required=True)
    label = fields.String(required=True, metadata={"description": "What it does, in words."})
    moderator = fields.String(required=True)
    action = fields.Enum(Action, by_value=True, required=True)
    reason = fields.Enum(Violation, by_value=True, required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    state = fields.Enum(BatchState, by_value=True, required=True)
    run = fields.Nested(ProgressSchema, required=True)
    undo = fields.Nested(ProgressSchema, required=True, allow_none=True)
    undone_by = fields.String(required=True, allow_none=True)


class DecidedBatchWithLeftSchema(DecidedBatchSchema):
    """A batch, and which comments it left alone."""

    run_left = fields.List(
        fields.Nested(LeftSchema),
        required=True,
        metadata={"description": f"By the decisions; at most {LEFT:,}."},
    )
    undo_left = fields.List(
        fields.Nested(LeftSchema),
        required=True,
        metadata={"description": f"When it was undone; at most {LEFT:,}."},
    )


class BatchesQuerySchema(Schema):
    """Which batches."""

    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE_BATCHES))


class BatchesPageSchema(Schema):
    """Some batches, newest first."""

    batches = fields.List(fields.Nested(DecidedBatchSchema), required=True)
    next = fields.String(required=True, allow_none=True)


@blueprint.route("/queue/histogram")
@blueprint.arguments(HistogramQuerySchema, location="query")
@blueprint.response(200, HistogramSchema)
def get_histogram(query: dict[str, Any]) -> Response:
    """Count held comments by score, and draw a sample of a range."""
    wanted, category = query_of(query), query["score_category"]
    spread = Spreads(services().record).spread(
        staff.current().site, wanted, category, band=wanted.band
    )
    bins = zip(spread.inside, spread.outside, strict=True)
    return json_response(
        {
            "category": category,
            "bins": [
                {
                    "least": at / BINS,
                    "most": (at + 1) / BINS,
                    "count": inside + outside,
                    "picked": inside,
                }
                for at, (inside, outside) in enumerate(bins)
            ],
            "count": spread.count,
            "sample": [case.comment.to_json() for case in spread.sample],
            "as_of": spread.newest,
        }
    )


@blueprint.route("/batches", methods=["POST"])
@staff.needs(Role.MODERATOR)
@blueprint.arguments(NewBatchSchema)
@blueprint.response(
    202, DecidedBatchSchema, headers={"Location": {"schema": {"type": "string"}}}
)
def post_batch(body: dict[str, Any]) -> Response:
    """Decide many comments as they stand now; the answer comes before the decisions."""
    record, actor, verdict = services().record, staff.current(), verdict_of(body)
    query = query_of(body["where"]) if "where" in body else None
    ids = (
        Spreads(record).ids(actor.site, query, newest=body.get("as_of"))
        if query
        else body["ids"]
    )
    batch = Batches(record).freeze(
        actor, ids, verdict, label=batch_label(verdict, len(ids), query)
    )
    return _under_way(batch)


@blueprint.route("/batches")
@blueprint.arguments(BatchesQuerySchema, location="query")
@blueprint.response(200, BatchesPageSchema)
def list_batches(query: dict[str, Any]) -> Response:
    """List the batches of the last 90 days, newest first."""
    site, limit = staff.current().site, query["limit"]
    cursors = Cursors("batches", site)
    before_ms = cursors.read(query["after"]) if query.get("after") else None
    found = services().record.batches.newest(site, before_ms=before_ms, limit=limit + 1)
    shown = found[:limit]
    has_more = len(found) > limit
    return json_response(
        {
            "batches": [_written(batch) for batch in shown],
            "next": cursors.write(shown[-1].created_ms) if has_more else None,
        }
    )


@blueprint.route("/batches/<batch_id>")
@blueprint.response(200, DecidedBatchWithLeftSchema)
def get_batch(batch_id: str) -> Response:
    """Read how far a batch has come, and which comments it left alone."""
    batches = services().record.batches
    batch = batches.get(staff.current().site, batch_id)
    left = {
        f"{phase}_left": [one.to_json() for one in batches.left(batch, phase, limit=LEFT)]
        for phase in Phase
    }
    return json_response({**_written(batch), **left})


@blueprint.route("/batches/<batch_id>/undo", methods=["POST"])
@staff.needs(Role.MODERATOR)
@blueprint.response(
    202, DecidedBatchSchema, headers={"Location": {"schema": {"type": "string"}}}
)
@blueprint.alt_response(409, description="It is undone already.")
def undo_batch(batch_id: str) -> Response:
    """Take back all that a batch decided and that still stands, and stop it if it runs."""
    return _under_way(Batches(services().record).undo(staff.current(), batch_id))


def _under_way(batch: Batch) -> Response:
    services().clerk.wake()
    where = url_for("batches.get_batch", batch_id=batch.id)
    return json_response(_written(batch), HTTPStatus.ACCEPTED, {"Location": where})


def _written(batch: Batch) -> dict[str, Any]:
    undo = batch.progress[Phase.UNDO] if batch.state.phase is Phase.UNDO else None
    return {
        "id": batch.id,
        "label": batch.label,
        "moderator": batch.moderator,
        "action": batch.verdict["action"],
        "reason": batch.verdict["reason"],
        "created_at": batch.created_at,
        "state": batch.state.value,
        "run": _progress(batch.progress[Phase.RUN]),
        "undo": undo and _progress(undo),
        "undone_by": batch.undone_by or None,
    }


def _progress(progress: Progress) -> dict[str, int]:
    return {"total": progress.total, "handled": progress.handled, "left": progress.left}
