"""Signing in with an OpenID Connect provider: to it, and back again."""

from __future__ import annotations

import hmac
import logging
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import abort, redirect, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as BaseResponse

from moderation.api.base import services
from moderation.console.base import console_blueprint, open_to_all
from moderation.console.returning import local_path
from moderation.console.signin import browser, form_page, let_in
from moderation.desk.sign_in import SignIn
from moderation.errors import OpenIdError, SignInRefusedError

if TYPE_CHECKING:
    from moderation.openid import Attempt, Provider

blueprint = console_blueprint("oidc", __name__)
log = logging.getLogger(__name__)

COOKIE = "moderation_oidc"
#: How long somebody may take at the provider.
ATTEMPT_S = 600
AWAY = "The other service could not be asked who you are. Try again, or use your password."
STALE = "That sign-in was started elsewhere or too long ago. Start it again here."


@blueprint.get("/oidc")
@open_to_all
def start() -> BaseResponse:
    """To the provider."""
    from moderation.openid import Attempt

    attempt = Attempt.new()
    try:
        answer = redirect(_provider().address(attempt), HTTPStatus.SEE_OTHER)
    except OpenIdError as error:
        return _failed(error)
    where = local_path(request.args.get("next", ""))
    answer.set_cookie(
        COOKIE,
        _serializer().dumps({**asdict(attempt), "next": where}),
        max_age=ATTEMPT_S,
        path=url_for("console_oidc.start"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


@blueprint.get("/oidc/back")
@open_to_all
def finish() -> BaseResponse:
    """Back from the provider, with a code that it gave for this browser's attempt alone."""
    attempt, where = _attempt()
    if attempt is None:
        return _refusal(STALE)
    try:
        if "code" not in request.args:
            raise OpenIdError("the provider sent no code")
        identity = _provider().identity(attempt, request.args["code"])
        secret = SignIn(services().record).by_identity(identity, browser())
    except OpenIdError as error:
        return _failed(error)
    except SignInRefusedError as error:
        return _refusal(str(error))
    return _forgetting(let_in(secret, where))


def _provider() -> Provider:
    """The provider; its libraries take a while to load and most services never need them."""
    from moderation.openid import Provider

    settings = services().settings
    if not settings.oidc_issuer:
        abort(HTTPStatus.NOT_FOUND)
    return Provider(settings, url_for("console_oidc.finish", _external=True))


def _attempt() -> tuple[Attempt | None, str]:
    """This browser's attempt, if it is the one that comes back, and where to go then."""
    from moderation.openid import Attempt

    try:
        kept: dict[str, Any] = _serializer().loads(
            request.cookies.get(COOKIE, ""), max_age=ATTEMPT_S
        )
    except BadSignature:
        return None, ""
    where, attempt = kept.pop("next"), Attempt(**kept)
    state = request.args.get("state", "")
    is_ours = hmac.compare_digest(state.encode(), attempt.state.encode())
    return (attempt if is_ours else None), where


def _serializer() -> URLSafeTimedSerializer:
    secret = services().record.operations.cursor_secret()
    return URLSafeTimedSerializer(secret, salt="console-oidc")


def _failed(error: OpenIdError) -> BaseResponse:
    log.warning("OpenID Connect: %s", error)
    return _refusal(AWAY, HTTPStatus.BAD_GATEWAY)


def _refusal(error: str, status: HTTPStatus = HTTPStatus.UNAUTHORIZED) -> BaseResponse:
    return _forgetting(form_page(local_path(""), error=error, status=status))


def _forgetting(answer: BaseResponse) -> BaseResponse:
    """The answer, without the attempt: it counts once."""
    answer.delete_cookie(
        COOKIE, path=url_for("console_oidc.start"), httponly=True, samesite="Lax"
    )
    return answer
