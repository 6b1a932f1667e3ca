"""To the sign-in page and back again, without losing what somebody was about to do."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

from flask import Request, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

PREFIX = "/console/"
SIGN_IN = "/console/sign-in"
HOME = "/console/queue"
DECISION = "/decision"
#: What of a decision goes along to the sign-in page and back to the comment's.
DECISION_FIELDS = ("action", "reason", "note", "expected_revision")
#: Room for a note in the address, percent signs and all; servers and proxies take 4,000
#: bytes of it, and it is escaped a second time on the way.
NOTE_ROOM = 1_000


def to_sign_in(request: Request, *, is_htmx: bool) -> BaseResponse:
    """Sends a browser to sign in, and after that to where it was going."""
    where = f"{SIGN_IN}?{urlencode({'next': _going(request)})}"
    if is_htmx:
        # A redirect would put the sign-in page into the middle of the page.
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": where})
    return redirect(where, HTTPStatus.SEE_OTHER)


def local_path(address: str) -> str:
    """The address if it is a page of the console, else the queue: never another site."""
    is_plain = address.isprintable() and "\\" not in address
    is_ours = address.startswith(PREFIX) and not address.startswith(SIGN_IN)
    return address if is_plain and is_ours else HOME


def _going(request: Request) -> str:
    if request.method == "POST" and request.path.endswith(DECISION):
        return _comment_with_decision(request)
    if request.method == "GET" and "HX-Request" not in request.headers:
        return local_path(request.full_path.rstrip("?"))
    return page_before(request)


def _comment_with_decision(request: Request) -> str:
    """The comment's page with what was decided, to be confirmed there."""
    kept = {name: request.form[name] for name in DECISION_FIELDS if request.form.get(name)}
    if "note" in kept:
        kept["note"] = _shortened(kept["note"])
    # The path as it was sent: ids may hold what has a meaning in an address.
    path = quote(request.path.removesuffix(DECISION), safe="/")
    return f"{path}?{urlencode(kept)}"


def _shortened(note: str) -> str:
    while len(quote(quote(note))) > NOTE_ROOM * 2:
        note = note[: len(note) * 9 // 10]
    return note


def page_before(request: Request) -> str:
    """The page that a fragment or form belonged to."""
    before = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    if before.netloc != request.host:
        return HOME
    return local_path(f"{before.path}?{before.query}".rstrip("?"))
