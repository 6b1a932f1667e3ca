"""Who moderates this site, for its admins: roles, passwords, tokens, and shutting out."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from moderation.access import needs
from moderation.api.base import services
from moderation.console.base import console_blueprint, me, page, sentence
from moderation.desk.people import NAME_RULE, People
from moderation.domain import Role
from moderation.errors import ModeratorExistsError, UnsuitableError

blueprint = console_blueprint("people", __name__)

#: What the form sends to take every role away.
NO_ROLE = "none"


@blueprint.get("/people")
@needs(Role.ADMIN)
def show() -> Response:
    """The people of this site."""
    return _page()


@blueprint.post("/people")
@needs(Role.ADMIN)
def create() -> Response:
    """Makes a moderator; the password is shown in this answer and never again."""
    name, role = request.form.get("name", "").strip(), _role()
    if role is None:
        return _page(error="Choose a role.", name=name)
    try:
        password = _people().create(me().actor, name, role)
    except (UnsuitableError, ModeratorExistsError) as error:
        return _page(error=sentence(error), name=name)
    if password is None:
        return _page(done=f"{name} moderated another site already and now has a role here.")
    return _page(secret=password, secret_of=f"Password of {name}")


@blueprint.post("/people/role")
@needs(Role.ADMIN)
def set_role() -> BaseResponse:
    """Changes somebody's role on this site."""
    name, role = _name(), _role()
    if role is None and request.form.get("role") != NO_ROLE:
        return _page(error="Choose a role.")
    _people().set_role(me().actor, name, role)
    return _back()


@blueprint.post("/people/disable")
@needs(Role.ADMIN)
def disable() -> BaseResponse:
    """Shuts somebody out at once."""
    _people().set_disabled(me().actor, _name(), disabled=True)
    return _back()


@blueprint.post("/people/enable")
@needs(Role.ADMIN)
def enable() -> BaseResponse:
    """Lets somebody in again."""
    _people().set_disabled(me().actor, _name(), disabled=False)
    return _back()


@blueprint.post("/people/password")
@needs(Role.ADMIN)
def reset_password() -> Response:
    """Makes somebody a new password and shows it once."""
    password = _people().reset_password(me().actor, _name())
    return _page(secret=password, secret_of=f"New password of {_name()}")


@blueprint.post("/people/token")
@needs(Role.ADMIN)
def make_token() -> Response:
    """Makes a token for somebody and shows it once."""
    token = _people().make_token(me().actor, _name())
    return _page(secret=token, secret_of=f"Token of {_name()}")


@blueprint.post("/people/revoke")
@needs(Role.ADMIN)
def revoke() -> BaseResponse:
    """Ends somebody's sessions and revokes their tokens."""
    _people().revoke(me().actor, _name())
    return _back()


def _people() -> People:
    return People(services().record)


def _name() -> str:
    return request.form.get("name", "")


def _role() -> Role | None:
    wanted = request.form.get("role")
    return next((role for role in Role if role.value == wanted), None)


def _back() -> BaseResponse:
    return redirect(url_for("console_people.show"), HTTPStatus.SEE_OTHER)


def _page(
    *, error: str = "", name: str = "", done: str = "", secret: str = "", secret_of: str = ""
) -> Response:
    return page(
        "console/people.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        active="people",
        people=_people().on(me().actor.site),
        role_options=[(role.value, role.value) for role in Role],
        no_role=NO_ROLE,
        name_rule=NAME_RULE,
        name=name,
        error=error,
        done=done,
        secret=secret,
        secret_of=secret_of,
    )
