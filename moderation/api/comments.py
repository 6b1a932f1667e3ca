"""Comments: post, post many, read, list, report, erase."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, request

from moderation import logs, policy, triage
from moderation.access import hands_in
from moderation.api import auth
from moderation.api.admission import let_in, require_memory
from moderation.api.base import Blueprint, Cursors, json_response, no_content, services
from moderation.api.new_comments import read_batch_comment, read_comment, refusal
from moderation.api.openapi import request_header
from moderation.api.problems import Problem, invalid
from moderation.api.schemas import (
    BatchResultsSchema,
    BatchSchema,
    CommentSchema,
    CommentsPageSchema,
    CommentsQuerySchema,
    EraseQuerySchema,
    NewCommentSchema,
    ReportedSchema,
    ReportSchema,
)
from moderation.desk.labels import Labels
from moderation.domain import (
    Action,
    Comment,
    Decision,
    Lane,
    NewComment,
    Reason,
    ReasonCode,
    Source,
    Status,
    now_rfc3339,
)
from moderation.errors import RedisAwayError, RevisionConflictError, UnknownCommentError
from moderation.feed import SiteFeed
from moderation.record.comments import AcceptKind, KeepLabels, Outcome
from moderation.record.sites import Authorised
from moderation.record.upkeep import Subject, SubjectKind

blueprint = Blueprint(
    "comments", __name__, url_prefix="/v1", description="Post comments and read them back."
)
auth.protect(blueprint, later=frozenset({"comments.post_comment"}))

IDEMPOTENCY_KEY_CHARACTERS = 255
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})")


@blueprint.route("/articles/<opaque:article_id>/comments", methods=["POST"])
@blueprint.arguments(NewCommentSchema)
@blueprint.response(202, CommentSchema, description="Accepted; the decision comes later.")
@blueprint.alt_response(201, schema=CommentSchema, description="Decided in time.", success=True)
@request_header("Prefer", "`wait=SECONDS`: answer when the comment is decided.")
@request_header(
    "Idempotency-Key",
    "A repeat with the same key gives the first answer again.",
    minLength=1,
    maxLength=IDEMPOTENCY_KEY_CHARACTERS,
)
@hands_in
def post_comment(body: dict[str, Any], article_id: str) -> Response:
    """Post a comment."""
    new = read_comment(article_id, body, idempotency_key=_idempotency_key())
    let_in(1, lane=Lane.LIVE)
    wait_s = _preferred_wait_s()
    if not wait_s:
        return _answer(_accept_one(new)[0])
    hub = services().hub
    with hub.follow(auth.current_site()) as feed:
        comment = _accept_and_wait(feed, new, 0 if hub.is_crowded(feed) else wait_s)
    if comment.status is Status.PENDING:
        return _answer(comment)
    return _answer(comment, HTTPStatus.CREATED, {"Preference-Applied": f"wait={wait_s}"})


@blueprint.route("/comments/batch", methods=["POST"])
@blueprint.arguments(BatchSchema)
@blueprint.response(202, BatchResultsSchema)
@hands_in
def post_batch(body: dict[str, Any]) -> Response:
    """Post up to 1,000 comments at once; a bad one does not spoil the rest."""
    results: list[dict[str, Any] | None] = []
    good: list[NewComment] = []
    for raw in body["comments"]:
        try:
            good.append(read_batch_comment(raw))
            results.append(None)
        except Problem as problem:
            results.append({"error": problem.to_json()})
    let_in(len(good), lane=Lane.BULK)
    site, comments = auth.current_site(), services().record.comments
    outcomes = comments.accept_batch(site, good)
    _note_accepted(site, outcomes)
    left = iter(outcomes)
    written = [one or _batch_result(next(left)) for one in results]
    return json_response({"results": written}, HTTPStatus.ACCEPTED)


@blueprint.route("/comments/<opaque:comment_id>")
@blueprint.response(200, CommentSchema)
def get_comment(comment_id: str) -> Response:
    """Read a comment with its latest decision."""
    comment = services().record.comments.get(auth.current_site(), comment_id)
    return json_response(comment.to_json())


@blueprint.route("/articles/<opaque:article_id>/comments")
@blueprint.arguments(CommentsQuerySchema, location="query")
@blueprint.response(200, CommentsPageSchema)
def list_comments(query: dict[str, Any], article_id: str) -> Response:
    """List an article's comments, oldest first."""
    site = auth.current_site()
    status = query.get("status")
    cursors = Cursors("comments", site, article_id, status.value if status else "")
    page = services().record.comments.page(
        site,
        article_id,
        statuses=[status] if status else list(Status),
        after=cursors.read(query["after"]) if query.get("after") else 0,
        limit=query["limit"],
    )
    more = page.next_sequence
    return json_response(
        {
            "comments": [comment.to_json() for comment in page.comments],
            "next": None if more is None else cursors.write(more),
        }
    )


@blueprint.route("/comments/<opaque:comment_id>/reports", methods=["POST"])
@blueprint.arguments(ReportSchema)
@blueprint.response(202, ReportedSchema)
@hands_in
def report_comment(body: dict[str, Any], comment_id: str) -> Response:
    """Pass on a reader's report; enough of them hold an approved comment."""
    require_memory(lane=Lane.LIVE)
    site, record = auth.current_site(), services().record
    reporters = record.comments.report(
        site, comment_id, reason=body["reason"], reporter_id=body.get("reporter_id") or ""
    )
    if policy.reports_hold(record.policies.current(site).policy, reporters):
        _hold_reported(record.comments.get(site, comment_id), reporters)
    return json_response({"comment_id": comment_id, "reports": reporters}, HTTPStatus.ACCEPTED)


@blueprint.route("/comments/<opaque:comment_id>", methods=["DELETE"])
@blueprint.arguments(EraseQuerySchema, location="query")
@blueprint.response(204)
def erase_comment(query: dict[str, Any], comment_id: str) -> Response:
    """Erase a comment: its text and personal data, everywhere they are held."""
    site, record = auth.current_site(), services().record
    try:
        record.comments.erase(site, comment_id, keep=_kept(query))
    except UnknownCommentError:
        if not record.retentions.is_retired(site, comment_id):
            raise
        _erase_beyond(site, SubjectKind.COMMENT, comment_id, query)
    return no_content()


@blueprint.route("/authors/<opaque:author_id>", methods=["DELETE"])
@blueprint.arguments(EraseQuerySchema, location="query")
@blueprint.response(204)
def erase_author(query: dict[str, Any], author_id: str) -> Response:
    """Erase every comment of an author; an author without any is no error."""
    site, record = auth.current_site(), services().record
    record.comments.erase_author(site, author_id, keep=_kept(query))
    record.policies.forget_author(site, author_id)
    _erase_beyond(site, SubjectKind.AUTHOR, author_id, query)
    return no_content()


def _erase_beyond(site: str, kind: SubjectKind, id_: str, query: dict[str, Any]) -> None:
    """Lets the upkeep erase what lies in the archive, and in reports of others' comments."""
    subject = Subject.named(kind, id_, keeps_labels=query["keep_labels"])
    services().record.upkeep.want_erased(site, subject)


def _kept(query: dict[str, Any]) -> KeepLabels | None:
    """What tells the labels that an erasure keeps; nothing unless it is asked for."""
    return Labels(services().record).kept if query["keep_labels"] else None


def _accept_one(new: NewComment) -> tuple[Comment, bool]:
    """The comment as first accepted, and whether that was just now.

    Raises:
        Problem: it was refused.
    """
    site, key_digest = auth.current_site(), auth.unchecked_key()
    outcome = services().record.comments.accept(site, new, key_digest=key_digest)
    if key_digest:
        auth.check(_authorised(site, outcome))
    logs.note(comment_id=outcome.comment_id)
    if outcome.kind is AcceptKind.ACCEPTED:
        return Comment.accepted(new), True
    if outcome.kind is not AcceptKind.REPEAT:
        raise refusal(outcome)
    try:
        first = services().record.comments.get(site, outcome.comment_id)
    except UnknownCommentError:
        raise refusal(Outcome(AcceptKind.ERASED, outcome.comment_id)) from None
    return replace(first, status=Status.PENDING, revision=0, decision=None), False


def _authorised(site: str, outcome: Outcome) -> Authorised | None:
    if outcome.kind is AcceptKind.UNAUTHORISED:
        return None
    return Authorised(site, outcome.window)


def _accept_and_wait(feed: SiteFeed, new: NewComment, wait_s: int) -> Comment:
    with feed.awaiting(new.id) as waiter:
        comment, is_new = _accept_one(new)
        if is_new and (entry := waiter.decision(wait_s=wait_s)):
            return comment.decided(entry.parsed())
    try:
        return _wait_for_earlier(feed, comment.id, 0 if is_new else wait_s)
    except (RedisAwayError, UnknownCommentError):
        # It is accepted, whatever happened since; saying otherwise would invite a repeat.
        return comment


def _wait_for_earlier(feed: SiteFeed, comment_id: str, wait_s: int) -> Comment:
    site, comments = auth.current_site(), services().record.comments
    with feed.awaiting(comment_id) as waiter:
        comment = comments.get(site, comment_id)
        if comment.status is Status.PENDING and wait_s:
            waiter.decision(wait_s=wait_s)
            comment = comments.get(site, comment_id)
    return comment


def _note_accepted(site: str, outcomes: Sequence[Outcome]) -> None:
    if not logs.are_steps_noted():
        return
    for outcome in outcomes:
        if outcome.kind is AcceptKind.ACCEPTED:
            logs.step("accepted", site=site, comment_id=outcome.comment_id)


def _batch_result(outcome: Outcome) -> dict[str, Any]:
    if outcome.kind in {AcceptKind.ACCEPTED, AcceptKind.REPEAT}:
        return {"id": outcome.comment_id, "status": Status.PENDING.value}
    return {"error": refusal(outcome).to_json()}


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= IDEMPOTENCY_KEY_CHARACTERS:
        message = f"Must have 1 to {IDEMPOTENCY_KEY_CHARACTERS} characters."
        raise invalid({"Idempotency-Key": [message]})
    return key


def _preferred_wait_s() -> int:
    """The `wait` of RFC 7240 that is granted, 0 for none."""
    found = _WAIT.search(request.headers.get("Prefer", "").lower())
    return min(int(found[1]), services().settings.max_wait_s) if found else 0


def _answer(
    comment: Comment,
    status: HTTPStatus = HTTPStatus.ACCEPTED,
    headers: Mapping[str, str] | None = None,
) -> Response:
    location = f"/v1/comments/{quote(comment.id, safe='')}"
    return json_response(comment.to_json(), status, {"Location": location, **(headers or {})})


def _hold_reported(comment: Comment, reporters: int) -> None:
    standing = comment.decision
    if comment.status is not Status.APPROVED or standing is None:
        return
    if standing["source"] == Source.MODERATOR:
        return  # a person has looked at it already
    decision = Decision(
        comment_id=comment.id,
        article_id=comment.article_id,
        revision=comment.revision + 1,
        action=Action.HOLD,
        source=Source.REPORT,
        reasons=(Reason(ReasonCode.REPORTED, detail=f"{reporters} reports"),),
        decided_at=now_rfc3339(),
        scores=standing["scores"],
        model=standing["model"],
        language=standing.get("language"),
    )
    try:
        services().record.decisions.write(
            auth.current_site(), decision, place=triage.place(decision)
        )
    except (RevisionConflictError, UnknownCommentError):
        return  # decided anew or erased meanwhile; that stands
