"""The messages of the two methods, in the words of a Google discovery document.

Requests are checked against the same schemas that the document publishes. Names and types are
those of `commentanalyzer` v1alpha1; descriptions say what they mean here. The format:
https://developers.google.com/discovery/v1/reference/apis#resource.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _string(description: str, *choices: str) -> Schema:
    chosen: Schema = {"enum": list(choices)} if choices else {}
    return {"type": "string", "description": description, **chosen}


def _boolean(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _float(description: str) -> Schema:
    return {"type": "number", "format": "float", "description": description}


def _int32(description: str) -> Schema:
    return {"type": "integer", "format": "int32", "description": description}


def _list(description: str, items: Schema) -> Schema:
    return {"type": "array", "description": description, "items": items}


def _map(description: str, values: Schema) -> Schema:
    return {"type": "object", "description": description, "additionalProperties": values}


def _of(message: str) -> Schema:
    return {"$ref": message}


def _message(description: str, **properties: Schema) -> Schema:
    return {"type": "object", "description": description, "properties": properties}


_SCORE_TYPES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW")
_TEXT_TYPES = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")

_LANGUAGE = {"type": "string"}
#: Fields that both requests have.
_ASKED = {
    "comment": _of("TextEntry"),
    "context": _of("Context"),
    "languages": _list("What the comment is written in; the first one counts.", _LANGUAGE),
    "clientToken": _string("Given back as it came."),
    "communityId": _string("Names the source of a suggested label; no scores depend on it."),
    "sessionId": _string("Accepted, without effect."),
}

_MESSAGES: dict[str, Schema] = {
    "AnalyzeCommentRequest": _message(
        "A comment, and what to score it for.",
        **_ASKED,
        requestedAttributes=_map(
            "Name of an attribute, such as TOXICITY or TOXICITY@6 → how to score it.",
            _of("AttributeParameters"),
        ),
        spanAnnotations=_boolean("Whether to score each sentence as well."),
        doNotStore=_boolean("Accepted; comments that are analysed are never stored."),
        dropUnsupportedAttributes=_boolean(
            "Whether to leave out an attribute that is not scored here, rather than refuse it."
        ),
    ),
    "AnalyzeCommentResponse": _message(
        "The scores of a comment.",
        attributeScores=_map("Attribute as requested → scores.", _of("AttributeScores")),
        languages=_list("Those of the request, or else the detected one.", _LANGUAGE),
        detectedLanguages=_list("What the comment is written in, `und` if unclear.", _LANGUAGE),
        clientToken=_string("That of the request."),
    ),
    "SuggestCommentScoreRequest": _message(
        "A comment, and what somebody says of it: stored as a label to learn from.",
        **_ASKED,
        attributeScores=_map(
            "Attribute → scores; from 0.5 on it applies. APPROVED and DELETED are verdicts.",
            _of("AttributeScores"),
        ),
    ),
    "SuggestCommentScoreResponse": _message(
        "What became of a suggestion.",
        clientToken=_string("That of the request."),
        requestedLanguages=_list("Those of the request.", _LANGUAGE),
        detectedLanguages=_list("Told if the request names no language.", _LANGUAGE),
    ),
    "TextEntry": _message(
        "A text.",
        text=_string("At most 20,480 bytes of UTF-8 for a comment."),
        type=_string("HTML is scored without its markup.", *_TEXT_TYPES),
    ),
    "Context": _message(
        "What a comment answers: one of both. No scores depend on it.",
        entries=_list("Texts, such as a thread.", _of("TextEntry")),
        articleAndParentComment=_of("ArticleAndParentComment"),
    ),
    "ArticleAndParentComment": _message(
        "An article and the comment that is answered.",
        article=_of("TextEntry"),
        parentComment=_of("TextEntry"),
    ),
    "AttributeParameters": _message(
        "How to score an attribute.",
        scoreType=_string("PROBABILITY is what there is.", *_SCORE_TYPES),
        scoreThreshold=_float("Scores below it are left out."),
    ),
    "AttributeScores": _message(
        "The scores of an attribute.",
        summaryScore=_of("Score"),
        spanScores=_list("Scores of parts of the comment.", _of("SpanScore")),
    ),
    "SpanScore": _message(
        "The score of a part, from `begin` up to but not with `end`.",
        begin=_int32("UTF-16 code units of the text as posted, markup included."),
        end=_int32("Likewise."),
        score=_of("Score"),
    ),
    "Score": _message(
        "A score.",
        value=_float("A probability from 0 to 1."),
        type=_string("PROBABILITY.", *_SCORE_TYPES),
    ),
}

#: Name → schema of each message.
SCHEMAS = {name: {"id": name, **schema} for name, schema in _MESSAGES.items()}
