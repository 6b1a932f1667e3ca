"""What Schemathesis checks beyond its own checks, and the refusals that it cannot foresee.

Loaded by Schemathesis itself, as `schemathesis.toml` says.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from http import HTTPStatus

import schemathesis

#: Fields that are refused for what no schema can say → what that is.
UNFORESEEABLE = {
    "after": "only this service can have given a cursor",
    "categories": "they are those of the release that decides just now",
    "thresholds.*": "they are those of the release that decides just now",
    "cron": "cron has a grammar of its own",
    "expires_at": "a key cannot have ended already",
    "parent_id": "the article must have such a comment",
    "remapped.*": "no key of the console may be given twice",
    "score_category": "it goes with score_min and score_max",
    "to": "it is not before `from`",
    "url": "its host must have a public address",
}
#: Kinds of refusals that come of what is stored already.
STATEFUL = ("batch-size", "key-reused")
SECRETS = {f"Bearer {os.environ[name]}" for name in ("API_KEY", "MODERATOR_TOKEN")}


@schemathesis.check
def refuses_only_for_what_no_schema_can_say(ctx, response, case):  # type: ignore[no-untyped-def]
    """What the document calls good is refused for its form nowhere."""
    is_good = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_good or response.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
        return
    problem = response.json()
    if problem["type"].rpartition(":")[2] in STATEFUL:
        return
    for path in problem["errors"]:
        known = any(fnmatchcase(path, pattern) for pattern in UNFORESEEABLE)
        assert known, f"{path} is refused, and the document does not say why"


@schemathesis.check
def tells_of_each_bad_comment_of_a_batch(ctx, response, case):  # type: ignore[no-untyped-def]
    """A batch that is taken although something in it is bad says what that is."""
    is_bad = case.meta is not None and case.meta.generation.mode.is_negative
    if (
        is_bad
        and case.operation.label == "POST /v1/comments/batch"
        and response.status_code == HTTPStatus.ACCEPTED
    ):
        results = response.json()["results"]
        assert any("error" in one for one in results), "a bad comment was taken"


@schemathesis.check
def knows_who_asks(ctx, response, case):  # type: ignore[no-untyped-def]
    """Our key and token stay good: from then on each 401 would pass for an answer."""
    is_documented = response.request.method == case.operation.method.upper()
    if is_documented and response.request.headers.get("Authorization") in SECRETS:
        assert response.status_code != HTTPStatus.UNAUTHORIZED, "the key or token was lost"
