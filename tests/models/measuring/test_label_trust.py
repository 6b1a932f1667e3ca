"""Test labels are trusted only where both releases find sense in them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.categories import CATEGORIES
from models.classifier import CommentClassifier
from models.dataset import Example
from models.measuring.evaluation import measure
from models.measuring.guards import Verdict, compare_releases
from models.measuring.label_trust import Trust, trust
from models.measuring.side_by_side import on_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.release import Release

SITE = [
    Example(f"{text} {number}", {"label": label})
    for number in range(40)
    for text, label in (("you total nitwit", 1), ("thank you for this report", 0))
]


@pytest.fixture
def ignorant(tiny_release: Release) -> Release:
    """A release that has learnt of other words, and so knows nothing of this site."""
    vectoriser = tiny_release.vectoriser
    targets = np.full((2, len(CATEGORIES)), np.nan)
    targets[:, 0] = 0, 1
    classifier = CommentClassifier(plain_c=10, bayes_c=10)
    classifier.fit(vectoriser.transform(["wwww", "zzzz"]), targets)
    return replace(tiny_release, version="ignorant", classifier=classifier)


def test_labels_that_both_find_sense_in_are_trusted(tiny_release: Release) -> None:
    assert not _trust(SITE, tiny_release, tiny_release).is_missing


def test_swapped_labels_contradict_the_active_release(tiny_release: Release) -> None:
    found = _trust(_turned(SITE), tiny_release, tiny_release)

    assert found == Trust(contradicted=("label",))
    assert found.is_missing


def test_a_handful_of_the_rarer_class_is_enough_to_contradict(tiny_release: Release) -> None:
    rude = [one for one in SITE if one.labels["label"]]
    kind = [one for one in SITE if not one.labels["label"]]

    assert _trust(_turned([*rude, *kind[:5]]), tiny_release, tiny_release).contradicted
    assert not _trust(_turned([*rude, *kind[:4]]), tiny_release, tiny_release).contradicted


def test_labels_that_dice_gave_make_no_sense_to_the_candidate(tiny_release: Release) -> None:
    dice = random.Random(1)
    thrown = [replace(one, labels={"label": dice.randint(0, 1)}) for one in SITE]

    assert _trust(thrown, tiny_release, tiny_release) == Trust(senseless=("label",))


def test_labels_that_the_active_release_knows_nothing_of_are_warned_of(
    tiny_release: Release, ignorant: Release
) -> None:
    assert _trust(SITE, tiny_release, ignorant) == Trust(unvouched=("label",))

    comparison = compare_releases(tiny_release, ignorant, SITE)
    assert comparison.verdict is not Verdict.WORSE
    assert "Look at some" in comparison.sentences[0]


def test_few_labels_say_nothing(tiny_release: Release, ignorant: Release) -> None:
    assert _trust(SITE[:8], tiny_release, ignorant) == Trust()
    assert _trust([], tiny_release, tiny_release) == Trust()


def _turned(examples: Sequence[Example]) -> list[Example]:
    return [replace(one, labels={"label": 1 - one.labels["label"]}) for one in examples]


def _trust(examples: Sequence[Example], candidate: Release, active: Release) -> Trust:
    measured = measure([candidate, active], examples)
    return trust(on_site(*measured, seed=1), *measured)
