"""What every page of the console stands on: who is there, what they may do, how it looks.

A page's module makes its blueprint with `console_blueprint`; its views then run only for
somebody who is signed in, has the role that the view `needs`, and sent a form of ours.
"""

from __future__ import annotations

import hmac
import logging
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from moderation import html
from moderation.access import SAFE_METHODS, View, needed_role, needs
from moderation.api.base import services
from moderation.api.operations import drift_watch
from moderation.console.dock import Dock
from moderation.console.returning import to_sign_in
from moderation.domain import Actor, Role
from moderation.errors import (
    NotAllowedError,
    PolicyChangedError,
    PolicyFullError,
    RedisAwayError,
    UnknownCommentError,
    UnknownModeratorError,
)
from moderation.preferences import Preferences
from moderation.record.sessions import Session

__all__ = [
    "console_blueprint",
    "is_htmx",
    "me",
    "needs",
    "open_to_all",
    "page",
    "render",
    "visitor",
]

log = logging.getLogger(__name__)

_POSITION = re.compile(r"\d{1,19}-\d{1,19}")

COOKIE = "moderation_session"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
#: When a page that could not be shown asks again by itself.
RETRY_S = 3
_OPEN = "open_to_all"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is looking, and at which of their sites."""

    actor: Actor
    sites: dict[str, Role]
    preferences: Preferences
    session: Session

    @property
    def name(self) -> str:
        """The moderator's name."""
        return self.actor.name

    @property
    def csrf_token(self) -> str:
        """What every form of theirs carries."""
        return self.session.csrf_token


def console_blueprint(name: str, import_name: str) -> Blueprint:
    """A group of pages below `/console`; its endpoints are `console_NAME.VIEW`."""
    blueprint = Blueprint(f"console_{name}", import_name, url_prefix="/console")
    html.protect(blueprint)
    blueprint.before_request(_guard)
    blueprint.after_request(_keep_private)
    blueprint.register_error_handler(RedisAwayError, _away)
    blueprint.register_error_handler(UnknownCommentError, _unknown)
    blueprint.register_error_handler(UnknownModeratorError, _unknown)
    blueprint.register_error_handler(NotAllowedError, _not_allowed)
    blueprint.register_error_handler(PolicyChangedError, _policy_in_the_way)
    blueprint.register_error_handler(PolicyFullError, _policy_in_the_way)
    blueprint.register_error_handler(HTTPException, _refused)
    blueprint.register_error_handler(Exception, _unexpected)
    return blueprint


def open_to_all(view: View) -> View:
    """Marks a view that is there for who is not signed in as well."""
    setattr(view, _OPEN, True)
    return view


def visitor() -> SignedIn | None:
    """Who is looking, if they are signed in."""
    found: SignedIn | None = g.get("signed_in")
    return found


def me() -> SignedIn:
    """Who is looking, on a page that is only for who is signed in."""
    found: SignedIn = g.signed_in
    return found


def is_htmx() -> bool:
    """Whether a fragment is asked for, to be put into a page that is there already."""
    return request.headers.get("HX-Request") == "true"


def render(template: str, *, active: str, **context: Any) -> str:
    """A page or fragment, with what every one of them is given.

    Args:
        template: its path, `console/queue.html`.
        active: the entry of the navigation that it belongs to, "" for none.
        context: what it shows.
    """
    signed_in = visitor()
    return render_template(
        template,
        active=active,
        me=signed_in,
        csrf_token=signed_in.csrf_token if signed_in else "",
        is_htmx=is_htmx(),
        dock=Dock(services().record, signed_in.actor, drift_watch()) if signed_in else None,
        **context,
    )


def page(
    template: str, code: HTTPStatus = HTTPStatus.OK, /, *, active: str = "", **context: Any
) -> Response:
    """Like `render`, as an answer with a status code."""
    return make_response(render(template, active=active, **context), code)


def sentence(error: Exception) -> str:
    """What an error says, as a sentence of its own."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _guard() -> BaseResponse | None:
    """Lets a request through to its view, or answers it."""
    view = current_app.view_functions[request.endpoint or ""]
    if request.method not in SAFE_METHODS and not _from_our_page():
        return _forgery()
    g.signed_in = _signed_in()
    if getattr(view, _OPEN, False):
        return None
    if g.signed_in is None:
        return to_sign_in(request, is_htmx=is_htmx())
    if request.method not in SAFE_METHODS and not _has_csrf_token():
        return _forgery()
    role = needed_role(view, request.method)
    if not me().actor.role.allows(role):
        raise NotAllowedError(f"this needs the role {role} on the site {me().actor.site}")
    return None


def _signed_in() -> SignedIn | None:
    record = services().record
    secret = request.cookies.get(COOKIE, "")
    session = record.sessions.open(secret, is_seen=not _is_unasked())
    moderator = record.moderators.find(session.name) if session else None
    if session is None or moderator is None or not moderator.is_active:
        return None
    sites = moderator.roles
    site = session.site if session.site in sites else min(sites)
    actor = Actor(moderator.name, site, sites[site])
    return SignedIn(actor, sites, moderator.preferences, session)


def _is_unasked() -> bool:
    """Whether a page asks by itself, as it goes on doing when nobody sits there any more."""
    is_look = request.method in SAFE_METHODS
    return is_htmx() and (is_look or request.path.endswith(("/claim", "/release")))


def _from_our_page() -> bool:
    """Whether the browser says so; one that says nothing is left to the token.

    This alone protects the sign-in form, where there is no session to have a token.
    """
    fetched_by = request.headers.get("Sec-Fetch-Site")
    if fetched_by:
        return fetched_by in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _has_csrf_token() -> bool:
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    return hmac.compare_digest(sent.encode(), me().csrf_token.encode())


def _forgery() -> Response:
    log.warning("refused a form that came from no page of ours: %s", request.url_rule)
    return page(
        "console/forbidden.html",
        HTTPStatus.FORBIDDEN,
        title="This form is not from here, or too old",
        detail="Nothing was done. Go back, load the page again, and repeat it there.",
    )


def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _away(error: RedisAwayError) -> Response:
    """Says that nothing can be shown; what was sent can be sent again from there."""
    log.warning("Redis is away: %s", error)
    answer = page(
        "console/away.html",
        HTTPStatus.SERVICE_UNAVAILABLE,
        method=request.method,
        path=request.full_path,
        fields=_repeatable(),
    )
    answer.headers["Retry-After"] = str(RETRY_S)
    if request.method in SAFE_METHODS and not is_htmx():
        answer.headers["Refresh"] = str(RETRY_S)
    return answer


def _repeatable() -> list[tuple[str, str]] | None:
    """The fields of the form that was sent; `None` for one with a password in it."""
    if any("password" in name for name in request.form):
        return None
    return list(request.form.items(multi=True))


def _unknown(_: Exception) -> Response:
    return page("console/not_found.html", HTTPStatus.NOT_FOUND)


def _not_allowed(error: NotAllowedError) -> Response:
    return page(
        "console/forbidden.html",
        HTTPStatus.FORBIDDEN,
        title="You may not do that",
        detail=sentence(error),
    )


def _policy_in_the_way(error: Exception) -> Response:
    return page(
        "console/forbidden.html",
        HTTPStatus.CONFLICT,
        title="The policy could not be changed",
        detail=sentence(error),
    )


def _refused(error: HTTPException) -> BaseResponse:
    if error.response is not None or (error.code or 500) < HTTPStatus.BAD_REQUEST:
        return BaseResponse.force_type(error.get_response(), request.environ)
    if error.code == HTTPStatus.NOT_FOUND:
        return _unknown(error)
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    return page(
        "console/forbidden.html", status, title=status.phrase, detail=error.description or ""
    )


def _unexpected(_: Exception) -> Response:
    log.exception("an unexpected error on %s %s", request.method, request.url_rule)
    return page(
        "console/forbidden.html",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        title="Something went wrong here",
        detail="Nothing was changed that this page does not say; the operator's log says why.",
    )


def sent_number(name: str) -> int:
    """A number that a form of ours has; one that is none of ours is no version."""
    written = request.form.get(name, "")
    return int(written) if written.isdecimal() and len(written) < 16 else -1


def position_before() -> str | None:
    """The place in a stream that a page of older entries ends at, `None` for the newest."""
    given = request.args.get("before", "")
    return given if _POSITION.fullmatch(given) else None
