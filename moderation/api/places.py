"""Articles and authors as moderators see them: all of their comments, and what is held."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from moderation.api import staff
from moderation.api.base import Blueprint, Cursors, json_response, services
from moderation.api.json_fields import JsonBoolean
from moderation.api.moderation import AuthorHistorySchema, CaseSchema
from moderation.api.problems import Problem
from moderation.desk.cases import Cases
from moderation.desk.holds import Holds
from moderation.domain import Role, Status
from moderation.errors import PolicyChangedError, PolicyFullError

blueprint = Blueprint(
    "places", __name__, url_prefix="/v1", description="Articles and authors, for moderators."
)
staff.protect(blueprint)


class CasesQuerySchema(Schema):
    """Which comments."""

    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class ArticleCasesQuerySchema(CasesQuerySchema):
    """Which comments of an article."""

    status = fields.Enum(
        Status, by_value=True, metadata={"description": "Only these; all if absent."}
    )


class ArticleRulesSchema(Schema):
    """What becomes of an article's further comments."""

    held = JsonBoolean(metadata={"description": "Every one is held for a person."})
    closed = JsonBoolean(metadata={"description": "Every one is refused."})


class AuthorRulesSchema(Schema):
    """What becomes of an author's further comments."""

    held = JsonBoolean(required=True)


class ArticleCasesSchema(Schema):
    """An article's comments, newest first."""

    comments = fields.List(fields.Nested(CaseSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    standing = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Status → how many comments stand so."},
    )
    rules = fields.Nested(ArticleRulesSchema, required=True)


class AuthorCasesSchema(Schema):
    """An author's comments, newest first."""

    comments = fields.List(fields.Nested(CaseSchema), required=True)
    next = fields.String(required=True, allow_none=True)
    history = fields.Nested(AuthorHistorySchema, required=True, allow_none=True)
    rules = fields.Nested(AuthorRulesSchema, required=True)


@blueprint.route("/articles/<opaque:article_id>/cases")
@blueprint.arguments(ArticleCasesQuerySchema, location="query")
@blueprint.response(200, ArticleCasesSchema)
def article_cases(query: dict[str, Any], article_id: str) -> Response:
    """List an article's comments, newest first, with what a moderator needs."""
    record, site = services().record, staff.current().site
    status = query.get("status")
    cursors = Cursors("article-cases", site, article_id, status.value if status else "")
    found = record.comments.page(
        site,
        article_id,
        statuses=[status] if status else list(Status),
        after=cursors.read(query["after"]) if query.get("after") else 0,
        limit=query["limit"],
        newest_first=True,
    )
    cases = Cases(record).many(site, [comment.id for comment in found.comments])
    more = found.next_sequence
    return json_response(
        {
            "comments": [case.to_json() for case in cases],
            "next": None if more is None else cursors.write(more),
            "standing": record.comments.standing(site, article_id),
            "rules": _article_rules(article_id),
        }
    )


@blueprint.route("/articles/<opaque:article_id>/rules", methods=["PUT"])
@staff.needs(Role.MODERATOR)
@blueprint.arguments(ArticleRulesSchema)
@blueprint.response(200, ArticleRulesSchema)
def put_article_rules(body: dict[str, Any], article_id: str) -> Response:
    """Hold or refuse an article's further comments; what is left out stays as it is."""
    actor, holds = staff.current(), Holds(services().record)
    if "held" in body:
        holds.hold_article(actor, article_id, on=body["held"])
    if "closed" in body:
        holds.close_article(actor, article_id, on=body["closed"])
    return json_response(_article_rules(article_id))


@blueprint.route("/authors/<opaque:author_id>/cases")
@blueprint.arguments(CasesQuerySchema, location="query")
@blueprint.response(200, AuthorCasesSchema)
def author_cases(query: dict[str, Any], author_id: str) -> Response:
    """List an author's comments, newest first, with what a moderator needs."""
    record, site = services().record, staff.current().site
    cursors = Cursors("author-cases", site, author_id)
    skipped = cursors.read(query["after"]) if query.get("after") else 0
    limit = query["limit"]
    found = record.comments.by_author(site, author_id, limit=limit + 1, skipped=skipped)
    cases = Cases(record).many(site, [comment.id for comment in found[:limit]])
    return json_response(
        {
            "comments": [case.to_json() for case in cases],
            "next": cursors.write(skipped + limit) if len(found) > limit else None,
            "history": cases[0].history.to_json() if cases else None,
            "rules": {"held": Holds(record).holds_author(site, author_id)},
        }
    )


@blueprint.route("/authors/<opaque:author_id>/rules", methods=["PUT"])
@staff.needs(Role.MODERATOR)
@blueprint.arguments(AuthorRulesSchema)
@blueprint.response(200, AuthorRulesSchema)
def put_author_rules(body: dict[str, Any], author_id: str) -> Response:
    """Hold an author's further comments, or let them go."""
    Holds(services().record).hold_author(staff.current(), author_id, on=body["held"])
    return json_response({"held": body["held"]})


@blueprint.errorhandler(PolicyChangedError)
@blueprint.errorhandler(PolicyFullError)
def _policy_in_the_way(error: Exception) -> Response:
    return Problem(HTTPStatus.CONFLICT, str(error), kind="policy-in-the-way").response()


def _article_rules(article_id: str) -> dict[str, bool]:
    rules = Holds(services().record).of_article(staff.current().site, article_id)
    return {"held": rules.is_held, "closed": rules.is_closed}
