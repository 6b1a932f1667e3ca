"""Doubtful labels: shown while they stand, settled by people."""

from __future__ import annotations

import pytest

from moderation.desk.deciding import Desk, Verdict
from moderation.desk.doubts import Doubts
from moderation.desk.labels import Labels
from moderation.domain import Action
from moderation.errors import UnknownLabelError
from moderation.labels import label_id
from moderation.record import Record
from tests.conftest import DEMO_SITE
from tests.held import hold
from tests.moderation.desk.conftest import ANNA, MIA
from tests.moderation.desk.test_labels import imported

TEXT = "An imported remark"
ID = label_id(TEXT)


@pytest.fixture
def doubts(record: Record) -> Doubts:
    return Doubts(record)


@pytest.fixture
def of_import(record: Record) -> str:
    """The reference of a doubt about an imported label."""
    Labels(record).add(ANNA, [imported(TEXT, label=1, toxicity=1, spam=0)])
    record.labels.put_doubts(DEMO_SITE, [(ID, "", "toxicity", 1, 0.02)])
    return f"l:{ID}"


@pytest.fixture
def of_comment(record: Record) -> str:
    """The reference of a doubt about an approved comment, by what its label teaches."""
    comment = hold(record, "c1", text="A remark of a reader")
    Desk(record).decide(ANNA, comment, Verdict(Action.APPROVE))
    id_ = label_id("A remark of a reader")
    record.labels.put_doubts(DEMO_SITE, [(id_, comment, "toxicity", 0, 0.98)])
    return f"c:{comment}"


def shown(doubts: Doubts) -> list[str]:
    return [one.doubt.reference for one in doubts.page(DEMO_SITE, limit=10)]


def values(record: Record) -> dict[str, dict[str, int]]:
    return {one.text: dict(one.labels) for one in Labels(record).every(DEMO_SITE)}


def test_a_doubt_shows_the_label_it_is_about(doubts: Doubts, of_comment: str) -> None:
    [found] = doubts.page(DEMO_SITE, limit=10)
    assert found.revision == 2
    assert found.to_json() == {
        "id": of_comment,
        "comment_id": "c1",
        "text": "A remark of a reader",
        "category": "toxicity",
        "label": 0,
        "probability": 0.98,
        "origin": "decision",
        "who": "anna",
    }


def test_a_comment_decided_anew_is_in_doubt_no_more(
    doubts: Doubts, record: Record, of_comment: str
) -> None:
    Desk(record).decide(MIA, "c1", Verdict(Action.REJECT), expected_revision=2)
    assert shown(doubts) == []


def test_an_erased_comment_is_in_doubt_no_more(
    doubts: Doubts, record: Record, of_comment: str
) -> None:
    record.comments.erase(DEMO_SITE, "c1")
    assert shown(doubts) == []


def test_a_label_that_is_right_is_not_doubted_again(
    doubts: Doubts, record: Record, of_comment: str
) -> None:
    before = values(record)
    doubts.keep(MIA, of_comment)
    assert shown(doubts) == []
    id_ = label_id("A remark of a reader")
    assert record.labels.put_doubts(DEMO_SITE, [(id_, "c1", "toxicity", 0, 0.99)]) == 0
    assert values(record) == before


def test_an_imported_label_is_turned_round(
    doubts: Doubts, record: Record, of_import: str
) -> None:
    doubts.flip(MIA, of_import)
    assert values(record) == {TEXT: {"label": 0, "toxicity": 0, "spam": 0}}
    assert shown(doubts) == []
    # The next training is not asked about it again.
    assert record.labels.put_doubts(DEMO_SITE, [(ID, "", "toxicity", 0, 0.9)]) == 0


def test_an_imported_label_is_dropped(doubts: Doubts, record: Record, of_import: str) -> None:
    doubts.drop(MIA, of_import)
    assert values(record) == {}


@pytest.mark.parametrize("act", ["flip", "drop"])
def test_a_comment_s_label_is_a_decision_and_nothing_else_changes_it(
    doubts: Doubts, record: Record, of_comment: str, act: str
) -> None:
    with pytest.raises(UnknownLabelError):
        getattr(doubts, act)(MIA, of_comment)
    assert shown(doubts) == [of_comment]


@pytest.mark.parametrize("act", ["keep", "flip", "drop"])
def test_what_nobody_doubts_cannot_be_settled(doubts: Doubts, act: str) -> None:
    with pytest.raises(UnknownLabelError):
        getattr(doubts, act)(MIA, "l:none")


def test_who_settled_a_doubt_is_in_the_audit_log_without_the_text(
    doubts: Doubts, record: Record, of_import: str
) -> None:
    doubts.flip(MIA, of_import)
    [newest, *_] = record.audit.page(DEMO_SITE).entries
    assert (newest.who, newest.details) == (
        "mia",
        {"did": "flipped", "category": "toxicity", "label": 1},
    )
