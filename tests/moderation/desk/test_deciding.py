"""Two moderators decide, undo and collide; nothing is overwritten and nothing deleted."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from moderation.desk.cases import Cases
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Status, Violation
from moderation.errors import DecidedByOtherError, NothingToUndoError, UnknownCommentError
from moderation.record import Record
from moderation.record.acts import Act
from moderation.record.audit import AuditKind
from moderation.triage import KEPT, NEW
from tests.conftest import DEMO_SITE
from tests.fakes import RUDE, SPAM
from tests.moderation.desk.conftest import ANNA, MIA, Post

APPROVE, REJECT, HOLD = (
    Verdict(action) for action in (Action.APPROVE, Action.REJECT, Action.HOLD)
)


@pytest.fixture
def desk(record: Record) -> Desk:
    return Desk(record)


def status(record: Record, comment_id: str) -> Status:
    return record.comments.get(DEMO_SITE, comment_id).status


def held_in(record: Record, dimension: str) -> int:
    return record.held.size(DEMO_SITE, dimension)


def test_a_rejection_says_why_and_has_words_for_the_author(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    decision = desk.decide(ANNA, comment, Verdict(Action.REJECT, Violation.HATE_SPEECH))
    assert status(record, comment) is Status.REJECTED
    assert decision["revision"] == 2
    assert decision["source"] == "moderator"
    assert decision["moderator"] == "anna"
    assert decision["reasons"] == [{"code": "HATE_SPEECH"}]
    assert "attacks people for what they are" in decision["statement"]
    assert "read by a moderator" in decision["statement"]
    # What the machine saw goes along: a decision holds all that it was made from.
    assert decision["scores"]["toxicity"] == 0.9
    assert decision["model"] == "fake-1"
    assert decision["language"] == "en"


@pytest.mark.parametrize(
    ("text", "expected"), [(f"You {RUDE}", "ABUSIVE"), (f"Free {SPAM} now", "SPAM")]
)
def test_a_rejection_without_a_reason_has_the_one_that_the_scores_suggest(
    desk: Desk, post: Post, text: str, expected: str
) -> None:
    assert desk.decide(ANNA, post(text), REJECT)["reasons"] == [{"code": expected}]


def test_every_decision_is_in_the_feed_in_order(desk: Desk, record: Record, post: Post) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, REJECT)
    desk.undo(ANNA, comment, 2)
    feed = [entry.parsed() for entry in record.decisions.after(DEMO_SITE, "0-0", limit=9)]
    assert [one["action"] for one in feed] == ["hold", "reject", "hold"]
    assert [one["revision"] for one in feed] == [1, 2, 3]


def test_who_decides_second_is_told_who_was_first(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, APPROVE, expected_revision=1)
    for expected in (1, None):
        with pytest.raises(DecidedByOtherError) as refused:
            desk.decide(MIA, comment, REJECT, expected_revision=expected)
        assert refused.value.decision["moderator"] == "anna"
        assert refused.value.decision["action"] == "approve"
    assert status(record, comment) is Status.APPROVED


def test_one_of_many_at_once_wins_and_the_others_are_told(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    won, lost = [], []

    def decide(number: int) -> None:
        actor = ANNA if number % 2 else MIA
        verdict = APPROVE if number % 2 else REJECT
        try:
            won.append(desk.decide(actor, comment, verdict, expected_revision=1))
        except DecidedByOtherError as error:
            lost.append(error.decision)

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The winner's own repeats are the same decision.
    assert len(won) + len(lost) == 8
    assert len({one["moderator"] for one in won}) == 1
    assert lost
    assert all(one == won[0] for one in (*won, *lost))
    assert record.comments.get(DEMO_SITE, comment).revision == 2


def test_the_same_decision_sent_twice_is_one_decision(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    first = desk.decide(ANNA, comment, REJECT, expected_revision=1)
    assert desk.decide(ANNA, comment, REJECT, expected_revision=1) == first
    assert record.comments.get(DEMO_SITE, comment).revision == 2


def test_a_moderator_may_change_their_mind(desk: Desk, record: Record, post: Post) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, APPROVE)
    desk.decide(ANNA, comment, REJECT)
    assert status(record, comment) is Status.REJECTED
    assert record.comments.get(DEMO_SITE, comment).revision == 3


def test_a_comment_that_was_kept_held_can_be_decided_by_anybody(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    assert (held_in(record, NEW), held_in(record, KEPT)) == (1, 0)
    desk.decide(ANNA, comment, HOLD)
    assert (held_in(record, NEW), held_in(record, KEPT)) == (0, 1)
    assert held_in(record, "category:toxicity") == 1
    desk.decide(MIA, comment, APPROVE)
    assert (held_in(record, NEW), held_in(record, KEPT)) == (0, 0)
    assert record.held.total(DEMO_SITE) == 0


def test_undoing_puts_a_comment_back_where_it_was(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    before = Cases(record).one(DEMO_SITE, comment)
    desk.decide(ANNA, comment, REJECT)
    undone = desk.undo(MIA, comment, 2)
    assert undone["action"] == "hold"
    assert undone["reasons"] == [{"code": "undone", "detail": "2"}]
    assert held_in(record, NEW) == 1
    after = Cases(record).one(DEMO_SITE, comment)
    assert after.why == before.why
    assert after.held_since == before.held_since
    # And nobody's verdict stands in the way any more.
    desk.decide(MIA, comment, APPROVE)


def test_undoing_an_undoing_brings_the_decision_back(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    rejected = desk.decide(ANNA, comment, REJECT)
    desk.undo(ANNA, comment, 2)
    again = desk.undo(ANNA, comment, 3)
    assert again["action"] == "reject"
    assert again["statement"] == rejected["statement"]
    assert labels(record) == [comment]


def test_only_the_standing_decision_of_a_person_can_be_undone(desk: Desk, post: Post) -> None:
    comment = post(f"You {RUDE}")
    with pytest.raises(NothingToUndoError):
        desk.undo(ANNA, comment, 1)
    with pytest.raises(NothingToUndoError):
        desk.undo(ANNA, comment, 7)
    desk.decide(ANNA, comment, APPROVE)
    desk.decide(ANNA, comment, REJECT)
    with pytest.raises(DecidedByOtherError):
        desk.undo(ANNA, comment, 2)


def test_the_last_act_can_be_undone_and_then_the_one_before(
    desk: Desk, record: Record, post: Post
) -> None:
    one, two = post(f"You {RUDE}"), post(f"You silly {RUDE}")
    desk.decide(ANNA, one, REJECT)
    desk.decide(ANNA, two, APPROVE)
    assert desk.last_act(ANNA) == Act(two, 2)
    desk.undo(ANNA, two, 2)
    assert desk.last_act(ANNA) == Act(one, 2)
    assert desk.last_act(MIA) is None
    desk.undo(MIA, one, 2)  # by somebody else: it is off Anna's list as well
    assert desk.last_act(ANNA) is None


def labels(record: Record) -> list[str]:
    return list(record.connection.zrange("moderation:{0}:labelled:demo", 0, -1))


def test_a_verdict_is_a_label_until_it_is_undone_or_erased(
    desk: Desk, record: Record, post: Post
) -> None:
    comment, other = post(f"You {RUDE}"), post(f"You silly {RUDE}")
    desk.decide(ANNA, comment, HOLD)
    assert labels(record) == []
    desk.decide(ANNA, comment, REJECT)
    desk.decide(ANNA, other, APPROVE)
    assert sorted(labels(record)) == sorted([comment, other])
    desk.undo(ANNA, other, 2)
    record.comments.erase(DEMO_SITE, comment)
    assert labels(record) == []


def test_a_note_stays_inside(desk: Desk, record: Record, post: Post) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, Verdict(Action.REJECT, note="the third time this week"))
    assert Cases(record).one(DEMO_SITE, comment).dossier.notes == {
        2: "the third time this week"
    }
    (*_, entry) = record.decisions.after(DEMO_SITE, "0-0", limit=9)
    assert "third time" not in entry.decision
    assert "third time" not in str(record.audit.page(DEMO_SITE).entries)


def test_decisions_are_in_the_audit_log_without_the_text(
    desk: Desk, record: Record, post: Post
) -> None:
    comment = post(f"You {RUDE} of the audit")
    desk.decide(ANNA, comment, Verdict(Action.REJECT, Violation.SPAM))
    desk.undo(MIA, comment, 2)
    undo, decision = record.audit.page(DEMO_SITE).entries
    assert (decision.who, decision.what, decision.subject) == (
        "anna",
        AuditKind.DECISION,
        comment,
    )
    assert decision.details == {
        "action": "reject",
        "revision": 2,
        "reason": "SPAM",
        "machine": "hold",
    }
    assert (undo.who, undo.what) == ("mia", AuditKind.UNDO)
    assert "of the audit" not in str((undo, decision))


def test_figures_count_what_stands(desk: Desk, record: Record, post: Post) -> None:
    comment, other = post(f"You {RUDE}"), post(f"You silly {RUDE}")
    desk.decide(ANNA, comment, REJECT)
    desk.decide(ANNA, other, APPROVE)
    desk.undo(MIA, other, 2)
    ((_, today),) = record.daily.read(DEMO_SITE, 1)
    assert today["decided|classifier|held"] == 2
    assert today["decided|moderator|rejected"] == 1
    assert today["by|anna|reject"] == 1
    assert today["undone|mia"] == 1
    assert today["waited_by|anna"] == 2
    assert today["waited|60"] == 2
    assert today["agreement|toxicity|hold|reject"] == 1
    assert today["agreement|toxicity|hold|approve"] == 0
    assert today["agreement_by|anna|hold|reject"] == 1


def test_a_person_may_decide_before_the_machine(
    desk: Desk, record: Record, decide_all: Callable[[], None], client
) -> None:
    answer = client.post(
        "/v1/articles/a/comments", json={"text": "Quick", "author": {"id": "a"}}
    )
    comment = answer.json["id"]
    assert desk.decide(ANNA, comment, REJECT)["revision"] == 1
    decide_all()
    assert status(record, comment) is Status.REJECTED
    assert desk.undo(ANNA, comment, 1)["action"] == "hold"
    assert record.held.total(DEMO_SITE) == 1


def test_what_is_erased_cannot_be_decided(desk: Desk, record: Record, post: Post) -> None:
    comment = post(f"You {RUDE}")
    record.claims.take(DEMO_SITE, comment, "anna")
    record.comments.erase(DEMO_SITE, comment)
    with pytest.raises(UnknownCommentError):
        desk.decide(ANNA, comment, APPROVE)
    with pytest.raises(UnknownCommentError):
        record.claims.take(DEMO_SITE, comment, "mia")
    assert record.held.total(DEMO_SITE) == 0
    leftovers = [
        key
        for key in record.connection.scan_iter("*held:demo:*")
        if record.connection.zcard(key)
    ]
    assert leftovers == []


def test_a_claim_is_shown_kept_and_given_back(record: Record, post: Post) -> None:
    comment = post(f"You {RUDE}")
    assert record.claims.take(DEMO_SITE, comment, "anna").moderator == "anna"
    assert record.claims.take(DEMO_SITE, comment, "mia").moderator == "anna"
    record.claims.release(DEMO_SITE, comment, "mia")
    (claim,) = record.claims.of(DEMO_SITE, [comment])
    assert claim is not None
    assert claim.moderator == "anna"
    assert 0 < claim.expires_in_s <= 180
    record.claims.release(DEMO_SITE, comment, "anna")
    assert record.claims.take(DEMO_SITE, comment, "mia").moderator == "mia"


def test_deciding_ends_the_claim(desk: Desk, record: Record, post: Post) -> None:
    comment = post(f"You {RUDE}")
    record.claims.take(DEMO_SITE, comment, "anna")
    desk.decide(ANNA, comment, HOLD)
    assert record.claims.of(DEMO_SITE, [comment]) == [None]
