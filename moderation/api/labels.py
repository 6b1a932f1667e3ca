"""A site's labels as JSON for who has a moderator's token: read, import, second opinions."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any, ClassVar

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from moderation.api import staff
from moderation.api.admission import require_memory
from moderation.api.base import Blueprint, json_response, services
from moderation.api.json_fields import JsonInteger, JsonList, JsonNumber
from moderation.api.moderation import VerdictSchema, verdict_of
from moderation.api.problems import CONTENT_TYPE, Problem, ProblemSchema
from moderation.api.schemas import TEXT_CHARACTERS, Text
from moderation.desk.agreement import agreements
from moderation.desk.doubts import Doubts
from moderation.desk.labels import Labels
from moderation.desk.opinions import SecondOpinions
from moderation.domain import Action, Lane, Role, now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import OpinionRefusedError
from moderation.labels import MOST_IMPORTED_WEIGHT, NAMES, Folding, Label, LabelOrigin

blueprint = Blueprint(
    "labels", __name__, url_prefix="/v1", description="What the classifier learns from."
)
staff.protect(blueprint)

IMPORTED_AT_ONCE = 1_000
DOUBTS = 500
#: Lines that are sent in one piece.
LINES_AT_ONCE = 200
REMOVABLE = [one.value for one in LabelOrigin if one is not LabelOrigin.DECISION]
JSON_LINES = "application/jsonl"


class PairSchema(Schema):
    """How many say 0, how many say 1."""

    zero = fields.Integer(required=True, data_key="0")
    one = fields.Integer(required=True, data_key="1")


def _counts(description: str) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.Nested(PairSchema),
        required=True,
        metadata={"description": description},
    )


class SummarySchema(Schema):
    """The labels of a site, counted."""

    site = fields.String(required=True)
    total = fields.Integer(required=True)
    by_origin = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    by_category = _counts("`label` or a category → labels that say 0 and 1.")
    taught = _counts("The same as the classifier is taught it.")
    missing = _counts("Category → how many more labels it takes to be learnt.")
    contradictions = fields.Integer(required=True)
    can_train = fields.Boolean(required=True)


class NewLabelSchema(Schema):
    """A labelled text."""

    class Meta:
        """It says something of the text."""

        rules: ClassVar = {"anyOf": [{"required": [name]} for name in NAMES]}

    text = Text(required=True, validate=validate.Length(max=TEXT_CHARACTERS))
    weight = JsonNumber(
        load_default=1.0,
        validate=validate.Range(0, MOST_IMPORTED_WEIGHT, min_inclusive=False),
        metadata={"description": "How many comments it stands for.", "exclusiveMinimum": 0},
    )

    @validates_schema
    def _check_labels(self, data: dict[str, Any], **_: Any) -> None:
        if not any(name in data for name in NAMES):
            raise ValidationError(f"Say one of {', '.join(NAMES)}.", "label")


_LABELS = {name: JsonInteger(validate=validate.OneOf([0, 1])) for name in NAMES}
LabelledTextSchema = type("LabelledTextSchema", (NewLabelSchema,), dict(_LABELS))


class NewLabelsSchema(Schema):
    """Labelled texts to import."""

    labels = JsonList(
        fields.Nested(LabelledTextSchema),
        required=True,
        validate=validate.Length(1, IMPORTED_AT_ONCE),
    )


class ImportedSchema(Schema):
    """What became of labels that were imported."""

    imported = fields.Integer(required=True)
    known = fields.Integer(required=True)
    duplicates = fields.Integer(required=True)
    contradictions = fields.List(
        fields.List(fields.Integer()),
        required=True,
        metadata={"description": "Places in the list that contradict each other; left out."},
    )
    contradicting = fields.List(
        fields.Integer(),
        required=True,
        metadata={"description": "Places that contradict an earlier import; left out."},
    )


class RemovedQuerySchema(Schema):
    """Which labels are removed."""

    origin = fields.String(
        required=True,
        validate=validate.OneOf(REMOVABLE),
        metadata={"description": "A moderator's decision is undone, not removed."},
    )


class RemovedSchema(Schema):
    """How many were removed."""

    removed = fields.Integer(required=True)


class DoubtSchema(Schema):
    """A label that is most probably a mistake."""

    id = fields.String(required=True)
    comment_id = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    category = fields.String(required=True)
    label = fields.Integer(required=True)
    probability = fields.Float(
        required=True, metadata={"description": "Of a 1, as the other labels teach it."}
    )
    origin = fields.Enum(LabelOrigin, by_value=True, required=True)
    who = fields.String(required=True, allow_none=True)


class DoubtsSchema(Schema):
    """Labels that want a second look, the most doubtful first."""

    doubts = fields.List(fields.Nested(DoubtSchema), required=True)


class AgreedSchema(Schema):
    """How far moderators agree on one question."""

    agreed = fields.Dict(required=True, metadata={"description": "A share, its 95 % interval."})
    kappa = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "Cohen's kappa and its interval; null of too few."},
    )
    missing = fields.Integer(
        required=True, metadata={"description": "Comments that must still be judged twice."}
    )
    names = fields.List(fields.String(), metadata={"description": "Whose agreement it is."})


class AgreementsSchema(Schema):
    """How far the moderators of a site agree."""

    verdict = fields.Nested(AgreedSchema, required=True)
    categories = fields.Dict(
        keys=fields.String(), values=fields.Nested(AgreedSchema), required=True
    )
    moderators = fields.List(fields.Nested(AgreedSchema), required=True)
    next_comment = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "A comment that waits for your second opinion."},
    )


class GivenOpinionSchema(VerdictSchema):
    """A second opinion."""

    class Meta:
        """The verdict, without what only a decision has."""

        fields = ("action", "reason", "categories")


class OpinionSchema(Schema):
    """A second opinion, as it was stored."""

    comment_id = fields.String(required=True)
    action = fields.Enum(Action, by_value=True, required=True)
    at = fields.String(required=True)


@blueprint.route("/labels/summary")
@blueprint.response(200, SummarySchema)
def get_summary() -> Response:
    """Count the site's labels: where they come from, what they say, what is missing."""
    site = staff.current().site
    return json_response({"site": site, **Labels(services().record).summary(site).to_json()})


@blueprint.route("/labels")
@blueprint.response(200, {"type": "string"}, content_type=JSON_LINES)
def list_labels() -> Response:
    """Stream every label of the site as JSON Lines, each text once.

    A line has `text`, `labels`, `weight` and `origin`, and where a comment carries it `who`,
    `at`, `release`, `scores` and `comment_id`.
    """
    found = Labels(services().record).every(staff.current().site)
    lines = (compact_json(_told(label)) + "\n" for label in found)
    pieces = iter(lambda: "".join(islice(lines, LINES_AT_ONCE)), "")
    # The first piece is read now, while there is a status to say what is wrong with.
    first = next(pieces, "")
    return Response(_both(first, pieces), content_type=JSON_LINES)


@blueprint.route("/labels", methods=["POST"])
@staff.needs(Role.ADMIN)
@blueprint.arguments(NewLabelsSchema)
@blueprint.response(200, ImportedSchema)
def post_labels(body: dict[str, Any]) -> Response:
    """Import labelled texts: all of them, or none if one is wrong."""
    require_memory(lane=Lane.BULK)
    actor, folding = staff.current(), Folding()
    for number, one in enumerate(body["labels"]):
        said = {name: one[name] for name in NAMES if name in one}
        folding.offer(str(number), one["text"], said, one["weight"])
    at = now_rfc3339()
    taken = (folding.take(one["text"], who=actor.name, at=at) for one in body["labels"])
    added = Labels(services().record).add(actor, filter(None, taken))
    return json_response(
        {
            "imported": added.imported,
            "known": added.known,
            "duplicates": folding.duplicates,
            "contradictions": [list(map(int, one)) for one in folding.contradictions],
            "contradicting": [int(folding.place(one)) for one in added.contradicting],
        }
    )


@blueprint.route("/labels", methods=["DELETE"])
@staff.needs(Role.ADMIN)
@blueprint.arguments(RemovedQuerySchema, location="query")
@blueprint.response(200, RemovedSchema)
def remove_labels(query: dict[str, Any]) -> Response:
    """Remove every stored label of one origin; moderators' verdicts stay."""
    origin = LabelOrigin(query["origin"])
    removed = Labels(services().record).remove(staff.current(), origin)
    return json_response({"removed": removed})


@blueprint.route("/labels/doubts")
@blueprint.response(200, DoubtsSchema)
def list_doubts() -> Response:
    """List labels that are most probably mistakes, as the last training found them."""
    found = Doubts(services().record).page(staff.current().site, limit=DOUBTS)
    return json_response({"doubts": [one.to_json() for one in found]})


@blueprint.route("/labels/agreement")
@blueprint.response(200, AgreementsSchema)
def get_agreement() -> Response:
    """Read how far moderators agree, by the comments that two of them judged."""
    actor, record = staff.current(), services().record
    waiting = (
        SecondOpinions(record).next_for(actor) if actor.role.allows(Role.MODERATOR) else None
    )
    found = agreements(record.opinions.all(actor.site))
    return json_response({**found.to_json(), "next_comment": waiting})


@blueprint.route("/comments/<opaque:comment_id>/opinion", methods=["POST"])
@staff.needs(Role.MODERATOR)
@blueprint.arguments(GivenOpinionSchema)
@blueprint.response(201, OpinionSchema)
@blueprint.alt_response(409, schema=ProblemSchema, content_type=CONTENT_TYPE)
def post_opinion(body: dict[str, Any], comment_id: str) -> Response:
    """Give a second opinion of a decided comment of the sample; changes no decision."""
    try:
        opinion = SecondOpinions(services().record).give(
            staff.current(), comment_id, verdict_of(body)
        )
    except OpinionRefusedError as error:
        raise Problem(HTTPStatus.CONFLICT, str(error), kind="opinion-refused") from error
    told = {"comment_id": comment_id, "action": opinion.opinion.action, "at": opinion.at}
    return json_response(told, HTTPStatus.CREATED)


def _told(label: Label) -> dict[str, Any]:
    told = {
        "text": label.text,
        "labels": dict(label.labels),
        "weight": label.weight,
        "origin": label.origin.value,
        "who": label.who,
        "at": label.at,
        "release": label.release,
        "scores": dict(label.scores),
        "comment_id": label.comment_id,
    }
    return {name: value for name, value in told.items() if value != "" and value != {}}


def _both(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
