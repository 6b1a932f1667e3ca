"""API keys: who asks, for which site, and how often they may."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, g, request

from moderation.api.base import Blueprint, services
from moderation.api.problems import Problem
from moderation.record.sites import Authorised, key_digest

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
    blueprint.after_request(show_limits)


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
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not key.strip():
        raise unauthorised(f"send {what}: Authorization: Bearer {example}")
    return key.strip()


def authorise(later: frozenset[str] = frozenset()) -> None:
    """Finds the site of this request.

    Raises:
        Problem: 401 for no key or one that is not valid, 429 past the rate limit.
    """
    sites, key = services().record.sites, presented_key()
    g.unchecked_key = ""
    if request.endpoint in later:
        digest = key_digest(key)
        if owner := sites.owner(digest):
            g.site, g.unchecked_key = owner, digest
            return
    check(sites.authorise(key))


def check(found: Authorised | None) -> None:
    """Goes on only for a key that is good and within its rate.

    Raises:
        Problem: 401, 429.
    """
    if found is None:
        raise unauthorised("this API key is not valid here; it may have been revoked")
    g.site, g.authorised = found.site, found
    settings = services().settings
    if settings.rate_limit and found.requests_left < 0:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"more than {settings.rate_limit} requests in {settings.rate_window_s} s; "
            "send comments in batches, or ask the operator for a higher limit",
            kind="rate-limited",
            headers={"Retry-After": str(max(found.window_ends_in_s, 1))},
        )


def show_limits(response: Response) -> Response:
    """Adds to an answer what is left of its key's rate window."""
    found: Authorised | None = g.get("authorised")
    settings = services().settings
    if found is None or not settings.rate_limit:
        return response
    left = str(max(found.requests_left, 0))
    ends_in, window_s = found.window_ends_in_s, settings.rate_window_s
    # The IETF draft's present form, and the three headers of its earlier form that most
    # clients read.
    response.headers.extend(
        {
            "RateLimit-Policy": f'"key";q={settings.rate_limit};w={window_s}',
            "RateLimit": f'"key";r={left};t={ends_in}',
            "RateLimit-Limit": str(settings.rate_limit),
            "RateLimit-Remaining": left,
            "RateLimit-Reset": str(ends_in),
        }
    )
    return response


def unauthorised(detail: str) -> Problem:
    """No secret, or none that is good: 401."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        detail,
        kind="unauthorised",
        headers={"WWW-Authenticate": 'Bearer realm="comment moderation"'},
    )
