"""The composition root: settings → the WSGI application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, redirect, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix

from moderation import __version__, console, dropins
from moderation.api import (
    audit,
    auth,
    batches,
    bodies,
    comments,
    decisions,
    drift,
    figures,
    keys,
    labels,
    models,
    moderation,
    operations,
    people,
    places,
    policies,
    problems,
    request_log,
    retention,
    score,
    staff,
    trainings,
    webhook_messages,
    webhooks,
)
from moderation.api.base import Api, OpaqueConverter, Services
from moderation.api.requests import RequestFigures
from moderation.api.schemas import BATCH_BODY_BYTES, BODY_BYTES
from moderation.clerk import Clerk
from moderation.docs import pages as docs
from moderation.feed import Hub
from moderation.overload import Gate
from moderation.record import Record
from moderation.settings import Settings

API_DESCRIPTION = (
    "Post readers' comments, get an approve or hold decision for each. Authenticate with "
    "`Authorization: Bearer API_KEY`. Errors are RFC 9457 problems."
)
#: The share of all connections on which requests may wait for decisions or follow them.
FOLLOWERS_SHARE = 0.75
#: Endpoints whose bodies may be large.
LARGE = frozenset({"comments.post_batch", "batches.post_batch", "labels.post_labels"})


class Application(Flask):
    """Flask without coroutines: each decorator of each view would look for them anew."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings) -> Flask:
    """The application. Opens no connection: that happens at the first request."""
    app = Application("moderation")
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_BYTES,
        API_TITLE="Comment moderation service",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": API_DESCRIPTION},
            "security": [{auth.SECURITY_SCHEME: []}],
            "webhooks": webhook_messages.webhooks(),
        },
    )
    record = Record(settings)
    hub = Hub(record.decisions, places=settings.max_connections * FOLLOWERS_SHARE)
    figures = RequestFigures(record.operations)
    app.extensions["moderation"] = Services(
        settings, record, hub, figures, Clerk(record), Gate.of(record, settings)
    )
    request_log.register(app)
    figures.register(app)
    problems.register(app)
    bodies.register(app)
    app.before_request(_allow_large_batches)
    _trust_proxies(app, settings.trusted_proxies)
    _register_api(app)
    app.register_blueprint(docs.blueprint)
    dropins.register(app)
    console.register(app)
    if settings.demo:
        from moderation.demo import pages as demo

        app.register_blueprint(demo.blueprint)
    else:
        app.add_url_rule("/", "home", lambda: redirect(url_for("docs.docs")))
    return app


def _register_api(app: Flask) -> None:
    # Ids in paths are opaque: two slashes in one are two slashes.
    app.url_map.merge_slashes = False
    app.url_map.converters["opaque"] = OpaqueConverter
    api = Api(app)
    api.register_converter(OpaqueConverter, lambda _: {"type": "string", "minLength": 1})
    api.spec.components.security_scheme(
        auth.SECURITY_SCHEME,
        {"type": "http", "scheme": "bearer", "description": "A site's API key."},
    )
    api.spec.components.security_scheme(
        staff.SECURITY_SCHEME,
        {"type": "http", "scheme": "bearer", "description": "A moderator's token."},
    )
    for module in (
        comments,
        decisions,
        score,
        policies,
        retention,
        webhooks,
        keys,
        operations,
        people,
        moderation,
        places,
        figures,
        drift,
        audit,
        labels,
        batches,
        models,
        trainings,
    ):
        api.register_blueprint(module.blueprint)


def _trust_proxies(app: Flask, count: int) -> None:
    """Believes proxies in front where a request came from, if there are any."""
    if count:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )


def _allow_large_batches() -> None:
    if request.endpoint in LARGE:
        request.max_content_length = BATCH_BODY_BYTES
