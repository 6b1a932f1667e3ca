"""The discovery document, from which Google's client libraries learn where methods are.

The format: https://developers.google.com/discovery/v1/reference/apis#resource.
"""

from __future__ import annotations

from typing import Any

from moderation.dropins.perspective.schemas import SCHEMAS

NAME, VERSION = "commentanalyzer", "v1alpha1"

_PARAMETERS = {
    "key": "An API key of the site.",
    "alt": "Accepted; answers are JSON.",
    "prettyPrint": "Accepted, without effect.",
    "fields": "Accepted, without effect.",
    "quotaUser": "Accepted, without effect.",
    "callback": "Accepted, without effect: answers are never JSONP.",
    "$.xgafv": "Accepted, without effect.",
}


def discovery_document(root_url: str) -> dict[str, Any]:
    """The document of a service.

    Args:
        root_url: where the service stands for whoever asks, with a slash at the end.
    """
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"{NAME}:{VERSION}",
        "name": NAME,
        "canonicalName": "Comment Analyzer",
        "version": VERSION,
        "title": "Comment moderation service, as Perspective Comment Analyzer API",
        "description": "Scores comments, and learns from suggested scores.",
        "protocol": "rest",
        "rootUrl": root_url,
        "servicePath": "",
        "baseUrl": root_url,
        "basePath": "",
        "parameters": {
            name: {"type": "string", "location": "query", "description": description}
            for name, description in _PARAMETERS.items()
        },
        "schemas": SCHEMAS,
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "AnalyzeComment", "Scores a comment."),
                    "suggestscore": _method(
                        "suggestscore", "SuggestCommentScore", "Says what a comment is."
                    ),
                }
            }
        },
    }


def _method(name: str, message: str, description: str) -> dict[str, Any]:
    path = f"{VERSION}/comments:{name}"
    return {
        "id": f"{NAME}.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "description": description,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{message}Request"},
        "response": {"$ref": f"{message}Response"},
    }
