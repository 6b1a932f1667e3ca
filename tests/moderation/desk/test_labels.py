"""The labels of a site: verdicts that stand, imports, and what erasures keep."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.desk.deciding import Desk, Verdict
from moderation.desk.labels import Labels, LabelSummary
from moderation.domain import Action, Status, Violation
from moderation.labels import Folding, Label, LabelOrigin, label_id
from moderation.record import Record
from moderation.record.labels import AT_ONCE
from tests.api.checks import set_policy
from tests.conftest import DEMO_SITE
from tests.fakes import RUDE
from tests.held import hold
from tests.moderation.desk.conftest import ANNA, MIA, Post

APPROVE, REJECT, HOLD = (
    Verdict(action) for action in (Action.APPROVE, Action.REJECT, Action.HOLD)
)


@pytest.fixture
def labels(record: Record) -> Labels:
    return Labels(record)


@pytest.fixture
def desk(record: Record) -> Desk:
    return Desk(record)


def imported(text: str, **said: int) -> Label:
    """A label as an import makes it."""
    folding = Folding()
    folding.offer("0", text, said)
    label = folding.take(text, who="mia", at="2026-11-24T06:00:00.000Z")
    assert label
    return label


def said(labels: Labels) -> dict[str, dict[str, int]]:
    """Text → its labels."""
    return {one.text: dict(one.labels) for one in labels.every(DEMO_SITE)}


def test_a_verdict_is_a_label_with_all_that_it_was_made_against(
    labels: Labels, desk: Desk, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    decision = desk.decide(ANNA, comment, Verdict(Action.REJECT, Violation.HATE_SPEECH))
    [label] = labels.every(DEMO_SITE)
    assert label == Label(
        id=label_id(f"You {RUDE}"),
        text=f"You {RUDE}",
        labels={"label": 1, "toxicity": 1, "identity_attack": 1},
        origin=LabelOrigin.DECISION,
        who="anna",
        at=decision["decided_at"],
        release="fake-1",
        scores={"toxicity": 0.9, "spam": 0.1},
        comment_id=comment,
    )


def test_categories_that_the_moderator_names_are_labels(
    labels: Labels, desk: Desk, post: Post
) -> None:
    desk.decide(ANNA, post("One"), Verdict(Action.APPROVE, categories=("insult",)))
    desk.decide(
        ANNA, post("Two"), Verdict(Action.REJECT, Violation.ABUSIVE, ("threat", "obscene"))
    )
    assert said(labels) == {
        "One": {"label": 0, "spam": 0, "insult": 1},
        "Two": {"label": 1, "toxicity": 1, "threat": 1, "obscene": 1},
    }


def test_what_no_words_show_is_no_label(labels: Labels, desk: Desk, post: Post) -> None:
    desk.decide(ANNA, post("One"), Verdict(Action.REJECT, Violation.IRRELEVANT_CONTENT))
    desk.decide(ANNA, post("Two"), HOLD)
    assert said(labels) == {}


def test_a_verdict_that_is_undone_is_none_any_more(
    labels: Labels, desk: Desk, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, REJECT)
    desk.undo(MIA, comment, 2)
    assert said(labels) == {}


def test_of_a_corrected_verdict_only_the_last_counts(
    labels: Labels, desk: Desk, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, REJECT)
    desk.decide(MIA, comment, APPROVE, expected_revision=2)
    assert said(labels) == {f"You {RUDE}": {"label": 0, "spam": 0}}
    assert labels.summary(DEMO_SITE).contradictions == 0


def test_what_readers_report_is_no_label(
    labels: Labels, desk: Desk, post: Post, record: Record, client: FlaskClient
) -> None:
    set_policy(client, reports_to_hold=1)
    decided, reported = post("Decided"), post("Reported")
    desk.decide(ANNA, decided, APPROVE)
    for comment in (decided, reported):
        client.post(f"/v1/comments/{comment}/reports", json={"reason": "rude"})
    assert record.comments.get(DEMO_SITE, reported).status is Status.HELD
    assert said(labels) == {"Decided": {"label": 0, "spam": 0}}


def test_another_site_s_labels_are_its_own(
    labels: Labels, desk: Desk, post: Post, other_site: str
) -> None:
    desk.decide(ANNA, post("One"), APPROVE)
    labels.add(ANNA, [imported("Two", label=1)])
    assert list(labels.every("other")) == []


class TestErasure:
    def test_nothing_is_kept_unless_it_is_asked_for(
        self, labels: Labels, desk: Desk, post: Post, client: FlaskClient
    ) -> None:
        comment = post(f"You {RUDE}")
        desk.decide(ANNA, comment, REJECT)
        assert client.delete(f"/v1/comments/{comment}").status_code == 204
        assert said(labels) == {}

    def test_what_is_kept_is_text_and_verdict_without_a_person(
        self, labels: Labels, desk: Desk, post: Post, client: FlaskClient
    ) -> None:
        comment = post(f"You {RUDE}")
        desk.decide(ANNA, comment, REJECT)
        assert client.delete(f"/v1/comments/{comment}?keep_labels=true").status_code == 204
        [label] = labels.every(DEMO_SITE)
        assert label == Label(
            label_id(f"You {RUDE}"),
            f"You {RUDE}",
            {"label": 1, "toxicity": 1},
            LabelOrigin.KEPT,
        )

    def test_only_what_people_decided_is_kept_of_an_author(
        self, labels: Labels, desk: Desk, post: Post, client: FlaskClient
    ) -> None:
        for number in range(3):
            desk.decide(ANNA, post(f"Decided {number}"), APPROVE)
        undone = post(f"Undone {RUDE}")
        desk.decide(ANNA, undone, REJECT)
        desk.undo(ANNA, undone, 2)
        post("Undecided")
        assert client.delete("/v1/authors/anna?keep_labels=true").status_code == 204
        assert sorted(said(labels)) == ["Decided 0", "Decided 1", "Decided 2"]
        assert {one.origin for one in labels.every(DEMO_SITE)} == {LabelOrigin.KEPT}

    def test_a_verdict_that_comes_while_it_is_erased_is_kept_too(
        self, labels: Labels, desk: Desk, post: Post, record: Record
    ) -> None:
        # Given: somebody decides after the labels were read and before the comment goes
        comment = post(f"You {RUDE}")
        late = [REJECT]

        def kept(site: str, ids: list[str]) -> object:
            found = labels.kept(site, ids)
            if late:
                desk.decide(ANNA, comment, late.pop())
            return found

        # When
        record.comments.erase(DEMO_SITE, comment, keep=kept)  # type: ignore[arg-type]
        # Then
        assert said(labels) == {f"You {RUDE}": {"label": 1, "toxicity": 1}}

    def test_a_comment_that_lost_a_decision_is_erased_all_the_same(
        self, labels: Labels, desk: Desk, post: Post, record: Record
    ) -> None:
        comment = post(f"You {RUDE}")
        desk.decide(ANNA, comment, REJECT)
        [key] = record.connection.scan_iter(f"*:comment:demo:{comment}")
        record.connection.hdel(key, "decision:1")
        record.comments.erase(DEMO_SITE, comment, keep=labels.kept)
        assert said(labels) == {f"You {RUDE}": {"label": 1, "toxicity": 1}}

    @pytest.mark.parametrize("origin", list(LabelOrigin))
    def test_an_erased_comment_takes_along_what_else_taught_its_text(
        self, labels: Labels, post: Post, record: Record, origin: LabelOrigin
    ) -> None:
        # Given: its text came by another door, too, in other letters
        comment = post("Call Anna at 555 0199")
        for text in ("CALL anna at 555-0199!", "Call Zoe"):
            stored = Label(label_id(text), text, {"label": 1}, origin=origin)
            record.labels.put(DEMO_SITE, [stored])
        # When
        record.comments.erase(DEMO_SITE, comment)
        # Then
        assert said(labels) == {"Call Zoe": {"label": 1}}

    def test_an_erased_comment_takes_its_opinion_and_its_doubts_along(
        self, labels: Labels, desk: Desk, post: Post, record: Record
    ) -> None:
        comment = post("One")
        desk.decide(ANNA, comment, APPROVE)
        [label] = labels.every(DEMO_SITE)
        record.labels.put_doubts(DEMO_SITE, [(label.id, comment, "toxicity", 0, 0.9)])
        record.labels.dismiss(DEMO_SITE, record.labels.doubts(DEMO_SITE)[0])
        record.labels.put_doubts(DEMO_SITE, [(label.id, comment, "toxicity", 1, 0.1)])
        record.comments.erase(DEMO_SITE, comment)
        left = list(record.connection.scan_iter("*doubts:*"))
        assert left == []


class TestImport:
    def test_a_label_comes_once_however_often_it_is_imported(self, labels: Labels) -> None:
        first = labels.add(ANNA, [imported("One", label=0), imported("Two", label=1)])
        again = labels.add(ANNA, [imported("one!", label=0), imported("Two", label=1)])
        assert (first.imported, first.known) == (2, 0)
        assert (again.imported, again.known, again.contradicting) == (0, 2, ())
        assert said(labels) == {"One": {"label": 0}, "Two": {"label": 1}}

    def test_what_is_said_besides_is_added(self, labels: Labels) -> None:
        labels.add(ANNA, [imported("One", label=1)])
        more = labels.add(ANNA, [imported("One", label=1, insult=1)])
        assert more.imported == 1
        assert said(labels) == {"One": {"label": 1, "insult": 1}}

    def test_the_earlier_import_stays_where_a_later_one_contradicts(
        self, labels: Labels
    ) -> None:
        labels.add(ANNA, [imported("One", label=1)])
        later = labels.add(ANNA, [imported("ONE", label=0)])
        assert later.contradicting == (label_id("One"),)
        assert said(labels) == {"One": {"label": 1}}

    def test_the_verdict_on_a_living_comment_goes_before_an_import(
        self, labels: Labels, desk: Desk, post: Post
    ) -> None:
        labels.add(ANNA, [imported("One", label=1)])
        desk.decide(ANNA, post("one"), APPROVE)
        [label] = labels.every(DEMO_SITE)
        assert label.origin is LabelOrigin.DECISION
        assert labels.summary(DEMO_SITE).contradictions == 1

    def test_of_two_comments_with_the_same_text_the_newer_verdict_counts(
        self, labels: Labels, desk: Desk, record: Record
    ) -> None:
        for comment, verdict in (("c1", APPROVE), ("c2", REJECT)):
            desk.decide(ANNA, hold(record, comment, text="Same text"), verdict)
        [label] = labels.every(DEMO_SITE)
        assert label.comment_id == "c2"
        assert labels.summary(DEMO_SITE).contradictions == 1

    def test_an_import_can_be_taken_back_and_verdicts_stay(
        self, labels: Labels, desk: Desk, post: Post
    ) -> None:
        desk.decide(ANNA, post("Decided"), APPROVE)
        labels.add(ANNA, [imported(f"Text {number}", label=1) for number in range(450)])
        assert labels.remove(ANNA, LabelOrigin.IMPORT) == 450
        assert list(said(labels)) == ["Decided"]
        assert labels.remove(ANNA, LabelOrigin.IMPORT) == 0

    def test_who_imported_and_removed_is_in_the_audit_log_without_texts(
        self, labels: Labels, record: Record
    ) -> None:
        labels.add(ANNA, [imported("Quokka", label=1)])
        labels.remove(ANNA, LabelOrigin.IMPORT)
        entries = record.audit.page(DEMO_SITE).entries
        assert [(one.who, one.details) for one in entries] == [
            ("anna", {"did": "removed", "labels": 1, "origin": "import"}),
            ("anna", {"did": "imported", "labels": 1}),
        ]


def test_a_comment_that_was_sampled_for_review_stands_for_many(
    labels: Labels, desk: Desk, post: Post, record: Record
) -> None:
    comment = post("A remark")
    [key] = record.connection.scan_iter(f"*:comment:demo:{comment}")
    record.connection.hset(key, "sampled", "0.05")
    desk.decide(ANNA, comment, APPROVE)
    [label] = labels.every(DEMO_SITE)
    assert label.weight == pytest.approx(20)


def test_labels_are_read_a_few_at_a_time(
    labels: Labels, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels.add(ANNA, [imported(f"Text {number}", label=1) for number in range(2 * AT_ONCE + 1)])
    asked: list[int] = []
    stored = record.labels.stored
    monkeypatch.setattr(
        record.labels, "stored", lambda site, ids: asked.append(len(ids)) or stored(site, ids)
    )
    every = labels.every(DEMO_SITE)
    next(every)
    assert asked == [AT_ONCE]
    assert len(list(every)) == 2 * AT_ONCE


class TestSummary:
    def test_it_counts_and_says_what_is_missing(
        self, labels: Labels, desk: Desk, post: Post
    ) -> None:
        desk.decide(ANNA, post("One"), APPROVE)
        labels.add(ANNA, [imported(f"Bad {number}", label=1) for number in range(20)])
        summary = labels.summary(DEMO_SITE)
        assert summary.total == 21
        assert summary.by_origin == {"decision": 1, "import": 20}
        assert summary.by_category == {"label": (1, 20), "spam": (1, 0)}
        assert summary.taught == {"toxicity": (1, 20), "spam": (1, 0)}
        assert summary.missing == {"toxicity": (14, 0), "spam": (14, 15)}
        assert not summary.can_train

    def test_of_nothing_it_says_what_it_takes(self, labels: Labels) -> None:
        summary = labels.summary(DEMO_SITE)
        assert summary == LabelSummary()
        assert summary.missing == {"toxicity": (15, 15)}

    def test_with_enough_of_both_a_training_makes_sense(self, labels: Labels) -> None:
        labels.add(ANNA, [imported(f"Text {n}", label=n % 2) for n in range(30)])
        assert labels.summary(DEMO_SITE).can_train

    @pytest.mark.parametrize("change", ["decide", "undo", "add", "remove", "keep"])
    def test_it_is_remembered_until_labels_come_or_go(
        self,
        labels: Labels,
        desk: Desk,
        post: Post,
        record: Record,
        client: FlaskClient,
        monkeypatch: pytest.MonkeyPatch,
        change: str,
    ) -> None:
        decided, other = post("One"), post("Two")
        desk.decide(ANNA, decided, APPROVE)
        labels.add(ANNA, [imported("Three", label=1)])
        before = labels.summary(DEMO_SITE)
        with monkeypatch.context() as patch:
            patch.setattr(record.labels, "judged", None)
            assert labels.summary(DEMO_SITE) == before

        changes: dict[str, Callable[[], object]] = {
            "decide": lambda: desk.decide(ANNA, other, APPROVE),
            "undo": lambda: desk.undo(ANNA, decided, 2),
            "add": lambda: labels.add(ANNA, [imported("Four", label=0)]),
            "remove": lambda: labels.remove(ANNA, LabelOrigin.IMPORT),
            "keep": lambda: client.delete(f"/v1/comments/{decided}?keep_labels=true"),
        }
        changes[change]()

        assert labels.summary(DEMO_SITE) != before


def suggested(text: str, **said: int) -> Label:
    """A label as a drop-in endpoint makes it."""
    at = "2026-11-28T14:00:00.000Z"
    return Label(label_id(text), text, said, LabelOrigin.SUGGESTION, who="akismet", at=at)


def test_the_newest_suggestion_about_a_text_replaces_the_one_before(labels: Labels) -> None:
    assert labels.suggest(DEMO_SITE, suggested("Buy now", label=1, spam=1))
    assert labels.suggest(DEMO_SITE, suggested("buy now!", label=0))

    [label] = labels.every(DEMO_SITE)
    assert label == suggested("buy now!", label=0)


def test_a_suggestion_never_overrules_what_was_imported(labels: Labels) -> None:
    labels.add(ANNA, [imported("Buy now", spam=0)])

    assert not labels.suggest(DEMO_SITE, suggested("Buy now", spam=1))
    assert labels.suggest(DEMO_SITE, suggested("Buy now", spam=0, toxicity=0))

    assert said(labels) == {"Buy now": {"spam": 0, "toxicity": 0}}


def test_suggestions_can_be_taken_back_as_a_whole(labels: Labels) -> None:
    labels.add(ANNA, [imported("Hello", label=0)])
    labels.suggest(DEMO_SITE, suggested("Buy now", spam=1))

    assert labels.remove(ANNA, LabelOrigin.SUGGESTION) == 1
    assert said(labels) == {"Hello": {"label": 0}}
