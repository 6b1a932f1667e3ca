"""Doubtful labels: those that were turned over are found, and the others mostly left alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from models.dataset import Example
from models.learning.doubts import BATCH_SIZE, MOST_LIKELY_RIGHT, _folds, doubtful
from models.measuring.regression_set import examples as regression_examples
from models.release import Release
from models.release_files import load, shipped

NOUNS = ("garden", "bridge", "train", "council", "school", "river", "market", "museum")


def _comments(count: int, *, category: str = "label") -> list[Example]:
    """Made-up comments, every third of them rude."""
    rng = random.Random(1)
    comments = []
    for number in range(count):
        nouns = " ".join(rng.choices(NOUNS, k=4))
        rude = number % 3 == 0
        opening = "shut up you total nitwit" if rude else "thank you for this report"
        comments.append(Example(f"{opening}, the {nouns} {number}", {category: int(rude)}))
    return comments


def _turned(comments: list[Example], places: set[int]) -> list[Example]:
    return [
        replace(one, labels={name: 1 - label for name, label in one.labels.items()})
        if place in places
        else one
        for place, one in enumerate(comments)
    ]


@pytest.mark.parametrize("count", [100, 1_000])
def test_labels_turned_over_are_found_and_no_others(tiny_release: Release, count: int) -> None:
    turned = set(random.Random(2).sample(range(count), count // 20))

    doubts = doubtful(_turned(_comments(count), turned), tiny_release)

    found = {one.index for one in doubts}
    assert found <= turned
    assert len(found) >= 0.8 * len(turned)
    assert all(one.probability <= MOST_LIKELY_RIGHT for one in doubts)
    assert [one.probability for one in doubts] == sorted(one.probability for one in doubts)


def test_right_labels_are_not_doubted(tiny_release: Release) -> None:
    assert doubtful(_comments(300), tiny_release) == []


def test_a_real_release_finds_mistakes_in_real_sentences() -> None:
    # Given our own sentences, which no release was trained on, one in twenty mislabelled
    comments = [
        Example(one.text, {"label": one.labels["label"]}) for one in regression_examples()
    ]
    turned = set(random.Random(3).sample(range(len(comments)), len(comments) // 20))

    doubts = doubtful(_turned(comments, turned), load(shipped()))

    found = [one.index in turned for one in doubts]
    assert sum(found) >= 0.5 * len(turned)
    assert np.mean(found[: len(turned) // 2]) >= 0.7


def test_a_doubt_names_category_and_label_as_given(tiny_release: Release) -> None:
    comments = _turned(_comments(120, category="insult"), {3})

    (doubt,) = doubtful(comments, tiny_release)

    assert (doubt.index, doubt.category, doubt.label) == (3, "insult", 0)


def test_the_same_seed_doubts_the_same(tiny_release: Release) -> None:
    comments = _turned(_comments(200), {3, 10, 50})

    assert doubtful(comments, tiny_release, seed=4) == doubtful(comments, tiny_release, seed=4)


def test_whoever_watches_hears_of_each_comment_read_and_each_label_predicted(
    tiny_release: Release,
) -> None:
    heard: list[int] = []

    @contextmanager
    def watch(stage: str, length: int) -> Iterator[Callable[[int], object]]:
        assert (stage, length) == ("Doubts", 800)
        yield heard.append

    doubtful(_comments(400), tiny_release, watch=watch)

    assert sum(heard) == 800
    assert max(heard) <= BATCH_SIZE, "between two steps nobody can stop it"


def test_too_few_labels_of_a_kind_are_passed_over(tiny_release: Release) -> None:
    comments = [Example(f"a lovely bridge {number}", {"label": 0}) for number in range(100)]
    comments += [Example(f"you nitwit {number}", {"label": 1}) for number in range(9)]

    assert doubtful(comments, tiny_release) == []
    assert doubtful([], tiny_release) == []


def test_the_same_text_never_vouches_for_itself() -> None:
    texts = [f"comment {number % 40}" for number in range(200)]
    labels = np.array([int(number % 40 < 10) for number in range(200)])

    folds = _folds(texts, labels, folds=5, seed=1)

    for text in set(texts):
        assert len({fold for fold, one in zip(folds, texts, strict=True) if one == text}) == 1
    assert [int(labels[folds == fold].sum()) for fold in range(5)] == [10] * 5
