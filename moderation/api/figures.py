"""The figures of a site, as JSON for moderators."""

from __future__ import annotations

import time
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from moderation.api import staff
from moderation.api.base import Blueprint, json_response, services
from moderation.api.policy_schemas import ShareSchema
from moderation.desk.figures import MOST_DAYS, figures_of
from moderation.domain import Status

blueprint = Blueprint(
    "figures", __name__, url_prefix="/v1", description="How much is decided, and how well."
)
staff.protect(blueprint)


def _count(description: str = "", **kwargs: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description}, **kwargs)


class FiguresQuerySchema(Schema):
    """Of how many days."""

    days = fields.Integer(
        load_default=30,
        validate=validate.Range(1, MOST_DAYS),
        metadata={"description": "Days of UTC, today included."},
    )


class QueueNowSchema(Schema):
    """The held comments at this moment."""

    length = _count()
    oldest_s = _count("The longest wait.", allow_none=True)
    median_s = _count("The median wait.", allow_none=True)


class DaySchema(Schema):
    """The decisions of a day."""

    date = fields.Date(required=True)
    total = _count()
    by_source = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.Enum(Status, by_value=True), values=fields.Integer()),
        required=True,
        metadata={"description": "Source → status that the decisions led to → how many."},
    )


class WaitedRangeSchema(Schema):
    """Comments that waited longer than the range before says, up to this."""

    up_to_s = _count("Null: without an end.", allow_none=True)
    count = _count()


class WaitedSchema(Schema):
    """From held to the first decision of a person."""

    median_s = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Estimated; never more than the last bound."},
    )
    histogram = fields.List(fields.Nested(WaitedRangeSchema), required=True)


class AgreementSchema(Schema):
    """What people rejected of what the machine had decided before them."""

    held_then_rejected = fields.Nested(ShareSchema, required=True)
    approved_then_rejected = fields.Nested(ShareSchema, required=True)


class PersonSchema(Schema):
    """What one moderator did."""

    name = fields.String(required=True)
    decisions = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Action → how many."},
    )
    undone = _count("Decisions that they took back, their own or another's.")
    mean_waited_s = _count(
        "How long the comments had waited that they were first to decide.", allow_none=True
    )
    agreement = fields.Nested(AgreementSchema, required=True)


class FiguresSchema(Schema):
    """The figures of a site."""

    site = fields.String(required=True)
    queue = fields.Nested(QueueNowSchema, required=True)
    days = fields.List(fields.Nested(DaySchema), required=True)
    waited = fields.Nested(WaitedSchema, required=True)
    agreement = fields.Nested(AgreementSchema, required=True)
    categories = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(AgreementSchema),
        required=True,
        metadata={"description": "`rules`: only rules held it. `none`: nothing did."},
    )
    moderators = fields.List(fields.Nested(PersonSchema), required=True)


@blueprint.route("/figures")
@blueprint.arguments(FiguresQuerySchema, location="query")
@blueprint.response(200, FiguresSchema)
def get_figures(query: dict[str, Any]) -> Response:
    """Read the queue's length and age, decisions a day, times to decide, and agreement."""
    site = staff.current().site
    figures = figures_of(services().record, site, days=query["days"], now_s=time.time())
    return json_response({"site": site, **figures.to_json()})
