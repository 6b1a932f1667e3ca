"""Values for the examples of the reference page: what a first call could send."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

#: Parts of paths, and fields of bodies, by name.
_BY_NAME: dict[str, Any] = {
    "article_id": "night-library",
    "comment_id": "c-1001",
    "author_id": "reader-7",
    "webhook_id": "w-1",
    "text": "What a lovely idea!",
    "texts": ["What a lovely idea!", "You are a silly fool."],
    "author": {"id": "reader-7", "name": "Anna"},
    "reason": "This is an advertisement.",
    "message": "msg_demo_1795876831539-0_decision-created",
    "url": "https://news.example/hooks/comments",
    "thresholds": {"insult": 0.8},
    "action": "approve",
}
_OPTIONAL = {"thresholds", "url"}
_PATH_PART = re.compile(r"\{(\w+)\}")

Resolve = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def path(pattern: str) -> str:
    """A path with every part filled in."""
    return _PATH_PART.sub(lambda part: str(_BY_NAME.get(part[1], "1")), pattern)


def body(pattern: str, schema: Mapping[str, Any], resolve: Resolve) -> Any:
    """A small body that this schema accepts: its required fields, of several ways the first."""
    if pattern.endswith("/batch"):
        one = {name: _BY_NAME[name] for name in ("article_id", "text", "author")}
        return {"comments": [one]}
    return _value("", schema, resolve)


def _value(name: str, schema: Mapping[str, Any], resolve: Resolve) -> Any:
    schema = resolve(schema)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if "example" in schema:
        return schema["example"]
    if "properties" in schema:
        ways = schema.get("oneOf", [{}])
        shown = {*schema.get("required", ()), *ways[0].get("required", ()), *_OPTIONAL}
        return {
            field: _value(field, inner, resolve)
            for field, inner in schema["properties"].items()
            if field in shown
        }
    if "enum" in schema:
        return schema["enum"][0]
    if "items" in schema:
        return [_value("", schema["items"], resolve)]
    return {"integer": 1, "number": 0.5, "boolean": True}.get(str(schema.get("type")), "…")
