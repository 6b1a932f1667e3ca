"""What every HTML page of the service has: headers that let it run no code but ours."""

from __future__ import annotations

from flask import Blueprint, Response, request

#: No inline script, no inline style, nothing from elsewhere, never in somebody's frame.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
#: How long a browser that came by https comes back by nothing else: a year (RFC 6797). Without
#: `includeSubDomains`: what else runs under the name is not ours to decide on.
STRICT_TRANSPORT = "max-age=31536000"


def protect(blueprint: Blueprint) -> None:
    """Adds the headers to every answer of a blueprint."""
    blueprint.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    return response
