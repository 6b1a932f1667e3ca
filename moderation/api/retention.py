"""How long the site's data is kept: read, replace."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from marshmallow import Schema

from moderation.access import needs
from moderation.api import either
from moderation.api.base import Blueprint, json_response, services
from moderation.api.etags import expected_version, if_match
from moderation.api.json_fields import JsonInteger
from moderation.api.problems import Problem, invalid
from moderation.domain import Role
from moderation.errors import RetentionChangedError, UnsuitableRetentionError
from moderation.record.retention import StoredRetention
from moderation.retention import MOST_DAYS, Retention

blueprint = Blueprint(
    "retention", __name__, url_prefix="/v1", description="How long the site's data is kept."
)
either.protect(blueprint)


def _days(help_text: str, *, example: int | None = None) -> JsonInteger:
    # `Retention` itself says what the numbers can be, whatever door they came by. Whoever tries
    # the example loses nothing by it.
    limits = {"minimum": 0, "maximum": MOST_DAYS}
    return JsonInteger(
        required=True,
        allow_none=True,
        metadata={"description": help_text, "example": example, **limits},
    )


class RetentionSchema(Schema):
    """Days that data is kept, `null` for good. None may be left out: what is over is gone."""

    comments = _days("Approved and rejected comments, from their last decision.")
    personal = _days("E-mail, address and user agent of their authors, likewise.", example=30)
    labels = _days("Stored labels, from when they were given.")
    decisions = _days("Entries of the decisions feed.")
    audit = _days("Entries of the audit log.")


@blueprint.route("/retention")
@needs(Role.ADMIN)
@blueprint.response(200, RetentionSchema)
def get_retention() -> Response:
    """Read how long data is kept; the version is the ETag."""
    return _answer(services().record.retentions.current(either.current().site))


@blueprint.route("/retention", methods=["PUT"])
@needs(Role.ADMIN)
@blueprint.arguments(RetentionSchema)
@blueprint.response(200, RetentionSchema)
@if_match
def put_retention(body: dict[str, int | None]) -> Response:
    """Replace how long data is kept. What is over by that leaves within a day, for good."""
    actor, retentions = either.current(), services().record.retentions
    return _answer(
        retentions.put(
            actor.site,
            Retention(**body),
            who=actor.name,
            expected_version=expected_version(retentions.current(actor.site).version),
        )
    )


@blueprint.errorhandler(RetentionChangedError)
def _changed(error: RetentionChangedError) -> Response:
    return Problem(
        HTTPStatus.PRECONDITION_FAILED, str(error), kind="retention-changed"
    ).response()


@blueprint.errorhandler(UnsuitableRetentionError)
def _unsuitable(error: UnsuitableRetentionError) -> Response:
    return invalid({error.rule: [str(error)]}).response()


def _answer(stored: StoredRetention) -> Response:
    response = json_response(stored.rules.to_json())
    response.set_etag(str(stored.version))
    return response
