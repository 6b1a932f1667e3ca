"""One comment: its page, and what people do with it from any page."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation import statements
from moderation.api.base import services
from moderation.console.base import console_blueprint, is_htmx, me, needs, page
from moderation.console.cards import (
    Cards,
    CardView,
    ago,
    anchor,
    author_name,
    comment_url,
    excerpt,
    what_decided,
    who_decided,
)
from moderation.console.returning import page_before
from moderation.desk.cases import Cases
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Comment, Role, Status, Violation
from moderation.errors import (
    DecidedByOtherError,
    NothingToUndoError,
    UnknownCommentError,
)

blueprint = console_blueprint("comments", __name__)

NOTE_CHARACTERS = 2_000
REVISION_DIGITS = 10
#: Comments around one in its thread.
THREAD = 6


@dataclass(frozen=True, slots=True)
class Decided:
    """What is left of a card when its comment is decided."""

    comment: Comment

    @property
    def anchor(self) -> str:
        """Where the card was."""
        return anchor(self.comment.id)

    @property
    def status(self) -> str:
        """Where the comment stands now."""
        return self.comment.status.value

    @property
    def revision(self) -> int:
        """The decision that can be undone."""
        return self.comment.revision

    @property
    def label(self) -> str:
        """What was done."""
        done = what_decided(self.comment.decision or {})
        return done[:1].upper() + done[1:]

    @property
    def author_name(self) -> str:
        """Whose comment it is."""
        return author_name(self.comment)

    @property
    def excerpt(self) -> str:
        """How it begins."""
        return excerpt(self.comment)

    @property
    def undo_url(self) -> str:
        """Where it is undone."""
        return f"{comment_url(self.comment.id)}/undo"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A decision that came too late, and the one that was first."""

    comment_id: str
    decision: dict[str, Any]

    @property
    def anchor(self) -> str:
        """Where the card was."""
        return anchor(self.comment_id)

    @property
    def url(self) -> str:
        """The comment's page."""
        return comment_url(self.comment_id)

    @property
    def by(self) -> str:
        """Who was first."""
        return who_decided(self.decision)

    @property
    def status(self) -> str:
        """Where the comment stands."""
        return Action(self.decision["action"]).status.value

    @property
    def label(self) -> str:
        """What they decided."""
        return what_decided(self.decision)

    @property
    def text(self) -> str:
        """When that was."""
        return f"That was {ago(self.decision['decided_at'])}."


@dataclass(frozen=True, slots=True)
class Chosen:
    """A decision that was under way when its maker was signed out."""

    action: str
    reason: str
    note: str
    expected_revision: str

    @property
    def label(self) -> str:
        """The decision in words."""
        if self.action == Action.REJECT and self.reason in set(Violation):
            return f"reject as {statements.label(Violation(self.reason))}"
        return {"hold": "keep held"}.get(self.action, self.action)


@blueprint.get("/comments/<opaque:comment_id>")
def comment(comment_id: str) -> Response:
    """A comment with its history and what is around it."""
    record, actor = services().record, me().actor
    case = Cases(record).one(actor.site, comment_id)
    cards = Cards(record, actor.site, actor.name)
    (card,) = cards.of([case], with_evidence=True, whole=True)
    return page(
        "console/comment.html",
        active="queue",
        card=card,
        thread=_thread(cards, card),
        chosen=_chosen(),
        note=request.args.get("note", ""),
    )


@blueprint.post("/comments/<opaque:comment_id>/decision")
@needs(Role.MODERATOR)
def decide(comment_id: str) -> BaseResponse:
    """Approves, rejects or keeps a comment held."""
    record, actor = services().record, me().actor
    verdict, expected = _verdict()
    if verdict is None:
        return _refused("Choose what to do with the comment, and a reason from the list.")
    try:
        Desk(record).decide(actor, comment_id, verdict, expected_revision=expected)
        decided = Decided(record.comments.get(actor.site, comment_id))
    except DecidedByOtherError as error:
        return _conflict(comment_id, error.decision)
    except UnknownCommentError:
        return _gone(comment_id)
    if not is_htmx():
        return _back()
    status = f"{decided.label}: the comment by {decided.author_name}."
    return page("console/decided.html", decided=decided, status=status)


@blueprint.post("/comments/<opaque:comment_id>/undo")
@needs(Role.MODERATOR)
def undo(comment_id: str) -> BaseResponse:
    """Takes a decision back; the card is there again."""
    written = request.form.get("revision", "")
    if not (written.isascii() and written.isdecimal() and len(written) < REVISION_DIGITS):
        return _refused("Say which decision is to be undone.")
    return _undo(comment_id, int(written), in_place=True)


@blueprint.post("/undo")
@needs(Role.MODERATOR)
def undo_last() -> BaseResponse:
    """Takes back what the moderator did last."""
    record, actor = services().record, me().actor
    act = Desk(record).last_act(actor)
    if act is None:
        return _refused("There is nothing left to undo.")
    if act.batch_id:
        return _to(f"/console/batch/{act.batch_id}")
    return _undo(act.comment_id, act.revision, in_place=False)


@blueprint.post("/comments/<opaque:comment_id>/claim")
@needs(Role.MODERATOR)
def claim(comment_id: str) -> BaseResponse:
    """Tells the others that somebody looks at a comment."""
    actor = me().actor
    services().record.claims.take(actor.site, comment_id, actor.name)
    return _claimed(comment_id)


@blueprint.post("/comments/<opaque:comment_id>/release")
@needs(Role.MODERATOR)
def release(comment_id: str) -> BaseResponse:
    """Gives a claimed comment back."""
    actor = me().actor
    services().record.claims.release(actor.site, comment_id, actor.name)
    return _claimed(comment_id)


def _undo(comment_id: str, revision: int, *, in_place: bool) -> BaseResponse:
    record, actor = services().record, me().actor
    try:
        Desk(record).undo(actor, comment_id, revision)
        case = Cases(record).one(actor.site, comment_id)
    except DecidedByOtherError as error:
        return _conflict(comment_id, error.decision)
    except NothingToUndoError as error:
        return _refused(f"{error}.")
    except UnknownCommentError:
        return _gone(comment_id)
    if not is_htmx():
        return _to(comment_url(comment_id))
    (card,) = Cards(record, actor.site, actor.name).of([case], with_evidence=True)
    status = f"Undone: the comment by {card.author_name} is {card.status} again."
    return page("console/undone.html", card=card, oob=not in_place, status=status)


def _verdict() -> tuple[Verdict | None, int | None]:
    """What the form says, `None` if it cannot be meant; and the revision that was seen."""
    form = request.form
    action, reason, expected = (
        form.get(name, "") for name in ("action", "reason", "expected_revision")
    )
    is_known = action in set(Action) and (not reason or reason in set(Violation))
    is_number = expected.isascii() and expected.isdecimal() and len(expected) < REVISION_DIGITS
    revision = int(expected) if is_number else None
    if not is_known:
        return None, revision
    rejected_for = Violation(reason) if reason and action == Action.REJECT else None
    note = form.get("note", "").strip()[:NOTE_CHARACTERS]
    return Verdict(Action(action), rejected_for, note=note), revision


def _chosen() -> Chosen | None:
    given = request.args
    if given.get("action") not in set(Action):
        return None
    names = ("action", "reason", "note", "expected_revision")
    return Chosen(*(given.get(name, "") for name in names))


def _thread(cards: Cards, card: CardView) -> list[CardView]:
    """The comment that this one answers, and the newest of its article."""
    record, actor = services().record, me().actor
    parent = card.case.dossier.parent
    newest = record.comments.page(
        actor.site,
        card.case.comment.article_id,
        statuses=Status,
        after=0,
        limit=THREAD,
        newest_first=True,
    ).comments
    ids = [one.id for one in ([parent] if parent else []) + newest if one.id != card.id]
    return cards.of(Cases(record).many(actor.site, list(dict.fromkeys(ids))))


def _claimed(comment_id: str) -> BaseResponse:
    record, actor = services().record, me().actor
    if not is_htmx():
        return _back()
    case = Cases(record).one(actor.site, comment_id)
    (card,) = Cards(record, actor.site, actor.name).of([case])
    return page("console/claim.html", card=card)


def _conflict(comment_id: str, decision: dict[str, Any]) -> Response:
    conflict = Conflict(comment_id, decision)
    return page(
        "console/conflict.html" if is_htmx() else "console/conflict_page.html",
        HTTPStatus.CONFLICT,
        conflict=conflict,
        status=f"{conflict.by} was first: {conflict.label}. Your decision was not saved.",
    )


def _gone(comment_id: str) -> Response:
    if not is_htmx():
        return page("console/not_found.html", HTTPStatus.NOT_FOUND)
    status = "This comment is gone: the site erased it."
    return page("console/gone.html", HTTPStatus.GONE, anchor=anchor(comment_id), status=status)


def _refused(detail: str) -> Response:
    return page(
        "console/forbidden.html",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Nothing was done",
        detail=detail,
    )


def _back() -> BaseResponse:
    """To the page that the form was on."""
    return redirect(page_before(request), HTTPStatus.SEE_OTHER)


def _to(url: str) -> BaseResponse:
    if is_htmx():
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": url})
    return redirect(url, HTTPStatus.SEE_OTHER)
