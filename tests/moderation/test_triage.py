"""Where a held comment stands."""

from __future__ import annotations

import pytest

from moderation.domain import Action, Decision, Reason, ReasonCode, Source
from moderation.triage import KEPT, NEW, SEVERE, place, severity, uncertainty


def decision(
    scores: dict[str, float], *reasons: Reason, language: str | None = "en"
) -> Decision:
    return Decision(
        "c", "a", 1, Action.HOLD, Source.CLASSIFIER, reasons, "now", scores, "m", language
    )


def test_a_place_names_everything_that_can_be_filtered_by() -> None:
    over = Reason(ReasonCode.SCORE, "insult", 0.8, 0.5)
    found = place(decision({"insult": 0.8, "spam": 0.1}, over, Reason(ReasonCode.LINKS)))
    assert found.plain == {
        NEW: 0.0,
        "source:classifier": 0.0,
        "language:en": 0.0,
        "score:insult": 0.8,
        "score:spam": 0.1,
        "reason:score": 0.0,
        "reason:links": 0.0,
        "category:insult": 0.8,
    }
    assert found.ranked["probability"] == 0.8


def test_what_was_never_scored_still_has_a_place() -> None:
    found = place(decision({}, Reason(ReasonCode.UNSCORED), language=None), looked_at=True)
    assert KEPT in found.plain
    assert "language:und" in found.plain
    assert found.ranked == {"probability": 0.0, "severity": 0.0, "uncertainty": 1.0}


def test_a_likely_threat_is_graver_than_certain_spam() -> None:
    assert severity({"threat": 0.6}) > severity({"spam": 1.0})
    assert severity({}) == 0.0


@pytest.mark.parametrize(("score", "expected"), [(0.5, 1.0), (0.0, 0.0), (1.0, 0.0)])
def test_a_label_teaches_most_where_the_classifier_knows_least(
    score: float, expected: float
) -> None:
    assert uncertainty([score]) == expected


def test_only_what_is_grave_is_blurred() -> None:
    assert severity({"toxicity": 1.0, "insult": 1.0, "spam": 1.0}) < SEVERE
    for category in ("threat", "severe_toxicity", "identity_attack"):
        assert severity({category: 0.8}) >= SEVERE
