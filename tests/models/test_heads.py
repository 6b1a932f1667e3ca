"""What a head is learnt by: how far each of its weights is held back."""

from __future__ import annotations

import numpy as np

from models.counts import Counts
from models.heads import from_nothing, from_parent
from models.regression import Regression

#: A feature that every row has, one that few have, all among the negatives, and one tied.
COUNTS = Counts(
    found_in=np.array([100.0, 5.0, 50.0]),
    positives=np.array([20.0, 0.0, 10.0]),
    negatives=np.array([80.0, 5.0, 40.0]),
    rows=100,
    weight=100.0,
    positive_weight=20.0,
)
WEIGHTS = np.array([0.5, -0.5, 0.0], dtype=np.float32)


def _changed(familiar: list[float] | None) -> Regression:
    known = None if familiar is None else np.array(familiar, dtype=np.float32)
    return from_parent(2, COUNTS, plain_c=0.05, weights=WEIGHTS, intercept=-1.0, familiar=known)


def test_a_rare_feature_is_held_back_less() -> None:
    plain, bayes = from_nothing(2, COUNTS, plain_c=0.05, bayes_c=0.03, vectors=None)

    assert (plain.head, plain.c, bayes.c) == (2, 0.05, 0.03)
    assert plain.scale[1] > plain.scale[2] > plain.scale[0]
    assert not plain.prior.any()


def test_naive_bayes_frees_what_tells_the_classes_apart() -> None:
    _, bayes = from_nothing(2, COUNTS, plain_c=0.05, bayes_c=0.03, vectors=None)

    assert abs(bayes.scale[1]) > 10 * abs(bayes.scale[0])


def test_tied_features_have_no_scale_of_their_own() -> None:
    vectors = np.ones((1, 4), dtype=np.float32)

    plain, bayes = from_nothing(2, COUNTS, plain_c=0.05, bayes_c=0.03, vectors=vectors)

    assert len(plain.scale) == len(bayes.scale) == 2
    assert len(plain.prior) == 3


def test_a_change_begins_at_the_parent() -> None:
    change = _changed(None)

    assert np.array_equal(change.coef(change.start), WEIGHTS)
    assert change.intercept(change.start) == -1.0


def test_the_more_familiar_a_feature_the_faster_it_is_held() -> None:
    free, held = _changed([0.0, 0.0, 0.0]), _changed([0.0, 0.2, 0.9])

    assert held.c == free.c > _changed(None).c
    assert (held.scale / free.scale).tolist() == sorted(held.scale / free.scale, reverse=True)
    assert held.scale[0] == free.scale[0]
    assert held.scale[2] < 0.5 * free.scale[2]
