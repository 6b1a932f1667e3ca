"""Signing in and out, and choosing the site that is looked at."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.access import needs
from moderation.api.base import services
from moderation.console.base import COOKIE, console_blueprint, me, open_to_all, page, visitor
from moderation.console.returning import HOME, SIGN_IN, local_path
from moderation.desk.sign_in import Browser, SignIn
from moderation.domain import Role
from moderation.errors import NotAllowedError, SignInRefusedError, TooManyTriesError

blueprint = console_blueprint("signin", __name__)


@blueprint.get("", strict_slashes=False)
def home() -> BaseResponse:
    """The way in: the queue."""
    return redirect(HOME)


@blueprint.get("/sign-in")
@open_to_all
def form() -> BaseResponse:
    """The form; somebody signed in is sent on."""
    where = local_path(request.args.get("next", ""))
    if visitor():
        return redirect(where, HTTPStatus.SEE_OTHER)
    return form_page(where)


@blueprint.post("/sign-in")
@open_to_all
def sign_in() -> BaseResponse:
    """Signs in by name and password."""
    where = local_path(request.form.get("next", ""))
    name = request.form.get("name", "").strip()
    door = SignIn(services().record)
    try:
        secret = door.by_password(name, request.form.get("password", ""), browser())
    except SignInRefusedError as error:
        return form_page(where, name=name, error=str(error), status=HTTPStatus.UNAUTHORIZED)
    except TooManyTriesError as error:
        return _wait(where, name, error.wait_s)
    return let_in(secret, where)


@blueprint.post("/sign-out")
@needs(Role.VIEWER)
def sign_out() -> BaseResponse:
    """Ends this session."""
    SignIn(services().record).out(me().session)
    answer = redirect(SIGN_IN, HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return answer


@blueprint.post("/site")
@needs(Role.VIEWER)
def choose_site() -> BaseResponse:
    """Looks at another of one's sites from now on."""
    site = request.form.get("site", "")
    if site not in me().sites:
        raise NotAllowedError(f"you have no role on a site {site!r}")
    services().record.sessions.choose_site(me().session, site)
    return redirect(HOME, HTTPStatus.SEE_OTHER)


@blueprint.get("/<path:elsewhere>")
@open_to_all
def nothing(elsewhere: str) -> Response:  # noqa: ARG001 - the route gives it
    """A page that the console does not have."""
    return page("console/not_found.html", HTTPStatus.NOT_FOUND)


def browser() -> Browser:
    """Where this request comes from."""
    return Browser(request.remote_addr or "", request.headers.get("User-Agent", ""))


def let_in(secret: str, where: str) -> BaseResponse:
    """Goes on to a page of the console, signed in."""
    answer = redirect(where, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE, secret, path="/", secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return answer


def form_page(
    where: str, *, name: str = "", error: str = "", status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """The form, with what was wrong with the last one."""
    return page(
        "console/signin.html",
        status,
        next=where,
        name=name,
        error=error,
        provider=urlsplit(services().settings.oidc_issuer).hostname,
    )


def _wait(where: str, name: str, wait_s: int) -> Response:
    error = f"That were too many tries. Wait {wait_s} seconds, then try again."
    answer = form_page(where, name=name, error=error, status=HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(wait_s)
    return answer
