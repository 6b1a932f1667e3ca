"""The functional cases are fit to be published and counted; their figures add up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks import functional
from benchmarks.functional import Judged
from benchmarks.plan import QUICK, Plan
from moderation.settings import Settings
from tests.models.functional_cases import (
    HARMLESS,
    HOSTILE,
    IDENTITIES,
    MISSPELLINGS,
    NO_IDENTITY,
    Case,
    cases,
)


def test_there_are_many_cases_and_no_two_alike() -> None:
    texts = Counter(case.text for case in cases())

    assert len(texts) >= 800
    assert texts.most_common(1)[0][1] == 1


def test_every_function_speaks_of_every_identity_or_of_none() -> None:
    identities: dict[str, set[str]] = {}
    for case in cases():
        identities.setdefault(case.function, set()).add(case.identity)

    assert all(some in (set(IDENTITIES), {NO_IDENTITY}) for some in identities.values())


def test_a_function_has_one_label_and_there_are_both() -> None:
    labels: dict[str, set[int]] = {}
    for case in cases():
        labels.setdefault(case.function, set()).add(case.label)

    assert all(len(some) == 1 for some in labels.values())
    assert set().union(*labels.values()) == {HOSTILE, HARMLESS}


@pytest.mark.parametrize("name", MISSPELLINGS)
def test_every_misspelling_changes_a_sentence(name: str) -> None:
    assert MISSPELLINGS[name]("Tomatoes are disgusting.") != "Tomatoes are disgusting."


def test_every_case_begins_as_sentences_do_and_no_blank_is_left() -> None:
    assert all(case.text[0] == case.text[0].upper() for case in cases())
    assert not any("{" in case.text for case in cases())


def test_the_figures_are_shares_of_right_ones_and_aucs_against_the_other_label() -> None:
    # Given four cases, of which one of a function is wrongly approved
    some = [
        Case("a", HOSTILE, "f"),
        Case("b", HOSTILE, "f"),
        Case("c", HARMLESS, "g"),
        Case("d", HARMLESS, "h"),
    ]
    scores = np.array([0.9, 0.2, 0.3, 0.1])
    judged = Judged(
        some, np.array([1, 1, 0, 0], np.int8), scores, scores, np.array([True, False] * 2)
    )
    judged.held[2] = False

    # When its row and that of a harmless function are made
    hostile = functional._of_function(judged, "f")
    harmless = functional._of_function(judged, "g")

    # Then half of it is right, and three pairs of four are in order
    assert hostile.value.median == 50
    assert hostile.also == {"AUC": 0.75, "cases": 2}
    assert harmless.value.median == 100
    assert harmless.also == {"AUC": 0.5, "cases": 1}


def test_there_is_a_row_for_all_for_each_function_and_for_each_identity(
    small_release: Path,
) -> None:
    rows = functional.measure(Plan([], QUICK, Settings(release=str(small_release))))

    functions = {case.function for case in cases()}
    assert len(rows) == 1 + len(functions) + len(IDENTITIES)
