"""Batches: what becomes of many comments decided at once, and the one undo for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation import hostile
from moderation.api.base import Cursors, services
from moderation.console.base import console_blueprint, me, needs, page
from moderation.console.cards import ago, comment_url
from moderation.desk.batch_label import batch_label
from moderation.desk.batches import Batches
from moderation.desk.deciding import Verdict
from moderation.desk.queue import QueueQuery
from moderation.domain import Action, Role, Violation
from moderation.errors import BatchSizeError, NothingToUndoError, UnknownBatchError
from moderation.record.batch import Batch, BatchState, Because, Left, Phase
from moderation.wording import DONE

blueprint = console_blueprint("batches", __name__)

PAGE_BATCHES = 50
#: Comments left alone that a batch's page names.
LEFT = 200
LABEL_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch for a template."""

    batch: Batch

    @property
    def label(self) -> str:
        """What it does; site's ids and words in it made safe to show."""
        return hostile.one_line(self.batch.label, LABEL_CHARACTERS)

    @property
    def url(self) -> str:
        """Its page."""
        return f"/console/batch/{self.batch.id}"

    @property
    def is_open(self) -> bool:
        """Whether it is still under way."""
        return self.batch.state.is_open

    @property
    def can_be_undone(self) -> bool:
        """Whether there is something to take back."""
        return self.batch.state.phase is Phase.RUN

    @property
    def age(self) -> str:
        """When it was begun."""
        return ago(self.batch.created_at)

    @property
    def status(self) -> str:
        """Where it stands, in one line."""
        run, undo = self.batch.progress[Phase.RUN], self.batch.progress[Phase.UNDO]
        did = DONE[self.batch.verdict["action"]]
        return {
            BatchState.RUNNING: f"{run.handled:,} of {run.total:,} done",
            BatchState.DONE: f"{run.handled - run.left:,} {did}" + _but_left(run.left),
            BatchState.UNDOING: f"undoing: {undo.handled:,} of {undo.total:,} looked at",
            BatchState.UNDONE: f"undone by {self.batch.undone_by}" + _but_left(undo.left),
        }[self.batch.state]


@dataclass(frozen=True, slots=True)
class LeftView:
    """A comment that a batch left alone."""

    left: Left

    @property
    def url(self) -> str:
        """Its page; "" for one that is not there any more."""
        return "" if self.left.because is Because.ERASED else comment_url(self.left.comment_id)

    @property
    def name(self) -> str:
        """Its id, shortened."""
        return hostile.one_line(self.left.comment_id, 40)

    @property
    def why(self) -> str:
        """Why it was left."""
        if self.left.because is Because.ERASED:
            return "the site erased it"
        if self.left.because is Because.FAILED:
            return "it could not be decided; the operator's log says why"
        done = DONE.get(self.left.action, "decided")
        return f"{done} by {self.left.moderator or 'the machine'} meanwhile"


@blueprint.post("/batch/selection")
@needs(Role.MODERATOR)
def decide_selection() -> BaseResponse:
    """Decides the comments that were selected in the queue."""
    return freeze(lambda: request.form.getlist("ids"), None)


@blueprint.get("/batch/<batch_id>")
@needs(Role.MODERATOR)
def show(batch_id: str) -> Response:
    """How far a batch has come, what it left alone, and the one button that undoes it."""
    batches, site = services().record.batches, me().actor.site
    batch = batches.get(site, batch_id)
    view = BatchView(batch)
    return page(
        "console/batch_progress.html",
        active="batch",
        view=view,
        progress=batch.now,
        left=[
            (
                phase,
                progress.left,
                [LeftView(one) for one in batches.left(batch, phase, limit=LEFT)],
            )
            for phase, progress in batch.progress.items()
            if progress.left
        ],
        status="" if view.is_open else f"{view.label}: {view.status}.",
    )


@blueprint.post("/batch/<batch_id>/undo")
@needs(Role.MODERATOR)
def undo(batch_id: str) -> BaseResponse:
    """Takes back all that a batch decided; stops it if it still runs."""
    try:
        batch = Batches(services().record).undo(me().actor, batch_id)
    except NothingToUndoError:
        return redirect(f"/console/batch/{batch_id}", HTTPStatus.SEE_OTHER)
    return _under_way(batch)


@blueprint.get("/batches")
@needs(Role.MODERATOR)
def listed() -> Response:
    """The batches of the last ninety days."""
    record, site = services().record, me().actor.site
    cursors = Cursors("console-batches", site)
    cursor = request.args.get("cursor", "")
    before_ms = cursors.read(cursor) if cursor else None
    found = record.batches.newest(site, before_ms=before_ms, limit=PAGE_BATCHES + 1)
    shown = found[:PAGE_BATCHES]
    more = cursors.write(shown[-1].created_ms) if len(found) > PAGE_BATCHES else ""
    return page(
        "console/batches.html",
        active="batch",
        views=[BatchView(batch) for batch in shown],
        next_url=f"/console/batches?cursor={more}" if more else None,
    )


def freeze(ids: Callable[[], list[str]], query: QueueQuery | None) -> BaseResponse:
    """Begins a batch with the verdict of this request's form, and goes to its page.

    Args:
        ids: finds the comments, once it is clear that the verdict can be meant.
        query: what picked them out; `None` if they were selected one by one.
    """
    verdict = _verdict()
    if verdict is None:
        return refused("Choose what to do with the comments, and a reason from the list.")
    try:
        chosen = ids()
        label = batch_label(verdict, len(set(chosen)), query)
        batch = Batches(services().record).freeze(me().actor, chosen, verdict, label=label)
    except BatchSizeError as error:
        return refused(f"Nothing was decided: {error}.")
    return _under_way(batch)


def refused(detail: str) -> Response:
    """Says why nothing was done."""
    return page(
        "console/forbidden.html",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        title="Nothing was done",
        detail=detail,
    )


@blueprint.errorhandler(UnknownBatchError)
def _unknown(_: UnknownBatchError) -> Response:
    return page("console/not_found.html", HTTPStatus.NOT_FOUND)


def _under_way(batch: Batch) -> BaseResponse:
    services().clerk.wake()
    return redirect(BatchView(batch).url, HTTPStatus.SEE_OTHER)


def _verdict() -> Verdict | None:
    """What the form says, `None` if it cannot be meant."""
    action, reason = request.form.get("action", ""), request.form.get("reason", "")
    if action not in set(Action):
        return None
    if action != Action.REJECT:
        return Verdict(Action(action))
    return Verdict(Action.REJECT, Violation(reason)) if reason in set(Violation) else None


def _but_left(count: int) -> str:
    return f", {count:,} left as they were" if count else ""
