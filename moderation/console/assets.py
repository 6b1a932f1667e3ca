"""What every page of the console is made of: templates, styles, scripts, the list of its keys.

Served without signing in, as the sign-in page needs them too.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Blueprint, Response, request

from moderation import html
from moderation.console import shortcuts

blueprint = Blueprint(
    "console",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/console/static",
)
html.protect(blueprint)
blueprint.add_app_template_global(shortcuts.by_group, "shortcuts_by_group")

#: Below this, compressing saves nothing worth the work.
LEAST_BYTES = 1_000


@blueprint.after_request
def compress(response: Response) -> Response:
    """Sends the files compressed.

    Never pages: there strangers' words stand beside secrets, and the length of both together
    would tell of the secrets.
    """
    response.vary.add("Accept-Encoding")
    is_whole = response.status_code == 200 and "Content-Encoding" not in response.headers
    if not is_whole or not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False  # it came as an open file
    body = response.get_data()
    if len(body) >= LEAST_BYTES:
        response.set_data(_compressed(body))
        response.headers["Content-Encoding"] = "gzip"
        etag, _ = response.get_etag()
        if etag:
            response.set_etag(etag, weak=True)
    return response


@lru_cache(maxsize=64)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
