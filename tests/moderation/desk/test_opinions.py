"""Second opinions: blind, independent, of a stable sample; and what they tell."""

from __future__ import annotations

from itertools import count

import pytest

from moderation.desk.agreement import FEWEST_PAIRS, Agreement, agreements
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.opinions import SAMPLE_SHARE, SecondOpinions, in_sample
from moderation.domain import Action, Actor, Role, Status, Violation
from moderation.errors import OpinionRefusedError, UnknownCommentError
from moderation.record import Record
from moderation.record.opinions import Opinion, Said
from tests.conftest import DEMO_SITE
from tests.held import hold
from tests.moderation.desk.conftest import ANNA, MIA

LENA = Actor("lena", DEMO_SITE, Role.MODERATOR)
APPROVE, REJECT = Verdict(Action.APPROVE), Verdict(Action.REJECT, Violation.ABUSIVE)
IN_SAMPLE = [f"c{n}" for n in range(500) if in_sample(DEMO_SITE, f"c{n}")]
NOT_IN_SAMPLE = next(f"c{n}" for n in count() if not in_sample(DEMO_SITE, f"c{n}"))


@pytest.fixture
def opinions(record: Record) -> SecondOpinions:
    return SecondOpinions(record)


@pytest.fixture
def comment(record: Record) -> str:
    """A comment of the sample that anna approved."""
    comment_id = hold(record, IN_SAMPLE[0])
    Desk(record).decide(ANNA, comment_id, APPROVE)
    return comment_id


def test_the_sample_is_of_about_that_share_and_another_on_each_site() -> None:
    samples = [{n for n in range(20_000) if in_sample(site, str(n))} for site in "ab"]
    for sample in samples:
        assert len(sample) / 20_000 == pytest.approx(SAMPLE_SHARE, abs=0.005)
    assert len(samples[0] & samples[1]) < 100


def test_another_moderator_is_asked_and_who_decided_is_not(
    opinions: SecondOpinions, comment: str
) -> None:
    assert opinions.next_for(MIA) == comment
    assert opinions.next_for(ANNA) is None


def test_only_comments_of_the_sample_with_a_verdict_are_offered(
    opinions: SecondOpinions, record: Record
) -> None:
    Desk(record).decide(ANNA, hold(record, NOT_IN_SAMPLE), APPROVE)
    hold(record, IN_SAMPLE[1])
    assert opinions.next_for(MIA) is None


def test_an_opinion_changes_no_decision_and_no_label(
    opinions: SecondOpinions, record: Record, comment: str
) -> None:
    opinions.give(MIA, comment, REJECT)
    after = record.comments.get(DEMO_SITE, comment)
    assert (after.status, after.revision) == (Status.APPROVED, 2)
    assert opinions.next_for(LENA) is None
    [opinion] = record.opinions.all(DEMO_SITE)
    assert opinion.verdict == Said("anna", "approve", {"label": 0, "spam": 0})
    assert opinion.opinion == Said("mia", "reject", {"label": 1, "toxicity": 1})


def test_what_would_be_no_independent_opinion_is_refused(
    opinions: SecondOpinions, record: Record, comment: str
) -> None:
    with pytest.raises(OpinionRefusedError, match="your own"):
        opinions.give(ANNA, comment, REJECT)
    with pytest.raises(OpinionRefusedError, match="approves or rejects"):
        opinions.give(MIA, comment, Verdict(Action.HOLD))
    with pytest.raises(OpinionRefusedError, match="no moderator's verdict"):
        opinions.give(MIA, hold(record, IN_SAMPLE[1]), REJECT)
    with pytest.raises(UnknownCommentError):
        opinions.give(MIA, "none", REJECT)
    Desk(record).decide(ANNA, hold(record, NOT_IN_SAMPLE), APPROVE)
    with pytest.raises(OpinionRefusedError, match="not in the sample"):
        opinions.give(MIA, NOT_IN_SAMPLE, REJECT)
    opinions.give(MIA, comment, REJECT)
    with pytest.raises(OpinionRefusedError, match="already"):
        opinions.give(LENA, comment, APPROVE)
    assert len(record.opinions.all(DEMO_SITE)) == 1


def test_a_dispute_is_listed_until_the_comment_is_decided_anew(
    opinions: SecondOpinions, record: Record, comment: str
) -> None:
    opinions.give(MIA, comment, REJECT)
    assert [one.comment_id for one in opinions.disagreements(DEMO_SITE)] == [comment]
    Desk(record).decide(LENA, comment, REJECT, expected_revision=2)
    assert opinions.disagreements(DEMO_SITE) == []
    # They did disagree: what is measured stays.
    assert agreements(record.opinions.all(DEMO_SITE)).verdict.share.part == 0


def test_an_erased_comment_has_no_opinion_any_more(
    opinions: SecondOpinions, record: Record, comment: str
) -> None:
    opinions.give(MIA, comment, REJECT)
    record.comments.erase(DEMO_SITE, comment)
    assert record.opinions.all(DEMO_SITE) == []
    lost = Opinion(comment, 2, Said("anna", "approve", None), Said("mia", "reject", None), "")
    with pytest.raises(UnknownCommentError):
        record.opinions.put(DEMO_SITE, lost)


def pairs(both: int, first: int, second: int, neither: int) -> list[tuple[int, int]]:
    return [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither


class TestAgreement:
    def test_kappa_is_the_one_of_the_textbooks(self) -> None:
        # The grant proposals of Wikipedia's article: 20, 5, 10, 15 give 0.4.
        kappa = Agreement(pairs(20, 5, 10, 15)).kappa
        assert kappa
        assert kappa.value == pytest.approx(0.4)
        assert kappa.low == pytest.approx(0.123, abs=0.01)
        assert kappa.high == pytest.approx(0.618, abs=0.01)

    def test_two_who_never_look_agree_by_chance_alone(self) -> None:
        found = Agreement(pairs(1, 9, 9, 81))
        assert found.share.value == pytest.approx(0.82)
        assert found.kappa
        assert found.kappa.value == pytest.approx(0, abs=1e-9)

    def test_where_all_agree_the_interval_still_has_a_width(self) -> None:
        kappa = Agreement(pairs(15, 0, 0, 15)).kappa
        assert kappa
        assert (kappa.value, kappa.high) == (1.0, 1.0)
        assert 0.6 < kappa.low < 0.9

    def test_where_both_always_say_the_same_thing_there_is_no_kappa(self) -> None:
        assert Agreement(pairs(0, 0, 0, 100)).kappa is None

    def test_too_few_say_how_many_are_missing(self) -> None:
        few = Agreement(pairs(2, 0, 0, 3))
        assert few.kappa is None
        assert few.missing == FEWEST_PAIRS - 5
        assert few.to_json()["missing"] == FEWEST_PAIRS - 5

    def test_it_is_told_by_pair_and_by_category_where_both_tell(self) -> None:
        spam = Said("mia", "reject", {"label": 1, "spam": 1})
        rude = Said("anna", "reject", {"label": 1, "toxicity": 1})
        fine = Said("anna", "approve", {"label": 0, "spam": 0})
        off_topic = Said("lena", "reject", None)
        found = agreements(
            [
                Opinion("c1", 2, rude, spam, ""),
                Opinion("c2", 2, fine, spam, ""),
                Opinion("c3", 2, off_topic, fine, ""),
            ]
        )
        assert found.verdict.pairs == [(1, 1), (0, 1), (1, 0)]
        assert {name: one.pairs for name, one in found.by_category.items()} == {
            "label": [(1, 1), (0, 1)],
            "spam": [(0, 1)],
        }
        assert set(found.by_pair) == {("anna", "mia"), ("anna", "lena")}
