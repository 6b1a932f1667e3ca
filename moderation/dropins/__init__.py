"""Endpoints that speak what sites already speak to others: a site changes one URL.

Each module is a thin adapter of one protocol over the same keys, scores and labels; `base` is
what they stand on. They are not part of the OpenAPI document: their owners document them.
"""

from __future__ import annotations

from flask import Flask

from moderation.dropins import akismet, coral, openai
from moderation.dropins.perspective import endpoints as perspective


def register(app: Flask) -> None:
    """Puts every drop-in endpoint into the application."""
    app.register_blueprint(coral.blueprint)
    app.register_blueprint(perspective.blueprint)
    app.register_blueprint(akismet.blueprint)
    app.register_blueprint(openai.blueprint)
