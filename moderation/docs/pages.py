"""`/docs`: the API's reference, drawn from the OpenAPI document itself."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, render_template
from markupsafe import Markup, escape

from moderation import html
from moderation.docs.reference import BASE_URL, Reference

blueprint = Blueprint(
    "docs",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/docs/static",
)
html.protect(blueprint)

_CLAUSE_END = re.compile("; |, |: ")
_CODE = re.compile(r"`([^`]+)`")


@blueprint.get("/docs")
def docs() -> str:
    """The reference page."""
    spec = _openapi()
    groups = Reference(spec).groups()
    return render_template(
        "docs.html",
        info=spec["info"],
        groups=groups,
        base_url=BASE_URL,
        has_demo="demo" in current_app.blueprints,
    )


def _openapi() -> dict[str, Any]:
    """The document behind `/openapi.json`."""
    (api,) = current_app.extensions["flask-smorest"]["apis"].values()
    spec: dict[str, Any] = api["ext_obj"].spec.to_dict()
    return spec


@blueprint.app_template_filter("with_code")
def with_code(text: str) -> Markup:
    """Plain text with `code` marked up, everything else escaped."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 # nosec B704


@blueprint.app_template_filter("first_clause")
def first_clause(summary: str) -> str:
    """A summary up to its first semicolon or comma, short enough for the contents."""
    return _CLAUSE_END.split(summary, maxsplit=1)[0].rstrip(".")
