"""A site's API keys: list, make, replace, revoke."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response

from moderation.access import needs
from moderation.api import either
from moderation.api.admission import require_memory
from moderation.api.base import Blueprint, json_response, no_content, services
from moderation.api.key_schemas import (
    KeysSchema,
    KeyWithSecretSchema,
    NewKeySchema,
    RotationQuerySchema,
)
from moderation.api.problems import CONTENT_TYPE, Problem, ProblemSchema, invalid
from moderation.api_keys import Scope
from moderation.desk.api_keys import SiteKeys
from moderation.domain import Lane, Role
from moderation.errors import UnknownApiKeyError, UnsuitableKeyError
from moderation.record.api_keys import Issued

blueprint = Blueprint(
    "keys", __name__, url_prefix="/v1", description="Who may ask for the site, and for what."
)
either.protect(blueprint)

_UNKNOWN = blueprint.alt_response(
    404, schema=ProblemSchema, content_type=CONTENT_TYPE, description="There is no such key."
)


@blueprint.route("/keys")
@needs(Role.ADMIN)
@blueprint.response(200, KeysSchema)
def list_keys() -> Response:
    """List the API keys of the site; what they are is not kept."""
    return json_response({"keys": [one.to_json() for one in _keys().all(either.current())]})


@blueprint.route("/keys", methods=["POST"])
@needs(Role.ADMIN)
@blueprint.arguments(NewKeySchema)
@blueprint.response(201, KeyWithSecretSchema)
def post_key(body: dict[str, Any]) -> Response:
    """Make an API key; it is in this answer and never again."""
    require_memory(lane=Lane.LIVE)
    issued = _keys().create(
        either.current(),
        body["name"],
        scopes=map(Scope, body["scopes"]),
        expires_at=body["expires_at"],
    )
    return _with_secret(issued, HTTPStatus.CREATED)


@blueprint.route("/keys/<key_id>/rotate", methods=["POST"])
@needs(Role.ADMIN)
@blueprint.arguments(RotationQuerySchema, location="query")
@blueprint.response(201, KeyWithSecretSchema)
@_UNKNOWN
def rotate_key(query: dict[str, Any], key_id: str) -> Response:
    """Replace a key by a new one that opens the same; by default the old one ends at once."""
    issued = _keys().rotate(either.current(), key_id, overlap_s=query["overlap_s"])
    return _with_secret(issued, HTTPStatus.CREATED)


@blueprint.route("/keys/<key_id>", methods=["DELETE"])
@needs(Role.ADMIN)
@blueprint.response(204)
@_UNKNOWN
def delete_key(key_id: str) -> Response:
    """Revoke a key, at once and for good."""
    _keys().revoke(either.current(), key_id)
    return no_content()


@blueprint.errorhandler(UnknownApiKeyError)
def _unknown(error: UnknownApiKeyError) -> Response:
    return Problem(HTTPStatus.NOT_FOUND, str(error), kind="unknown-key").response()


@blueprint.errorhandler(UnsuitableKeyError)
def _unsuitable(error: UnsuitableKeyError) -> Response:
    return invalid({error.field: [str(error)]}).response()


def _keys() -> SiteKeys:
    return SiteKeys(services().record)


def _with_secret(issued: Issued, status: HTTPStatus) -> Response:
    return json_response(issued.key.to_json() | {"key": issued.secret}, status)
