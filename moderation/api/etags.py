"""Versions of what a site sets, as the ETags that `If-Match` insists on."""

from __future__ import annotations

from flask import request

from moderation.api.openapi import request_header

#: A version that nothing is ever at.
NO_VERSION = -1

if_match = request_header("If-Match", "Replace only the version with this ETag, else 412.")


def expected_version(current: int) -> int | None:
    """The version that the request insists on, `None` if on none.

    Args:
        current: the version that stands now.

    Returns:
        `NO_VERSION` where the request insists on others than that.
    """
    etags = request.if_match
    if not etags or etags.star_tag:
        return None
    return current if etags.contains(str(current)) else NO_VERSION
