"""The moderators' console: one module a page, each with a blueprint of its own."""

from __future__ import annotations

from flask import Flask

from moderation.console import (
    articles,
    assets,
    audit,
    authors,
    batches,
    comments,
    drift,
    figures,
    keys,
    labels,
    models,
    oidc,
    people,
    policy,
    preferences,
    queue,
    ranges,
    retention,
    review,
    shadow,
    signin,
    training,
    webhooks,
)

PAGES = (
    assets,
    signin,
    queue,
    review,
    comments,
    ranges,
    batches,
    articles,
    authors,
    policy,
    retention,
    models,
    training,
    shadow,
    labels,
    figures,
    drift,
    webhooks,
    keys,
    audit,
    oidc,
    people,
    preferences,
)


def register(app: Flask) -> None:
    """Adds the console to the application."""
    for page in PAGES:
        app.register_blueprint(page.blueprint)
