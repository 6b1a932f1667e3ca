"""The site's API keys, for its admins: what each opens, when it was used; make and end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from moderation import hostile
from moderation.access import needs
from moderation.api.base import services
from moderation.api_keys import MOST_OVERLAP_S, NAME_CHARACTERS, USUAL_SCOPES, ApiKey, Scope
from moderation.console.base import console_blueprint, me, page, sentence
from moderation.desk.api_keys import SiteKeys
from moderation.domain import Role
from moderation.errors import UnknownApiKeyError, UnsuitableKeyError

blueprint = console_blueprint("keys", __name__)

SCOPES = {
    Scope.POST: "hand in comments, reports and texts to be scored",
    Scope.READ: "read comments, decisions and the policy",
    Scope.MODERATE: "erase comments and authors, and suggest labels",
    Scope.ADMIN: "change the policy, retention, webhooks and keys",
}
#: Days that a new key lives, "" for ever, as the form offers them.
LIVES = (("", "until it is revoked"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"))
#: Seconds that an old key goes on beside its successor, as the form offers them.
OVERLAPS = (
    (0, "at once"),
    (3_600, "in an hour"),
    (86_400, "in a day"),
    (MOST_OVERLAP_S, "in a week"),
)


@blueprint.get("/keys")
@needs(Role.ADMIN)
def show() -> Response:
    """The keys of the site."""
    return _page()


@blueprint.post("/keys")
@needs(Role.ADMIN)
def create() -> Response:
    """Makes a key, which is shown in this answer and never again."""
    scopes = [one for one in Scope if one.value in request.form.getlist("scopes")]
    try:
        issued = _keys().create(
            me().actor, request.form.get("name", ""), scopes=scopes, expires_at=_end()
        )
    except UnsuitableKeyError as error:
        return _page(errors={error.field: sentence(error)}, scopes=scopes)
    return _page(secret=issued.secret, secret_of=f"The key “{_label(issued.key)}”")


@blueprint.post("/keys/rotate")
@needs(Role.ADMIN)
def rotate() -> Response:
    """Replaces a key by a new one, which is shown in this answer and never again."""
    offered = [seconds for seconds, _ in OVERLAPS]
    overlap_s = request.form.get("overlap", type=int)
    if overlap_s not in offered:
        return _page(errors={"": "Choose when the old key ends."})
    issued = _keys().rotate(me().actor, _id(), overlap_s=overlap_s)
    return _page(secret=issued.secret, secret_of=f"The new key “{_label(issued.key)}”")


@blueprint.post("/keys/revoke")
@needs(Role.ADMIN)
def revoke() -> BaseResponse:
    """Shuts out who has a key, at once."""
    _keys().revoke(me().actor, _id())
    return redirect(url_for("console_keys.show"), HTTPStatus.SEE_OTHER)


@blueprint.errorhandler(UnknownApiKeyError)
def _gone(_: UnknownApiKeyError) -> Response:
    return page("console/not_found.html", HTTPStatus.NOT_FOUND)


def _keys() -> SiteKeys:
    return SiteKeys(services().record)


def _id() -> str:
    return request.form.get("id", "")


def _label(key: ApiKey) -> str:
    """What people call a key, safe to show."""
    return hostile.one_line(key.name or key.id, NAME_CHARACTERS)


def _end() -> datetime | None:
    days = request.form.get("days", "")
    if days not in dict(LIVES):
        raise UnsuitableKeyError("", "choose how long the key lives")
    return datetime.now(UTC) + timedelta(days=int(days)) if days else None


def _page(
    *,
    errors: dict[str, str] | None = None,
    scopes: list[Scope] | None = None,
    secret: str = "",
    secret_of: str = "",
) -> Response:
    return page(
        "console/keys.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        active="keys",
        keys=[(one, _label(one)) for one in _keys().all(me().actor)],
        now_ms=int(time.time() * 1000),
        meanings=SCOPES,
        chosen=USUAL_SCOPES if scopes is None else scopes,
        lives=LIVES,
        overlaps=OVERLAPS,
        name_characters=NAME_CHARACTERS,
        name=request.form.get("name", "") if errors else "",
        errors=errors or {},
        secret=secret,
        secret_of=secret_of,
    )
