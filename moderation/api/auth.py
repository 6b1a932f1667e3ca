"""API keys: who asks, for which site, what the key opens, and how often it may."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from flask import Response, current_app, g, request

from moderation.access import needed_scope
from moderation.api import limits
from moderation.api.base import Blueprint, services
from moderation.api.problems import Problem
from moderation.api_keys import Scope, key_digest
from moderation.errors import RedisAwayError
from moderation.record.sites import Authorised

SCHEME = "bearer"
#: What the OpenAPI document calls API keys.
SECURITY_SCHEME = "API_KEY"


def protect(blueprint: Blueprint, *, later: frozenset[str] = frozenset()) -> None:
    """Lets only requests with a site's API key through, and shows what is left to them.

    Args:
        blueprint: the endpoints.
        later: endpoints that check a key which was good before in the round trip that they
            make anyway, and then call `check`.
    """
    blueprint.before_request(lambda: authorise(later))
    # They run in reverse order.
    blueprint.after_request(limits.show)
    if later:
        blueprint.after_request(_count_refused)


def current_site() -> str:
    """The site whose key this request carries."""
    return str(g.site)


def unchecked_key() -> str:
    """The digest of this request's key if it is still to be checked, else ""."""
    return str(g.unchecked_key)


def presented_key(*, what: str = "the site's API key", example: str = "API_KEY") -> str:
    """The API key, or another secret, that this request carries.

    Raises:
        Problem: 401, there is none.
    """
    key = bearer_token()
    if not key:
        raise unauthorised(f"send {what}: Authorization: Bearer {example}")
    return key


def bearer_token() -> str:
    """What `Authorization: Bearer` carries, "" for nothing.

    Read by hand: Werkzeug fails at credentials of another scheme that are not ASCII.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == SCHEME else ""


def authorise(later: frozenset[str] = frozenset()) -> None:
    """Finds the site of this request.

    Raises:
        Problem: 401 for no key or one that is not valid, 403 for one without the scope, 429
            past the rate limit.
    """
    sites, key = services().record.sites, presented_key()
    g.unchecked_key = ""
    if request.endpoint in later:
        digest = key_digest(key)
        if known := sites.known(digest):
            _require_scope(known.scopes)
            g.site, g.unchecked_key = known.site, digest
            return
    _require_scope(check(sites.authorise(key)).scopes)


def check(found: Authorised | None) -> Authorised:
    """Goes on only for a key that is good and within its rate.

    Raises:
        Problem: 401, 429.
    """
    if found is None:
        raise unauthorised("this API key is not valid here; it may have been revoked")
    g.site, g.unchecked_key = found.site, ""
    limits.note(found.window)
    if found.window.is_over:
        raise limits.too_many_requests(found.window)
    return found


def check_now() -> None:
    """Checks the key of this request if that was put off.

    Raises:
        Problem: 401, 429.
    """
    if g.unchecked_key:
        check(services().record.sites.authorise(presented_key()))


def _count_refused(response: Response) -> Response:
    """Checks the key of a request that was refused before its call came to it.

    What cannot be used counts as well, and a revoked key is told that first. Not where we are
    at fault: a Redis that hangs would be waited for twice.
    """
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return response
    with suppress(RedisAwayError):
        try:
            if g.get("unchecked_key"):
                check_now()
        except Problem as problem:
            return problem.response()
    return response


def _require_scope(scopes: frozenset[Scope]) -> None:
    needed = needed_scope(current_app.view_functions[request.endpoint or ""], request.method)
    if needed not in scopes:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this API key does not have the scope {needed}",
            kind="missing-scope",
            # https://www.rfc-editor.org/rfc/rfc6750#section-3.1
            headers={
                "WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'
            },
        )


def unauthorised(detail: str) -> Problem:
    """No secret, or none that is good: 401."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        detail,
        kind="unauthorised",
        headers={"WWW-Authenticate": 'Bearer realm="comment moderation"'},
    )
