"""How two releases differ, and all of it as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from models.dataset import Example
from models.measuring.differences import differences, fairness_of, summary
from models.measuring.evaluation import Judged, Measured, Report, measure, report
from models.measuring.identities import IdentityTerms

if TYPE_CHECKING:
    from models.release import Release

#: More identities than fit into a byte.
MANY = {str(number): [f"word{number}"] for number in range(10)}


def _measured(version: str, scores: list[float]) -> Measured:
    truth = np.array([0, 0, 1, 1], np.int8)
    shaped = np.array(scores, np.float32)
    figures = report(truth, shaped, threshold=0.5)
    judged = Judged(truth, shaped, shaped >= 0.5, np.zeros((4, 0), np.uint8))
    return Measured(Report(version, 4, 1.0, {"toxicity": figures}), {"toxicity": judged}, {})


def test_a_difference_is_what_the_first_release_has_above_the_second() -> None:
    better, worse = _measured("b", [0.1, 0.4, 0.6, 0.9]), _measured("a", [0.1, 0.6, 0.4, 0.9])

    gap = differences(better, worse)["toxicity"]

    assert gap.figures["roc_auc"] == 0.25
    assert gap.figures["false_hold_share"] == -0.5
    low, high = gap.roc_auc_ci or (0, 0)
    assert low < 0.25 < high


def test_the_summary_of_two_releases_is_that_of_one_with_more_keys() -> None:
    one, other = _measured("b", [0.1, 0.4, 0.6, 0.9]), _measured("a", [0.1, 0.6, 0.4, 0.9])

    told = json.loads(json.dumps(summary([one, other]), allow_nan=False))

    assert told.keys() - summary([one]).keys() == {"against", "difference"}
    assert told["against"]["version"] == "a"
    assert told["difference"]["toxicity"]["roc_auc"] == 0.25


def test_fairness_is_told_of_toxicity_and_of_the_plain_label(tiny_release: Release) -> None:
    # Given two identities, nine in each class that mention the first one: too few
    identities = IdentityTerms({"gardens": ["garden"], "bridges": ["bridge"], **MANY})
    kinds = [("a lovely {}", 0), ("you nitwit with a {}", 1)]
    examples = [
        Example(text.format(thing), {"label": harm, "toxicity": harm, "insult": harm})
        for thing, times in (("garden", 9), ("bridge", 12), ("train", 20))
        for text, harm in kinds
        for _ in range(times)
    ]

    measured = measure([tiny_release, tiny_release], examples, identities=identities)

    told = list(fairness_of(measured))
    assert [name for name, _, _ in told] == ["toxicity", "toxicity", "label", "label"]
    figures = told[0][2].identities
    assert (figures["gardens"].rows, figures["gardens"].too_few) == (18, True)
    assert (figures["bridges"].rows, figures["bridges"].bpsn_auc) == (24, 1)
    assert figures["9"].rows == 0
