"""What every endpoint stands on: the services of the application, and how bodies are read."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Flask, Request, Response, current_app
from flask_smorest.utils import prepare_response
from itsdangerous import BadSignature, URLSafeSerializer
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.routing import BaseConverter

from moderation.api.openapi import SchemaPlugin
from moderation.api.problems import CONTENT_TYPE, Problem, ProblemSchema, invalid
from moderation.api.requests import RequestFigures
from moderation.clerk import Clerk
from moderation.encoding import compact_json, read_json
from moderation.feed import Hub
from moderation.overload import Gate
from moderation.record import Record
from moderation.settings import Settings


@dataclass(frozen=True)
class Services:
    """What `create_app` put together, for the views."""

    settings: Settings
    record: Record
    hub: Hub
    figures: RequestFigures
    clerk: Clerk
    gate: Gate


def services() -> Services:
    """The services of the application that answers this request."""
    found: Services = current_app.extensions["moderation"]
    return found


class OpaqueConverter(BaseConverter):
    """An id in a path, slashes and all: sites use URLs as article ids."""

    regex = ".+?"
    part_isolating = False


class BodyParser(FlaskParser):
    """Reads JSON bodies; what is no JSON is a problem that says so."""

    def load_json(self, req: Request, _schema: Any) -> Any:
        """The parsed body.

        Raises:
            Problem: 415 for another content type, 400 for what is no JSON.
        """
        if not req.mimetype.endswith("json"):
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "send JSON, with the header Content-Type: application/json",
            )
        try:
            return read_json(req.get_data(cache=True))
        except ValueError:
            raise Problem(
                HTTPStatus.BAD_REQUEST, "the body is not valid JSON in UTF-8", kind="not-json"
            ) from None


class Blueprint(flask_smorest.Blueprint):
    """A group of endpoints whose arguments are read by `BodyParser`."""

    ARGUMENTS_PARSER = BodyParser()

    def arguments(self, schema: type[Schema], **options: Any) -> Any:
        """Like the parent's, with the schema made once and not anew for each request."""
        return super().arguments(schema(), **options)


class Api(flask_smorest.Api):
    """OpenAPI generated from the schemas; errors are left to `problems`."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        super().__init__(app, spec_kwargs={"marshmallow_plugin": SchemaPlugin()})

    def _register_error_handlers(self) -> None:
        """`problems.register` does it."""

    def _register_responses(self) -> None:
        for name in [*(status.name for status in HTTPStatus), "DEFAULT_ERROR"]:
            phrase = HTTPStatus[name].phrase if name in HTTPStatus.__members__ else "Problem"
            response = {"description": phrase, "schema": self.ERROR_SCHEMA}
            prepare_response(response, self.spec, CONTENT_TYPE)
            self.spec.components.response(name, response, lazy=True)


class Cursors:
    """Cursors that only this service can have given, each for one list of one site."""

    def __init__(self, *what: str) -> None:
        self._serializer = URLSafeSerializer(_cursor_secret(), salt="\0".join(what))

    def write(self, position: str | int) -> str:
        """The cursor of a position."""
        return str(self._serializer.dumps(position))

    def read(self, cursor: str) -> Any:
        """The position of a cursor.

        Raises:
            Problem: 422, this service never gave it for this list.
        """
        try:
            return self._serializer.loads(cursor)
        except BadSignature:
            message = "Not a cursor that this service gave for this list."
            raise invalid({"after": [message]}) from None


def json_response(
    body: Any, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> Response:
    """A compact JSON answer."""
    text = compact_json(body)
    # A lone surrogate (in the name of a refused field) is escaped as JSON does it anyway.
    written = text.encode("utf-8", "backslashreplace")
    return Response(written, status, headers, mimetype="application/json")


def no_content() -> Response:
    """An answer without a body, and so without the type of one."""
    response = Response(status=HTTPStatus.NO_CONTENT)
    del response.headers["Content-Type"]
    return response


def _cursor_secret() -> str:
    known = current_app.extensions.get("moderation-cursor-secret")
    if known is None:
        known = services().record.operations.cursor_secret()
        current_app.extensions["moderation-cursor-secret"] = known
    return str(known)
