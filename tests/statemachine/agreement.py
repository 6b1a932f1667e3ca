"""Whether the record says what the model says, asked through its public methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from moderation.desk.checking import check
from moderation.domain import QueueOrder, Status
from moderation.errors import UnknownCommentError
from moderation.labels import label_id
from moderation.record import Record
from moderation.record.decisions import START
from tests.statemachine.model import MACHINE, READERS, Comment, Model

MOST = 1_000


def assert_agreement(record: Record, site: str, model: Model) -> None:
    """Fails unless all that can be asked about the site is as the model has it."""
    _assert_comments(record, site, model)
    _assert_lists(record, site, model)
    _assert_queue(record, site, model)
    _assert_labels(record, site, model)
    _assert_feed(record, site, model)
    report = check(record)
    assert report.faults == []
    assert not report.unsettled.total()


def _assert_comments(record: Record, site: str, model: Model) -> None:
    ids = list(model.comments)
    found = {one.comment.id: one for one in record.dossiers.many(site, ids)}
    assert list(found) == ids
    for comment_id, comment in model.comments.items():
        dossier = found[comment_id]
        assert dossier.comment.status == comment.status
        assert dossier.comment.revision == comment.revision
        assert dossier.comment.content["text"] == comment.post.text
        decided = [(one["action"], _who(one)) for one in dossier.decisions]
        assert decided == [(one.action, one.by) for one in comment.decisions]
        revisions = [one["revision"] for one in dossier.decisions]
        assert revisions == [*range(1, comment.revision + 1)]
        reports = len(comment.named_reports) + comment.unnamed_reports
        assert len(dossier.reports) == reports
        assert (dossier.claim.moderator if dossier.claim else None) == comment.claimed_by
    for comment_id in model.erased:
        with pytest.raises(UnknownCommentError):
            record.comments.get(site, comment_id)


def _who(decision: dict[str, str]) -> str:
    by_nobody = READERS if decision["source"] == "report" else MACHINE
    return decision.get("moderator", by_nobody)


def _assert_lists(record: Record, site: str, model: Model) -> None:
    comments = list(model.comments.values())
    for article in _each(one.post.article for one in comments):
        for status in Status:
            page = record.comments.page(site, article, statuses=[status], after=0, limit=MOST)
            expected = model.standing(article=article, status=status.value)
            assert [one.id for one in page.comments] == expected
        page = record.comments.page(site, article, statuses=Status, after=0, limit=MOST)
        assert [one.id for one in page.comments] == [
            one.post.id for one in comments if one.post.article == article
        ]
    for author in _each(one.post.author for one in comments):
        newest = [one.id for one in record.comments.by_author(site, author, limit=MOST)]
        assert newest[::-1] == model.of_author(author)


def _assert_queue(record: Record, site: str, model: Model) -> None:
    held = [one.post.id for one in _those(model, lambda one: one.status == "held")]
    orders = {
        order: [
            found.comment_id
            for step in record.held.walk(site, order=order)
            for found in step.found
        ]
        for order in QueueOrder
    }
    assert all(sorted(found) == sorted(held) for found in orders.values()), orders
    assert orders[QueueOrder.OLDEST] == held
    assert orders[QueueOrder.NEWEST] == held[::-1]
    waiting = [one.post.id for one in _those(model, lambda one: one.waits_for_review)]
    assert record.review.page(site, limit=MOST).comment_ids == waiting


def _assert_labels(record: Record, site: str, model: Model) -> None:
    judged = [one.post.id for one in _those(model, lambda one: one.has_verdict)]
    assert sorted(record.labels.decided_ids(site)) == sorted(judged)
    assert set(record.labels.stored_ids(site)) == {label_id(one) for one in model.kept_texts}


def _assert_feed(record: Record, site: str, model: Model) -> None:
    told = [one.parsed() for one in record.decisions.after(site, START, limit=MOST)]
    found = [(one["comment_id"], one["revision"], one["action"]) for one in told]
    assert found == model.feed


def _those(model: Model, belongs: Callable[[Comment], bool]) -> list[Comment]:
    return [one for one in model.comments.values() if belongs(one)]


def _each(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
