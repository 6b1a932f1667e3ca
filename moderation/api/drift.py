"""Drift, and approved comments to review, as JSON for moderators."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from moderation.api import staff
from moderation.api.base import Blueprint, Cursors, json_response, services
from moderation.api.moderation import CaseSchema
from moderation.api.policy_schemas import ShareSchema
from moderation.desk.drift import SHOWN_DAYS, drift_of
from moderation.desk.reviews import Reviews
from moderation.drift import Level

blueprint = Blueprint(
    "drift", __name__, url_prefix="/v1", description="Is everything still as it was?"
)
staff.protect(blueprint)

#: Cases of a page of the review.
PAGE_CASES = 200


class DriftQuerySchema(Schema):
    """How far back."""

    days = fields.Integer(
        load_default=SHOWN_DAYS,
        validate=validate.Range(1, 180),
        metadata={"description": "Days that are over (UTC)."},
    )


class DriftDaySchema(Schema):
    """The week that ends with a day, against the four weeks before it."""

    date = fields.Date(required=True)
    value = fields.Float(
        required=True, allow_none=True, metadata={"description": "null: too few to tell."}
    )
    low = fields.Float(required=True)
    high = fields.Float(required=True)
    level = fields.Enum(Level, by_value=True, required=True)


class MeasureSchema(Schema):
    """A measure, the oldest day first."""

    measure = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["psi", "share"]))
    level = fields.Enum(Level, by_value=True, required=True)
    since = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The first day since which it was out of its band."},
    )
    sentence = fields.String(required=True)
    days = fields.List(fields.Nested(DriftDaySchema), required=True)


class DriftSchema(Schema):
    """How the measures of a site stand."""

    site = fields.String(required=True)
    alerts = fields.List(fields.String(), required=True)
    measures = fields.List(fields.Nested(MeasureSchema), required=True)


class ReviewQuerySchema(Schema):
    """Which comments."""

    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE_CASES))


class LetThroughSchema(Schema):
    """How much of what the machine approved people would have rejected."""

    days = fields.Integer(required=True)
    reviewed = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    share = fields.Nested(
        ShareSchema, required=True, metadata={"description": "Of all approved comments."}
    )
    approved = fields.Integer(required=True)


class ReviewSchema(Schema):
    """Approved comments that were drawn by lot, the oldest first."""

    comments = fields.List(fields.Nested(CaseSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)
    let_through = fields.Nested(LetThroughSchema, required=True)


@blueprint.route("/drift")
@blueprint.arguments(DriftQuerySchema, location="query")
@blueprint.response(200, DriftSchema)
def get_drift(query: dict[str, Any]) -> Response:
    """Read how scores, languages, words and agreement changed, day by day."""
    site = staff.current().site
    drift = drift_of(services().record, site, days=query["days"])
    return json_response({"site": site, **drift.to_json()})


@blueprint.route("/review")
@blueprint.arguments(ReviewQuerySchema, location="query")
@blueprint.response(200, ReviewSchema)
def get_review(query: dict[str, Any]) -> Response:
    """List approved comments drawn for review; decide them like any other."""
    record, site = services().record, staff.current().site
    cursors, reviews = Cursors("review", site), Reviews(record)
    after = cursors.read(query["after"]) if query.get("after") else None
    found = reviews.page(site, after=after, limit=query["limit"])
    more = found.next_position
    return json_response(
        {
            "comments": [case.to_json() for case in found.cases],
            "next": None if more is None else cursors.write(more),
            "total": record.review.size(site),
            "let_through": reviews.let_through(site).to_json(),
        }
    )
