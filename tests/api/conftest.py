"""Every answer that these tests get is held against the published OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from moderation.app import create_app
from moderation.bootstrap import DEMO_SITE
from moderation.domain import Role
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import AUTH, close

SignUp = Callable[..., FlaskClient]

#: Read once: every application of a test run has the same.
_DOCUMENT: dict[str, Any] = {}


class DocumentedClient(FlaskClient):
    """A client that fails on an answer which the OpenAPI document does not promise."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        operation = self._operation(response)
        if operation is not None:
            _check(response, operation, self._document())
        return response

    def _document(self) -> dict[str, Any]:
        if not _DOCUMENT:
            _DOCUMENT.update(FlaskClient(self.application).get("/openapi.json").json)
        return _DOCUMENT

    def _operation(self, response: TestResponse) -> dict[str, Any] | None:
        adapter = self.application.url_map.bind("localhost")
        try:
            rule, _ = adapter.match(
                response.request.path, response.request.method, return_rule=True
            )
        except HTTPException:
            return None
        path = rule.rule.replace("<opaque:", "{").replace(">", "}")
        operations = self._document()["paths"].get(path, {})
        found: dict[str, Any] | None = operations.get(response.request.method.lower())
        return found


def _check(response: TestResponse, operation: dict[str, Any], document: dict[str, Any]) -> None:
    answers = operation["responses"]
    is_error = response.status_code >= 400
    assert str(response.status_code) in answers or is_error, f"{response.status} undocumented"
    promised = answers.get(str(response.status_code), answers["default"])
    if "$ref" in promised:
        promised = document["components"]["responses"][promised["$ref"].rpartition("/")[2]]
    content = promised.get("content", {})
    if not content:
        assert response.data == b""
        return
    assert response.mimetype in content
    if response.mimetype.endswith("json"):
        schema = content[response.mimetype]["schema"] | {"components": document["components"]}
        Draft202012Validator(schema).validate(response.json)


@pytest.fixture
def limited(settings: Settings, record: Record) -> Iterator[FlaskClient]:
    """A client of an application where a key may make three requests."""
    app = create_app(replace(settings, rate_limit=3, rate_window_s=30))
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = AUTH["Authorization"]
    yield client
    close(app)


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application, its clients checked against its own document."""
    app.test_client_class = DocumentedClient
    return app


@pytest.fixture
def somebody(app: Flask, record: Record) -> SignUp:
    """Makes a moderator; a client that carries a token of theirs."""

    def sign_up(name: str, role: Role = Role.MODERATOR, site: str = DEMO_SITE) -> FlaskClient:
        record.moderators.create(name, {site: role}, "a long password")
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {record.tokens.issue(name)}"
        return client

    return sign_up


@pytest.fixture
def anna(somebody: SignUp) -> FlaskClient:
    """A moderator of the site `demo`."""
    return somebody("anna")
