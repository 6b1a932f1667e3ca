"""What a label is: which texts are the same, what a verdict teaches, how rows are folded."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import dataset
from models.categories import CATEGORIES as SCORED
from models.dataset import Example
from models.learning import candidate
from models.learning.training import FOLDS
from moderation.domain import Action, Violation
from moderation.labels import (
    CATEGORIES,
    FEWEST_OF_A_LABEL,
    KEPT_BACK_SHARE,
    MOST_IMPORTED_WEIGHT,
    NAMES,
    NOT_IN_THE_WORDS,
    Folding,
    Label,
    LabelOrigin,
    contradict,
    label_id,
    labels_of,
    taught,
    weight_of,
)

VALUES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([0, 1]))


def test_what_is_repeated_here_is_what_the_models_say() -> None:
    kept_back = len(candidate.SPLIT.report) + len(candidate.SPLIT.calibration)
    assert CATEGORIES == SCORED
    assert MOST_IMPORTED_WEIGHT == dataset.MOST_WEIGHT
    assert FEWEST_OF_A_LABEL == candidate.FEWEST_OF_A_LABEL
    assert kept_back / FOLDS == KEPT_BACK_SHARE


@given(VALUES)
def test_labels_are_counted_as_the_classifier_is_taught_them(labels: dict[str, int]) -> None:
    assert taught(labels) == candidate.taught(Example("text", labels))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("You are WRONG!!", "you, are wrong"),
        ("Straße", "STRASSE"),
        ("ｆｕｌｌ width", "full width"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\u200bb", "ab"),
    ],
)
def test_texts_with_the_same_letters_and_digits_are_one(one: str, other: str) -> None:
    assert label_id(one) == label_id(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("\U0001f600", "\U0001f621"), ("कि", "की"), ("route 66", "route 67"), ("!", "?")],
)
def test_other_texts_are_not(one: str, other: str) -> None:
    assert label_id(one) != label_id(other)


def test_an_approval_says_that_nothing_is_to_be_held() -> None:
    assert labels_of(Action.APPROVE, None, []) == {"label": 0, "spam": 0}


def test_an_approval_may_name_what_is_there_all_the_same() -> None:
    assert labels_of(Action.APPROVE, None, ["insult", "spam"]) == {
        "label": 0,
        "spam": 1,
        "insult": 1,
    }


@pytest.mark.parametrize(
    ("violation", "expected"),
    [
        (Violation.SPAM, {"label": 1, "spam": 1}),
        (Violation.ABUSIVE, {"label": 1, "toxicity": 1}),
        (Violation.HATE_SPEECH, {"label": 1, "toxicity": 1, "identity_attack": 1}),
        (Violation.OTHER, {"label": 1}),
        (Violation.IRRELEVANT_CONTENT, None),
        (Violation.MISINFORMATION, None),
    ],
)
def test_a_rejection_teaches_what_its_reason_tells_for_certain(
    violation: Violation, expected: dict[str, int] | None
) -> None:
    assert labels_of(Action.REJECT, violation, []) == expected


def test_spam_says_nothing_about_toxicity() -> None:
    assert taught(labels_of(Action.REJECT, Violation.SPAM, []) or {}) == {"spam": 1}


def test_what_is_named_is_a_label_whatever_it_is_rejected_for() -> None:
    for violation in NOT_IN_THE_WORDS:
        assert labels_of(Action.REJECT, violation, ["insult"]) == {"label": 1, "insult": 1}


def test_a_category_that_no_release_learns_is_no_label() -> None:
    assert labels_of(Action.REJECT, Violation.OTHER, ["sarcasm"]) == {"label": 1}


def test_keeping_a_comment_held_is_no_label() -> None:
    assert labels_of(Action.HOLD, None, ["insult"]) is None


def test_every_reason_has_its_meaning() -> None:
    for violation in Violation:
        labels = labels_of(Action.REJECT, violation, [])
        assert (labels is None) == (violation in NOT_IN_THE_WORDS)


@pytest.mark.parametrize(
    ("propensity", "weight"),
    [(None, 1.0), ("0.1", 10.0), ("0.02", 50.0), ("0.0001", 50.0)]
    + [(broken, 1.0) for broken in ("", "0", "-1", "2", "nan", "inf", "x")],
)
def test_one_that_was_sampled_stands_for_many(propensity: str | None, weight: float) -> None:
    assert weight_of(propensity) == pytest.approx(weight)


def test_only_the_same_question_can_be_contradicted() -> None:
    for one, other in product([{"label": 1}], [{"label": 1}, {"insult": 0}, {}]):
        assert not contradict(one, other)
    assert contradict({"label": 1, "spam": 0}, {"spam": 1})


def test_a_stored_label_reads_back_as_it_was() -> None:
    label = Label(
        "id", "A “text”\n", {"label": 0}, LabelOrigin.IMPORT, "mia", "2026-11-24", weight=2.5
    )
    assert Label.from_stored("id", label.stored()) == label


def test_what_is_kept_of_an_erased_comment_names_nobody() -> None:
    label = Label(
        "id",
        "text",
        {"label": 1},
        LabelOrigin.DECISION,
        "mia",
        "2026-11-24T06:00:00Z",
        "r1",
        {"toxicity": 0.5},
        3.0,
        "c1",
    )
    kept = label.kept()
    assert kept == Label("id", "text", {"label": 1}, LabelOrigin.KEPT, weight=3.0)
    assert not {"mia", "c1", "2026", "r1"} & set(kept.stored().replace('"', " ").split())


class TestFolding:
    def test_rows_that_say_the_same_are_one_with_all_that_they_say(self) -> None:
        folding = Folding()
        folding.offer("line 2", "You!", {"label": 1}, 2.0)
        folding.offer("line 3", "you", {"label": 1, "insult": 1})
        label = folding.take("you", who="mia", at="now")
        assert label
        assert label.labels == {"label": 1, "insult": 1}
        assert label.weight == 2.0
        assert folding.take("You!", who="mia", at="now") is None
        assert (folding.rows, folding.texts, folding.duplicates) == (2, 1, 1)

    def test_rows_that_disagree_are_all_named_and_none_is_taken(self) -> None:
        folding = Folding()
        for place, value in (("line 2", 1), ("line 3", 0), ("line 9", 1)):
            folding.offer(place, "You", {"label": value})
        assert folding.take("You", who="mia", at="now") is None
        assert folding.contradictions == [["line 2", "line 3", "line 9"]]
        assert folding.duplicates == 0
