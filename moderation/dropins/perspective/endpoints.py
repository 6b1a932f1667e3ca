"""`/v1alpha1/comments:analyze`, `comments:suggestscore` and the discovery document.

The protocol: https://developers.perspectiveapi.com/s/about-the-api-methods, and for every field
https://commentanalyzer.googleapis.com/$discovery/rest?version=v1alpha1. Nothing that is to be
analysed is stored; what is suggested becomes a label of the site. Browsers of other sites are
not let in (no CORS): an API key can do more than ask for scores, and belongs into no page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from moderation.api.auth import bearer_token
from moderation.api.base import json_response
from moderation.api.schemas import TEXT_CHARACTERS
from moderation.api.score import ANSWER_S
from moderation.api_keys import Scope
from moderation.dropins import base
from moderation.dropins.perspective import payload, refusals
from moderation.dropins.perspective.attributes import category_of, taught
from moderation.dropins.perspective.discovery import VERSION, discovery_document
from moderation.dropins.perspective.passages import Passage, Range, read_html, read_plain
from moderation.dropins.perspective.refusals import ErrorType, refused
from moderation.errors import NoAnswerError

#: Perspective's limit of a comment, as its own error told it.
COMMENT_BYTES = 20_480
#: A request may carry an article of 1 MB as context.
REQUEST_BYTES = 4 * 1024 * 1024
#: How much of a community's id names the source of a label.
COMMUNITY_CHARACTERS = 100
#: Stands for a language that could not be told (BCP 47).
UNDETERMINED = "und"
_SCORE_TYPES = ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED")

blueprint = base.dropin(
    "perspective", __name__, refused=refusals.ANSWERS, unexpected=refusals.unexpected
)


@blueprint.route(f"/{VERSION}/comments:analyze", methods=base.METHODS)
def analyze() -> Response:
    """Scores a comment for the requested attributes."""
    site, asked = _request("AnalyzeCommentRequest", Scope.POST)
    passage = _comment(asked)
    wanted = _wanted(asked)
    sentences = passage.sentences() if asked.get("spanAnnotations") else []
    named = next(iter(asked.get("languages", [])), None)
    scored = _scores(site, passage.text, [text for text, _ in sentences], named)
    whole, language = scored.whole, scored.language
    if not scored.is_understood:
        raise refusals.not_understood(next(iter(wanted)), named or language)
    spans = [
        (place, scores) for (_, place), scores in zip(sentences, scored.sentences, strict=True)
    ]
    unknown = [name for name in wanted if category_of(name) not in whole]
    if unknown and not asked.get("dropUnsupportedAttributes"):
        raise refused(f"Unknown requested attribute: {unknown[0]}")
    answer = {
        "attributeScores": {
            name: _attribute_scores(
                category_of(name), whole, spans or [(passage.whole(), whole)], parameters
            )
            for name, parameters in wanted.items()
            if name not in unknown
        },
        "languages": asked.get("languages") or [language],
        "detectedLanguages": [language],
    }
    return json_response(answer | _token(asked))


@blueprint.route(f"/{VERSION}/comments:suggestscore", methods=base.METHODS)
def suggest_score() -> Response:
    """Stores what a comment is said to be as a label that its site sent in."""
    site, asked = _request("SuggestCommentScoreRequest", Scope.MODERATE)
    text = _comment(asked).text.strip()
    if values := _taught(asked):
        base.suggest(site, text, values, source=_source(asked))
    if languages := asked.get("languages"):
        return json_response({"requestedLanguages": languages} | _token(asked))
    return json_response(_detected(site, text) | _token(asked))


@blueprint.route("/$discovery/rest", methods=base.METHODS)
def discovery() -> Response:
    """The discovery document, with the address by which this service was asked."""
    _take_only("GET")
    if request.args.get("version", VERSION) != VERSION:
        raise NotFound(f"There is version {VERSION} of this API, and no other.")
    return json_response(discovery_document(request.url_root))


@blueprint.route(f"/{VERSION}/", defaults={"_rest": ""}, methods=base.METHODS)
@blueprint.route(f"/{VERSION}/<opaque:_rest>", methods=base.METHODS)
@blueprint.route("/$discovery/<opaque:_rest>", methods=base.METHODS)
def nothing_here(_rest: str) -> Response:
    """Everything else."""
    raise NotFound("Method not found.")


def _request(message: str, scope: Scope) -> tuple[str, dict[str, Any]]:
    """The site that asks, and the fields of its message."""
    _take_only("POST")
    site = base.site_of(_key(), scope)
    request.max_content_length = REQUEST_BYTES
    return site, payload.read(request.get_data(), message)


def _take_only(method: str) -> None:
    if request.method != method:
        raise MethodNotAllowed([method])


def _key() -> str:
    key = request.args.get("key") or request.headers.get("X-Goog-Api-Key") or bearer_token()
    if not key:
        raise refusals.no_key()
    return key


def _comment(asked: Mapping[str, Any]) -> Passage:
    entry = asked.get("comment", {})
    posted = entry.get("text", "")
    size = len(posted.encode())
    if size > COMMENT_BYTES:
        raise refused(
            f"Comment text was too many bytes. Value ({size}) exceeded limit "
            f"({COMMENT_BYTES}).",
            ErrorType.COMMENT_TOO_LONG,
        )
    passage = read_html(posted) if entry.get("type") == "HTML" else read_plain(posted)
    if not passage.text.strip():
        raise refused("Comment must be non-empty.", ErrorType.COMMENT_EMPTY)
    if {"entries", "articleAndParentComment"} <= asked.get("context", {}).keys():
        raise refused(
            "Context can have either entries or article_and_parent_comment, but both fields "
            "were populated."
        )
    return passage


def _wanted(asked: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The requested attributes and their parameters."""
    wanted: dict[str, dict[str, Any]] = asked.get("requestedAttributes", {})
    if not wanted:
        raise refused("Missing requested_attributes", ErrorType.NO_REQUESTED_ATTRIBUTES)
    for name, parameters in wanted.items():
        kind = parameters.get("scoreType", _SCORE_TYPES[0])
        if kind not in _SCORE_TYPES:
            raise refused(f"Requested score type {kind} is not supported by attribute {name}")
    return wanted


@dataclass(frozen=True, slots=True)
class _Scored:
    """Scores of a text and of its sentences, its language, and whether the release knows it."""

    whole: Mapping[str, float]
    sentences: Sequence[Mapping[str, float]]
    language: str
    is_understood: bool


def _scores(
    site: str, text: str, sentences: Sequence[str], language: str | None = None
) -> _Scored:
    """Lets the workers score a text and its sentences.

    A text that is longer than the service takes is scored in two overlapping parts: what is
    in either is in the text.
    """
    parts = [text]
    if len(text) > TEXT_CHARACTERS:
        parts = [text[:TEXT_CHARACTERS], text[-TEXT_CHARACTERS:]]
    texts = [*parts, *sentences]
    scored = iter(base.score(site, texts, wait_s=ANSWER_S, language=language).texts)
    of_parts = list(islice(scored, len(parts)))
    whole = {
        category: max(part.scores[category] for part in of_parts)
        for category in of_parts[0].scores
    }
    return _Scored(
        whole,
        [one.scores for one in scored],
        of_parts[0].language or UNDETERMINED,
        all(part.is_understood for part in of_parts),
    )


def _attribute_scores(
    category: str,
    whole: Mapping[str, float],
    spans: Sequence[tuple[Range, Mapping[str, float]]],
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """Those scores of an attribute that reach its threshold."""
    threshold = parameters.get("scoreThreshold", 0.0)
    found: dict[str, Any] = {}
    listed = [
        {"begin": begin, "end": end, "score": _score(scores[category])}
        for (begin, end), scores in spans
        if scores[category] >= threshold
    ]
    if listed:
        found["spanScores"] = listed
    if whole[category] >= threshold:
        found["summaryScore"] = _score(whole[category])
    return found


def _score(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}


def _taught(asked: Mapping[str, Any]) -> dict[str, int]:
    """The label that the suggested scores make; where two disagree, what applies counts."""
    suggested = asked.get("attributeScores", {})
    if not suggested or not all(suggested.values()):
        raise refused("Missing attribute_scores")
    found: dict[str, int] = {}
    for name, scores in suggested.items():
        values = taught(name, scores)
        if values is None:
            raise refused(f"Unknown attribute: {name}")
        found |= {one: max(value, found.get(one, 0)) for one, value in values.items()}
    return found


def _source(asked: Mapping[str, Any]) -> str:
    """Who a label is from: `perspective`, with the id of the community if there is one."""
    community = "".join(filter(str.isprintable, asked.get("communityId", "")))
    return f"perspective:{community[:COMMUNITY_CHARACTERS]}" if community else "perspective"


def _detected(site: str, text: str) -> dict[str, Any]:
    """What the workers take for the language; a label is good without their answer."""
    try:
        return {"detectedLanguages": [_scores(site, text, []).language]}
    except NoAnswerError:
        return {}


def _token(asked: Mapping[str, Any]) -> dict[str, str]:
    return {"clientToken": asked["clientToken"]} if asked.get("clientToken") else {}
