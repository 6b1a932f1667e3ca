"""Moderators' accounts as JSON: who one is, one's settings, and for admins everybody's."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response

from moderation.api import staff
from moderation.api.base import Blueprint, json_response, services
from moderation.api.problems import Problem
from moderation.api.staff_schemas import (
    CreatedModeratorSchema,
    MeSchema,
    ModeratorChangeSchema,
    ModeratorSchema,
    ModeratorsSchema,
    NewModeratorSchema,
    PreferencesSchema,
)
from moderation.desk.people import People
from moderation.domain import Role
from moderation.errors import ModeratorExistsError, NotAllowedError, UnknownModeratorError
from moderation.preferences import Preferences
from moderation.record.moderators import Moderator

blueprint = Blueprint(
    "people", __name__, url_prefix="/v1", description="Who moderates, and their settings."
)
staff.protect(blueprint)


@blueprint.route("/me")
@blueprint.response(200, MeSchema)
def get_me() -> Response:
    """Read whose token this is, and what they may do where."""
    actor, account = staff.current(), staff.current_moderator()
    return json_response(
        {
            "name": actor.name,
            "site": actor.site,
            "role": actor.role,
            "sites": account.roles,
        }
    )


@blueprint.route("/preferences")
@blueprint.response(200, PreferencesSchema)
def get_preferences() -> Response:
    """Read one's own settings of the console."""
    return json_response(staff.current_moderator().preferences.to_json())


@blueprint.route("/preferences", methods=["PUT"])
@blueprint.arguments(PreferencesSchema)
@blueprint.response(200, PreferencesSchema)
@staff.needs(Role.VIEWER)
def put_preferences(body: dict[str, Any]) -> Response:
    """Replace one's own settings of the console."""
    wanted = Preferences(**body)
    _people().set_preferences(staff.current().name, wanted)
    return json_response(wanted.to_json())


@blueprint.route("/moderators")
@blueprint.response(200, ModeratorsSchema)
@staff.needs(Role.ADMIN)
def list_moderators() -> Response:
    """List who moderates the site."""
    found = _people().on(staff.current().site)
    return json_response({"moderators": [_written(one) for one, _ in found]})


@blueprint.route("/moderators", methods=["POST"])
@blueprint.arguments(NewModeratorSchema)
@blueprint.response(201, CreatedModeratorSchema)
@staff.needs(Role.ADMIN)
def post_moderator(body: dict[str, Any]) -> Response:
    """Make a moderator of the site; somebody who moderates another one is given a role here."""
    name = body["name"]
    made = _people().create(staff.current(), name, body["role"], password=body.get("password"))
    written = _written(services().record.moderators.get(name))
    if made:
        written["password"] = made
    return json_response(written, HTTPStatus.CREATED)


@blueprint.route("/moderators/<name>", methods=["PATCH"])
@blueprint.arguments(ModeratorChangeSchema)
@blueprint.response(200, ModeratorSchema)
@staff.needs(Role.ADMIN)
def patch_moderator(body: dict[str, Any], name: str) -> Response:
    """Change somebody's role on the site, or shut them out at once."""
    people, actor = _people(), staff.current()
    if "disabled" in body:
        people.set_disabled(actor, name, disabled=body["disabled"])
    if "role" in body:
        people.set_role(actor, name, body["role"])
    return json_response(_written(services().record.moderators.get(name)))


@blueprint.errorhandler(NotAllowedError)
def _not_allowed(error: NotAllowedError) -> Response:
    return Problem(HTTPStatus.FORBIDDEN, str(error), kind="forbidden").response()


@blueprint.errorhandler(ModeratorExistsError)
def _taken(error: ModeratorExistsError) -> Response:
    return Problem(HTTPStatus.CONFLICT, str(error), kind="moderator-exists").response()


@blueprint.errorhandler(UnknownModeratorError)
def _unknown(error: UnknownModeratorError) -> Response:
    return Problem(HTTPStatus.NOT_FOUND, str(error), kind="unknown-moderator").response()


def _people() -> People:
    return People(services().record)


def _written(moderator: Moderator) -> dict[str, Any]:
    role = moderator.roles.get(staff.current().site)
    return {
        "name": moderator.name,
        "role": role,
        "disabled": moderator.disabled,
        "created_at": moderator.created_at,
    }
