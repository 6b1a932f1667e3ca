"""The calls of Akismet's API over our keys, scores and labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from flask import Response, request
from werkzeug.exceptions import NotFound

from moderation.api.base import json_response, services
from moderation.api.schemas import TEXT_CHARACTERS
from moderation.api_keys import Scope
from moderation.domain import Action, Violation
from moderation.dropins.akismet.answers import (
    INVALID,
    REFUSED,
    UnusableCallError,
    guid,
    unexpected,
    word,
)
from moderation.dropins.akismet.forms import read_form
from moderation.dropins.akismet.usage import Call, Page, count, this_month, usage
from moderation.dropins.base import METHODS, dropin, score, site_of, suggest
from moderation.dropins.plain_text import unescaped
from moderation.labels import SPAM, Values, labels_of

#: Clients give up after a second, and then do as they please with the comment.
ANSWER_S = 0.8
#: From this score of `spam` on, a client may throw a comment away that nobody has seen.
BLATANT_SPAM = 0.99
THANKS = "Thanks for making the web a better place."
#: Values with which a site tries out whether spam arrives as spam:
#: https://akismet.com/developers/detailed-docs/building-your-application/
TEST_AUTHORS = frozenset({"viagra-test-123", "akismet-guaranteed-spam"})
TEST_EMAIL = "akismet-guaranteed-spam@example.com"
#: The site's own staff: whatever they write is ham. WordPress lists all roles of somebody.
TRUSTED_ROLE = "administrator"
SOURCE = "akismet"

#: A browser sees a tag in a few more cases; reading as it does takes far too long for what
#: an attacker would send.
_TAG = re.compile("<[^<>]*>")

Fields = Mapping[str, str]

blueprint = dropin("akismet", __name__, refused=REFUSED, unexpected=unexpected)


@blueprint.post("/1.1/verify-key")
def verify_key() -> Response:
    """Whether a key is good."""
    fields = _fields()
    # WordPress asks about a new `key` with the old one as `api_key`.
    site_of(_key(fields, "key", "api_key"), Scope.POST)
    _require_blog(fields)
    return word("valid")


@blueprint.post("/1.1/comment-check")
def comment_check() -> Response:
    """`true` for a comment that the site's policy holds, `false` for one that it approves."""
    fields = _fields()
    site = site_of(_key(fields, "api_key", "key"), Scope.POST)
    _require_blog(fields)
    _require(fields, "user_ip")
    is_held, is_blatant = _verdict(site, fields)
    if not _is_test(fields):
        count(services().record.daily, site, Call.SPAM if is_held else Call.HAM)
    tip = {"X-akismet-pro-tip": "discard"} if is_blatant else {}
    return word("true" if is_held else "false", guid() | tip)


@blueprint.post("/1.1/submit-spam")
def submit_spam() -> Response:
    """A label: this is spam that was let through."""
    return _submit(labels_of(Action.REJECT, Violation.SPAM, ()), Call.MISSED_SPAM)


@blueprint.post("/1.1/submit-ham")
def submit_ham() -> Response:
    """A label: this was held and should not have been."""
    return _submit(labels_of(Action.APPROVE, None, ()), Call.FALSE_POSITIVES)


@blueprint.route("/1.2/usage-limit", methods=["GET", "POST"])
def usage_limit() -> Response:
    """How many comments were checked this month; there is no limit a month."""
    site = site_of(_key(_fields(), "api_key", "key"), Scope.POST)
    checks = usage(services().record.daily, site, this_month()).checks
    return json_response(
        {"limit": "none", "usage": checks, "percentage": "0.00", "throttled": False}
    )


@blueprint.route("/1.2/key-sites", methods=["GET", "POST"])
def key_sites() -> Response:
    """What the key was used for in a month."""
    fields = _fields()
    site = site_of(_key(fields, "api_key", "key"), Scope.POST)
    page = Page(fields.get("filter", ""), **_whole_numbers(fields, "limit", "offset"))
    found = usage(services().record.daily, site, _month(fields))
    if fields.get("format") == "csv":
        return Response(page.to_csv(found), mimetype="text/csv")
    return json_response(page.to_json(found))


@blueprint.route("/1.1/<path:call>", methods=METHODS)
@blueprint.route("/1.2/<path:call>", methods=METHODS)
def no_such_call(**_: str) -> Response:
    """Whatever else Akismet has, or not with this method."""
    raise NotFound(f"no such call, or not by {request.method}")


def _fields() -> Fields:
    return read_form(
        request.query_string,
        request.get_data(),
        charset=request.mimetype_params.get("charset", ""),
    )


def _key(fields: Fields, *names: str) -> str:
    """The key of a call: in one of these fields, or the first label of the host's name."""
    given = next((fields[name] for name in names if fields.get(name)), "")
    return given or request.headers.get("Host", "").partition(".")[0]


def _require_blog(fields: Fields) -> None:
    if not fields.get("blog", "").strip():
        raise UnusableCallError(INVALID, 'Empty "blog" value')


def _require(fields: Fields, name: str) -> None:
    if not fields.get(name, "").strip():
        raise UnusableCallError(f"Missing required field: {name}.", f'Empty "{name}" value')


def _verdict(site: str, fields: Fields) -> tuple[bool, bool]:
    """Whether a comment is to be held, and whether it is spam beyond any doubt."""
    if _is_guaranteed_spam(fields):
        return True, False
    if TRUSTED_ROLE in fields.get("user_role", "").split(","):
        return False, False
    _require(fields, "comment_content")
    scored = score(site, _readings(fields["comment_content"]), wait_s=ANSWER_S).texts
    is_held = any(one.action == Action.HOLD for one in scored)
    spam = max(one.scores.get(SPAM, 0.0) for one in scored)
    return is_held, is_held and spam >= BLATANT_SPAM


def _is_guaranteed_spam(fields: Fields) -> bool:
    return (
        fields.get("comment_author") in TEST_AUTHORS
        or fields.get("comment_author_email") == TEST_EMAIL
    )


def _readings(content: str) -> list[str]:
    """The texts to judge a comment by: as it was sent, links and all, and as it is read.

    One that is longer than a text may be is judged piece by piece: otherwise its length alone
    would keep it from being judged at all.
    """
    seen = unescaped(_TAG.sub("", content))
    pieces = (
        text[at : at + TEXT_CHARACTERS]
        for text in dict.fromkeys((content, seen))
        for at in range(0, len(text), TEXT_CHARACTERS)
    )
    return [piece for piece in pieces if piece.strip()]


def _submit(values: Values | None, call: Call) -> Response:
    fields = _fields()
    site = site_of(_key(fields, "api_key", "key"), Scope.MODERATE)
    _require_blog(fields)
    # Nothing is learnt from an address, and WordPress no longer has it after a while.
    _require(fields, "comment_content")
    if values and not _is_test(fields):
        suggest(site, fields["comment_content"], values, source=SOURCE)
        count(services().record.daily, site, call)
    return word(THANKS)


def _is_test(fields: Fields) -> bool:
    return fields.get("is_test", "").lower() in {"1", "true"}


def _month(fields: Fields) -> date:
    if not (given := fields.get("month")):
        return this_month()
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError:
        raise UnusableCallError(INVALID, 'The "month" must be YYYY-MM') from None


def _whole_numbers(fields: Fields, *names: str) -> dict[str, int]:
    given = {name: fields[name] for name in names if fields.get(name)}
    for name, value in given.items():
        if not re.fullmatch("[0-9]{1,9}", value):
            raise UnusableCallError(INVALID, f'The "{name}" must be a whole number')
    return {name: int(value) for name, value in given.items()}
