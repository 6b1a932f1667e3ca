"""Fairness: who is mentioned, and the AUCs of Borkan et al. on cases counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.dataset import DatasetError, Example
from models.measuring.fairness import Fairness, assess, power_mean
from models.measuring.identities import (
    CIVIL_IDENTITIES,
    IdentityColumns,
    IdentityTermsError,
    read_terms,
)
from models.text import normalise

if TYPE_CHECKING:
    from pathlib import Path

#: Ten comments alike of each kind: (mentions it, is harmful) -> score.
MENTION_RAISES = {
    (True, True): 0.9,
    (True, False): 0.7,
    (False, True): 0.6,
    (False, False): 0.1,
}


def _assessed(kinds: dict[tuple[bool, bool], float], *, times: int = 10) -> Fairness:
    rows = [(*kind, score) for kind, score in kinds.items() for _ in range(times)]
    mentions, harmful, scores = map(np.array, zip(*rows, strict=True))
    return assess(
        harmful.astype(int),
        scores,
        held=scores >= 0.65,
        mentions=mentions[:, None],
        names=["a"],
    )


def test_a_mention_that_raises_the_score_shows_in_the_bpsn_auc_alone() -> None:
    fairness = _assessed(MENTION_RAISES)

    figures = fairness.identities["a"]
    assert (figures.rows, figures.positives) == (20, 10)
    assert (figures.subgroup_auc, figures.bpsn_auc, figures.bnsp_auc) == (1, 0, 1)
    assert figures.false_hold_share == 1
    assert fairness.false_hold_share == 0.5


def test_a_mention_that_hides_harm_shows_in_the_bnsp_auc_alone() -> None:
    figures = _assessed(
        {(True, True): 0.3, (True, False): 0.1, (False, True): 0.9, (False, False): 0.5}
    ).identities["a"]

    assert (figures.subgroup_auc, figures.bpsn_auc, figures.bnsp_auc) == (1, 1, 0)


def test_the_aucs_are_those_counted_by_hand() -> None:
    # Given in the subgroup 5 of 10 harmful comments tied with all harmless ones
    scores = np.array([0.8] * 5 + [0.5] * 5 + [0.5] * 10 + [0.5] * 10 + [0.2] * 10)
    truth = np.repeat([1, 0, 1, 0], 10)
    mentions = np.repeat([True, True, False, False], 10)[:, None]

    fairness = assess(truth, scores, held=scores >= 0.7, mentions=mentions, names=["a"])

    # Then half of the pairs are right and half are ties
    figures = fairness.identities["a"]
    assert figures.subgroup_auc == 0.75
    assert figures.bpsn_auc == 0.5
    assert figures.bnsp_auc == 1
    # And overall: 5 win 20 pairs each, 15 win 10 and tie with 10
    assert fairness.overall_auc == (5 * 20 + 15 * 15) / 400
    assert fairness.score == pytest.approx((0.8125 + 0.75 + 0.5 + 1) / 4)


def test_the_power_mean_is_that_of_the_paper_with_exponent_minus_five() -> None:
    assert power_mean([0.5, 1.0]) == pytest.approx(((0.5**-5 + 1) / 2) ** (-1 / 5))
    assert power_mean([0.8, 0.8]) == pytest.approx(0.8)
    assert power_mean([0.5, 0.9]) < 0.7
    assert power_mean([0.0, 1.0]) == 0
    assert power_mean([]) is None


def test_an_identity_with_too_few_comments_has_no_auc_and_no_say() -> None:
    fairness = _assessed(MENTION_RAISES, times=9)

    assert fairness.identities["a"].too_few
    assert fairness.identities["a"].subgroup_auc is None
    assert (fairness.subgroup_auc, fairness.score) == (None, None)
    assert fairness.told() == []
    assert fairness.untold() == ["a"]


def test_the_worst_identity_is_told_first() -> None:
    truth = np.tile([1, 0], 40)
    scores = np.where(truth == 1, 0.9, 0.1)
    scores[:20] = 0.5
    mentions = np.zeros((80, 2), bool)
    mentions[20:40, 0] = mentions[:20, 1] = True

    fairness = assess(truth, scores, held=scores > 1, mentions=mentions, names=["good", "bad"])

    assert [name for name, _ in fairness.told()] == ["bad", "good"]


def _mentioned(terms: Path, text: str) -> set[str]:
    identities = read_terms(terms)
    found = identities.mentioned(Example(text, {}), normalise(text))
    return {identities.names[place] for place in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two WOMEN and a lady", {"women"}),
        ("Ladies first", {"women"}),
        ("His w.o.m.a.n. said", {"women"}),
        ("womanly", set()),
        ("An African-American church", {"black", "churches"}),
        ("African art from America", set()),
        ("churches", {"churches"}),
    ],
)
def test_terms_are_whole_words_and_their_plurals(
    tmp_path: Path, text: str, expected: set[str]
) -> None:
    path = tmp_path / "terms"
    path.write_text(
        "# ours\nwomen: woman, women, lady\nblack: African American\nchurches: church\n"
    )

    assert _mentioned(path, text) == expected


@pytest.mark.parametrize("line", ["women", "women:", "women: , !", ": woman"])
def test_a_bad_line_of_terms_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "terms"
    path.write_text(f"men: man\n{line}\n")

    with pytest.raises(IdentityTermsError, match="line 2"):
        read_terms(path)


def test_a_file_without_terms_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "terms"
    path.write_text("# nothing\n")

    with pytest.raises(IdentityTermsError, match="no terms"):
        read_terms(path)


def test_the_built_in_list_has_the_identities_of_civil_comments() -> None:
    identities = read_terms()

    assert set(CIVIL_IDENTITIES) <= set(identities.names)
    for text, name in (
        ("Muslims pray", "muslim"),
        ("a gay couple", "homosexual_gay_or_lesbian"),
    ):
        found = identities.mentioned(Example(text, {}), normalise(text))
        assert {identities.names[place] for place in found} == {name}


def _with_columns(cells: dict[str, str]) -> list[int]:
    example = Example("text", {}, extra=cells)
    return IdentityColumns(("male", "black")).mentioned(example, "text")


def test_a_column_mentions_an_identity_from_half_of_the_readers_on() -> None:
    assert _with_columns({"male": "0.5", "black": "0.49"}) == [0]
    assert _with_columns({"black": "1"}) == [1]
    assert _with_columns({}) == []


@pytest.mark.parametrize("cell", ["yes", "1.5", "-0.1", "nan"])
def test_a_cell_that_is_no_share_is_refused_by_its_column(cell: str) -> None:
    with pytest.raises(DatasetError, match="`male`"):
        _with_columns({"male": cell})
