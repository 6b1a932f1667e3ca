"""Scores without storing anything, through the same workers."""

from __future__ import annotations

from typing import Any

from flask import Response

from moderation.access import hands_in
from moderation.api import auth
from moderation.api.base import Blueprint, json_response, services
from moderation.api.problems import too_large
from moderation.api.schemas import TEXT_CHARACTERS, ScoredSchema, ScoreSchema
from moderation.errors import NoAnswerError

blueprint = Blueprint("score", __name__, url_prefix="/v1", description="Score texts.")
auth.protect(blueprint)

#: How long to wait for a worker; shorter than a Redis command may take.
ANSWER_S = 8.0


@blueprint.route("/score", methods=["POST"])
@blueprint.arguments(ScoreSchema)
@blueprint.response(200, ScoredSchema)
@hands_in
def score(body: dict[str, Any]) -> Response:
    """Score up to 100 texts; nothing is stored."""
    for number, text in enumerate(body["texts"]):
        if len(text) > TEXT_CHARACTERS:
            raise too_large(
                f"text {number} has {len(text)} characters, {TEXT_CHARACTERS} are the limit"
            )
    site = auth.current_site()
    answer = services().record.queue.ask(site, {"texts": body["texts"]}, wait_s=ANSWER_S)
    if "error" in answer:
        raise NoAnswerError("the workers could not score these texts")
    return json_response(answer)
